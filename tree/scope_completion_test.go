package tree_test

import (
	"context"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestScope_001_TwoChildrenOfOneAndTwoSecondsEndTheRunAtTwo(t *testing.T) {
	under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var effects trail
		effect := func(d time.Duration) func(context.Context) error {
			return func(ctx context.Context) error {
				err := sleep(ctx, d)
				effects.add(d.String())
				return err
			}
		}
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			require.NoError(t, s.Go(ctx, effect(2*time.Second)))
			return s.Go(ctx, effect(time.Second))
		})
		require.NoError(t, err)
		require.Equal(t, 2*time.Second, time.Since(start))
		require.Equal(t, []string{"1s", "2s"}, effects.list())
	})
}

func TestScope_002_ABodyThatSleepsBetweenTwoSpawnsIsWaitedForWithBoth(t *testing.T) {
	under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var handle *tree.Scope
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			handle = s
			require.NoError(t, s.Go(ctx, takes(tenth)))
			require.NoError(t, sleep(ctx, 2*tenth)) // it is empty meanwhile, and does not end
			return s.Go(ctx, takes(tenth))
		})
		require.NoError(t, err)
		require.Equal(t, 3*tenth, time.Since(start))
		require.Equal(t, tree.Counts{Returned: 2}, handle.Snapshot().Counts)
	})
}

func TestScope_004_AnEmptyScopeEndsAtOnceWithNil(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var handle *tree.Scope
		err := tree.Run(t.Context(), p, func(_ context.Context, s *tree.Scope) error {
			handle = s
			return nil
		})
		require.NoError(t, err)
		require.Zero(t, time.Since(start))
		require.Equal(t, tree.PhaseClosed, handle.Snapshot().Phase)
	})
}

// Where peers disagree: what becomes of children when the body returns early is
// the policy's Leave. A task group and a task scope wait, a cancellation scope
// cancels, a supervisor scope drains: 5 s of grace, then the cancel.
func TestScope_005_ABodyThatReturnsEarlyLeaksNoChild(t *testing.T) {
	const work = time.Minute
	ends := map[string]time.Duration{
		"TaskGroup": work, "TaskScope": work, "CancellationScope": 0, "SupervisorScope": policy.DefaultGrace,
	}
	for _, preset := range allPresets() {
		t.Run(preset.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var child *tree.Child
				err := tree.Run(t.Context(), preset.policy, func(ctx context.Context, s *tree.Scope) error {
					child = launch(ctx, t, s, "worker", takes(work))
					return nil
				})
				require.NoError(t, err)
				require.Equal(t, ends[preset.name], time.Since(start))
				exit := policy.Canceled
				if ends[preset.name] == work {
					exit = policy.Returned
				}
				require.Equal(t, exit, exitOf(t, child))
			})
		})
	}
}

func TestScope_007_AllWaitersWakeWhenTheLastChildEnds(t *testing.T) {
	under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		woke := make(chan time.Duration, 4)
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			require.NoError(t, s.Go(ctx, takes(time.Second)))
			require.NoError(t, s.Go(ctx, takes(2*time.Second)))
			for range cap(woke) {
				go func() {
					if s.Wait(t.Context()) == nil {
						woke <- time.Since(start)
					}
				}()
			}
			synctest.Wait() // all of them wait
			return nil
		})
		require.NoError(t, err)
		synctest.Wait() // the last of them has said so
		require.Len(t, woke, cap(woke))
		for range cap(woke) {
			require.Equal(t, 2*time.Second, <-woke)
		}
	})
}

func TestScope_008_TheLastChildOfAnExplicitScopeWakesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s, err := tree.Open(t.Context(), policy.CancellationScope)
		require.NoError(t, err)
		defer s.Close()
		woke := make(chan error, 1)
		go func() { woke <- s.Wait(t.Context()) }()
		for range 2 { // it is empty, and then again
			require.NoError(t, s.Go(t.Context(), takes(time.Second)))
			pause(time.Minute)
			synctest.Wait()
			require.Empty(t, woke)
			require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
			require.Zero(t, s.Snapshot().Tasks)
		}
		require.NoError(t, s.Close())
		require.NoError(t, <-woke)
		require.Equal(t, 2*time.Minute, time.Since(start))
	})
}

