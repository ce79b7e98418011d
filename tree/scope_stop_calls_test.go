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

// explicitPresets end on request only.
func explicitPresets() []preset {
	group, scope := policy.TaskGroup, policy.TaskScope
	group.End, scope.End = policy.EndOnShutdown, policy.EndOnShutdown
	return []preset{{"explicit TaskGroup", group}, {"explicit TaskScope", scope}, {"SupervisorScope", policy.SupervisorScope}}
}

func TestScope_086_AShutdownOfAnIdleExplicitScopeReturnsNilAndWakesBodyAndWaiters(t *testing.T) {
	bodies := map[string]func(context.Context, *tree.Scope) error{
		"waits":  func(ctx context.Context, _ *tree.Scope) error { return drainer(ctx) },
		"is off": func(context.Context, *tree.Scope) error { return nil },
	}
	for name, body := range bodies {
		t.Run("the body "+name, func(t *testing.T) {
			under(t, explicitPresets(), func(t *testing.T, p policy.Scope) {
				p.Leave = policy.LeaveWait
				start := time.Now()
				scope, woke := make(chan *tree.Scope, 1), make(chan error, 2)
				go func() {
					woke <- tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
						scope <- s
						return body(ctx, s)
					})
				}()
				s := <-scope
				go func() { woke <- s.Wait(t.Context()) }()
				pause(time.Hour)
				require.Empty(t, woke)
				report, err := s.Shutdown(t.Context())
				require.NoError(t, err)
				require.NoError(t, <-woke)
				require.NoError(t, <-woke)
				require.True(t, report.Clean())
				require.Zero(t, report.Took)
				require.Zero(t, report.Drained+report.Canceled)
				require.Equal(t, time.Hour, time.Since(start))
			})
		})
	}
}

// A child that shuts its own scope down is asked like its siblings, and canceled
// with them when the grace is over. It is told how things stand and does not wait.
func TestScope_088_AShutdownFromWithinReturnsAtOnceAndItsCallerIsStoppedWithTheOthers(t *testing.T) {
	callers := map[string]func(ctx context.Context, ask func(context.Context) error) error{
		"a child": func(ctx context.Context, ask func(context.Context) error) error { return ask(ctx) },
		"without a cancel": func(ctx context.Context, ask func(context.Context) error) error {
			return ask(context.WithoutCancel(ctx))
		},
		"a nested child": func(ctx context.Context, ask func(context.Context) error) error {
			return tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error { return s.Go(ctx, ask) })
		},
	}
	for name, call := range callers {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := openSupervisor(t, bounded())
				sibling, caller := &signals{from: time.Now()}, &signals{from: time.Now()}
				launch(t.Context(), t, s, "sibling", sibling.run(time.Second))
				launch(t.Context(), t, s, "caller", func(ctx context.Context) error {
					if err := call(ctx, func(ctx context.Context) error {
						report, err := s.Shutdown(ctx)
						require.Equal(t, tree.PhaseDraining, report.Phase)
						require.Zero(t, time.Since(caller.from))
						return err
					}); err != nil {
						return err
					}
					return caller.run(0)(ctx)
				})
				require.NoError(t, s.Wait(t.Context()))
				require.Equal(t, 3*time.Second, time.Since(caller.from)) // grace, and the sibling's clean-up
				for _, g := range []*signals{sibling, caller} {
					require.Zero(t, g.asked)
					require.NoError(t, g.errAtAsk)
					require.Equal(t, 2*time.Second, g.canceled)
				}
				report, err := s.Shutdown(t.Context())
				require.NoError(t, err)
				require.True(t, report.Clean())
				require.Equal(t, 2, report.Canceled)
			})
		})
	}
}

// A child that waits with somebody else's context waits for itself, and nobody
// can see it. The bounds of the scope end that too.
func TestScope_088_AChildThatWaitsWithAForeignContextIsAbandonedAfterTheKillWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s, _ := openSupervisor(t, bounded())
		var seen *tree.ShutdownReport
		launch(t.Context(), t, s, "caller", func(context.Context) (err error) {
			seen, err = s.Shutdown(t.Context())
			return err
		})
		require.ErrorIs(t, s.Wait(t.Context()), tree.ErrAbandoned)
		require.Equal(t, 5*time.Second, time.Since(start)) // 2 s of grace and 3 s of kill wait
		synctest.Wait()                                    // the call has come back
		require.Len(t, seen.Abandoned, 1)
		require.Equal(t, "app/caller", seen.Abandoned[0].Path)
	})
}

