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

// A panic is Go's fatal class. It goes on in the caller, alone; what the child
// returned was reported when it happened.
func TestScope_047_ABodysPanicAfterAChildsFailureSurfacesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var rec recorder
		var sibling *tree.Child
		require.PanicsWithValue(t, "fatal", func() {
			_ = tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
				sibling = launch(ctx, t, s, "sibling", cleansUp(time.Second, context.Canceled))
				launch(ctx, t, s, "worker", failsAfter(tenth, errBoom))
				<-ctx.Done()
				panic("fatal")
			}, tree.WithName("app"), tree.WithObserver(&rec))
		})
		require.Equal(t, tenth+time.Second, time.Since(start))
		require.Equal(t, policy.Canceled, exitOf(t, sibling))
		require.Equal(t, []string{"app/worker"}, paths(rec.failures()))
	})
}

// There is no fail-fast option: it is the policy TaskGroup with one error kept,
// whether copied from the preset or written out.
func TestScope_050_FailFastIsCancelTogetherAndOneErrorKept(t *testing.T) {
	copied := policy.TaskGroup
	copied.KeepErrors = 1
	written := policy.Scope{
		OnFailure: policy.CancelTogether, KeepErrors: 1, Stop: policy.Stop{Kill: policy.Forever},
	}
	require.Equal(t, copied, written)
	under(t, []preset{{"copied", copied}, {"written", written}}, func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var blocked *tree.Child
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "first", failsAfter(tenth, errBoom))
			launch(ctx, t, s, "second", cleansUp(tenth, errBang))
			blocked = launch(ctx, t, s, "blocked", blocker)
			return nil
		}, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.EqualError(t, err, "tree: 2 failures\n\tapp/first: boom\n\tand 1 more")
		require.ErrorIs(t, err, errBoom)
		require.NotErrorIs(t, err, errBang)
		require.Equal(t, policy.Canceled, exitOf(t, blocked))
		require.Equal(t, 2*tenth, time.Since(start))
	})
}

// There is no early-success policy. What Any does can be done by hand with children
// that have names and policies: the first who succeeds cancels the scope, which then
// ends cleanly.
func TestTheFirstSuccessMayCancelTheOthersWhoseCancelIsNoError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var rec recorder
		var handle *tree.Scope
		won := make(chan string, 3)
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			handle = s
			launch(ctx, t, s, "failing", failsAfter(tenth, errBoom))
			for i, name := range []string{"fast", "slow", "slower"} {
				launch(ctx, t, s, name, func(ctx context.Context) error {
					if err := sleep(ctx, time.Duration(i+2)*tenth); err != nil {
						return err
					}
					won <- name
					s.Cancel(nil)
					return nil
				})
			}
			return nil
		}, tree.WithName("app"), tree.WithObserver(&rec))
		require.NoError(t, err)
		require.Equal(t, 2*tenth, time.Since(start))
		require.Len(t, won, 1)
		require.Equal(t, "fast", <-won)
		require.Equal(t, tree.Counts{Returned: 1, Canceled: 2, Failed: 1}, handle.Snapshot().Counts)
		require.Equal(t, []string{"app/failing"}, paths(rec.failures()))
	})
}

func TestScope_053_ARealErrorJoinedToTheCancellationIsAFailure(t *testing.T) {
	joins := map[string]func(ctx context.Context) error{
		"joined": func(ctx context.Context) error { return errors.Join(ctx.Err(), errCleanup) },
		"both wrapped": func(ctx context.Context) error {
			return fmt.Errorf("closing: %w: %w", errCleanup, ctx.Err())
		},
		"deep": func(ctx context.Context) error {
			return fmt.Errorf("closing: %w", errors.Join(ctx.Err(), fmt.Errorf("flush: %w", errCleanup)))
		},
		"with the cause": func(ctx context.Context) error { return errors.Join(context.Cause(ctx), errCleanup) },
	}
	for name, join := range joins {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var child *tree.Child
				err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
					child = launch(ctx, t, s, "worker", func(ctx context.Context) error {
						<-ctx.Done()
						return join(ctx)
					})
					s.Cancel(errReason)
					return nil
				}, tree.WithName("app"))
				require.ErrorIs(t, err, errCleanup)
				require.Len(t, leavesOf(t, err), 1)
				require.Equal(t, policy.Failed, exitOf(t, child))
			})
		})
	}
}

func TestAWrappedCancellationOfASiblingIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sibling *tree.Child
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			sibling = launch(ctx, t, s, "sibling", func(ctx context.Context) error {
				<-ctx.Done()
				return errors.Join(fmt.Errorf("read: %w", ctx.Err()), fmt.Errorf("write: %w", context.Cause(ctx)))
			})
			launch(ctx, t, s, "worker", failsAfter(tenth, errBoom))
			return nil
		}, tree.WithName("app"))
		require.EqualError(t, err, "app/worker: boom")
		require.Equal(t, policy.Canceled, exitOf(t, sibling))
	})
}

func TestAPanicCancelsTheSiblingsAsAnErrorDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var rec recorder
		var sibling *tree.Child
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			sibling = launch(ctx, t, s, "sibling", blocker)
			launch(ctx, t, s, "worker", func(context.Context) error {
				pause(tenth)
				panic(errBoom)
			})
			return nil
		}, tree.WithName("app"), tree.WithObserver(&rec))
		require.EqualError(t, err, "app/worker: panic: boom")
		require.ErrorIs(t, err, errBoom)
		require.Equal(t, tenth, time.Since(start))
		require.Equal(t, policy.Canceled, exitOf(t, sibling))
		require.Len(t, rec.failures(), 1)
		require.False(t, rec.failures()[0].Handed, "a panic is told at once, not parked until Run returns")
	})
}

func TestAFailureInTheOuterGroupCancelsTheNestedOneWhichAddsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var nested, innermost *tree.Child
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			nested = launch(ctx, t, s, "nested", func(ctx context.Context) error {
				return tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
					innermost = launch(ctx, t, s, "worker", cleansUp(tenth, context.Canceled))
					return nil
				})
			})
			launch(ctx, t, s, "worker", failsAfter(tenth, errBoom))
			return nil
		}, tree.WithName("app"))
		require.EqualError(t, err, "app/worker: boom")
		require.Equal(t, 2*tenth, time.Since(start))
		require.Equal(t, policy.Canceled, exitOf(t, nested))
		require.Equal(t, policy.Canceled, exitOf(t, innermost))
	})
}
