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

// A child that its group stops, and that starts another one meanwhile, would wait for
// the group, which waits for it. Under a grace without an end that would be for ever.
func TestSupervision_122_AStartByOneWhomItsGroupStopsIsRefusedAndNotADeadlock(t *testing.T) {
	inGroups(t, func(t *testing.T, strategy policy.Strategy) {
		log := &trail{}
		p := policy.SupervisorScope
		p.Strategy = strategy
		p.Stop.Grace, p.Stop.Kill = policy.Forever, policy.Forever
		s, _ := openSupervisor(t, p)
		a := startProbes(t, s, log, policy.Permanent, "a")["a"]
		var refused error
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "b", Run: func(ctx context.Context) error {
			<-tree.Draining(ctx)
			_, refused = s.Start(ctx, tree.ChildSpec{Name: "helper", Run: takes(time.Hour)})
			return nil
		}})
		require.NoError(t, err)
		begun := time.Now()
		a.exits <- errCrash
		synctest.Wait() // the group is up again
		require.ErrorIs(t, refused, tree.ErrSelfWait)
		require.EqualError(t, refused, "tree: waits for itself: app/b for the start of app/helper, which comes after its own stop")
		require.Zero(t, time.Since(begun))
		require.Equal(t, []string{"a running", "b running"}, slots(s.Snapshot()))
	})
}

// Plain tasks and what is shielded belong to no group, and start at once.
func TestAChildWhoseGroupStopsMayStartTasksAndShields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Strategy = policy.OneForAll
		s, _ := openSupervisor(t, p)
		a := startProbes(t, s, &trail{}, policy.Permanent, "a")["a"]
		var task, shield error
		done := make(chan struct{})
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "b", Run: func(ctx context.Context) error {
			<-tree.Draining(ctx)
			task = s.Go(ctx, func(context.Context) error { close(done); return nil })
			<-done
			shield = s.Shield(ctx, "save", func(context.Context) error { return nil })
			return nil
		}})
		require.NoError(t, err)
		a.exits <- errCrash
		synctest.Wait() // the group is up again
		require.NoError(t, task)
		require.NoError(t, shield)
		require.Equal(t, []string{"a running", "b running"}, slots(s.Snapshot()))
	})
}
