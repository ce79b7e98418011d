package tree_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestScope_224_AShutdownThatCameBeforeTheServicesIsOverAtOnce(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		s, seen := openSupervisor(t, p)
		start := time.Now()
		s.Drain(errReason)
		synctest.Wait() // its end, which is all there is to it, has been observed
		requireRefused(t, s, tree.ErrClosed, actor.ErrStopped)
		require.NoError(t, s.Wait(t.Context()))
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Zero(t, time.Since(start))
		require.Equal(t, errReason, report.Reason)
		require.Equal(t, []int{0, 0}, []int{report.Drained, report.Canceled})
		require.NoError(t, s.Close())
		require.Empty(t, seen.of(tree.ChildStarted))
	})
}

// A body is a descendant: what it starts nevertheless runs, and is asked to end
// from its first moment on.
func TestScope_224_AServiceThatIsStartedIntoAShutdownIsAskedToEndAtOnce(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var handle *tree.Scope
		var runs trail
		service := func(name string) func(context.Context) error {
			return func(ctx context.Context) error {
				<-tree.Draining(ctx)
				runs.add(name)
				return ctx.Err()
			}
		}
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			handle = s
			s.Drain(errReason)
			child := launch(ctx, t, s, "child", service("child"))
			if err := child.Wait(ctx); err != nil {
				return err
			}
			nested := launch(ctx, t, s, "nested", func(ctx context.Context) error {
				return tree.Run(ctx, p, func(ctx context.Context, s *tree.Scope) error {
					return launch(ctx, t, s, "child", service("in a nested scope")).Wait(ctx)
				})
			})
			return nested.Wait(ctx)
		}, tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		require.Zero(t, time.Since(start))
		require.Equal(t, []string{"child", "in a nested scope"}, runs.list())
		report, err := handle.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, errReason, report.Reason)
		require.Equal(t, []int{2, 0, 0}, []int{report.Drained, report.Canceled, report.Failed})
	})
}

func TestScope_232_AServiceAddedAtRunTimeIsTakenWhileTheScopeIsOpen(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		s, _ := openSupervisor(t, p)
		launch(t.Context(), t, s, "first", drainer)
		pause(time.Hour)
		late := &signals{from: time.Now()}
		child := launch(t.Context(), t, s, "late", late.run(0))
		pause(tenth)
		require.Equal(t, policy.SlotRunning, child.State())
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, []time.Duration{tenth, tenth + policy.DefaultGrace}, []time.Duration{late.asked, late.canceled})
		require.Equal(t, []int{1, 1, 0}, []int{report.Drained, report.Canceled, report.Failed})
		require.NoError(t, s.Close())
	})
}

// While a scope drains it depends on who asks: see 121.
func TestScope_232_AServiceAddedLaterIsRefusedAndDoesNotRun(t *testing.T) {
	stages := []struct {
		phase  tree.Phase
		reach  func(t *testing.T, s *tree.Scope)
		refuse error // of a call
		answer error // to a message
	}{
		{tree.PhaseDraining, func(_ *testing.T, s *tree.Scope) { s.Drain(nil) }, tree.ErrDraining, tree.ErrDraining},
		{tree.PhaseCanceling, func(_ *testing.T, s *tree.Scope) { s.Cancel(nil) }, tree.ErrClosed, tree.ErrClosed},
		{tree.PhaseClosed, func(t *testing.T, s *tree.Scope) {
			_, err := s.Shutdown(t.Context())
			require.NoError(t, err)
			require.NoError(t, s.Close())
		}, tree.ErrClosed, actor.ErrStopped},
	}
	for _, stage := range stages {
		t.Run(stage.phase.String(), func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				s, seen := openSupervisor(t, p)
				launch(t.Context(), t, s, "slow", func(ctx context.Context) error {
					<-tree.Draining(ctx)
					pause(tenth)
					return nil
				})
				stage.reach(t, s)
				require.Equal(t, stage.phase, s.Snapshot().Phase)
				requireRefused(t, s, stage.refuse, stage.answer)
				require.NoError(t, s.Close())
				synctest.Wait() // all has been told
				require.Len(t, seen.of(tree.ChildStarted), 1)
				_, err := s.Child("late")
				require.ErrorIs(t, err, tree.ErrNotFound)
			})
		})
	}
}
