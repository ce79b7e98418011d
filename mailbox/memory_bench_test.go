package mailbox

import (
	"runtime"
	"testing"
)

// heap returns the bytes in use. It collects three times, for a sync.Pool
// lets go of what it holds only at the second collection in which nobody asked.
func heap() int64 {
	for range 3 {
		runtime.GC()
	}
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

// BenchmarkBurst queues a million messages and takes them again: what a queued
// message costs, and what is left when all is over.
func BenchmarkBurst(b *testing.B) {
	const messages = 1 << 20
	for _, s := range []Spec{Bounded(messages, Block), Unbounded()} {
		b.Run("mailbox="+s.String(), func(b *testing.B) {
			var queued, retained int64
			for b.Loop() {
				box, _ := New[message](s, nil)
				before := heap()
				for range messages {
					_ = box.TryPut(message{})
				}
				queued = heap() - before
				for range messages + 1 {
					_, _ = box.Take()
				}
				retained = heap() - before
				runtime.KeepAlive(box)
			}
			b.ReportMetric(float64(queued)/messages, "B/queued")
			b.ReportMetric(float64(retained), "B/retained")
		})
	}
}

// BenchmarkIdle is what a mailbox costs that has been used and is empty.
func BenchmarkIdle(b *testing.B) {
	for _, s := range []Spec{Bounded(64, Block), Bounded(64, DropOldest), Unbounded()} {
		b.Run("mailbox="+s.String(), func(b *testing.B) {
			const mailboxes = 10000
			boxes := make([]Mailbox[message], mailboxes)
			var idle int64
			for b.Loop() {
				clear(boxes)
				before := heap()
				for i := range boxes {
					boxes[i], _ = New[message](s, nil)
					for range 3 {
						_ = boxes[i].TryPut(message{})
					}
					for range 4 {
						_, _ = boxes[i].Take()
					}
				}
				idle = heap() - before
			}
			b.ReportMetric(float64(idle)/mailboxes, "B/mailbox")
		})
	}
}

// discard is a handler that does nothing.
type discard struct{ handled int }

func (d *discard) Handle(message) { d.handled++ }

// BenchmarkInbox is the cost of a message that finds the inbox idle, and of
// one that is left to a turn that runs.
func BenchmarkInbox(b *testing.B) {
	b.Run("found=idle", func(b *testing.B) {
		var d discard
		var box Inbox[message]
		box.Init(&d, func(f func()) { go f() })
		var n Node[message]
		b.ReportAllocs()
		for b.Loop() {
			box.Post(&n)
		}
	})
	b.Run("found=busy", func(b *testing.B) {
		var r relay
		r.box.Init(&r, func(f func()) { go f() })
		b.ReportAllocs()
		for b.Loop() { // one message that has the inbox busy, and a turn's worth of others
			r.box.Post(&r.first)
		}
		b.ReportMetric(float64(b.Elapsed())/float64(b.N*(turnLength+1)), "ns/message")
	})
}

// relay posts a turn's worth of messages while it handles its first.
type relay struct {
	box   Inbox[bool]
	first Node[bool]
	rest  [turnLength]Node[bool]
}

func (r *relay) Handle(follows bool) {
	if follows {
		return
	}
	for i := range r.rest {
		r.rest[i].Msg = true
		r.box.Post(&r.rest[i])
	}
}
