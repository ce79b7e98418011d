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

// A body's error comes back as it is, in no group, when nothing else failed.
func TestScope_055_ABodyThatFailsCancelsItsChildrenAndWaitsForThem(t *testing.T) {
	for name, slept := range map[string]time.Duration{"after a while": tenth, "before a child was scheduled": 0} {
		t.Run(name, func(t *testing.T) {
			under(t, taskPresets(), func(t *testing.T, p policy.Scope) {
				start := time.Now()
				var handle *tree.Scope
				var cause error
				err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
					handle = s
					launch(ctx, t, s, "blocker", blocker)
					require.NoError(t, s.Go(ctx, blocker))
					launch(ctx, t, s, "cleaner", func(ctx context.Context) error {
						<-ctx.Done()
						cause = context.Cause(ctx)
						pause(tenth)
						return cause
					})
					if slept > 0 {
						pause(slept)
					}
					return errBody
				})
				require.Same(t, errBody, err)
				require.Same(t, errBody, cause)
				require.Equal(t, slept+tenth, time.Since(start))
				require.Equal(t, tree.Counts{Canceled: 3}, handle.Snapshot().Counts)
			})
		})
	}
}

// A supervisor scope drains where the others cancel: its children get their
// grace, also when the body failed.
func TestABodyThatFailsInASupervisorScopeLeavesItsChildrenTheirGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var polite, slow *tree.Child
		err := tree.Run(t.Context(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
			polite = launch(ctx, t, s, "polite", func(ctx context.Context) error {
				<-tree.Draining(ctx)
				return sleep(ctx, time.Second)
			})
			slow = launch(ctx, t, s, "slow", blocker)
			pause(tenth)
			return errBody
		})
		require.Same(t, errBody, err)
		require.Equal(t, policy.Returned, exitOf(t, polite))
		require.Equal(t, policy.Canceled, exitOf(t, slow))
		require.Equal(t, tenth+policy.DefaultGrace, time.Since(start))
	})
}

func TestScope_056_ABodysErrorIsPrimaryAndACleanUpsErrorIsNotLost(t *testing.T) {
	under(t, taskPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var rec recorder
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "worker", cleansUp(tenth, errCleanup))
			return errBody
		}, tree.WithName("app"), tree.WithObserver(&rec))
		require.Equal(t, tenth, time.Since(start))
		require.Equal(t, []string{"app/worker"}, paths(rec.failures()))
		require.Same(t, errCleanup, rec.failures()[0].Err)
		if p.OnFailure != policy.CancelTogether {
			require.Same(t, errBody, err)
			return
		}
		require.EqualError(t, err, "tree: 2 failures\n\tbody failed\n\tapp/worker: cleanup failed")
		require.Same(t, errBody, leavesOf(t, err)[0])
		require.ErrorIs(t, err, errCleanup)
	})
}

func TestScope_059_ABodysErrorSurvivesAnExplicitShutdown(t *testing.T) {
	ends := map[string]func(ctx context.Context, s *tree.Scope){
		"shutdown": func(ctx context.Context, s *tree.Scope) { _, _ = s.Shutdown(ctx) },
		"cancel":   func(_ context.Context, s *tree.Scope) { s.Cancel(errReason) },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				start := time.Now()
				err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
					launch(ctx, t, s, "worker", drainer)
					end(ctx, s)
					pause(tenth)
					return errBody
				})
				require.Same(t, errBody, err)
				require.Equal(t, tenth, time.Since(start))
			})
		})
	}
}

func TestABodyThatReturnsTheCancelItAskedForEndsTheScopeCleanly(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		for _, cause := range []error{nil, errReason} {
			err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
				s.Cancel(cause)
				return fmt.Errorf("serving: %w", errors.Join(ctx.Err(), context.Cause(ctx)))
			})
			require.NoError(t, err)
		}
	})
}

// Which of the two came first decides whether the work was cut short from outside.
func TestTheFirstOfACancelOnPurposeAndTheParentsIsTheResult(t *testing.T) {
	under(t, taskPresets(), func(t *testing.T, p policy.Scope) {
		for _, parentFirst := range []bool{false, true} {
			parent, cancel := context.WithCancelCause(t.Context())
			err := tree.Run(parent, p, func(ctx context.Context, s *tree.Scope) error {
				launch(ctx, t, s, "worker", cleansUp(2*tenth, context.Canceled))
				if parentFirst {
					cancel(errReason)
					<-ctx.Done()
				}
				s.Cancel(errBoom)
				pause(tenth)
				cancel(errReason)
				pause(tenth)
				return nil
			})
			if !parentFirst {
				require.NoError(t, err)
				continue
			}
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, errReason)
			require.NotErrorIs(t, err, errBoom)
		}
	})
}

func TestABodysErrorJoinedToItsCancellationIsReturned(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			s.Cancel(nil)
			return errors.Join(ctx.Err(), errBody)
		})
		require.ErrorIs(t, err, errBody)
	})
}

func TestABodysForeignCancellationIsAnErrorLikeAnyOther(t *testing.T) {
	under(t, taskPresets(), func(t *testing.T, p policy.Scope) {
		foreign, cancel := context.WithCancel(t.Context())
		cancel()
		var child *tree.Child
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			child = launch(ctx, t, s, "worker", blocker)
			return foreign.Err()
		})
		require.Equal(t, context.Canceled, err)
		require.Equal(t, policy.Canceled, exitOf(t, child))
	})
}

func TestScope_061_ABodysErrorAndTheCancelOfItsParentBothHold(t *testing.T) {
	under(t, taskPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		parent, cancel := context.WithCancelCause(t.Context())
		var inner, above error
		var child *tree.Child
		outer := tree.Run(parent, policy.TaskScope, func(ctx context.Context, _ *tree.Scope) error {
			inner = tree.Run(ctx, p, func(ctx context.Context, s *tree.Scope) error {
				child = launch(ctx, t, s, "worker", blocker)
				pause(tenth)
				cancel(errReason)
				<-ctx.Done()
				return errBody
			})
			above = sleep(ctx, time.Hour) // the cancel bites at the next blocking call
			return context.Cause(ctx)
		})
		require.Same(t, errBody, inner)
		require.Equal(t, policy.Canceled, exitOf(t, child))
		require.Equal(t, context.Canceled, above)
		require.ErrorIs(t, outer, context.Canceled)
		require.ErrorIs(t, outer, errReason)
		require.NotErrorIs(t, outer, errBody)
		require.Equal(t, tenth, time.Since(start))
	})
}

func TestABodysErrorStandsBesideWhatSupervisionGaveUpOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rec recorder
		p := policy.SupervisorScope
		p.Intensity = policy.NoRestarts
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "worker", failsAfter(tenth, errBoom))
			<-tree.Draining(ctx)
			return errBody
		}, tree.WithName("app"), tree.WithObserver(&rec))
		require.ErrorIs(t, err, errBody)
		require.ErrorIs(t, err, tree.ErrGaveUp)
		require.ErrorIs(t, err, errBoom)
		require.Len(t, rec.of(tree.GaveUp), 1)
	})
}
