package tree_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestScope_097_AShutdownReturnsAfterTheCleanUpsOfTenChildren(t *testing.T) {
	for name, grace := range map[string]time.Duration{"drained": time.Second, "canceled": policy.NoGrace} {
		t.Run(name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				start := time.Now()
				p.Stop.Grace = grace
				var sum atomic.Int64
				s, err := tree.Open(t.Context(), p)
				require.NoError(t, err)
				for i := range 10 {
					launch(t.Context(), t, s, fmt.Sprint(i), func(ctx context.Context) error {
						<-tree.Draining(ctx)
						if name == "canceled" { // the soft signal comes first, though at the same time
							<-ctx.Done()
						}
						pause(tenth)
						sum.Add(10)
						return ctx.Err()
					})
				}
				pause(tenth / 10)
				report, err := s.Shutdown(t.Context())
				require.NoError(t, err)
				require.Equal(t, tenth/10+tenth, time.Since(start))
				require.EqualValues(t, 100, sum.Load())
				require.True(t, report.Clean())
				require.Equal(t, tenth, report.Took)
				require.Equal(t, 10, map[string]int{"drained": report.Drained, "canceled": report.Canceled}[name])
				require.Equal(t, 10, report.Drained+report.Canceled)
				require.NoError(t, s.Close())
			})
		})
	}
}

// reasoned runs a scope with a worker and a nested one that both wait for their
// cancel, ends it, and returns its final report, the causes seen, and its result.
func reasoned(t *testing.T, p policy.Scope, obs tree.Observer, end func(*tree.Scope)) (*tree.ShutdownReport, []error, error) {
	t.Helper()
	causes := make(chan error, 3)
	sees := func(ctx context.Context) error {
		<-ctx.Done()
		causes <- context.Cause(ctx)
		return context.Cause(ctx)
	}
	patient := policy.TaskGroup
	patient.Stop.Grace = time.Hour // so that it is the grace around that is over first
	var handle *tree.Scope
	err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
		handle = s
		launch(ctx, t, s, "worker", sees)
		launch(ctx, t, s, "nested", func(ctx context.Context) error {
			return tree.Run(ctx, patient, func(ctx context.Context, s *tree.Scope) error { return s.Go(ctx, sees) })
		})
		synctest.Wait() // all of them wait
		end(s)
		return sees(ctx)
	}, tree.WithName("app"), tree.WithObserver(obs))
	report, e := handle.Shutdown(t.Context())
	require.NoError(t, e)
	close(causes)
	var list []error
	for cause := range causes {
		list = append(list, cause)
	}
	require.Len(t, list, 3)
	return report, list, err
}

func TestScope_106_TheReasonOfAShutdownIsInTheCausesAndTheReportAndIsNoFailure(t *testing.T) {
	t.Run("drain", func(t *testing.T) {
		under(t, allPresets(), func(t *testing.T, p policy.Scope) {
			start := time.Now()
			var rec recorder
			report, causes, err := reasoned(t, p, &rec, func(s *tree.Scope) { s.Drain(errReason) })
			require.NoError(t, err)
			for _, cause := range causes {
				require.ErrorIs(t, cause, errReason)
				require.NotEqual(t, errReason, cause) // it is told apart from the reason itself
			}
			require.Equal(t, policy.DefaultGrace, time.Since(start))
			require.Same(t, errReason, report.Reason)
			require.Zero(t, report.Failed)
			require.Zero(t, report.Drained)
			require.Equal(t, 2, report.Canceled)
			require.Len(t, report.Children, 2)
			for _, end := range report.Children {
				require.Equal(t, tree.PhaseCanceling, end.Phase)
				require.EqualError(t, end.Cause, "tree: grace of the scope over: reason")
			}
			require.Same(t, errReason, rec.of(tree.ScopeDraining)[0].Err)
			require.Empty(t, rec.failures())
		})
	})
	t.Run("cancel", func(t *testing.T) {
		under(t, allPresets(), func(t *testing.T, p policy.Scope) {
			start := time.Now()
			var rec recorder
			report, causes, err := reasoned(t, p, &rec, func(s *tree.Scope) { s.Cancel(errReason) })
			require.NoError(t, err)
			require.Equal(t, []error{errReason, errReason, errReason}, causes)
			require.Zero(t, time.Since(start))
			require.Same(t, errReason, report.Reason)
			require.Zero(t, report.Failed)
			require.Empty(t, rec.of(tree.ScopeDraining))
			require.Empty(t, rec.failures())
		})
	})
}

