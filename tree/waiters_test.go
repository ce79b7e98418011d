package tree_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// Nothing that a child does, or that is done to it, leaves a waiter waiting.

// within returns a context that ends long after all else, so that a waiter who
// was forgotten is found by the clock and not by a deadlock.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
	t.Cleanup(cancel)
	return ctx
}

// groupThatWaits is a supervisor whose only child has failed and comes back with
// its group after a minute.
func groupThatWaits(t *testing.T) *tree.Scope {
	p := policy.SupervisorScope
	p.Strategy = policy.OneForAll
	s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(&recorder{}))
	require.NoError(t, err)
	_, err = s.Start(t.Context(), tree.ChildSpec{
		Name:    "weak",
		Run:     func(context.Context) error { return errors.New("weak") },
		Backoff: backoff(time.Minute),
	})
	require.NoError(t, err)
	synctest.Wait()
	return s
}

// answerOf asks on a goroutine of its own and returns, once that waits, where the
// answer will be.
func answerOf(ask func() error) <-chan error {
	answer := make(chan error, 1)
	go func() { answer <- ask() }()
	synctest.Wait()
	return answer
}

func TestAStarterInAWaitingGroupIsAnsweredWhenTheScopeEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := groupThatWaits(t)
		start := time.Now()
		answer := answerOf(func() error {
			_, err := s.Start(within(t), tree.ChildSpec{Name: "late", Run: blocker})
			return err
		})
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-answer, tree.ErrDraining)
		require.Equal(t, time.Duration(0), time.Since(start))
	})
}

func TestTheAskerOfAStartInAWaitingGroupIsAnsweredWhenTheScopeEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := groupThatWaits(t)
		start := time.Now()
		answer := answerOf(func() error {
			got, err := actor.Ask(within(t), s.Ref(), func(r actor.Reply[tree.Started]) tree.Message {
				return tree.StartChild{Spec: tree.ChildSpec{Name: "late", Run: blocker}, Reply: r}
			})
			return errors.Join(err, got.Err)
		})
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-answer, tree.ErrDraining)
		require.Equal(t, time.Duration(0), time.Since(start))
	})
}

func TestAStarterInAWaitingGroupIsAnsweredWhenItsChildIsRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := groupThatWaits(t)
		start := time.Now()
		answer := answerOf(func() error {
			_, err := s.Start(within(t), tree.ChildSpec{Name: "late", Run: blocker})
			return err
		})
		require.NoError(t, s.Remove("late"))
		require.Error(t, <-answer)
		require.Equal(t, time.Duration(0), time.Since(start))
		require.NoError(t, s.Close())
	})
}

func TestAStarterIsAnsweredWhenItsChildIsAbandonedBeforeItIsReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Stop = policy.Stop{Grace: time.Second, Kill: time.Second}
		s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		start := time.Now()
		gate, open := newGate(t)
		answer := make(chan error, 1)
		var took time.Duration
		go func() {
			_, err := s.Start(within(t), tree.ChildSpec{Name: "stuck", WaitReady: true, Run: stubborn(gate)})
			took = time.Since(start)
			answer <- err
		}()
		synctest.Wait()
		require.ErrorIs(t, s.Close(), tree.ErrAbandoned)
		require.ErrorIs(t, <-answer, tree.ErrAbandoned)
		require.Equal(t, 2*time.Second, took)
		open()
	})
}

func TestAChildWhoseExitHadToWaitRestsWhenItIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Strategy = policy.RestForOne
		s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		start := time.Now()
		first, err := s.Start(t.Context(), tree.ChildSpec{Name: "first", Restart: policy.Transient,
			Run: func(ctx context.Context) error { return sleep(ctx, 3*time.Second) }})
		require.NoError(t, err)
		lives := 0
		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "slow", WaitReady: true, Run: func(ctx context.Context) error {
			if lives++; lives == 2 { // the group restart waits for it from 2 s to 4 s
				_ = sleep(ctx, 2*time.Second)
			}
			_ = tree.Ready(ctx)
			if lives == 1 {
				_ = sleep(ctx, 2*time.Second)
				return errors.New("once")
			}
			return blocker(ctx)
		}})
		require.NoError(t, err)
		require.NoError(t, first.Wait(within(t)))
		require.Equal(t, 4*time.Second, time.Since(start))
		require.Equal(t, policy.SlotStopped, first.State())
		require.NoError(t, s.Close())
	})
}

func TestTheWaiterOfAnAbandonedChildIsToldThatItStillRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Stop = policy.Stop{Grace: time.Second, Kill: time.Second}
		s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		gate, open := newGate(t)
		ch, err := s.Start(t.Context(), tree.ChildSpec{Name: "stuck", Run: stubborn(gate)})
		require.NoError(t, err)
		require.ErrorIs(t, s.Close(), tree.ErrAbandoned)
		require.ErrorIs(t, ch.Wait(within(t)), tree.ErrAbandoned)
		_, ended := ch.Exit()
		require.False(t, ended, "it runs")
		open()
		synctest.Wait()
		_, ended = ch.Exit()
		require.True(t, ended)
		require.NoError(t, ch.Wait(within(t)))
	})
}

func TestWaitersOfAllStuckChildrenAreToldWhenTheirScopeEndsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Stop = policy.Stop{Grace: time.Second, Kill: time.Second, Order: policy.OrderReverse}
		s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		start := time.Now()
		gate, open := newGate(t)
		var all []*tree.Child
		for _, name := range []string{"a", "b", "c"} {
			ch, err := s.Start(t.Context(), tree.ChildSpec{Name: name, Run: stubborn(gate)})
			require.NoError(t, err)
			all = append(all, ch)
		}
		require.ErrorIs(t, s.Close(), tree.ErrAbandoned)
		for _, ch := range all {
			_ = ch.Wait(within(t))
			require.Equal(t, 2*time.Second, time.Since(start), "%s", ch)
			require.Equal(t, policy.SlotAbandoned, ch.State(), "%s", ch)
		}
		open()
	})
}

func TestAnIsCancelThatCallsGoexitHangsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s, err := tree.Open(t.Context(), policy.TaskScope, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		ch, err := s.Start(t.Context(), tree.ChildSpec{Name: "odd",
			Run:      func(ctx context.Context) error { <-ctx.Done(); return errors.New("odd") },
			IsCancel: func(error) bool { runtime.Goexit(); return false }})
		require.NoError(t, err)
		s.Cancel(nil)
		require.Error(t, ch.Wait(within(t)))
		require.Equal(t, time.Duration(0), time.Since(start))
		require.NoError(t, s.Close())
	})
}

func TestWhatHasEndedIsToldAlsoToAWaiterWhoseContextHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := tree.Open(t.Context(), policy.SupervisorScope, tree.WithName("app"))
		require.NoError(t, err)
		ch, err := s.Start(t.Context(), tree.ChildSpec{Name: "one", Run: drainer})
		require.NoError(t, err)
		require.NoError(t, s.Close())
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for range 64 {
			require.NoError(t, s.Wait(gone))
			_, err := s.Shutdown(gone)
			require.NoError(t, err)
			require.NoError(t, ch.Wait(gone))
			require.NoError(t, ch.Shutdown(gone))
		}
	})
}
