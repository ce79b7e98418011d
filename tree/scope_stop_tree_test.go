package tree_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// closes is a child that needs d to finish when it is asked to, and says when it
// has.
func closes(log *trail, name string, d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		<-tree.Draining(ctx)
		pause(d)
		log.add(name)
		return nil
	}
}

// The stop itself did what it was asked to. The error is that of the child, and
// how far it goes is the business of the scope around.
func TestScope_098_AnErrorInAnswerToTheStopIsTheNestedChilds(t *testing.T) {
	stops := map[string]func(t *testing.T, nested *tree.Child, inner *tree.Scope){
		"its child": func(t *testing.T, nested *tree.Child, _ *tree.Scope) {
			require.NoError(t, nested.Shutdown(t.Context()))
		},
		"its scope": func(t *testing.T, _ *tree.Child, inner *tree.Scope) {
			report, err := inner.Shutdown(t.Context())
			require.NoError(t, err)
			require.True(t, report.Clean())
			require.Equal(t, 1, report.Failed)
			require.Equal(t, 1, report.Drained)
			require.Equal(t, "cleanup failed", report.Children[0].Text)
		},
	}
	for name, stop := range stops {
		t.Run(name, func(t *testing.T) {
			under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
				start := time.Now()
				var rec recorder
				err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
					scope := make(chan *tree.Scope, 1)
					nested := launch(ctx, t, s, "nested", func(ctx context.Context) error {
						return tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
							scope <- s
							launch(ctx, t, s, "worker", func(ctx context.Context) error {
								<-tree.Draining(ctx)
								pause(tenth)
								return errCleanup
							})
							return nil
						})
					})
					inner := <-scope
					pause(tenth)
					stop(t, nested, inner)
					err := nested.Wait(t.Context())
					require.EqualError(t, err, "app/nested/worker: cleanup failed")
					require.Len(t, leavesOf(t, err), 1)
					require.Equal(t, policy.Failed, exitOf(t, nested))
					return nil
				}, tree.WithName("app"), tree.WithObserver(&rec))
				require.Equal(t, 2*tenth, time.Since(start))
				require.Equal(t, []string{"app/nested/worker", "app/nested"}, paths(rec.failures()))
				if p.OnFailure == policy.CancelTogether {
					require.EqualError(t, err, "app/nested: app/nested/worker: cleanup failed")
					require.ErrorIs(t, err, errCleanup)
				} else {
					require.NoError(t, err)
				}
			})
		})
	}
}

func TestScope_100_StoppingANestedScopeStopsItsSubtreeOnly(t *testing.T) {
	stops := map[string]func(t *testing.T, a *tree.Child, within chan<- struct{}){
		"its child": func(t *testing.T, a *tree.Child, _ chan<- struct{}) { require.NoError(t, a.Shutdown(t.Context())) },
		"its scope": func(t *testing.T, a *tree.Child, _ chan<- struct{}) {
			s := scopeOf(t, a)
			report, err := s.Shutdown(t.Context())
			require.NoError(t, err)
			require.Equal(t, 2, report.Drained)
		},
		"a leaf of it": func(_ *testing.T, _ *tree.Child, within chan<- struct{}) { close(within) },
	}
	for name, stop := range stops {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var log trail
				within := make(chan struct{})
				s, _ := openSupervisor(t, bounded())
				leaf := func(name string) tree.ChildSpec { return tree.ChildSpec{Name: "leaf", Run: closes(&log, name, 0)} }
				asks := tree.ChildSpec{Name: "asks", Run: func(ctx context.Context) error {
					select {
					case <-within:
						own, err := tree.From(ctx)
						if err != nil {
							return err
						}
						own.Drain(errReason)
					case <-tree.Draining(ctx):
					}
					return drainer(ctx)
				}}
				supervisor := func(name string, children ...tree.ChildSpec) tree.ChildSpec {
					spec := supervisorSpec(children...)
					spec.Name, spec.Restart = name, policy.Temporary
					return spec
				}
				a, err := s.Start(t.Context(), supervisor("a", asks, supervisor("below", leaf("a/below"))))
				require.NoError(t, err)
				b, err := s.Start(t.Context(), supervisor("b", leaf("b"), supervisor("below", leaf("b/below"))))
				require.NoError(t, err)
				launch(t.Context(), t, s, "leaf", closes(&log, "root", 0))
				pause(tenth)

				stop(t, a, within)
				require.NoError(t, a.Wait(t.Context()))
				require.Equal(t, tenth, time.Since(start))
				pause(time.Second) // time enough for whatever else was asked
				require.Equal(t, []string{"a/below"}, log.list())
				require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
				require.Equal(t, policy.SlotRunning, b.State())

				report, err := s.Shutdown(t.Context())
				require.NoError(t, err)
				require.True(t, report.Clean())
				require.ElementsMatch(t, []string{"a/below", "b/below", "b", "root"}, log.list())
				require.Equal(t, tenth+time.Second, time.Since(start))
			})
		})
	}
}

