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

func TestScope_016_APartialFailureLeavesBodyAndSiblingsUndisturbed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var rec recorder
		var results trail
		var handle *tree.Scope
		yields := func(d time.Duration, result string) func(context.Context) error {
			return func(ctx context.Context) error {
				if err := sleep(ctx, d); err != nil {
					return err
				}
				results.add(result)
				return nil
			}
		}
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			handle = s
			launch(ctx, t, s, "a", yields(tenth, "1"))
			launch(ctx, t, s, "b", failsAfter(2*tenth, errBoom))
			launch(ctx, t, s, "c", yields(3*tenth, "3"))
			if err := yields(tenth, "4")(ctx); err != nil {
				return err
			}
			return yields(3*tenth/2, "5")(ctx)
		}, tree.WithName("app"), tree.WithObserver(&rec))
		require.NoError(t, err)
		require.Equal(t, 3*tenth, time.Since(start))
		require.ElementsMatch(t, []string{"1", "3", "4", "5"}, results.list())
		require.Equal(t, tree.Counts{Returned: 2, Failed: 1}, handle.Snapshot().Counts)
		failures := rec.failures()
		require.Equal(t, []string{"app/b"}, paths(failures))
		require.Same(t, errBoom, failures[0].Err)
		require.Equal(t, 2*tenth, failures[0].Time.Sub(start)) // at once, not at the end
		require.False(t, failures[0].Handed)
	})
}

func TestScope_017_TenFailuresReachTheHandlerTenTimesAndTheScopeStaysOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rec recorder
		var want []string
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			for i := range 10 {
				name := fmt.Sprintf("worker-%d", i)
				want = append(want, "app/"+name)
				launch(ctx, t, s, name, failsAfter(tenth, fmt.Errorf("%s: %w", name, errBoom)))
			}
			pause(tenth)
			synctest.Wait() // all have failed
			require.NoError(t, ctx.Err())
			require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
			return s.Go(ctx, takes(tenth))
		}, tree.WithName("app"), tree.WithObserver(&rec))
		require.NoError(t, err)
		require.ElementsMatch(t, want, paths(rec.failures()))
		for _, e := range rec.failures() {
			require.EqualError(t, e.Err, e.Path[len("app/"):]+": boom")
		}
	})
}

// Where peers disagree: who waits for a child's handle gets the error, and the
// handler gets it all the same.
func TestScope_020_WhoWaitsForAChildGetsItsErrorAndSoDoesTheHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rec recorder
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			child := launch(ctx, t, s, "worker", failsAfter(tenth, errBoom))
			require.Same(t, errBoom, child.Wait(ctx))
			require.Same(t, errBoom, child.Wait(ctx)) // also after the end, and again
			return nil
		}, tree.WithName("app"), tree.WithObserver(&rec))
		require.NoError(t, err)
		require.Equal(t, []string{"app/worker"}, paths(rec.failures()))
		require.Same(t, errBoom, rec.failures()[0].Err)
	})
}

func TestScope_022_AChildThatCancelsItselfIsNoFailure(t *testing.T) {
	under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var rec recorder
		var handle *tree.Scope
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			handle = s
			launch(ctx, t, s, "a", takes(tenth))
			launch(ctx, t, s, "b", func(ctx context.Context) error {
				pause(2 * tenth)
				self, err := tree.Self(ctx)
				if err != nil {
					return err
				}
				self.Cancel(nil)
				return blocker(ctx)
			})
			launch(ctx, t, s, "c", takes(3*tenth))
			return sleep(ctx, 5*tenth/2)
		}, tree.WithObserver(&rec))
		require.NoError(t, err)
		require.Equal(t, 3*tenth, time.Since(start))
		require.Equal(t, tree.Counts{Returned: 2, Canceled: 1}, handle.Snapshot().Counts)
		require.Empty(t, rec.failures())
	})
}

func TestScope_023_AChildCanceledThroughItsHandleIsNoFailure(t *testing.T) {
	under(t, taskPresets(), func(t *testing.T, p policy.Scope) {
		var rec recorder
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			child := launch(ctx, t, s, "worker", func(ctx context.Context) error {
				<-ctx.Done()
				if !errors.Is(context.Cause(ctx), errReason) {
					return errBoom
				}
				return context.Cause(ctx)
			})
			sibling := launch(ctx, t, s, "sibling", takes(tenth))
			child.Cancel(errReason)
			require.NoError(t, child.Wait(ctx))
			require.Equal(t, policy.Canceled, exitOf(t, child))
			require.NoError(t, ctx.Err())
			require.NoError(t, sibling.Wait(ctx))
			require.Equal(t, policy.Returned, exitOf(t, sibling))
			return nil
		}, tree.WithObserver(&rec))
		require.NoError(t, err)
		require.Empty(t, rec.failures())
	})
}

func TestScope_025_AFailureInANestedTaskScopeStaysInIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var rec recorder
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "sibling", takes(5*tenth))
			launch(ctx, t, s, "nested", func(ctx context.Context) error {
				return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
					launch(ctx, t, s, "worker", failsAfter(tenth, errBoom))
					launch(ctx, t, s, "neighbour", takes(3*tenth))
					return nil
				})
			})
			return nil
		}, tree.WithName("app"), tree.WithObserver(&rec))
		require.NoError(t, err)
		require.Equal(t, 5*tenth, time.Since(start))
		require.Equal(t, []string{"app/nested/worker"}, paths(rec.failures()))
		require.Same(t, errBoom, rec.failures()[0].Err)
	})
}