func TestScope_089_AShutdownByAChildBeforeItFirstBlocksIsNotLost(t *testing.T) {
	starts := map[string]func(ctx context.Context, s *tree.Scope, run func(context.Context) error) error{
		"task": func(ctx context.Context, s *tree.Scope, run func(context.Context) error) error { return s.Go(ctx, run) },
		"child": func(ctx context.Context, s *tree.Scope, run func(context.Context) error) error {
			_, err := s.Start(ctx, tree.ChildSpec{Name: "caller", Run: run})
			return err
		},
	}
	for name, start := range starts {
		t.Run(name, func(t *testing.T) {
			for round := range rounds {
				synctest.Test(t, func(t *testing.T) {
					began := time.Now()
					asked := make(chan string, 4)
					asks := func(name string) func(context.Context) error {
						return func(ctx context.Context) error {
							<-tree.Draining(ctx)
							asked <- name
							return ctx.Err()
						}
					}
					err := tree.Run(t.Context(), bounded(), func(ctx context.Context, s *tree.Scope) error {
						launch(ctx, t, s, "before", asks("before"))
						require.NoError(t, start(ctx, s, func(ctx context.Context) error {
							if _, err := s.Shutdown(ctx); err != nil {
								return err
							}
							return asks("caller")(ctx)
						}))
						if round%2 == 0 {
							synctest.Wait() // the caller has asked
							require.Equal(t, tree.PhaseDraining, s.Snapshot().Phase)
						}
						launch(ctx, t, s, "after", asks("after")) // the body may, and the child is asked at once
						return asks("body")(ctx)
					}, tree.WithName("app"))
					require.NoError(t, err)
					require.Zero(t, time.Since(began))
					require.Len(t, asked, 4)
				})
			}
		})
	}
}

func TestScope_089_ACancelByAChildBeforeStartHasReturnedIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var rec recorder
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "sibling", blocker)
			_, err := s.Start(context.WithoutCancel(ctx), tree.ChildSpec{Name: "caller", WaitReady: true, Run: func(ctx context.Context) error {
				s.Cancel(errReason)
				<-ctx.Done() // the turn that started it may still be under way, and takes the cancel along
				require.Same(t, errReason, context.Cause(ctx))
				pause(tenth)
				require.NoError(t, tree.Ready(ctx)) // Start waits for this
				return ctx.Err()
			}})
			require.NoError(t, err)
			require.Equal(t, tenth, time.Since(start))
			require.ErrorIs(t, s.Go(ctx, blocker), tree.ErrClosed)
			return ctx.Err()
		}, tree.WithName("app"), tree.WithObserver(&rec))
		require.NoError(t, err)
		require.Empty(t, rec.failures())
		require.Equal(t, tenth, time.Since(start))
	})
}

// No scope can be ended before it was opened. The nearest are the three below:
// ended as the first thing, born into a scope that drains, and ended while it boots.
func TestScope_091_AScopeThatIsEndedBeforeItsFirstChildStartsNone(t *testing.T) {
	never := func(context.Context) error { panic("must not run") }
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		s, err := tree.Open(t.Context(), p)
		require.NoError(t, err)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.True(t, report.Clean())
		require.ErrorIs(t, s.Go(t.Context(), never), tree.ErrClosed)
		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "worker", Run: never})
		require.ErrorIs(t, err, tree.ErrClosed)
		require.NoError(t, s.Close())

		var handle *tree.Scope
		require.NoError(t, tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			handle = s
			s.Cancel(nil)
			return s.Go(ctx, never)
		}))
		require.Equal(t, tree.Counts{Refused: 1}, handle.Snapshot().Counts)
		require.Zero(t, time.Since(start))
	})
}

func TestScope_091_AScopeOpenedInOneThatDrainsIsAskedAtOnceToEnd(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		err := tree.Run(t.Context(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
			s.Drain(nil)
			return tree.Run(ctx, p, func(ctx context.Context, inner *tree.Scope) error {
				require.Equal(t, tree.PhaseDraining, inner.Snapshot().Phase)
				require.ErrorIs(t, inner.Go(t.Context(), blocker), tree.ErrDraining)
				return drainer(ctx)
			})
		})
		require.NoError(t, err)
		require.Zero(t, time.Since(start))
	})
}

func TestScope_091_ASupervisorThatIsEndedWhileItBootsStartsNoFurtherChild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s, seen := openSupervisor(t, bounded())
		boots := make(chan *tree.Child, 1)
		time.AfterFunc(tenth, func() {
			for child := range s.Children() {
				boots <- child
			}
			s.Drain(nil)
		})
		_, err := s.Start(t.Context(), supervisorSpec(
			tree.ChildSpec{Name: "first", WaitReady: true, Run: drainer},
			tree.ChildSpec{Name: "second", Run: blocker},
		))
		require.ErrorIs(t, err, tree.ErrNotReady)
		require.NoError(t, s.Wait(t.Context()))
		require.Equal(t, tenth, time.Since(start))
		require.Equal(t, []string{"app/sup", "app/sup/first"}, paths(seen.of(tree.ChildStarted)))
		inner := scopeOf(t, <-boots)
		report, err := inner.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, report.NotStarted)
		require.True(t, report.Clean())
	})
}

