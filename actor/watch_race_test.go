package actor

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/mailbox"
)

// notices counts what each of many watches was told.
type notices struct {
	told    [64]atomic.Int32
	stopped [64]atomic.Bool
}

func TestEveryWatchIsToldOnceOrTakenBackHoweverItRaces(t *testing.T) {
	for range 100 {
		var n notices
		target := ledgerActor(t, &ledger{ended: make(chan struct{}, 1)}, mailbox.Spec{})
		tl := target.host.(*ledger)
		wl := &ledger{ended: make(chan struct{}, 1)}
		w := ledgerActor(t, wl, mailbox.Spec{})
		tl.start(t.Context(), target)
		wl.start(t.Context(), w)
		inside := make(chan context.Context)
		require.NoError(t, w.Ref().TrySend(bill{within: func(ctx context.Context) { inside <- ctx }}))
		ctx := <-inside

		var all sync.WaitGroup
		for half := range 2 {
			all.Go(func() {
				for i := half; i < len(n.told); i += 2 {
					stop, err := Watch(ctx, target.Ref(), w.Ref(), func(Terminated) bill {
						return bill{within: func(context.Context) { n.told[i].Add(1) }}
					})
					require.NoError(t, err)
					if i%3 == 0 {
						n.stopped[i].Store(stop())
					}
					runtime.Gosched()
				}
			})
		}
		all.Go(target.Close)
		all.Wait()
		for range 3 { // one may be taken before the actor sees the notices, and one be queued when it does
			_, err := Ask(t.Context(), w.Ref(), func(r Reply[int]) bill { return bill{reply: &r} })
			require.NoError(t, err)
		}
		w.Close()
		<-wl.ended
		<-tl.ended
		for i := range n.told {
			want := int32(1)
			if n.stopped[i].Load() {
				want = 0
			}
			require.Equal(t, want, n.told[i].Load(), i)
		}
	}
}

func TestLinksThatRaceWithEndsLeaveNobodyBehindAndHitNoLaterIncarnation(t *testing.T) {
	for i := range 200 {
		var ledgers [2]*ledger
		var actors [2]*Actor[bill]
		var inside [2]context.Context
		for k := range actors {
			ledgers[k] = &ledger{ended: make(chan struct{}, 1)}
			actors[k] = ledgerActor(t, ledgers[k], mailbox.Spec{})
			ledgers[k].start(t.Context(), actors[k])
			ctx := make(chan context.Context)
			require.NoError(t, actors[k].Ref().TrySend(bill{within: func(c context.Context) { ctx <- c }}))
			inside[k] = <-ctx
		}
		var all sync.WaitGroup
		for k, a := range actors {
			all.Go(func() {
				_, _ = Link(inside[k], actors[1-k].Ref(), a.Ref())
			})
		}
		all.Go(func() { _ = actors[i%2].Ref().TrySend(bill{fails: true}) })
		all.Wait()
		<-ledgers[i%2].ended
		for k, a := range actors {
			a.Stop() // in case it was linked too late to fail
			if k != i%2 {
				<-ledgers[k].ended
			}
			ledgers[k].start(t.Context(), a)
			_, err := Ask(t.Context(), a.Ref(), func(r Reply[int]) bill { return bill{reply: &r} })
			require.NoError(t, err)
			a.Close()
			<-ledgers[k].ended
		}
	}
}
