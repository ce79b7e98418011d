package tree_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// Stop time is left out of the window. What a group takes to start is not.
func TestTheTimeThatAGroupTakesToStartCountsForTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Strategy = policy.OneForAll
		p.Intensity = policy.Intensity{Restarts: 2, Within: 10 * time.Second}
		s, seen := openSupervisor(t, p)
		a, b := newProbe(&trail{}, "a"), newProbe(&trail{}, "b")
		for _, c := range []*probe{a, b} {
			_, err := s.Start(t.Context(), c.spec(policy.Permanent))
			require.NoError(t, err)
		}
		b.startWait = 8 * time.Second
		a.exits <- errCrash // the first restart: b is up again at 8 s
		pause(time.Second)
		a.exits <- errCrash // at 1 s the second, which waits until then; nobody takes time to stop
		pause(16 * time.Second)
		a.exits <- errCrash // at 17 s the third, long after the window of both
		synctest.Wait()     // until it was answered
		require.Empty(t, seen.of(tree.GaveUp))
	})
}
