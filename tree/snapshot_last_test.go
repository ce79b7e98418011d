package tree_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
)

func TestTheDrawingSaysOfWhoFailedAndThenReturnedThatItFailedWithThatError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		a := newProbe(&trail{}, "a")
		ch, err := s.Start(t.Context(), a.spec(policy.Permanent))
		require.NoError(t, err)
		a.exits <- errCrash
		synctest.Wait() // until it is up again
		require.NoError(t, ch.Shutdown(t.Context()))
		require.Contains(t, s.Snapshot().String(), "a  stopped 0s #2 permanent, last failed: crash")
	})
}