func TestScope_010_WaitersOfAScopeClosedWhileAChildExitsWakeWhenItIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s, err := tree.Open(t.Context(), policy.CancellationScope)
		require.NoError(t, err)
		child := launch(t.Context(), t, s, "worker", cleansUp(time.Second, nil))
		woke := make(chan time.Duration, 1)
		go func() {
			if s.Wait(t.Context()) == nil {
				woke <- time.Since(start)
			}
		}()
		child.Cancel(nil)
		pause(tenth) // it is on its way out
		require.NoError(t, s.Close())
		require.Equal(t, time.Second, time.Since(start))
		require.Equal(t, time.Second, <-woke)
		require.Equal(t, policy.Returned, exitOf(t, child))
	})
}

func TestScope_011_TheSecondCloseIsANoOpWithTheSameResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s, err := tree.Open(t.Context(), policy.TaskGroup, tree.WithName("app"))
		require.NoError(t, err)
		launch(t.Context(), t, s, "worker", failsAfter(tenth, errBoom))
		launch(t.Context(), t, s, "sibling", cleansUp(tenth, context.Canceled))
		first := s.Close()
		require.EqualError(t, first, "app/worker: boom")
		require.Equal(t, 2*tenth, time.Since(start))
		require.Same(t, first, s.Close())
		require.Same(t, first, s.Wait(t.Context()))
		require.Equal(t, 2*tenth, time.Since(start))
	})
}

func TestManyWhoCloseAtOnceGetOneResultAtOneTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s, err := tree.Open(t.Context(), policy.TaskGroup)
		require.NoError(t, err)
		launch(t.Context(), t, s, "worker", failsAfter(tenth, errBoom))
		results := make(chan error, 8)
		for range cap(results) {
			go func() { results <- s.Close() }()
		}
		first := <-results
		require.ErrorIs(t, first, errBoom)
		for range cap(results) - 1 {
			require.Same(t, first, <-results)
		}
		require.Equal(t, tenth, time.Since(start))
	})
}

// Where peers disagree: it is the policy's End. A scope with EndWhenEmpty ends
// by itself, one with EndOnShutdown stays open.
func TestScope_013_OnlyFinishedChildrenEndAnAutoScopeAndNotAnExplicitOne(t *testing.T) {
	under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			return s.Go(ctx, takes(tenth))
		})
		require.NoError(t, err)
		require.Equal(t, tenth, time.Since(start))

		p.End = policy.EndOnShutdown
		err = tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			go func() {
				pause(time.Hour)
				_, _ = s.Shutdown(t.Context())
			}()
			return s.Go(ctx, takes(tenth))
		})
		require.NoError(t, err)
		require.Equal(t, tenth+time.Hour, time.Since(start))
	})
}

// Where peers disagree: a scope is used once. What comes later is refused.
func TestScope_014_ASecondRoundAfterACompleteWaitIsRefused(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		s, err := tree.Open(t.Context(), p)
		require.NoError(t, err)
		require.NoError(t, s.Go(t.Context(), func(context.Context) error { return nil }))
		require.NoError(t, s.Close())
		ran := false
		work := func(context.Context) error {
			ran = true
			return nil
		}
		for i := range 3 {
			require.ErrorIs(t, s.Go(t.Context(), work), tree.ErrClosed)
			child, err := s.Start(t.Context(), tree.ChildSpec{Name: strconv.Itoa(i), Run: work})
			require.ErrorIs(t, err, tree.ErrClosed)
			require.Nil(t, child)
			require.NoError(t, s.Wait(t.Context()))
			require.NoError(t, s.Close())
		}
		synctest.Wait() // nothing was left that could run
		require.False(t, ran)
		require.Equal(t, tree.Counts{Returned: 1, Refused: 6}, s.Snapshot().Counts)
	})
}
