package router_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/router"
	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// In real time, for the race detector: senders, a worker that fails now and then, and
// somebody who cannot decide how many there should be. Every message is accounted for.
func TestMessagesAreAccountedForWhileThePoolIsResized(t *testing.T) {
	const senders, each = 4, 3000
	p := policy.SupervisorScope
	p.Intensity = policy.Intensity{Restarts: senders * each, Within: policy.Forever}
	s, err := tree.Open(t.Context(), policy.SupervisorScope, tree.WithName("app"), tree.WithObserver(tree.ObserverFunc(func(tree.Event) {})))
	require.NoError(t, err)
	var handled, refused, dead atomic.Int64
	pool, err := router.Start(t.Context(), s, router.Spec[int]{Name: "pool", Size: 2, Policy: p, Worker: func(int) actor.Spec[int] {
		return actor.Spec[int]{Mailbox: mailbox.Bounded(4, mailbox.Block), New: func(context.Context, actor.Ref[int]) (actor.Receiver[int], error) {
			return actor.ReceiverFunc[int](func(_ context.Context, m int) error {
				if m%1000 == 0 {
					dead.Add(1)
					return errBroken
				}
				handled.Add(1)
				return nil
			}), nil
		}}
	}})
	require.NoError(t, err)
	var sending, resizing sync.WaitGroup
	var quiet atomic.Bool
	for range senders {
		sending.Go(func() {
			for i := range each {
				err := pool.Ref().Send(t.Context(), i)
				if i%3 == 0 {
					err = errors.Join(err, pool.Ref().TrySend(i))
				}
				if err != nil {
					refused.Add(1)
				}
			}
		})
	}
	resizing.Go(func() {
		for n := 0; !quiet.Load(); n++ {
			require.NoError(t, pool.Resize(t.Context(), 1+n%5))
		}
	})
	sending.Wait()
	quiet.Store(true)
	resizing.Wait()
	require.NoError(t, s.Close())
	sent := int64(senders * (each + each/3))
	lost := sent - handled.Load() - refused.Load() - dead.Load()
	// A worker that went away while a sender was on its way to it: told as a dead letter.
	require.GreaterOrEqual(t, lost, int64(0))
	t.Logf("sent %d: handled %d, refused %d, failed %d, dead with their worker %d", sent, handled.Load(), refused.Load(), dead.Load(), lost)
}