func TestScope_106_TheReasonIsFoundAlsoInAScopeBelowWhoseOwnGraceIsOverFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		hasty := policy.TaskGroup
		hasty.Stop.Grace = time.Second
		causes := make(chan error, 1)
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "nested", func(ctx context.Context) error {
				return tree.Run(ctx, hasty, func(ctx context.Context, s *tree.Scope) error { return s.Go(ctx, tells(causes)) })
			})
			synctest.Wait() // the task waits for its cancel
			s.Drain(errReason)
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, time.Second, time.Since(start))
		cause := <-causes
		require.EqualError(t, cause, "tree: grace of the scope over: tree: scope around draining: reason")
		require.ErrorIs(t, cause, errReason)
	})
}

// The same error as a reason and as a failure: what ended the scope is in the
// report, what failed in it is its result.
func TestScope_106_AFailureIsToldApartFromTheReasonAlsoWhenItIsTheSameError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rec recorder
		var handle *tree.Scope
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			handle = s
			launch(ctx, t, s, "worker", func(ctx context.Context) error {
				<-tree.Draining(ctx)
				return errReason // of its own accord: nothing has canceled it
			})
			s.Drain(errReason)
			return drainer(ctx)
		}, tree.WithName("app"), tree.WithObserver(&rec))
		require.EqualError(t, err, "app/worker: reason")
		report, e := handle.Shutdown(t.Context())
		require.NoError(t, e)
		require.Same(t, errReason, report.Reason)
		require.Equal(t, 1, report.Failed)
		require.Equal(t, []string{"app/worker"}, paths(rec.failures()))
	})
}

func TestScope_107_ThatAScopeEndsCanBeSeenBeforeAnyChildIsToldAndForEverAfter(t *testing.T) {
	ends := map[string]struct {
		end    func(*tree.Scope)
		phases []tree.Phase
	}{
		"drain": {func(s *tree.Scope) { s.Drain(nil) },
			[]tree.Phase{tree.PhaseOpen, tree.PhaseDraining, tree.PhaseDraining, tree.PhaseCanceling, tree.PhaseClosed}},
		"cancel": {func(s *tree.Scope) { s.Cancel(nil) },
			[]tree.Phase{tree.PhaseOpen, tree.PhaseCanceling, tree.PhaseClosed, tree.PhaseClosed, tree.PhaseClosed}},
	}
	for name, c := range ends {
		t.Run(name, func(t *testing.T) {
			for range rounds / 10 {
				synctest.Test(t, func(t *testing.T) {
					s, err := tree.Open(t.Context(), bounded())
					require.NoError(t, err)
					phases := make(chan tree.Phase, 20)
					for i := range 20 {
						launch(t.Context(), t, s, fmt.Sprint(i), func(ctx context.Context) error {
							<-tree.Draining(ctx)
							phases <- s.Snapshot().Phase
							require.Error(t, s.Go(t.Context(), blocker)) // outsiders see it too
							return cleansUp(time.Second, nil)(ctx)
						})
					}
					seen := []tree.Phase{s.Snapshot().Phase}
					c.end(s)
					for range 4 { // at 0.5 s, 1.5 s and so on
						pause(time.Second / 2)
						seen = append(seen, s.Snapshot().Phase)
						pause(time.Second / 2)
					}
					require.NoError(t, s.Close())
					require.Equal(t, c.phases, seen)
					require.Len(t, phases, 20)
					for range 20 {
						require.GreaterOrEqual(t, <-phases, c.phases[1])
					}
				})
			}
		})
	}
}
