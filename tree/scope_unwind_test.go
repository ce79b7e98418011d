package tree_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// onItsOwn runs f on a goroutine that f may end, and reports whether f returned.
func onItsOwn(f func()) (returned bool) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
		returned = true
	}()
	<-done
	return returned
}

func TestScope_058_ABodyThatCallsGoexitHasItsChildrenCanceledAndWaitedFor(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var handle *tree.Scope
		var child *tree.Child
		returned := onItsOwn(func() {
			_ = tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
				handle = s
				child = launch(ctx, t, s, "worker", cleansUp(time.Second, context.Canceled))
				pause(tenth)
				runtime.Goexit() // as t.FailNow does
				return nil
			})
		})
		require.False(t, returned)
		require.Equal(t, policy.Canceled, exitOf(t, child))
		require.Equal(t, tenth+time.Second, time.Since(start))
		require.Equal(t, tree.PhaseClosed, handle.Snapshot().Phase)
		require.NoError(t, handle.Wait(t.Context()))
	})
}

func TestABodysPanicGoesOnOnceItsChildrenHaveEnded(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var child *tree.Child
		var cause error
		require.PanicsWithValue(t, errBoom, func() { // the value itself, not an error around it
			_ = tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
				child = launch(ctx, t, s, "worker", func(ctx context.Context) error {
					<-ctx.Done()
					cause = context.Cause(ctx)
					pause(time.Second)
					return ctx.Err()
				})
				pause(tenth)
				panic(errBoom)
			})
		})
		require.EqualError(t, cause, "tree: body panicked or called runtime.Goexit")
		require.Equal(t, policy.Canceled, exitOf(t, child))
		require.Equal(t, tenth+time.Second, time.Since(start))
	})
}

func TestABodysPanicKeepsTheStackOfItsOrigin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stack string
		func() {
			defer func() {
				buf := make([]byte, 1<<16)
				stack = string(buf[:runtime.Stack(buf, false)])
				_ = recover()
			}()
			_ = tree.Run(t.Context(), policy.TaskGroup, func(context.Context, *tree.Scope) error {
				panicDeepDown()
				return nil
			})
		}()
		require.Contains(t, stack, "panicDeepDown")
	})
}

//go:noinline
func panicDeepDown() { panic("deep") }

func TestABodysPanicWaitsNoLongerThanTheKillWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		gate := make(chan struct{})
		var rec recorder
		require.PanicsWithValue(t, "fatal", func() {
			_ = tree.Run(t.Context(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
				launch(ctx, t, s, "deaf", stubborn(gate))
				panic("fatal")
			}, tree.WithName("app"), tree.WithObserver(&rec))
		})
		require.Equal(t, policy.DefaultKill, time.Since(start))
		synctest.Wait() // past the kill wait nobody waits for observers
		require.Equal(t, []string{"app/deaf"}, paths(rec.of(tree.ChildAbandoned)))
		close(gate)
	})
}

func TestAPanicInANestedBodyIsTheFailureOfTheChildThatRanIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var rec recorder
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "nested", func(ctx context.Context) error {
				return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
					launch(ctx, t, s, "worker", cleansUp(time.Second, context.Canceled))
					pause(tenth)
					panic("fatal")
				})
			})
			return nil
		}, tree.WithName("app"), tree.WithObserver(&rec))
		require.EqualError(t, err, "app/nested: panic: fatal")
		require.Equal(t, tenth+time.Second, time.Since(start))
	})
}

func TestAChildThatCallsGoexitCancelsItsSiblings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "sibling", blocker)
			launch(ctx, t, s, "worker", func(context.Context) error {
				pause(tenth)
				runtime.Goexit()
				return nil
			})
			return nil
		}, tree.WithName("app"))
		require.ErrorIs(t, err, policy.ErrGoexit)
		require.Len(t, leavesOf(t, err), 1)
		require.Equal(t, tenth, time.Since(start))
	})
}

func TestABodyThatSwallowsItsCancelIsWaitedForAndItsErrorCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "worker", failsAfter(tenth, errBoom))
			pause(time.Second)
			require.Error(t, ctx.Err())
			return errors.Join(errBody, ctx.Err())
		}, tree.WithName("app"))
		require.ErrorIs(t, err, errBody)
		require.ErrorIs(t, err, errBoom)
		require.Equal(t, time.Second, time.Since(start))
	})
}
