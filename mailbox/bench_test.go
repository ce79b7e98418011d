package mailbox

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// message is as large as a typical message of an actor: 40 bytes.
type message struct {
	id   int
	name string
	from *int
	at   int
}

func messageOf(id int) message { return message{id: id, from: nil, at: id} }

// A pipe is a mailbox or a channel under the same load.
type pipe struct {
	name string
	make func() (put func(context.Context, message), consume func(n int))
}

// mailboxPipe has a consumer that sleeps while there is nothing to do, as an
// actor does and as a channel does for its receiver.
func mailboxPipe(s Spec) func() (func(context.Context, message), func(int)) {
	return boxPipe(s.Drops(), func() (Mailbox[message], error) { return New[message](s, nil) })
}

func latestPipe(keys int) func() (func(context.Context, message), func(int)) {
	key := func(m message) int { return m.id % keys }
	return boxPipe(true, func() (Mailbox[message], error) { return NewLatest(keys, key, nil) })
}

func boxPipe(drops bool, create func() (Mailbox[message], error)) func() (func(context.Context, message), func(int)) {
	return func() (func(context.Context, message), func(int)) {
		b, err := create()
		if err != nil {
			panic(err)
		}
		var seen uint64 // the consumer's; messages dropped that it knows of
		var asleep atomic.Bool
		wake := make(chan struct{}, 1)
		put := func(ctx context.Context, m message) {
			if err := b.Put(ctx, m); err != nil {
				panic(err)
			}
			if asleep.Load() && asleep.CompareAndSwap(true, false) {
				wake <- struct{}{}
			}
		}
		return put, func(n int) {
			for n > 0 {
				if _, ok := b.Take(); ok {
					n--
					continue
				}
				if drops {
					if lost := b.Stats().Dropped - seen; lost > 0 { // what is dropped has come as well
						n -= int(lost)
						seen += lost
						continue
					}
				}
				asleep.Store(true)
				if b.Len() == 0 || !asleep.CompareAndSwap(true, false) {
					<-wake
				}
			}
		}
	}
}

func channelPipe(capacity int) func() (func(context.Context, message), func(int)) {
	return func() (func(context.Context, message), func(int)) {
		c := make(chan message, capacity)
		return func(_ context.Context, m message) { c <- m }, func(n int) {
			for ; n > 0; n-- {
				<-c
			}
		}
	}
}

func pipes() []pipe {
	return []pipe{
		{"bounded", mailboxPipe(Bounded(1024, Block))},
		{"bounded-64", mailboxPipe(Bounded(64, Block))}, // its sender often waits
		{"dropnewest-64", mailboxPipe(Bounded(64, DropNewest))},
		{"dropoldest-64", mailboxPipe(Bounded(64, DropOldest))},
		{"latest-64", latestPipe(64)},
		{"unbounded", mailboxPipe(Unbounded())},
		{"chan", channelPipe(1024)},
		{"chan-64", channelPipe(64)},
		{"chan-polled", func() (func(context.Context, message), func(int)) {
			c := make(chan message, 1024)
			return func(_ context.Context, m message) { c <- m }, func(n int) {
				for n > 0 {
					select {
					case <-c:
						n--
					default:
						runtime.Gosched()
					}
				}
			}
		}},
		{"chan-select", func() (func(context.Context, message), func(int)) {
			c := make(chan message, 1024)
			put := func(ctx context.Context, m message) {
				select {
				case c <- m:
				case <-ctx.Done():
				}
			}
			return put, func(n int) {
				for ; n > 0; n-- {
					<-c
				}
			}
		}},
	}
}

func BenchmarkSend(b *testing.B) {
	for _, p := range pipes() {
		for _, producers := range []int{1, 2} {
			b.Run(fmt.Sprintf("mailbox=%s/producers=%d", p.name, producers), func(b *testing.B) {
				ctx, cancel := context.WithCancel(b.Context())
				defer cancel()
				put, consume := p.make()
				b.ReportAllocs()
				b.ResetTimer()
				var wg sync.WaitGroup
				for i := range producers {
					n := (b.N + i) / producers
					wg.Go(func() {
						for id := range n {
							put(ctx, messageOf(id))
						}
					})
				}
				consume(b.N)
				wg.Wait()
			})
		}
	}
}

// BenchmarkPair is the cost of one Put and one Take with nobody else about.
func BenchmarkPair(b *testing.B) {
	for _, p := range pipes() {
		b.Run("mailbox="+p.name, func(b *testing.B) {
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			put, consume := p.make()
			b.ReportAllocs()
			for b.Loop() {
				put(ctx, messageOf(1))
				consume(1)
			}
		})
	}
}

// BenchmarkFull is the cost of a message that finds no room, beside a channel
// that is asked not to wait.
func BenchmarkFull(b *testing.B) {
	const capacity = 64
	lost := 0
	drop := func(message) { lost++ }
	fill := func(b *testing.B, put func(m message)) {
		for id := range capacity {
			put(messageOf(id))
		}
		b.ReportAllocs()
		for id := 0; b.Loop(); id++ {
			put(messageOf(id))
		}
	}
	for _, o := range []Overflow{Reject, DropNewest, DropOldest} {
		b.Run("mailbox="+strings.ToLower(o.String()), func(b *testing.B) {
			box, _ := New(Bounded(capacity, o), drop)
			fill(b, func(m message) { _ = box.TryPut(m) })
		})
	}
	b.Run("mailbox=latest", func(b *testing.B) {
		box, _ := NewLatest(capacity, func(m message) int { return m.id % capacity }, drop)
		fill(b, func(m message) { _ = box.TryPut(m) })
	})
	b.Run("mailbox=chan", func(b *testing.B) {
		c := make(chan message, capacity)
		fill(b, func(m message) {
			select {
			case c <- m:
			default:
				drop(m)
			}
		})
	})
	b.Run("mailbox=chan-oldest", func(b *testing.B) {
		c := make(chan message, capacity)
		fill(b, func(m message) {
			for {
				select {
				case c <- m:
					return
				default:
				}
				select {
				case old := <-c:
					drop(old)
				default:
				}
			}
		})
	})
}