func TestScope_026_ANestedTaskGroupFailsAsAWholeAndTheOuterHandlerHearsOfItOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var rec recorder
		var group, neighbour, sibling *tree.Child
		var ended time.Duration
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			sibling = launch(ctx, t, s, "sibling", takes(5*tenth))
			group = launch(ctx, t, s, "group", func(ctx context.Context) error {
				err := tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
					launch(ctx, t, s, "worker", failsAfter(tenth, errBoom))
					neighbour = launch(ctx, t, s, "neighbour", blocker)
					return nil
				})
				ended = time.Since(start)
				return err
			})
			return nil
		}, tree.WithName("app"), tree.WithObserver(&rec))
		require.NoError(t, err)
		require.Equal(t, 5*tenth, time.Since(start))
		require.Equal(t, tenth, ended)
		require.Equal(t, policy.Canceled, exitOf(t, neighbour))
		require.Equal(t, policy.Failed, exitOf(t, group))
		require.Equal(t, policy.Returned, exitOf(t, sibling))
		var heard []string // what no Run returned
		for _, e := range rec.failures() {
			if !e.Handed {
				heard = append(heard, e.Path+": "+e.Err.Error())
			}
		}
		require.Equal(t, []string{"app/group: app/group/worker: boom"}, heard)
	})
}

func TestScope_028_ABodyThatCancelsItsParentAndFailsReturnsItsOwnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rec recorder
		var inner error
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, outer *tree.Scope) error {
			inner = tree.Run(ctx, policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
				launch(ctx, t, s, "worker", blocker)
				outer.Cancel(errReason)
				require.Same(t, errReason, context.Cause(ctx))
				return errBody
			})
			return nil
		}, tree.WithObserver(&rec))
		require.Same(t, errBody, inner)
		require.NoError(t, err) // the outer one was canceled on purpose
		require.Empty(t, rec.failures())
	})
}

// endingEarly is a supervisor that gives up on its first failure.
func endingEarly() policy.Scope {
	p := policy.SupervisorScope
	p.Intensity = policy.NoRestarts
	return p
}

func TestScope_029_ACanceledSupervisorLeavesItsParentAloneAndAFailedOneDoesNot(t *testing.T) {
	supervisor := func(worker func(context.Context) error) tree.ChildSpec {
		return tree.ChildSpec{
			Name: "supervisor", Policy: new(endingEarly()), Children: []tree.ChildSpec{{Name: "worker", Run: worker}},
		}
	}
	t.Run("canceled", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
				child, err := s.Start(ctx, supervisor(blocker))
				require.NoError(t, err)
				launch(ctx, t, s, "sibling", takes(time.Second))
				pause(tenth)
				child.Cancel(errReason)
				require.NoError(t, child.Wait(ctx))
				require.Equal(t, policy.Canceled, exitOf(t, child))
				require.Equal(t, tenth, time.Since(start))
				return ctx.Err()
			})
			require.NoError(t, err)
			require.Equal(t, time.Second, time.Since(start))
		})
	})
	t.Run("failed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			var rec recorder
			err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
				launch(ctx, t, s, "sibling", blocker)
				_, err := s.Start(ctx, supervisor(failsAfter(tenth, errBoom)))
				return err
			}, tree.WithName("app"), tree.WithObserver(&rec))
			require.Equal(t, tenth, time.Since(start))
			require.Len(t, leavesOf(t, err), 1)
			require.EqualError(t, err,
				"app/supervisor: tree: restart intensity exceeded: app/supervisor/worker: boom")
			require.ErrorIs(t, err, tree.ErrGaveUp)
			require.ErrorIs(t, err, errBoom)
		})
	})
}

// What an opened supervisor fails with is its holder's: Close returns it, and the
// scope around is not canceled before somebody there fails with it.
func TestAnOpenedSupervisorHandsItsFailureToItsHolderOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rec recorder
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, _ *tree.Scope) error {
			canceled, err := tree.Open(ctx, policy.SupervisorScope)
			require.NoError(t, err)
			launch(ctx, t, canceled, "worker", blocker)
			canceled.Cancel(errReason)
			require.NoError(t, canceled.Close())

			failed, err := tree.Open(ctx, endingEarly(), tree.WithName("failed"))
			require.NoError(t, err)
			launch(ctx, t, failed, "worker", failsAfter(tenth, errBoom))
			require.ErrorIs(t, failed.Wait(ctx), errBoom)
			require.NoError(t, ctx.Err())
			return failed.Close()
		}, tree.WithName("app"), tree.WithObserver(&rec))
		require.EqualError(t, err, "tree: restart intensity exceeded: app/failed/worker: boom")
		require.Equal(t, []string{"app/failed/worker"}, paths(rec.of(tree.GaveUp)))
	})
}

func TestScope_031_AScopeInWhichNothingFailedReturnsNilWhenItIsShutDown(t *testing.T) {
	explicit := policy.TaskScope
	explicit.End = policy.EndOnShutdown
	presets := []preset{{"explicit", explicit}, {"SupervisorScope", policy.SupervisorScope}}
	under(t, presets, func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var report *tree.ShutdownReport
		var child *tree.Child
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			child = launch(ctx, t, s, "worker", drainer)
			go func() {
				pause(time.Hour)
				report, _ = s.Shutdown(t.Context())
			}()
			return drainer(ctx)
		})
		require.NoError(t, err)
		require.Equal(t, time.Hour, time.Since(start))
		require.Equal(t, policy.Returned, exitOf(t, child))
		synctest.Wait() // Shutdown has returned
		require.True(t, report.Clean())
		require.Equal(t, 1, report.Drained)
	})
}
