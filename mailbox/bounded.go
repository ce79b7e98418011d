package mailbox

import "context"

// bounded is the mailbox of [Bounded] with [Block], and what all others are made
// of: a queue that compares its length to a capacity, and a ring of those who
// wait for room, which is in what is lent to the queue. With [Reject] nobody
// waits.
//
// Invariants, at every unlock of mu:
//
//  1. The queue holds at most capacity messages.
//  2. waiting says whether there is a waiter.
//  3. If there is a waiter the queue is full, or the consumer has taken a
//     message since and not yet looked at waiting. The sender sets waiting
//     before it counts for the last time, and the consumer counts down before
//     it looks: one of them sees the other. So the consumer never finds a
//     waiter and no message, and gives back nothing that a waiter is in.
//  4. A waiter is in the ring or has its result, never both: who takes it out
//     of the ring decides what its Put returns.
//
// The tests of bounded_test.go, named after what they guard, and mailboxtest
// keep them.
type bounded[M any] struct {
	capacity int // messages; at least 1; never changes
	queue[M]
}

func (b *bounded[M]) Put(ctx context.Context, m M) error {
	b.mu.Lock()
	if b.closed || b.full() {
		return b.putLater(ctx, &m)
	}
	b.push(&m)
	b.mu.Unlock()
	return nil
}

func (b *bounded[M]) TryPut(m M) error {
	b.mu.Lock()
	if b.closed || b.full() {
		err := b.refusal()
		b.mu.Unlock()
		return err
	}
	b.push(&m)
	b.mu.Unlock()
	return nil
}

// refusal says why a message cannot be pushed. mu is held.
func (b *bounded[M]) refusal() error {
	if b.closed {
		return ErrClosed
	}
	return ErrFull
}

// putLater is Put for what cannot be pushed now. mu is held, and given up.
func (b *bounded[M]) putLater(ctx context.Context, m *M) error {
	if b.closed || b.rejects {
		err := b.refusal()
		b.mu.Unlock()
		return err
	}
	w := b.wait(*m)
	b.mu.Unlock()
	return b.await(ctx, w)
}

// full reports whether there is no room, or others wait for it. mu is held.
func (b *bounded[M]) full() bool {
	r := b.more
	if r == nil {
		return b.inSlot && b.capacity == 1
	}
	return r.waiters.first != nil || r.n >= b.capacity && r.len() >= b.capacity
}

// wait puts m behind those who wait for room. mu is held, and the queue was full.
func (b *bounded[M]) wait(m M) *waiter[M] {
	w := &waiter[M]{m: m, result: make(chan error, 1)}
	r := b.needMore()
	r.waiters.add(w)
	r.waiting.Store(true)
	b.admit() // invariant 3: a message taken since it was full did not see w
	return w
}

// await waits until w has its result or ctx ends.
func (b *bounded[M]) await(ctx context.Context, w *waiter[M]) error {
	select {
	case err := <-w.result:
		return err
	case <-ctx.Done():
	}
	b.mu.Lock()
	left := b.leave(w)
	b.mu.Unlock()
	if left {
		return context.Cause(ctx)
	}
	return <-w.result // decided before ctx ended, or at the same time: it is there
}

// leave takes w out of the ring, if its result is still open. mu is held.
func (b *bounded[M]) leave(w *waiter[M]) bool {
	if w.next == nil {
		return false
	}
	r := b.more
	r.waiters.remove(w)
	r.waiting.Store(r.waiters.first != nil)
	return true
}

// waited reports whether there is a waiter. mu is held.
func (b *bounded[M]) waited() bool { return b.more != nil && b.more.waiters.first != nil }

// admit queues the messages of waiters while there is room. mu is held, and
// there is a waiter.
func (b *bounded[M]) admit() {
	r := b.more
	for r.waiters.first != nil && r.len() < b.capacity {
		b.push(&r.waiters.first.m)
		r.waiters.wake(nil)
	}
	r.waiting.Store(r.waiters.first != nil)
}

func (b *bounded[M]) Take() (m M, ok bool) {
	r := b.ahead
	if r == nil {
		b.mu.Lock()
		ok = b.pop(&m)
	} else {
		b.takeAhead(&m)
		if !r.waiting.Load() {
			return m, true
		}
		b.mu.Lock()
		ok = true
	}
	if b.waited() {
		b.admit()
	}
	b.mu.Unlock()
	return m, ok
}

func (b *bounded[M]) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	if !b.waited() {
		return
	}
	r := b.more
	for r.waiters.first != nil {
		r.waiters.wake(ErrClosed)
	}
	r.waiting.Store(false)
}