func TestScope_092_AShutdownAfterTheEndIsANoOpWhateverTheEndWas(t *testing.T) {
	ends := map[string]func(s *tree.Scope) error{
		"close":    func(s *tree.Scope) error { return nil },
		"cancel":   func(s *tree.Scope) error { s.Cancel(errReason); return s.Wait(context.Background()) },
		"shutdown": func(s *tree.Scope) error { _, err := s.Shutdown(context.Background()); return err },
		"failure": func(s *tree.Scope) error {
			err := s.Go(context.Background(), func(context.Context) error { return policy.Fatal(errBoom) })
			synctest.Wait() // while it ends, a Fatal would be a failure like any
			return err
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				var rec recorder
				s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(&rec))
				require.NoError(t, err)
				launch(t.Context(), t, s, "worker", drainer)
				if name == "close" {
					s.Drain(nil) // or a task scope would wait for ever
				}
				require.NoError(t, end(s))
				result := s.Close()
				require.Equal(t, name == "failure", result != nil, result)
				first, err := s.Shutdown(t.Context())
				require.NoError(t, err)
				synctest.Wait() // the last event was observed
				start, told := time.Now(), len(rec.events)
				pause(time.Hour)
				for range 2 {
					s.Drain(errBang)
					s.Cancel(errBang)
					again, err := s.Shutdown(t.Context())
					require.NoError(t, err)
					require.Equal(t, first.String(), again.String())
					require.NotErrorIs(t, again.Reason, errBang)
					require.Equal(t, result, s.Close())
				}
				synctest.Wait() // nothing was begun that could tell more
				require.Equal(t, time.Hour, time.Since(start))
				require.Len(t, rec.events, told)
			})
		})
	}
}

func TestScope_094_ManyWhoShutDownAtOnceAndLaterGetOneTeardownAndOneReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, bounded())
		var log trail
		launch(t.Context(), t, s, "worker", func(ctx context.Context) error {
			<-tree.Draining(ctx)
			log.add("teardown")
			return sleep(ctx, time.Second)
		})
		start := time.Now()
		var calls sync.WaitGroup
		told := make(chan *tree.ShutdownReport, 30)
		for range 3 { // at 0 s, at 0.5 s, and when it has ended
			for range 10 {
				calls.Go(func() {
					report, err := s.Shutdown(t.Context())
					require.NoError(t, err)
					told <- report
				})
			}
			pause(time.Second / 2)
		}
		calls.Wait()
		first := <-told
		require.Equal(t, time.Second, first.Took)
		require.Equal(t, start, first.Began)
		require.Equal(t, 1, first.Drained)
		require.Equal(t, []tree.ChildEnd{{Path: "app/worker", Phase: tree.PhaseDraining, Age: time.Second}}, first.Children)
		for range 29 {
			require.Equal(t, first, <-told)
		}
		require.Equal(t, []string{"teardown"}, log.list())
		for _, kind := range []tree.EventKind{tree.ScopeDraining, tree.ScopeClosed} {
			require.Len(t, seen.of(kind), 1, "%v", kind)
		}
	})
}

// The report so far counts who has ended. Who has not is in the snapshot, with its
// state; only what outlives the kill wait is a straggler of the report.
func TestScope_095_ACallerWhoseTimeIsUpLearnsWhoStillRunsAndTheShutdownGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s, _ := openSupervisor(t, bounded())
		launch(t.Context(), t, s, "quick", drainer)
		launch(t.Context(), t, s, "slow", cleansUp(tenth, context.Canceled))
		gate, open := newGate(t)
		launch(t.Context(), t, s, "stuck", stubborn(gate))
		impatient, cancel := context.WithTimeoutCause(t.Context(), time.Second, errReason)
		defer cancel()
		report, err := s.Shutdown(impatient)
		require.Same(t, errReason, err)
		require.Equal(t, time.Second, time.Since(start))
		require.Equal(t, tree.PhaseDraining, report.Phase)
		require.False(t, report.Clean())
		require.Equal(t, 1, report.Drained)
		require.Equal(t, []string{"quick stopped", "slow stopping", "stuck stopping"}, slots(s.Snapshot()))

		report, err = s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 5*time.Second, time.Since(start)) // the grace and kill wait of the first call
		require.Equal(t, 5*time.Second, report.Took)
		require.Equal(t, 1, report.Drained)
		require.Equal(t, 1, report.Canceled)
		require.Len(t, report.Abandoned, 1)
		require.Equal(t, "app/stuck", report.Abandoned[0].Path)
		require.EqualError(t, s.Wait(t.Context()), "tree: abandoned: app/stuck")
		open()
	})
}
