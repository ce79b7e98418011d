package actor

import (
	"context"
	"sync/atomic"
	"testing"
)

// ring is how many stand in a ring, fans to how many one sends in turn.
const (
	ring = 100
	fans = 1000
)

// startBench starts an actor around f for the time of the benchmark.
func startBench[M any](b *testing.B, f ReceiverFunc[M]) Ref[M] {
	b.Helper()
	q := newQuiet()
	a, err := New(Spec[M]{Name: "bench", New: func(context.Context, Ref[M]) (Receiver[M], error) { return f, nil }}, q)
	if err != nil {
		b.Fatal(err)
	}
	a.Start()
	b.Cleanup(func() { a.Close(); <-q.ended })
	return a.Ref()
}

// BenchmarkRing is one message that goes round among a hundred: an operation is one hop.
func BenchmarkRing(b *testing.B) {
	b.Run("of=actor", func(b *testing.B) {
		over := make(chan struct{})
		var refs [ring]Ref[int]
		for i := range refs {
			refs[i] = startBench(b, func(ctx context.Context, n int) error {
				if n == 0 {
					close(over)
					return nil
				}
				return refs[(i+1)%ring].Send(ctx, n-1)
			})
		}
		b.ReportAllocs()
		b.ResetTimer()
		_ = refs[0].TrySend(b.N)
		<-over
		b.StopTimer()
	})
	b.Run("of=chan", func(b *testing.B) {
		over := make(chan struct{})
		var places [ring]chan int
		for i := range places {
			places[i] = make(chan int, 1)
		}
		for i := range places {
			go func() {
				for n := range places[i] {
					if n == 0 {
						close(over)
						return
					}
					places[(i+1)%ring] <- n - 1
				}
			}()
		}
		b.ReportAllocs()
		b.ResetTimer()
		places[0] <- b.N
		<-over
		b.StopTimer()
		for _, p := range places {
			close(p)
		}
	})
}

// BenchmarkFanOut is one sender and a thousand that each handle a message in turn: an
// operation is one message handled.
func BenchmarkFanOut(b *testing.B) {
	b.Run("of=actor", func(b *testing.B) {
		over, left := make(chan struct{}), atomic.Int64{}
		left.Store(int64(b.N))
		refs := make([]Ref[letter], fans)
		for i := range refs {
			refs[i] = startBench(b, func(context.Context, letter) error {
				if left.Add(-1) == 0 {
					close(over)
				}
				return nil
			})
		}
		b.ReportAllocs()
		b.ResetTimer()
		for i := range b.N {
			_ = refs[i%fans].Send(b.Context(), letter{})
		}
		<-over
		b.StopTimer()
	})
	b.Run("of=chan", func(b *testing.B) {
		over, left := make(chan struct{}), atomic.Int64{}
		left.Store(int64(b.N))
		places := make([]chan letter, fans)
		for i := range places {
			places[i] = make(chan letter, 64)
			go func() {
				for range places[i] {
					if left.Add(-1) == 0 {
						close(over)
					}
				}
			}()
		}
		b.ReportAllocs()
		b.ResetTimer()
		for i := range b.N {
			places[i%fans] <- letter{}
		}
		<-over
		b.StopTimer()
		for _, p := range places {
			close(p)
		}
	})
}
