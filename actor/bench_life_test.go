package actor

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/understudy-go/understudy/mailbox"
)

// query is a message that is answered.
type query struct {
	n     int
	reply Reply[int]
}

func doubling(b *testing.B) *Actor[query] {
	b.Helper()
	r := ReceiverFunc[query](func(_ context.Context, q query) error { q.reply.Send(2 * q.n); return nil })
	a, err := New(Spec[query]{Name: "doubling", New: func(context.Context, Ref[query]) (Receiver[query], error) { return r, nil }}, newQuiet())
	if err != nil {
		b.Fatal(err)
	}
	a.Start()
	return a
}

// chanQuery is how the same is asked over a channel.
type chanQuery struct {
	n     int
	reply chan int
}

func BenchmarkAsk(b *testing.B) {
	ways := []struct {
		name string
		ctx  func() (context.Context, context.CancelFunc)
	}{
		{"none", func() (context.Context, context.CancelFunc) { return context.Background(), func() {} }},
		{"cancel", func() (context.Context, context.CancelFunc) { return context.WithCancel(context.Background()) }},
		{"deadline", func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(context.Background(), time.Hour)
		}},
	}
	for _, way := range ways {
		b.Run("of=actor/ctx="+way.name, func(b *testing.B) {
			a := doubling(b)
			defer a.Close()
			ctx, cancel := way.ctx()
			defer cancel()
			b.ReportAllocs()
			for b.Loop() {
				n, err := Ask(ctx, a.Ref(), func(r Reply[int]) query { return query{n: 21, reply: r} })
				if n != 42 || err != nil {
					b.Fatal(n, err)
				}
			}
		})
		b.Run("of=chan/ctx="+way.name, func(b *testing.B) {
			queries := make(chan chanQuery, 64)
			go func() {
				for q := range queries {
					q.reply <- 2 * q.n
				}
			}()
			defer close(queries)
			ctx, cancel := way.ctx()
			defer cancel()
			b.ReportAllocs()
			for b.Loop() {
				q := chanQuery{21, make(chan int, 1)}
				select {
				case queries <- q:
				case <-ctx.Done():
				}
				select {
				case <-q.reply:
				case <-ctx.Done():
				}
			}
		})
	}
}

// restarter starts the next incarnation when one has ended.
type restarter struct {
	*quiet
	a *Actor[int]
}

func (r *restarter) Ended(err error) {
	if err != nil {
		go r.a.Start()
	}
}

// BenchmarkRestart is a panic, a restart, and the next message handled.
func BenchmarkRestart(b *testing.B) {
	b.Run("of=actor", func(b *testing.B) {
		over := make(chan struct{})
		left := b.N
		rec := ReceiverFunc[int](func(context.Context, int) error {
			if left--; left <= 0 {
				close(over)
				return nil
			}
			panic("again")
		})
		h := &restarter{quiet: newQuiet()}
		a, err := New(Spec[int]{Name: "restarting", Mailbox: mailbox.Unbounded(),
			New: func(context.Context, Ref[int]) (Receiver[int], error) { return rec, nil }}, h)
		if err != nil {
			b.Fatal(err)
		}
		h.a = a
		for range b.N {
			_ = a.Ref().TrySend(1)
		}
		b.ReportAllocs()
		b.ResetTimer()
		a.Start()
		<-over
		b.StopTimer()
		a.Close()
	})
	b.Run("of=goroutine", func(b *testing.B) {
		over := make(chan struct{})
		left := b.N
		var work func()
		work = func() {
			defer func() {
				if recover() != nil {
					go work()
				}
			}()
			if left--; left <= 0 {
				close(over)
				return
			}
			panic("again")
		}
		b.ReportAllocs()
		b.ResetTimer()
		go work()
		<-over
	})
}

// BenchmarkSpawnStop makes an actor, starts it, and stops it for good; with a
// message it waits until that was handled.
func BenchmarkSpawnStop(b *testing.B) {
	handled := make(chan struct{}, 1)
	rec := ReceiverFunc[int](func(context.Context, int) error { handled <- struct{}{}; return nil })
	spec := Spec[int]{Name: "brief", New: func(context.Context, Ref[int]) (Receiver[int], error) { return rec, nil }}
	q := newQuiet()
	b.Run("messages=0", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			a, _ := New(spec, q)
			a.Start()
			a.Close()
			<-q.ended
		}
	})
	b.Run("messages=1", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			a, _ := New(spec, q)
			a.Start()
			_ = a.Ref().TrySend(1)
			<-handled
			a.Close()
			<-q.ended
		}
	})
	b.Run("of=goroutine", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c := make(chan int, 1)
			go func() { <-c; handled <- struct{}{} }()
			c <- 1
			<-handled
		}
	})
}

// BenchmarkIdle reports the heap that one idle actor keeps, its mailbox
// included, and what stands around it (a Place, a Host) not.
func BenchmarkIdle(b *testing.B) {
	const n = 100_000
	rec := ReceiverFunc[int](func(context.Context, int) error { return nil })
	spec := Spec[int]{Name: "idle", New: func(context.Context, Ref[int]) (Receiver[int], error) { return rec, nil }}
	for _, messages := range []string{"0", "1"} {
		b.Run("messages="+messages, func(b *testing.B) {
			q := newQuiet() // measured once, whatever b.N is
			all := make([]*Actor[int], n)
			before, goroutines := heap(), runtime.NumGoroutine()
			for i := range all {
				all[i], _ = New(spec, q)
				all[i].Start()
				if messages == "1" {
					_ = all[i].Ref().TrySend(i)
				}
			}
			for runtime.NumGoroutine() > goroutines {
				runtime.Gosched()
			}
			b.ReportMetric(float64(heap()-before)/n, "B/actor")
			b.ReportMetric(0, "ns/op")
			runtime.KeepAlive(all)
		})
	}
}

// heap returns the bytes in use after a collection.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
