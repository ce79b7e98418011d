package tree_test

import (
	"bytes"
	"context"
	"runtime/pprof"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// labelsOf returns the label lines of the goroutines that have a function of
// that name on their stack, as a goroutine profile shows them.
func labelsOf(t *testing.T, function string) []string {
	var buf bytes.Buffer
	require.NoError(t, pprof.Lookup("goroutine").WriteTo(&buf, 1))
	var found []string
	for _, group := range strings.Split(buf.String(), "\n\n") {
		if !strings.Contains(group, function+"+0x") {
			continue
		}
		line := "none"
		if _, rest, ok := strings.Cut(group, "# labels: "); ok {
			line, _, _ = strings.Cut(rest, "\n")
		}
		found = append(found, line)
	}
	return found
}

//go:noinline
func inATask(ctx context.Context) error { <-ctx.Done(); return nil }

//go:noinline
func inAChild(ctx context.Context) error { <-ctx.Done(); return nil }

//go:noinline
func inAnActor(gate <-chan struct{}) { <-gate }

//go:noinline
func inAGoroutineOfAChild(ctx context.Context) { <-ctx.Done() }

func TestGoroutinesAreLabeledWithTheirPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		err := tree.Run(t.Context(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
			defer open()
			require.NoError(t, s.Go(ctx, inATask))
			_, err := s.Start(ctx, tree.ChildSpec{Name: "worker", Run: inAChild})
			require.NoError(t, err)
			_, err = s.Start(ctx, tree.ChildSpec{Name: "sup", Policy: new(policy.SupervisorScope), Children: []tree.ChildSpec{
				{Name: "deep", Run: func(ctx context.Context) error { go inAGoroutineOfAChild(ctx); return blocker(ctx) }}}})
			require.NoError(t, err)
			ref, err := tree.Spawn(ctx, s, actor.Spec[int]{Name: "index", New: func(context.Context, actor.Ref[int]) (actor.Receiver[int], error) {
				return actor.ReceiverFunc[int](func(context.Context, int) error { inAnActor(gate); return nil }), nil
			}})
			require.NoError(t, err)
			require.NoError(t, ref.Send(ctx, 1))
			synctest.Wait()
			require.Equal(t, []string{`{"scope":"app"}`}, labelsOf(t, "tree_test.inATask"))
			require.Equal(t, []string{`{"child":"worker", "scope":"app"}`}, labelsOf(t, "tree_test.inAChild"))
			require.Equal(t, []string{`{"child":"deep", "scope":"app/sup"}`}, labelsOf(t, "tree_test.inAGoroutineOfAChild"))
			require.Equal(t, []string{`{"child":"index", "scope":"app"}`}, labelsOf(t, "tree_test.inAnActor"))
			open()
			synctest.Wait()
			require.Empty(t, labelsOf(t, "tree_test.inAnActor"), "idle, it has no goroutine")
			s.Cancel(nil)
			return nil
		}, tree.WithName("app"))
		require.NoError(t, err)
	})
}

//go:noinline
func inATaskOfAnUnnamedScope(ctx context.Context) error { <-ctx.Done(); return nil }

func TestTasksOfAScopeWithoutANameAreLabeledWithWhereItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 2 { // the second time from the cache
			err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
				require.NoError(t, s.Go(ctx, inATaskOfAnUnnamedScope))
				require.NoError(t, s.Go(ctx, func(ctx context.Context) error {
					return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, s *tree.Scope) error { return s.Go(ctx, inATask) })
				}))
				synctest.Wait()
				name := "tree_test.TestTasksOfAScopeWithoutANameAreLabeledWithWhereItIs.func1.1"
				require.Equal(t, name, s.Path())
				require.Equal(t, []string{`{"scope":"` + name + `"}`}, labelsOf(t, "tree_test.inATaskOfAnUnnamedScope"))
				require.Equal(t, []string{`{"scope":"` + name + `"}`}, labelsOf(t, "tree_test.inATask"), "a nested one adds nothing")
				s.Cancel(nil)
				return nil
			})
			require.NoError(t, err)
		}
	})
}

//go:noinline
func inAnObserver(gate <-chan struct{}) { <-gate }

//go:noinline
func inACallback(gate <-chan struct{}) { <-gate }

func TestOtherPeoplesGoroutinesCarryNoChildsLabels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			defer open()
			_, err := s.Start(ctx, tree.ChildSpec{Name: "child", Run: func(context.Context) error {
				context.AfterFunc(ctx, func() { inACallback(gate) })
				s.Cancel(nil) // the turn is on the child's goroutine
				return nil
			}})
			require.NoError(t, err)
			synctest.Wait()
			for _, line := range labelsOf(t, "tree_test.inAnObserver") {
				require.NotContains(t, line, "child")
			}
			require.NotEmpty(t, labelsOf(t, "tree_test.inACallback"))
			for _, line := range labelsOf(t, "tree_test.inACallback") {
				require.NotContains(t, line, "child")
			}
			return nil
		}, tree.WithName("app"), tree.WithObserver(tree.ObserverFunc(func(tree.Event) { inAnObserver(gate) })))
		require.NoError(t, err)
	})
}
