package actor

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// raced is one timer of many, and a tick of it.
type raced struct {
	life    int
	timer   *Timer
	outcome atomic.Int32 // how often it was handled, or stopped in time
}

func TestATimerThatRacesWithItsStopAndItsEndIsHandledOnceOrStoppedOrNeither(t *testing.T) {
	l := &ledger{ended: make(chan struct{}, 1)}
	var all []*raced
	var wrongLife atomic.Int32
	lives := 0
	begun := make(chan []*raced, 1)
	a, err := New(Spec[*raced]{Name: "raced", New: func(ctx context.Context, self Ref[*raced]) (Receiver[*raced], error) {
		lives++
		life := lives
		var mine []*raced
		for i := range 20 {
			one := &raced{life: life}
			var err error
			if one.timer, err = self.After(ctx, time.Duration(i%5)*20*time.Microsecond, one); err != nil {
				return nil, err
			}
			mine = append(mine, one)
		}
		all = append(all, mine...)
		begun <- mine
		return ReceiverFunc[*raced](func(_ context.Context, one *raced) error {
			one.outcome.Add(1)
			if one.life != life {
				wrongLife.Add(1)
			}
			return nil
		}), nil
	}}, l)
	require.NoError(t, err)
	for range 300 {
		ctx, cancel := context.WithCancel(t.Context())
		go l.start(ctx, a)
		mine := <-begun
		var others sync.WaitGroup
		for i := range 2 {
			others.Go(func() {
				for _, one := range mine[i*5 : i*5+10] { // some of them twice
					if one.timer.Stop() {
						one.outcome.Add(1)
					}
					runtime.Gosched()
				}
			})
		}
		others.Go(a.Stop)
		<-l.ended
		cancel()
		others.Wait()
	}
	a.Close()
	require.Zero(t, wrongLife.Load())
	outcomes := map[int32]int{}
	for _, one := range all {
		outcomes[one.outcome.Load()]++
		require.False(t, one.timer.Stop())
	}
	require.Equal(t, len(all), outcomes[0]+outcomes[1], "%v", outcomes)
}

func TestAnActorStartsAndStopsTimersFromManyGoroutinesOfItsOwn(t *testing.T) {
	l := &ledger{ended: make(chan struct{}, 1)}
	var ticks, stopped atomic.Int64
	contexts := make(chan context.Context, 1)
	a, err := New(Spec[int]{Name: "many", New: func(ctx context.Context, self Ref[int]) (Receiver[int], error) {
		contexts <- ctx
		return ReceiverFunc[int](func(context.Context, int) error { ticks.Add(1); return nil }), nil
	}}, l)
	require.NoError(t, err)
	go l.start(t.Context(), a)
	ctx := <-contexts
	const each = 2000
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range each {
				one, err := a.Ref().After(ctx, time.Duration(i%3)*time.Microsecond, i)
				if err != nil {
					t.Error(err)
				} else if i%2 == 0 && one.Stop() {
					stopped.Add(1)
				}
			}
		})
	}
	all.Wait()
	for ticks.Load()+stopped.Load() < 4*each { // or the test times out
		runtime.Gosched()
	}
	require.Nil(t, a.more.Load().popBound(), "nothing is left of them")
	a.Close()
	<-l.ended
	require.Equal(t, int64(4*each), ticks.Load()+stopped.Load())
}
