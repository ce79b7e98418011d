package tree_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/internal/self"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// What is queued when an actor is stopped becomes dead letters, which may take long and
// which nobody but the scope waits for.
func TestWhoIsToKnowOfAnActorsEndFirstIsToldBeforeItsChildRests(t *testing.T) {
	s, _ := openSupervisor(t, policy.SupervisorScope)
	for range 300 {
		gate := make(chan struct{})
		ref, err := tree.Spawn(t.Context(), s, actor.Spec[int]{Name: "a", Restart: policy.Temporary,
			New: func(context.Context, actor.Ref[int]) (actor.Receiver[int], error) {
				return actor.ReceiverFunc[int](func(context.Context, int) error { <-gate; return nil }), nil
			}})
		require.NoError(t, err)
		var told atomic.Bool
		ref.OnEnd(self.Ending{Told: func(error) { told.Store(true) }})
		child, err := s.Child("a")
		require.NoError(t, err)
		for i := range 10 {
			require.NoError(t, ref.TrySend(i))
		}
		child.Cancel(nil)
		close(gate)
		require.NoError(t, child.Wait(t.Context()))
		require.True(t, told.Load())
	}
}
