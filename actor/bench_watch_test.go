package actor

import (
	"context"
	"testing"
	"time"

	"github.com/understudy-go/understudy/mailbox"
)

// BenchmarkStuckAfter is a send to an actor that is watched, next to one that is not.
func BenchmarkStuckAfter(b *testing.B) {
	for _, way := range []struct {
		name  string
		after time.Duration
	}{{"never", 0}, {"1s", time.Second}} {
		b.Run("after="+way.name, func(b *testing.B) {
			over, handled := make(chan struct{}), 0
			r := ReceiverFunc[letter](func(context.Context, letter) error {
				if handled++; handled == b.N {
					close(over)
				}
				return nil
			})
			a, err := New(Spec[letter]{Name: "watched", Mailbox: mailbox.Bounded(1024, mailbox.Block), StuckAfter: way.after,
				New: func(context.Context, Ref[letter]) (Receiver[letter], error) { return r, nil }}, newQuiet())
			if err != nil {
				b.Fatal(err)
			}
			a.Start()
			defer a.Close()
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				_ = a.Ref().Send(b.Context(), letter{})
			}
			<-over
		})
	}
}

// BenchmarkTimer is a timer that is started and stopped, and one that is waited for, next
// to those of package time.
func BenchmarkTimer(b *testing.B) {
	ticks := make(chan struct{}, 1)
	var ctx context.Context
	a, err := New(Spec[int]{Name: "timed", New: func(c context.Context, _ Ref[int]) (Receiver[int], error) {
		ctx = c
		return ReceiverFunc[int](func(context.Context, int) error { ticks <- struct{}{}; return nil }), nil
	}}, newQuiet())
	if err != nil {
		b.Fatal(err)
	}
	a.host.(*quiet).start(b.Context(), a)
	defer a.Close()
	for _, way := range []struct {
		name  string
		start func(d time.Duration) (stop func() bool)
	}{
		{"actor", func(d time.Duration) func() bool {
			one, err := a.Ref().After(ctx, d, 1)
			if err != nil {
				b.Fatal(err)
			}
			return one.Stop
		}},
		{"AfterFunc", func(d time.Duration) func() bool {
			return time.AfterFunc(d, func() { ticks <- struct{}{} }).Stop
		}},
	} {
		b.Run("of="+way.name+"/do=stop", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				way.start(time.Hour)()
			}
		})
		b.Run("of="+way.name+"/do=tick", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				way.start(1)
				<-ticks
			}
		})
		b.Run("of="+way.name+"/do=wait", func(b *testing.B) {
			const n = 100_000
			all := make([]func() bool, n)
			before := heap()
			for i := range all {
				all[i] = way.start(time.Hour)
			}
			b.ReportMetric(float64(heap()-before)/n, "B/timer")
			b.ReportMetric(0, "ns/op")
			for _, stop := range all {
				stop()
			}
		})
	}
}
