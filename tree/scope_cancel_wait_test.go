package tree_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// cancelAndWait cancels a child and waits until it has ended, or ctx has.
func cancelAndWait(ctx context.Context, child *tree.Child, cause error) error {
	child.Cancel(cause)
	return child.Wait(ctx)
}

// tidies is a child that says when its clean-up begins, and when it is done a
// tenth of a second later.
func tidies(log *trail) func(context.Context) error {
	return func(ctx context.Context) error {
		<-ctx.Done()
		log.add("cancelling")
		pause(tenth)
		log.add("cancelled")
		return ctx.Err()
	}
}

func TestScope_071_ASecondCancelChangesNothingAndTheFirstReasonStands(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var rec recorder
		causes := make(chan error, 2)
		var alone *tree.Child
		var handle *tree.Scope
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			handle = s
			alone = launch(ctx, t, s, "alone", cleansUp(tenth, context.Canceled))
			launch(ctx, t, s, "worker", tells(causes))
			require.NoError(t, s.Go(ctx, tells(causes)))
			synctest.Wait() // all of them wait
			s.Cancel(errReason)
			s.Cancel(errBoom)
			require.Same(t, errReason, context.Cause(ctx))
			pause(tenth / 2)
			s.Cancel(errBang)
			s.Cancel(nil)
			require.Same(t, errReason, context.Cause(ctx))
			return ctx.Err()
		}, tree.WithObserver(&rec))
		require.NoError(t, err)
		require.Equal(t, tenth, time.Since(start)) // and no clean-up was cut
		require.Same(t, errReason, <-causes)
		require.Same(t, errReason, <-causes)
		require.Equal(t, policy.Canceled, exitOf(t, alone))
		require.Len(t, rec.of(tree.ScopeCanceling), 1)
		require.Same(t, errReason, rec.of(tree.ScopeCanceling)[0].Err)
		report, err := handle.Shutdown(t.Context())
		require.NoError(t, err)
		require.Same(t, errReason, report.Reason)
	})
}

func TestScope_071_ASecondCancelOfAChildChangesNothingEither(t *testing.T) {
	under(t, taskPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var causes []error
		require.NoError(t, tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			child := launch(ctx, t, s, "worker", func(ctx context.Context) error {
				<-ctx.Done()
				causes = append(causes, context.Cause(ctx))
				pause(tenth)
				causes = append(causes, context.Cause(ctx))
				return errReason // the cause is a cancel, whatever came later
			})
			child.Cancel(errReason)
			child.Cancel(errBoom)
			pause(tenth / 2)
			require.NoError(t, cancelAndWait(ctx, child, errBang))
			require.Equal(t, policy.Canceled, exitOf(t, child))
			child.Cancel(errBoom)
			require.Equal(t, policy.Canceled, exitOf(t, child))
			return ctx.Err()
		}))
		require.Equal(t, []error{errReason, errReason}, causes)
		require.Equal(t, tenth, time.Since(start))
	})
}

// A cancel on request is no error: Wait returns nil, and Exit says Canceled.
func TestScope_073_MoreCancelsDuringACleanUpNeitherCutItNorReplaceTheCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var log trail
		var cause error
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			target := launch(ctx, t, s, "target", func(ctx context.Context) error {
				return tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
					launch(ctx, t, s, "a", tidies(&log))
					launch(ctx, t, s, "b", tidies(&log))
					err := blocker(ctx)
					cause = context.Cause(ctx)
					return err
				})
			})
			pause(tenth)
			for range 2 {
				time.AfterFunc(tenth/2, func() { target.Cancel(errBoom) })
			}
			require.NoError(t, cancelAndWait(ctx, target, errReason))
			require.Equal(t, 2*tenth, time.Since(start))
			require.Equal(t, policy.Canceled, exitOf(t, target))
			require.NoError(t, ctx.Err())
			return nil
		})
		require.NoError(t, err)
		require.Same(t, errReason, cause)
		require.Equal(t, []string{"cancelling", "cancelling", "cancelled", "cancelled"}, log.list())
	})
}

func TestScope_074_CancelAndWaitOnAFinishedChildReturnsAtOnceWithItsOwnResult(t *testing.T) {
	outcomes := map[string]struct {
		run  func(context.Context) error
		err  error
		exit policy.Exit
	}{
		"returned": {takes(tenth), nil, policy.Returned},
		"failed":   {failsAfter(tenth, errBoom), errBoom, policy.Failed},
		"canceled": {func(ctx context.Context) error {
			self, err := tree.Self(ctx)
			if err == nil {
				self.Cancel(nil)
				err = cleansUp(tenth, context.Canceled)(ctx)
			}
			return err
		}, nil, policy.Canceled},
	}
	for name, want := range outcomes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var rec recorder
				require.NoError(t, tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
					child := launch(ctx, t, s, "worker", want.run)
					pause(time.Second)
					start, before := time.Now(), s.Snapshot().Counts
					for range 2 {
						require.Equal(t, want.err, cancelAndWait(ctx, child, errReason))
						require.Equal(t, want.exit, exitOf(t, child))
					}
					require.Zero(t, time.Since(start))
					require.Equal(t, before, s.Snapshot().Counts)
					return ctx.Err()
				}, tree.WithObserver(&rec)))
				require.Len(t, rec.of(tree.ChildExited), 1)
			})
		})
	}
}

