package actor

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/understudy-go/understudy/mailbox"
)

// letter is as large as a typical message: 40 bytes.
type letter struct {
	ID   int
	Name string
	From *int
	At   int
}

// quiet is a Host and a Place that wants to know nothing but the end.
type quiet struct {
	ended chan struct{}
	ctx   context.Context // of the incarnation; nil for none that its code is known by
}

func newQuiet() *quiet { return &quiet{ended: make(chan struct{}, 1)} }

// start begins an incarnation of a that ends with ctx, and whose code is known by its context.
func (q *quiet) start(ctx context.Context, a Hosted) {
	q.ctx = Inside(ctx, a)
	a.Start()
}

func (q *quiet) Context() context.Context {
	if q.ctx == nil {
		return context.Background()
	}
	return q.ctx
}

func (q *quiet) Serving()              {}
func (q *quiet) Up()                   {}
func (q *quiet) Stuck(Stuck)           {}
func (q *quiet) Ended(error)           { q.ended <- struct{}{} }
func (q *quiet) ID() ID                { return ID{Path: "quiet"} }
func (q *quiet) DeadLetter(any, error) {}

// counting returns a running actor that tells over when it has handled n
// messages, so that a benchmark counts messages handled and not just sent.
func counting[M any](b *testing.B, box mailbox.Spec, n int, over chan<- struct{}) *Actor[M] {
	b.Helper()
	handled := 0
	r := ReceiverFunc[M](func(context.Context, M) error {
		if handled++; handled == n {
			close(over)
		}
		return nil
	})
	a, err := New(Spec[M]{Name: "counting", Mailbox: box,
		New: func(context.Context, Ref[M]) (Receiver[M], error) { return r, nil }}, newQuiet())
	if err != nil {
		b.Fatal(err)
	}
	a.Start()
	return a
}

// benchProducers sends b.N messages with put from several goroutines.
func benchProducers(b *testing.B, producers int, put func()) {
	var senders sync.WaitGroup
	for i := range producers {
		senders.Go(func() {
			for range (b.N + i) / producers {
				put()
			}
		})
	}
	senders.Wait()
}

func benchSend[M any](b *testing.B, box mailbox.Spec, producers int) {
	var m M
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	over := make(chan struct{})
	a := counting[M](b, box, b.N, over)
	defer a.Close()
	ref := a.Ref()
	b.ReportAllocs()
	b.ResetTimer()
	benchProducers(b, producers, func() { _ = ref.Send(ctx, m) })
	<-over
}

// benchChan is the same with a channel and a goroutine that receives.
func benchChan[M any](b *testing.B, capacity, producers int, selects bool) {
	var m M
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	c := make(chan M, capacity)
	over := make(chan struct{})
	go func() {
		for range b.N {
			<-c
		}
		close(over)
	}()
	b.ReportAllocs()
	b.ResetTimer()
	if selects {
		benchProducers(b, producers, func() {
			select {
			case c <- m:
			case <-ctx.Done():
			}
		})
	} else {
		benchProducers(b, producers, func() { c <- m })
	}
	<-over
}

func BenchmarkSend(b *testing.B) {
	for _, producers := range []int{1, 2} {
		for name, box := range map[string]mailbox.Spec{
			"bounded": mailbox.Bounded(1024, mailbox.Block), "unbounded": mailbox.Unbounded(),
			"dropping": mailbox.Bounded(1<<30, mailbox.DropOldest), // so roomy that every message is handled
		} {
			b.Run(fmt.Sprintf("to=%s/message=int/producers=%d", name, producers), func(b *testing.B) { benchSend[int](b, box, producers) })
			b.Run(fmt.Sprintf("to=%s/message=40B/producers=%d", name, producers), func(b *testing.B) { benchSend[letter](b, box, producers) })
		}
		b.Run(fmt.Sprintf("to=chan/message=int/producers=%d", producers), func(b *testing.B) { benchChan[int](b, 1024, producers, false) })
		b.Run(fmt.Sprintf("to=chan/message=40B/producers=%d", producers), func(b *testing.B) { benchChan[letter](b, 1024, producers, false) })
		b.Run(fmt.Sprintf("to=chan-select/message=40B/producers=%d", producers), func(b *testing.B) { benchChan[letter](b, 1024, producers, true) })
	}
}

// BenchmarkPingPong is one message bounced between two actors: an operation is
// one hop.
func BenchmarkPingPong(b *testing.B) {
	b.Run("to=actor", func(b *testing.B) {
		over := make(chan struct{})
		var refs [2]Ref[int]
		for i := range refs {
			r := ReceiverFunc[int](func(ctx context.Context, n int) error {
				if n == 0 {
					close(over)
					return nil
				}
				return refs[1-i].Send(ctx, n-1)
			})
			a, err := New(Spec[int]{Name: "p", New: func(context.Context, Ref[int]) (Receiver[int], error) { return r, nil }}, newQuiet())
			if err != nil {
				b.Fatal(err)
			}
			a.Start()
			defer a.Close()
			refs[i] = a.Ref()
		}
		b.ReportAllocs()
		b.ResetTimer()
		_ = refs[0].TrySend(b.N)
		<-over
	})
	b.Run("to=chan-unbuffered", func(b *testing.B) {
		there, back := make(chan int), make(chan int)
		go func() {
			for n := range there {
				back <- n
			}
			close(back)
		}()
		b.ReportAllocs()
		b.ResetTimer()
		for n := 0; n < b.N; n += 2 {
			there <- n
			<-back
		}
		b.StopTimer()
		close(there)
		<-back
	})
}
