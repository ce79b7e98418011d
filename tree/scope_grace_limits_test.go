package tree_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// Its canceled goroutine goes on for as long as it likes, but not unseen: until
// it ends it is a straggler of the closed scope, and nobody waits for it.
func TestScope_127_AChildThatSwallowsItsCancelIsAStragglerUntilItEnds(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace, p.Stop.Kill = time.Second, time.Second
		s, seen := openSupervisor(t, p)
		start := time.Now()
		child := launch(t.Context(), t, s, "deaf", func(ctx context.Context) error {
			for time.Since(start) < time.Minute {
				_ = sleep(context.WithoutCancel(ctx), tenth) // and whatever ctx says, again
			}
			return nil
		})
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2*time.Second, report.Took)
		require.False(t, report.Clean())
		require.Len(t, report.Abandoned, 1)
		require.Equal(t, []any{"app/deaf", 2 * time.Second, tree.PhaseCanceling},
			[]any{report.Abandoned[0].Path, report.Abandoned[0].Age, report.Abandoned[0].Phase})
		require.EqualError(t, s.Close(), "tree: abandoned: app/deaf")

		pause(10 * time.Second)
		require.True(t, isRoot(s))
		require.Equal(t, []string{"deaf abandoned"}, slots(s.Snapshot()))
		require.Empty(t, seen.of(tree.ChildEndedLate))

		pause(time.Minute)
		late := seen.of(tree.ChildEndedLate)
		require.Equal(t, []string{"app/deaf"}, paths(late))
		require.Equal(t, time.Minute, late[0].Took)
		require.Equal(t, policy.Returned, late[0].Exit)
		require.Equal(t, policy.Returned, exitOf(t, child), "its cancel did not change how it came back")
		require.False(t, isRoot(s))
	})
}

// Under Kill Forever the wait has no bound, as its policy asks: who is late is
// named once, and awaited.
func TestScope_127_UnderKillForeverTheStragglerIsNamedAndAwaited(t *testing.T) {
	under(t, taskPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace = time.Second
		s, seen := openSupervisor(t, p)
		launch(t.Context(), t, s, "deaf", failsAfter(time.Hour, nil))
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, time.Hour, report.Took)
		require.True(t, report.Clean())
		require.Equal(t, []int{0, 1}, []int{report.Drained, report.Canceled})
		require.NoError(t, s.Close())
		late := seen.of(tree.ChildOverdue)
		require.Equal(t, []string{"app/deaf"}, paths(late))
		require.Equal(t, time.Second+policy.DefaultKill, late[0].Took)
	})
}

// held is a resource of a child: what it takes is given back when it ends.
type held struct{ opened, closed []string }

func (h *held) take(name string) func() {
	h.opened = append(h.opened, name)
	return func() { h.closed = append(h.closed, name) }
}

func TestScope_130_AnAbortInTheGraceEndsTheChildBeforeItsWorkIsDoneAndItsResourcesAreReleased(t *testing.T) {
	aborts := map[string]func(s *tree.Scope, child *tree.Child, cause error){
		"of the scope": func(s *tree.Scope, _ *tree.Child, cause error) { s.Cancel(cause) },
		"of the child": func(_ *tree.Scope, child *tree.Child, cause error) { child.Cancel(cause) },
	}
	for name, abort := range aborts {
		t.Run(name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				p.Stop.Grace = time.Minute
				s, seen := openSupervisor(t, p)
				var files held
				var cause error
				child := launch(t.Context(), t, s, "worker", func(ctx context.Context) error {
					defer files.take("log")()
					return tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, inner *tree.Scope) error {
						defer files.take("socket")()
						<-tree.Draining(ctx)
						err := sleep(ctx, 5*tenth)
						if cause = context.Cause(ctx); err == nil {
							t.Error("the remainder of the child ran")
						}
						return err
					})
				})
				beginShutdown(t, s)
				pause(tenth)
				abort(s, child, errReason)
				abort(s, child, errReason)
				synctest.Wait() // the child has gone
				abort(s, child, errBang)

				report, err := s.Shutdown(t.Context())
				require.NoError(t, err)
				require.Equal(t, tenth, report.Took)
				require.True(t, report.Clean())
				require.Equal(t, policy.Canceled, exitOf(t, child))
				require.Equal(t, errReason, cause)
				require.Equal(t, 1, report.Drained+report.Canceled)
				require.NoError(t, s.Close())
				require.Equal(t, held{[]string{"log", "socket"}, []string{"socket", "log"}}, files)
				require.Len(t, seen.of(tree.ChildExited), 1)
				require.Equal(t, tenth, seen.of(tree.ChildExited)[0].Took)
			})
		})
	}
}

// lastResortHook is what a program does that would rather die than hang: it
// exits, here only so to speak, the first time that anything is abandoned.
func lastResortHook(exit func(e tree.Event)) tree.Option {
	var once sync.Once
	return tree.WithObserver(tree.ObserverFunc(func(e tree.Event) {
		if e.Kind == tree.ChildAbandoned {
			once.Do(func() { exit(e) })
		}
	}))
}

func TestScope_131_TheLastResortIsCalledOnceAndOnlyWhenTheKillWaitIsOver(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace, p.Stop.Kill = time.Second, 2*time.Second
		gate := make(chan struct{})
		start := time.Now()
		var calls trail
		s, err := tree.Open(t.Context(), p, tree.WithName("app"), lastResortHook(func(e tree.Event) {
			calls.add(e.Time.Sub(start).String() + ", called at " + time.Since(start).String())
		}))
		require.NoError(t, err)
		for _, name := range []string{"one", "two", "three"} {
			launch(t.Context(), t, s, name, stubborn(gate))
		}
		require.NoError(t, s.Go(t.Context(), stubborn(gate)))
		launch(t.Context(), t, s, "slow", cleansUp(2*time.Second-1, nil))
		beginShutdown(t, s)
		pause(3*time.Second - 1)
		synctest.Wait() // all that happens before the kill wait is over has happened
		require.Empty(t, calls.list())

		require.ErrorIs(t, s.Wait(t.Context()), tree.ErrAbandoned)
		require.Equal(t, 3*time.Second, time.Since(start))
		synctest.Wait() // the observer has been told
		require.Equal(t, []string{"3s, called at 3s"}, calls.list())
		close(gate)
		require.ErrorIs(t, s.Close(), tree.ErrAbandoned)
		synctest.Wait() // late ends are told
		require.Len(t, calls.list(), 1)
	})
}

func TestScope_131_WhoEndsWithinTheKillWaitCallsForNoLastResort(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace, p.Stop.Kill = time.Second, 2*time.Second
		var calls trail
		s, err := tree.Open(t.Context(), p, lastResortHook(func(tree.Event) { calls.add("exit") }))
		require.NoError(t, err)
		launch(t.Context(), t, s, "slow", cleansUp(2*time.Second-1, nil))
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3*time.Second-1, report.Took)
		require.NoError(t, s.Close())
		pause(time.Minute)
		require.Empty(t, calls.list())
	})
}
