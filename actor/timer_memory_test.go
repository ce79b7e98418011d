package actor

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/stretchr/testify/require"
)

func TestATickOfEveryAllocatesNothing(t *testing.T) {
	ticked := make(chan struct{})
	q := newQuiet()
	a, err := New(Spec[letter]{Name: "steady", New: func(ctx context.Context, self Ref[letter]) (Receiver[letter], error) {
		_, err := self.Every(ctx, 50*time.Microsecond, letter{Name: "tick"})
		return ReceiverFunc[letter](func(context.Context, letter) error { ticked <- struct{}{}; return nil }), err
	}}, q)
	require.NoError(t, err)
	go q.start(t.Context(), a) // a tick may come before it returns
	got := testing.AllocsPerRun(200, func() { <-ticked })
	require.Zero(t, got)
	go func() { // a tick may be in hand
		for range ticked {
		}
	}()
	a.Close()
	<-q.ended
	close(ticked)
}

func TestATimerThatIsOverHoldsNeitherItsMessageNorItsActor(t *testing.T) {
	type large struct{ _ [1 << 20]byte }
	synctest.Test(t, func(t *testing.T) {
		var kept []*Timer
		var messages []weak.Pointer[large]
		q := newQuiet()
		a, err := New(Spec[*large]{Name: "a", New: func(ctx context.Context, self Ref[*large]) (Receiver[*large], error) {
			for _, d := range []time.Duration{time.Second, time.Hour} {
				m := &large{}
				messages = append(messages, weak.Make(m))
				started, err := self.After(ctx, d, m)
				require.NoError(t, err)
				kept = append(kept, started)
			}
			return ReceiverFunc[*large](func(context.Context, *large) error { return nil }), nil
		}}, q)
		require.NoError(t, err)
		q.start(t.Context(), a)
		pass(time.Second)
		require.True(t, kept[1].Stop())
		runtime.GC()
		for _, m := range messages {
			require.Nil(t, m.Value(), "the actor lives, its timers are over")
		}
		gone := weak.Make(a)
		a.Close()
		<-q.ended
		a = nil
		q.ctx = nil
		runtime.GC()
		require.Nil(t, gone.Value(), "the timers are kept, the actor is not")
		runtime.KeepAlive(kept)
	})
}

func TestTimersThatWereStoppedLeaveNothingWithTheActor(t *testing.T) {
	q := newQuiet()
	stopped := make(chan struct{})
	a, err := New(Spec[int]{Name: "a", New: func(ctx context.Context, self Ref[int]) (Receiver[int], error) {
		return ReceiverFunc[int](func(_ context.Context, n int) error {
			defer func() { stopped <- struct{}{} }()
			timers := make([]*Timer, n)
			for i := range timers {
				var err error
				if timers[i], err = self.After(ctx, time.Hour, i); err != nil {
					return err
				}
			}
			for _, one := range timers {
				one.Stop()
			}
			return nil
		}), nil
	}}, q)
	require.NoError(t, err)
	q.start(t.Context(), a)
	const n = 20_000
	startAndStop := func() int64 {
		require.NoError(t, a.Ref().TrySend(n))
		<-stopped
		return heap()
	}
	once := startAndStop() // which leaves room in the runtime's own heaps of timers, as it does again
	require.Less(t, startAndStop()-once, int64(64*n), "bytes, a fifth of what they had")
	a.Close()
	<-q.ended
}