// There is no option to detach a child. A scope opened with a context that is not
// of the tree is a root of its own, wherever it is opened, and listed as one.
func TestScope_101_AScopeOpenedWithAForeignContextIsNotShutDownWithTheOneItWasOpenedIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s, _ := openSupervisor(t, bounded())
		g := &signals{from: start}
		opened := make(chan *tree.Scope, 1)
		launch(t.Context(), t, s, "opener", func(ctx context.Context) error {
			detached, err := tree.Open(t.Context(), bounded(), tree.WithName("detached"))
			if err != nil {
				return err
			}
			opened <- detached
			if _, err := detached.Start(ctx, tree.ChildSpec{Name: "leaf", Run: g.run(0)}); err != nil {
				return err
			}
			return drainer(ctx)
		})
		detached := <-opened
		synctest.Wait() // the leaf runs
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.True(t, report.Clean())
		require.Zero(t, time.Since(start))
		require.NoError(t, s.Close())

		pause(20 * time.Millisecond)
		require.Equal(t, tree.PhaseOpen, detached.Snapshot().Phase)
		require.Equal(t, []string{"leaf running"}, slots(detached.Snapshot()))
		require.Equal(t, 1, rootsNamed("detached"))
		require.Equal(t, "detached", detached.Path())

		report, err = detached.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, report.Canceled)
		require.Equal(t, 20*time.Millisecond, g.asked)
		require.Equal(t, 20*time.Millisecond+2*time.Second, g.canceled)
		require.NoError(t, detached.Close())
		require.Zero(t, rootsNamed("detached"))
	})
}

// A teardown is what a function does once the scope of its helpers has ended. Its
// error is the function's.
func TestScope_103_ATeardownComesAfterTheChildrenAndEveryCloseReturnsItsError(t *testing.T) {
	ends := map[string]struct {
		end  func(*tree.Scope)
		text string
	}{
		"drained":  {func(s *tree.Scope) { s.Drain(nil) }, "app/service: cleanup failed"},
		"canceled": {func(s *tree.Scope) { s.Cancel(errReason) }, "app/service: tree: app/service: context canceled: reason\ncleanup failed"},
	}
	for name, c := range ends {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var log trail
				s, err := tree.Open(t.Context(), policy.TaskGroup, tree.WithName("app"), tree.WithObserver(&recorder{}))
				require.NoError(t, err)
				launch(t.Context(), t, s, "service", func(ctx context.Context) error {
					err := tree.Run(ctx, policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
						launch(ctx, t, s, "a", closes(&log, "a", 2*tenth))
						launch(ctx, t, s, "b", closes(&log, "b", tenth))
						launch(ctx, t, s, "c", func(ctx context.Context) error { <-tree.Draining(ctx); return ctx.Err() })
						return nil
					})
					pause(tenth)
					log.add("teardown")
					return errors.Join(err, errCleanup)
				})
				synctest.Wait() // the children run
				c.end(s)
				first := s.Close()
				require.EqualError(t, first, c.text)
				require.ErrorIs(t, first, errCleanup)
				require.Equal(t, 3*tenth, time.Since(start))
				require.Equal(t, []string{"b", "a", "teardown"}, log.list())
				require.Same(t, first, s.Close())
				require.Same(t, first, s.Wait(t.Context()))
			})
		})
	}
}

// What others need until the last of them has ended is a background child.
func TestScope_103_ABackgroundChildIsTornDownAfterAllOthersAndEveryCloseReturnsItsError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var log trail
		s, err := tree.Open(t.Context(), policy.TaskGroup, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		var cause error
		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "pool", Background: true, Run: func(ctx context.Context) error {
			<-ctx.Done()
			cause = context.Cause(ctx)
			log.add("pool")
			return errCleanup
		}})
		require.NoError(t, err)
		for i := range 3 {
			launch(t.Context(), t, s, fmt.Sprint(i), closes(&log, fmt.Sprint(i), time.Duration(i)*tenth))
		}
		s.Drain(nil)
		first := s.Close()
		require.EqualError(t, first, "app/pool: cleanup failed")
		require.Equal(t, 2*tenth, time.Since(start))
		require.Equal(t, []string{"0", "1", "2", "pool"}, log.list())
		require.EqualError(t, cause, "tree: only background children are left")
		require.Same(t, first, s.Close())
		require.Same(t, first, s.Wait(t.Context()))
	})
}

// Nothing can be added that nobody waits for: whatever runs on would be unseen.
// Nearest is a child with a tiny kill wait, which is given up and named.
func TestScope_104_AChildWithATinyKillWaitIsCanceledWithItsScopeAndGivenUpByName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s, seen := openSupervisor(t, policy.SupervisorScope)
		var log trail
		child, err := s.Start(t.Context(), tree.ChildSpec{
			Name: "linger", Stop: policy.Stop{Grace: policy.NoGrace, Kill: time.Millisecond}, Run: tidies(&log),
		})
		require.NoError(t, err)
		launch(t.Context(), t, s, "worker", drainer)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, time.Millisecond, time.Since(start))
		require.Equal(t, []string{"cancelling"}, log.list()) // it was told
		require.Equal(t, 1, report.Drained)
		require.Len(t, report.Abandoned, 1)
		require.Equal(t, "app/linger", report.Abandoned[0].Path)
		require.Equal(t, time.Millisecond, report.Abandoned[0].Age)
		require.EqualError(t, s.Close(), "tree: abandoned: app/linger")
		require.ErrorIs(t, child.Wait(t.Context()), tree.ErrAbandoned)
		require.Equal(t, []string{"app/linger"}, paths(seen.of(tree.ChildAbandoned)))
		require.Equal(t, policy.SlotAbandoned, child.State())

		pause(tenth)
		synctest.Wait() // its late end was observed
		require.Equal(t, []string{"cancelling", "cancelled"}, log.list())
		require.Equal(t, []string{"app/linger"}, paths(seen.of(tree.ChildEndedLate)))
		require.Equal(t, policy.SlotStopped, child.State())
	})
}
