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

func TestOneWhomItsGroupStopsDoesNotWaitForTheRestartOfASiblingThatComesAfterItsOwnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Strategy = policy.OneForAll
		p.Stop.Grace = time.Hour
		s, _ := openSupervisor(t, p)
		first, last := newProbe(&trail{}, "first"), newProbe(&trail{}, "last")
		ch, err := s.Start(t.Context(), first.spec(policy.Permanent))
		require.NoError(t, err)
		answers := make(chan error, 1)
		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "middle", Run: func(ctx context.Context) error {
			<-tree.Draining(ctx)
			select {
			case answers <- ch.Restart(ctx): // first is stopped, and started with the group
			default:
			}
			return nil
		}})
		require.NoError(t, err)
		_, err = s.Start(t.Context(), last.spec(policy.Permanent))
		require.NoError(t, err)
		from := time.Now()
		last.exits <- errCrash
		require.ErrorIs(t, <-answers, tree.ErrSelfWait)
		require.Zero(t, time.Since(from))
		synctest.Wait() // until the group is up
		require.Equal(t, []string{"first running", "middle running", "last running"}, slots(s.Snapshot()))
	})
}
