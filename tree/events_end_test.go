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

// deafAtTheEnd is an observer that blocks on the last event.
func deafAtTheEnd(gate <-chan struct{}) tree.Option {
	return tree.WithObserver(tree.ObserverFunc(func(e tree.Event) {
		if e.Kind == tree.ScopeClosed {
			<-gate
		}
	}))
}

func TestAnObserverBlockedOnTheLastEventHoldsItsScopeNoLongerThanItsBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Stop = policy.Stop{Grace: time.Second, Kill: 2 * time.Second}
		gate, open := newGate(t)
		s, err := tree.Open(t.Context(), p, tree.WithName("app"), deafAtTheEnd(gate))
		require.NoError(t, err)
		start := time.Now()
		watchdog := time.AfterFunc(time.Hour, open)
		defer watchdog.Stop()
		require.NoError(t, s.Close())
		require.Equal(t, 2*time.Second, time.Since(start), "all else had ended: a kill wait for the observer")
	})
}

func TestAnObserverBlockedOnTheLastEventBelowHoldsTheScopeAroundNoLongerThanItsBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Stop = policy.Stop{Grace: time.Second, Kill: 2 * time.Second}
		gate, open := newGate(t)
		s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "sup", Restart: policy.Temporary, Run: func(ctx context.Context) error {
			below, err := tree.Open(ctx, policy.TaskScope, tree.WithName("below"), deafAtTheEnd(gate))
			if err == nil {
				go below.Close()
				<-ctx.Done()
			}
			return err
		}})
		require.NoError(t, err)
		synctest.Wait()
		start := time.Now()
		watchdog := time.AfterFunc(time.Hour, open)
		defer watchdog.Stop()
		_ = s.Close()
		require.Equal(t, 3*time.Second, time.Since(start))
	})
}
