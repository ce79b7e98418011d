package tree_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestAChildThatFailsWhileItIsStoppedStillCancelsItsSiblings(t *testing.T) {
	stops := map[string]func(ctx context.Context, child *tree.Child){
		"cancel":   func(_ context.Context, child *tree.Child) { child.Cancel(nil) },
		"shutdown": func(ctx context.Context, child *tree.Child) { _ = child.Shutdown(ctx) },
	}
	for name, stop := range stops {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var sibling *tree.Child
				err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
					sibling = launch(ctx, t, s, "sibling", takes(time.Hour))
					child := launch(ctx, t, s, "worker", func(ctx context.Context) error {
						<-tree.Draining(ctx)
						pause(tenth)
						return errCleanup
					})
					stop(ctx, child)
					return nil
				}, tree.WithName("app"))
				require.EqualError(t, err, "app/worker: cleanup failed")
				require.Equal(t, policy.Canceled, exitOf(t, sibling))
				require.Equal(t, tenth, time.Since(start))
			})
		})
	}
}

// policy.Fatal is the stronger word: it must not leave the siblings more time
// than a plain error does, nor depend on how the child was started.
func TestAFatalErrorCancelsAGroupNoLaterThanAPlainOne(t *testing.T) {
	for name, failure := range map[string]error{"plain": errBoom, "fatal": policy.Fatal(errBoom)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var rec recorder
				err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
					launch(ctx, t, s, "sibling", blocker)
					launch(ctx, t, s, "worker", failsAfter(tenth, failure))
					return nil
				}, tree.WithName("app"), tree.WithObserver(&rec))
				require.ErrorIs(t, err, errBoom)
				require.Len(t, leavesOf(t, err), 1)
				require.Equal(t, tenth, time.Since(start))
			})
		})
	}
}

func TestAFatalErrorEndsATaskScopeTheSameFromATaskAndFromAChild(t *testing.T) {
	starts := map[string]func(ctx context.Context, s *tree.Scope, run func(context.Context) error) error{
		"task": func(ctx context.Context, s *tree.Scope, run func(context.Context) error) error { return s.Go(ctx, run) },
		"child": func(ctx context.Context, s *tree.Scope, run func(context.Context) error) error {
			_, err := s.Start(ctx, tree.ChildSpec{Name: "worker", Run: run})
			return err
		},
	}
	for name, start := range starts {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				var rec recorder
				err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
					launch(ctx, t, s, "sibling", blocker)
					return start(ctx, s, failsAfter(tenth, policy.Fatal(errBoom)))
				}, tree.WithName("app"), tree.WithObserver(&rec))
				require.ErrorIs(t, err, tree.ErrEscalated)
				require.ErrorIs(t, err, errBoom)
				require.Len(t, rec.of(tree.Escalated), 1)
				require.Equal(t, tenth, time.Since(began))
			})
		})
	}
}

// A refusal by the canceled scope says no more than that it was canceled.
func TestABodyThatReturnsTheRefusalOfItsCanceledScopeHidesNoChildsError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "worker", failsAfter(tenth, errBoom))
			<-ctx.Done()
			return s.Go(ctx, blocker)
		}, tree.WithName("app"))
		require.EqualError(t, err, "app/worker: boom")
	})
}

// policy.ErrIgnored is a word of a child to its starter. From a body it is an
// error like any other.
func TestABodysErrorIsReturnedAlsoWhenItWrapsErrIgnored(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		failure := fmt.Errorf("optional part: %w", policy.ErrIgnored)
		err := tree.Run(t.Context(), p, func(context.Context, *tree.Scope) error { return failure })
		require.Equal(t, failure, err)
	})
}

func TestAChildsRealErrorIsNotHiddenByErrIgnoredOnceItIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "worker", failsAfter(tenth, fmt.Errorf("%w: %w", errBoom, policy.ErrIgnored)))
			return s.Go(ctx, failsAfter(tenth, fmt.Errorf("%w: %w", errBang, policy.ErrIgnored)))
		})
		require.ErrorIs(t, err, errBoom)
		require.ErrorIs(t, err, errBang)
	})
}

// What a child returned cannot come back from a Run that never returns, so the
// default reporter has to say it.
func TestAFailureThatNoRunReturnsIsNotSilent(t *testing.T) {
	unwinds := map[string]func(){"panic": func() { panic("fatal") }, "goexit": runtime.Goexit}
	for name, unwind := range unwinds {
		t.Run(name, func(t *testing.T) {
			out := lastResort(t)
			synctest.Test(t, func(t *testing.T) {
				onItsOwn(func() {
					defer func() { _ = recover() }()
					_ = tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
						launch(ctx, t, s, "worker", failsAfter(tenth, errBoom))
						<-ctx.Done()
						unwind()
						return nil
					}, tree.WithName("app"))
				})
			})
			require.Equal(t, 1, strings.Count(out.String(), "boom"), out)
		})
	}
}

// The holder of an opened scope calls Close much later, and mostly in a defer that
// drops what it returns. Only Run hands its errors to someone at once.
func TestAFailureInAnOpenedGroupIsToldBeforeAnybodyCloses(t *testing.T) {
	out := lastResort(t)
	synctest.Test(t, func(t *testing.T) {
		s, err := tree.Open(t.Context(), policy.TaskGroup, tree.WithName("app"))
		require.NoError(t, err)
		defer s.Close()
		launch(t.Context(), t, s, "worker", failsAfter(tenth, errBoom))
		pause(time.Hour)
		synctest.Wait() // it was told
		require.Equal(t, 1, strings.Count(out.String(), "error=boom"), out)
	})
}
