package mailbox

import (
	"context"
	"errors"
	"slices"
)

// model runs a mailbox beside a slice that does the same in the plainest way,
// on one goroutine: a Put that would wait is split into its halves, wait and
// leave, so that every order of events can be written down as a list of steps.
type model struct {
	t     interface{ Fatalf(string, ...any) }
	box   Mailbox[int]
	queue *queue[int]
	full  *bounded[int] // nil when unbounded

	want    []int          // the messages in the mailbox
	waiting []*waiter[int] // the waiters, by age
	closed  bool
	last    int // the newest message, so that each is another one
}

func newModel(t interface{ Fatalf(string, ...any) }, s Spec) *model {
	box, err := New[int](s, nil)
	if err != nil {
		t.Fatalf("New(%v): %v", s, err)
	}
	m := &model{t: t, box: box}
	switch b := box.(type) {
	case *bounded[int]:
		m.full, m.queue = b, &b.queue
	case *unbounded[int]:
		m.queue = &b.queue
	}
	return m
}

// refusal is what the slice says to a message that may not wait.
func (m *model) refusal() error {
	switch {
	case m.closed:
		return ErrClosed
	case m.full != nil && len(m.want) >= m.full.capacity:
		return ErrFull
	}
	return nil
}

func (m *model) tryPut() {
	m.last++
	m.is("TryPut", m.box.TryPut(m.last), m.refusal())
}

var errEnded = errors.New("the context ended")

// putEnded is a Put that never waits, for its context has ended.
func (m *model) putEnded() {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errEnded)
	want := m.refusal()
	if want == ErrFull && m.full.overflow == Block {
		want = errEnded
	}
	m.last++
	m.is("Put", m.box.Put(ctx, m.last), want)
}

func (m *model) is(what string, got, want error) {
	if got != want {
		m.t.Fatalf("%s: %v, want %v", what, got, want)
	}
	if want == nil {
		m.want = append(m.want, m.last)
	}
}

// wait is the first half of a Put that finds the mailbox full.
func (m *model) wait() {
	if m.full == nil || m.full.overflow != Block || m.refusal() != ErrFull {
		return
	}
	m.last++
	m.full.mu.Lock()
	m.waiting = append(m.waiting, m.full.wait(m.last))
	m.full.mu.Unlock()
}

// leave is a waiter's context that ends.
func (m *model) leave(which int) {
	if len(m.waiting) == 0 {
		return
	}
	which %= len(m.waiting)
	m.full.mu.Lock()
	left := m.full.leave(m.waiting[which])
	m.full.mu.Unlock()
	if !left {
		m.t.Fatalf("a waiter was let in while there was no room")
	}
	m.waiting = slices.Delete(m.waiting, which, which+1)
}

func (m *model) take() {
	got, ok := m.box.Take()
	if len(m.want) == 0 {
		if ok {
			m.t.Fatalf("Take: %d, want nothing", got)
		}
		if m.queue.head != nil || m.queue.tail != nil {
			m.t.Fatalf("an empty mailbox owns a chunk")
		}
		return
	}
	if !ok || got != m.want[0] {
		m.t.Fatalf("Take: %d, %v, want %d", got, ok, m.want[0])
	}
	m.want = m.want[1:]
	if len(m.waiting) > 0 {
		m.ends(m.waiting[0], nil)
		m.want = append(m.want, m.waiting[0].m)
		m.waiting = m.waiting[1:]
	}
}

func (m *model) close() {
	m.box.Close()
	m.closed = true
	for _, w := range m.waiting {
		m.ends(w, ErrClosed)
	}
	m.waiting = nil
}

// ends checks that w has the result want.
func (m *model) ends(w *waiter[int], want error) {
	select {
	case err := <-w.result:
		if err != want {
			m.t.Fatalf("a waiter got %v, want %v", err, want)
		}
	default:
		m.t.Fatalf("a waiter waits on, want %v", want)
	}
}

// check compares what does not change anything, and the invariants of queue
// and bounded, by number.
func (m *model) check() {
	if got := m.box.Len(); got != len(m.want) {
		m.t.Fatalf("Len: %d, want %d", got, len(m.want))
	}
	q := m.queue
	if q.inSlot != (q.slot != 0) || q.inSlot && q.slot != m.want[0] {
		m.t.Fatalf("queue 2: the slot holds %d (%v), want the oldest of %v", q.slot, q.inSlot, m.want)
	}
	if (q.head == nil) != (q.tail == nil) || q.head == nil && (q.read|q.limit|q.write) != 0 {
		m.t.Fatalf("queue 3: head %p, tail %p, read %d, limit %d, write %d", q.head, q.tail, q.read, q.limit, q.write)
	}
	if q.read > q.limit {
		m.t.Fatalf("queue 4: read %d is beyond limit %d", q.read, q.limit)
	}
	m.checkSlots()
	if m.full == nil {
		return
	}
	if len(m.want) > m.full.capacity {
		m.t.Fatalf("bounded 1: %d messages in a capacity of %d", len(m.want), m.full.capacity)
	}
	if m.full.waiting.Load() != (len(m.waiting) > 0) || (m.full.waiters.first != nil) != (len(m.waiting) > 0) {
		m.t.Fatalf("bounded 2: waiting is %v with %d waiters", m.full.waiting.Load(), len(m.waiting))
	}
}

// checkSlots compares every slot of every chunk: what is in the queue, in
// order, and zero all around it. Messages are never zero.
func (m *model) checkSlots() {
	q, want := m.queue, m.want
	if q.inSlot {
		want = want[1:]
	}
	var got []int
	for c := q.head; c != nil; c = c.next {
		for i, v := range c.slots {
			inside := (c != q.head || i >= int(q.read)) && (c != q.tail || i < int(q.write))
			if inside != (v != 0) {
				m.t.Fatalf("queue 5: slot %d holds %d, inside %v", i, v, inside)
			}
			if inside {
				got = append(got, v)
			}
		}
	}
	if !slices.Equal(got, want) {
		m.t.Fatalf("the chunks hold %v, want %v", got, want)
	}
}
