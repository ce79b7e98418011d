package tree_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
)

// The waits of a child grow with its own failures. A BackoffSource is asked for these
// only, and a Backoff counts the same.

func TestWhatAnOperatorRestartsByHandDoesNotGrowTheNextWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Backoff = policy.Backoff{Min: time.Second, Jitter: policy.JitterNone}
		s, _ := openSupervisor(t, p)
		a := newProbe(&trail{}, "a")
		ch, err := s.Start(t.Context(), a.spec(policy.Permanent))
		require.NoError(t, err)
		for range 4 {
			require.NoError(t, ch.Restart(t.Context()))
		}
		a.exits <- errCrash
		synctest.Wait()
		require.Equal(t, time.Second, s.Snapshot().Children[0].Due, "its first failure")
	})
}

func TestWhatAGroupRestartsDoesNotGrowTheNextWaitOfASibling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Strategy = policy.OneForAll
		p.Intensity = policy.Intensity{Restarts: 10, Within: time.Second}
		s, _ := openSupervisor(t, p)
		a, b := newProbe(&trail{}, "a"), newProbe(&trail{}, "b")
		_, err := s.Start(t.Context(), a.spec(policy.Permanent))
		require.NoError(t, err)
		spec := b.spec(policy.Permanent)
		spec.Backoff = policy.Backoff{Min: time.Second, Jitter: policy.JitterNone}
		_, err = s.Start(t.Context(), spec)
		require.NoError(t, err)
		for range 4 {
			a.exits <- errCrash
			synctest.Wait() // until both are up again
		}
		b.exits <- errCrash
		synctest.Wait()
		require.Equal(t, time.Second, s.Snapshot().Children[1].Due, "its first failure")
	})
}
