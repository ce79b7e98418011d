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

func TestABodyThatWaitsForItsOwnScopeIsToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			require.NoError(t, s.Go(ctx, func(ctx context.Context) error { return sleep(ctx, time.Second) }))
			require.ErrorIs(t, s.Wait(ctx), tree.ErrSelfWait)
			require.ErrorIs(t, s.Wait(context.WithoutCancel(ctx)), tree.ErrSelfWait)
			return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, _ *tree.Scope) error {
				require.ErrorIs(t, s.Wait(ctx), tree.ErrSelfWait, "from a scope below")
				return nil
			})
		}, tree.WithName("app"))
		require.NoError(t, err)
		require.Equal(t, time.Second, time.Since(start))
	})
}

func TestOnlyTheHandleThatOpenReturnedCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var kept *tree.Scope
		require.NoError(t, tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			kept = s
			require.ErrorIs(t, s.Close(), tree.ErrSelfWait)
			return s.Go(ctx, func(ctx context.Context) error {
				own, err := tree.From(ctx)
				require.NoError(t, err)
				require.ErrorIs(t, own.Close(), tree.ErrSelfWait)
				return nil
			})
		}))
		require.NoError(t, kept.Close(), "there is nobody to wait for any more")

		s, err := tree.Open(t.Context(), policy.SupervisorScope)
		require.NoError(t, err)
		ch, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: func(ctx context.Context) error {
			own, err := tree.From(ctx)
			require.NoError(t, err)
			require.ErrorIs(t, own.Close(), tree.ErrSelfWait)
			return drainer(ctx)
		}})
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, policy.SlotRunning, ch.State(), "the scope is still open")
		require.NoError(t, s.Close())
	})
}

func TestAChildThatWaitsForItselfIsToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := tree.Open(t.Context(), policy.TaskGroup)
		require.NoError(t, err)
		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: func(ctx context.Context) error {
			self, err := tree.Self(ctx)
			require.NoError(t, err)
			require.ErrorIs(t, self.Wait(ctx), tree.ErrSelfWait)
			require.NoError(t, self.Shutdown(ctx), "asked, and not waited for")
			return drainer(ctx)
		}})
		require.NoError(t, err)
		require.NoError(t, s.Close())
	})
}

func TestANilContextIsAnErrorAndBeginsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var none context.Context
		s, err := tree.Open(t.Context(), policy.SupervisorScope)
		require.NoError(t, err)
		ch, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: drainer})
		require.NoError(t, err)
		var fault *policy.FieldError
		require.ErrorAs(t, s.Wait(none), &fault)
		_, err = s.Shutdown(none)
		require.ErrorAs(t, err, &fault)
		require.Equal(t, "tree.Scope.Shutdown.ctx", fault.Field)
		require.ErrorAs(t, ch.Wait(none), &fault)
		require.ErrorAs(t, ch.Shutdown(none), &fault)
		_, err = tree.From(none)
		require.ErrorIs(t, err, tree.ErrNoScope)
		require.ErrorIs(t, tree.Ready(none), tree.ErrNoScope)
		require.Nil(t, tree.Draining(none))
		synctest.Wait()
		require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
		require.Equal(t, policy.SlotRunning, ch.State())
		require.NoError(t, s.Close())
	})
}

func TestAnObserverThatBlocksHoldsATaskScopeForTheDefaultKillWaitAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		gate := make(chan struct{})
		defer close(gate)
		require.NoError(t, tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			return s.Go(ctx, func(context.Context) error { return nil })
		}, tree.WithObserver(tree.ObserverFunc(func(tree.Event) { <-gate }))))
		require.Equal(t, policy.DefaultKill, time.Since(start))
	})
}

// loose is an error that looks comparable and is not.
type loose struct{ x any }

func (loose) Error() string { return "loose" }

func TestACauseThatCannotBeComparedIsACancelAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := tree.Open(t.Context(), policy.TaskScope)
		require.NoError(t, err)
		ch, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: blocker})
		require.NoError(t, err)
		s.Cancel(loose{[]int{1}})
		require.NoError(t, ch.Wait(t.Context()))
		exit, ended := ch.Exit()
		require.True(t, ended)
		require.Equal(t, policy.Canceled, exit)
		require.NoError(t, s.Close())
	})
}

func TestANameThatWouldSpoilAPageIsRefused(t *testing.T) {
	for _, name := range []string{"a\nb", "a\x1b[31m", "\x00"} {
		err := tree.Check(tree.ChildSpec{Name: name, Run: blocker})
		require.ErrorContains(t, err, "must not contain control characters")
	}
}