func TestScope_076_AWaiterThatIsCanceledReturnsWhileTheChildStaysCanceledAndTracked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var log trail
		var target *tree.Child
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			target = launch(ctx, t, s, "target", tidies(&log))
			waiter, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(tenth/2, func() { cancel(errBang) })
			require.Same(t, errBang, cancelAndWait(waiter, target, errReason))
			require.Equal(t, tenth/2, time.Since(start))
			_, over := target.Exit()
			require.False(t, over)
			require.Equal(t, []string{"target stopping"}, slots(s.Snapshot()))
			require.Equal(t, []string{"cancelling"}, log.list())
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, tenth, time.Since(start)) // the scope has waited for it
		require.Equal(t, []string{"cancelling", "cancelled"}, log.list())
		require.Equal(t, policy.Canceled, exitOf(t, target))
	})
}

// At one instant an end that has come is worth more than a cancel that has come
// too, so Wait may return either. The waiter's own context tells it in any case.
func TestScope_076_AWaitersCancelIsNotSwallowedAlsoWhenTheChildEndsAtThatInstant(t *testing.T) {
	for range rounds {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			var log trail
			var waited, next error
			var target, waiter *tree.Child
			err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
				target = launch(ctx, t, s, "target", tidies(&log))
				waiter = launch(ctx, t, s, "waiter", func(ctx context.Context) error {
					waited = cancelAndWait(ctx, target, errReason)
					<-ctx.Done() // it has come, or comes at the same instant
					next = sleep(ctx, time.Hour)
					return next
				})
				pause(tenth)
				waiter.Cancel(errBang)
				return nil
			})
			require.NoError(t, err)
			require.Equal(t, tenth, time.Since(start))
			require.Contains(t, []error{nil, errBang}, waited)
			require.Equal(t, context.Canceled, next)
			require.Equal(t, policy.Canceled, exitOf(t, target))
			require.Equal(t, policy.Canceled, exitOf(t, waiter))
		})
	}
}

func TestScope_076_ACanceledMereWaiterDoesNotCancelTheChild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var target, waiter *tree.Child
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			target = launch(ctx, t, s, "target", takes(2*tenth))
			waiter = launch(ctx, t, s, "waiter", target.Wait)
			pause(tenth)
			require.NoError(t, cancelAndWait(ctx, waiter, errReason))
			require.Equal(t, tenth, time.Since(start))
			_, over := target.Exit()
			require.False(t, over)
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, 2*tenth, time.Since(start))
		require.Equal(t, policy.Canceled, exitOf(t, waiter)) // it returned its cause
		require.Equal(t, policy.Returned, exitOf(t, target))
	})
}

// Where peers disagree: a cancel is a level, not an edge. What waits for a clean-up
// can be canceled, the clean-up itself cannot be cut, shielded or not.
func TestScope_077_CancelingTheOneWhoWaitsForACleanUpDoesNotCutTheCleanUp(t *testing.T) {
	plain := func(_ *tree.Scope, log *trail) func(context.Context) error { return tidies(log) }
	shielded := func(s *tree.Scope, log *trail) func(context.Context) error {
		return func(ctx context.Context) error {
			<-ctx.Done()
			err := s.Shield(context.WithoutCancel(ctx), "clean-up", func(ctx context.Context) error {
				log.add("cancelling")
				err := sleep(ctx, tenth)
				log.add("cancelled")
				return err
			})
			return errors.Join(ctx.Err(), err)
		}
	}
	for name, tidies := range map[string]func(*tree.Scope, *trail) func(context.Context) error{"plain": plain, "shielded": shielded} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var log trail
				var first, second *tree.Child
				var waited error
				err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
					first = launch(ctx, t, s, "first", tidies(s, &log))
					second = launch(ctx, t, s, "second", func(ctx context.Context) error {
						waited = cancelAndWait(ctx, first, nil)
						return waited
					})
					third := launch(ctx, t, s, "third", func(ctx context.Context) error {
						pause(tenth / 2)
						return cancelAndWait(ctx, second, errReason)
					})
					require.NoError(t, third.Wait(ctx))
					require.Equal(t, tenth/2, time.Since(start))
					require.Equal(t, policy.Returned, exitOf(t, third))
					require.Equal(t, policy.Canceled, exitOf(t, second))
					require.Equal(t, []string{"cancelling"}, log.list())
					return nil
				})
				require.NoError(t, err)
				require.Same(t, errReason, waited)
				require.Equal(t, []string{"cancelling", "cancelled"}, log.list())
				require.Equal(t, policy.Canceled, exitOf(t, first))
				require.Equal(t, tenth, time.Since(start))
			})
		})
	}
}

func TestScope_077_CancelAndWaitOnAMixedSetLeavesEachItsOwnOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var rec recorder
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			set := []*tree.Child{
				launch(ctx, t, s, "done", takes(tenth)),
				launch(ctx, t, s, "failed", failsAfter(tenth, errBoom)),
				launch(ctx, t, s, "canceled", cleansUp(tenth, context.Canceled)),
				launch(ctx, t, s, "fails in its clean-up", cleansUp(tenth, errCleanup)),
				launch(ctx, t, s, "heeds nothing", failsAfter(3*tenth, nil)),
			}
			pause(tenth + tenth/2)
			for _, child := range set {
				child.Cancel(errReason)
			}
			var errs []error
			var exits []policy.Exit
			for _, child := range set {
				errs = append(errs, child.Wait(ctx))
				exits = append(exits, exitOf(t, child))
			}
			require.Equal(t, []error{nil, errBoom, nil, errCleanup, nil}, errs)
			require.Equal(t, []policy.Exit{policy.Returned, policy.Failed, policy.Canceled, policy.Failed, policy.Returned}, exits)
			return ctx.Err()
		}, tree.WithName("app"), tree.WithObserver(&rec))
		require.NoError(t, err)
		require.Equal(t, 3*tenth, time.Since(start))
		require.Equal(t, []string{"app/failed", "app/fails in its clean-up"}, paths(rec.failures()))
	})
}
