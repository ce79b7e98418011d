package mailbox_test

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/mailbox/mailboxtest"
)

// Priority is an unbounded mailbox whose urgent messages are taken first, those
// of the same urgency in the order in which they came.
type Priority[M any] struct {
	urgency func(M) int // the greater, the sooner

	mu     sync.Mutex
	queue  ranks[M]
	put    uint64 // counts the messages put
	peak   int
	closed bool
}

// ranked is a message and its place among the others.
type ranked[M any] struct {
	m       M
	urgency int
	put     uint64
}

// ranks is a heap.
type ranks[M any] []ranked[M]

func (r ranks[M]) Len() int      { return len(r) }
func (r ranks[M]) Swap(i, j int) { r[i], r[j] = r[j], r[i] }
func (r *ranks[M]) Push(x any)   { *r = append(*r, x.(ranked[M])) }
func (r ranks[M]) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(r[j].urgency, r[i].urgency), cmp.Compare(r[i].put, r[j].put)) < 0
}

func (r *ranks[M]) Pop() any {
	last := len(*r) - 1
	x := (*r)[last]
	*r = slices.Delete(*r, last, last+1) // zeroes what is no longer there
	return x
}

// NewPriority makes one.
func NewPriority[M any](urgency func(M) int) *Priority[M] { return &Priority[M]{urgency: urgency} }

// Put is TryPut: there is always room.
func (p *Priority[M]) Put(_ context.Context, m M) error { return p.TryPut(m) }

// TryPut queues m.
func (p *Priority[M]) TryPut(m M) error {
	urgency := p.urgency(m) // not under the lock: it is not ours
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return mailbox.ErrClosed
	}
	p.put++
	heap.Push(&p.queue, ranked[M]{m, urgency, p.put})
	p.peak = max(p.peak, len(p.queue))
	return nil
}

// Take takes the most urgent message.
func (p *Priority[M]) Take() (m M, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 {
		p.queue = nil // the burst is over
		return m, false
	}
	return heap.Pop(&p.queue).(ranked[M]).m, true
}

// Len returns how many messages are queued.
func (p *Priority[M]) Len() int { return p.Stats().Len }

// Stats returns how the mailbox fares.
func (p *Priority[M]) Stats() mailbox.Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return mailbox.Stats{Len: len(p.queue), Peak: p.peak}
}

// Close refuses what comes.
func (p *Priority[M]) Close() { p.set(true) }

// Open undoes Close.
func (p *Priority[M]) Open() { p.set(false) }

func (p *Priority[M]) set(closed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = closed
}

func TestAMailboxOfOnesOwnKeepsEveryPromise(t *testing.T) {
	same := func(int) int { return 0 }
	mailboxtest.Run(t, mailboxtest.Makers{
		Unbounded: func() mailbox.Mailbox[int] { return NewPriority(same) },
	})
}

// A mailbox of one's own has the methods of Mailbox, and passes mailboxtest.
func ExampleMailbox() {
	var b mailbox.Mailbox[string] = NewPriority(func(m string) int {
		if m == "stop!" {
			return 1
		}
		return 0
	})
	for _, m := range []string{"one", "two", "stop!", "three"} {
		_ = b.TryPut(m) // fails only after Close
	}
	for m, ok := b.Take(); ok; m, ok = b.Take() {
		fmt.Println(m)
	}

	// Output:
	// stop!
	// one
	// two
	// three
}
