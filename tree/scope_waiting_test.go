package tree_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestWhatChildrenSpawnAfterTheBodyReturnedIsWaitedFor(t *testing.T) {
	under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var depths trail
		var nest func(depth string) func(context.Context) error
		nest = func(depth string) func(context.Context) error {
			return func(ctx context.Context) error {
				depths.add(depth)
				if err := sleep(ctx, tenth); err != nil || depth == "xxxx" {
					return err
				}
				s, err := tree.From(ctx)
				if err != nil {
					return err
				}
				return s.Go(ctx, nest(depth+"x"))
			}
		}
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			return s.Go(ctx, nest("x"))
		})
		require.NoError(t, err)
		require.Equal(t, []string{"x", "xx", "xxx", "xxxx"}, depths.list())
		require.Equal(t, 4*tenth, time.Since(start))
	})
}

func TestAnExplicitScopeThatNeverHadAChildStaysOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s, err := tree.Open(t.Context(), policy.SupervisorScope)
		require.NoError(t, err)
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Hour, errReason)
		defer cancel()
		require.Same(t, errReason, s.Wait(ctx))
		require.Equal(t, time.Hour, time.Since(start))
		require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
		require.NoError(t, s.Close())
		require.Equal(t, time.Hour, time.Since(start))
	})
}

func TestAWaiterThatGivesUpDisturbsNeitherScopeNorOtherWaiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		woke := make(chan time.Duration, 1)
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			child := launch(ctx, t, s, "worker", takes(time.Second))
			go func() {
				if s.Wait(t.Context()) == nil {
					woke <- time.Since(start)
				}
			}()
			impatient, cancel := context.WithTimeoutCause(t.Context(), tenth, errReason)
			defer cancel()
			require.Same(t, errReason, s.Wait(impatient))
			require.Same(t, errReason, child.Wait(impatient))
			require.Equal(t, tenth, time.Since(start))
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, time.Second, <-woke)
		require.Equal(t, time.Second, time.Since(start))
	})
}

func TestAClosedScopeRefusesNewWorkWhileOldWorkEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s, err := tree.Open(t.Context(), policy.CancellationScope)
		require.NoError(t, err)
		require.NoError(t, s.Go(t.Context(), cleansUp(time.Second, nil)))
		closed := make(chan error, 1)
		go func() { closed <- s.Close() }()
		synctest.Wait() // Close waits for the clean-up
		require.ErrorIs(t, s.Go(t.Context(), blocker), tree.ErrClosed)
		require.NoError(t, <-closed)
		require.Equal(t, time.Second, time.Since(start))
		require.Equal(t, tree.Counts{Returned: 1, Refused: 1}, s.Snapshot().Counts)
	})
}

func TestAScopeWaitsForOneOpenedInItsBodyUntilThatIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, _ *tree.Scope) error {
			inner, err := tree.Open(ctx, policy.TaskScope)
			go func() {
				pause(time.Second)
				_ = inner.Close()
			}()
			return err
		})
		require.NoError(t, err)
		require.Equal(t, time.Second, time.Since(start))
	})
}

func TestACancellationScopeEndsAScopeThatItsBodyForgotToClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var inner *tree.Scope
		err := tree.Run(t.Context(), policy.CancellationScope, func(ctx context.Context, _ *tree.Scope) (err error) {
			inner, err = tree.Open(ctx, policy.SupervisorScope)
			require.NoError(t, err)
			return inner.Go(ctx, blocker)
		})
		require.NoError(t, err)
		require.Zero(t, time.Since(start))
		require.Equal(t, tree.PhaseClosed, inner.Snapshot().Phase)
		_ = inner.Close()
	})
}

func TestTheZeroScopeIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s tree.Scope
		ran := func(context.Context) error { panic("must not run") }
		require.ErrorIs(t, s.Go(t.Context(), ran), tree.ErrClosed)
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "worker", Run: ran})
		require.ErrorIs(t, err, tree.ErrClosed)
		s.Cancel(errReason)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.NotNil(t, report)
		require.NoError(t, s.Wait(t.Context()))
		require.NoError(t, s.Close())
		require.Equal(t, tree.PhaseClosed, s.Snapshot().Phase)
	})
}

func TestATaskThatReturnsNilAtTheInstantTheBodyLeavesEndsTheScopeOnce(t *testing.T) {
	under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
		for range 200 {
			start := time.Now()
			var handle *tree.Scope
			err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
				handle = s
				require.NoError(t, s.Go(ctx, takes(tenth)))
				return sleep(ctx, tenth)
			})
			require.NoError(t, err)
			require.Equal(t, tenth, time.Since(start))
			require.Equal(t, tree.Counts{Returned: 1}, handle.Snapshot().Counts)
		}
	})
}
