package mailbox

import (
	"context"
	"sync/atomic"
)

// bounded is the mailbox of [Bounded]: a queue that compares its length to a
// capacity, and a ring of those who wait for room.
//
// Invariants, at every unlock of mu:
//
//  1. The queue holds at most capacity messages.
//  2. waiting says whether there is a waiter.
//  3. If there is a waiter the queue is full, or the consumer has taken a
//     message since and not yet looked at waiting. The sender sets waiting
//     before it counts for the last time, and the consumer counts down before
//     it looks: one of them sees the other.
//  4. A waiter is in the ring or has its result, never both: who takes it out
//     of the ring decides what its Put returns.
//
// The tests of bounded_test.go, named after what they guard, and mailboxtest
// keep them.
type bounded[M any] struct {
	capacity int        // messages; at least 1
	waiters  waiters[M] // guarded by mu
	queue[M]
	waiting  atomic.Bool // written under mu, read by the consumer without
	overflow Overflow
}

func newBounded[M any](capacity int, o Overflow) *bounded[M] {
	return &bounded[M]{queue: queue[M]{pool: poolOf[M]()}, capacity: capacity, overflow: o}
}

func (b *bounded[M]) Put(ctx context.Context, m M) error {
	b.mu.Lock()
	err := b.refusal()
	switch {
	case err == nil:
		b.push(&m)
	case err == ErrFull && b.overflow == Block:
		w := b.wait(m)
		b.mu.Unlock()
		return b.await(ctx, w)
	}
	b.mu.Unlock()
	return err
}

func (b *bounded[M]) TryPut(m M) error {
	b.mu.Lock()
	err := b.refusal()
	if err == nil {
		b.push(&m)
	}
	b.mu.Unlock()
	return err
}

// refusal says why a message cannot be pushed now: nil if it can. mu is held.
func (b *bounded[M]) refusal() error {
	if b.closed {
		return ErrClosed
	}
	if b.waiters.first != nil || b.n >= b.capacity && b.len() >= b.capacity {
		return ErrFull
	}
	return nil
}

// wait puts m behind those who wait for room. mu is held.
func (b *bounded[M]) wait(m M) *waiter[M] {
	w := &waiter[M]{m: m, result: make(chan error, 1)}
	b.waiters.add(w)
	b.waiting.Store(true)
	b.admit() // invariant 3: a message taken since the offer did not see w
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
	left := b.waiters.remove(w)
	b.waiting.Store(b.waiters.first != nil)
	return left
}

// admit queues the messages of waiters while there is room. mu is held.
func (b *bounded[M]) admit() {
	for b.waiters.first != nil && b.len() < b.capacity {
		b.push(&b.waiters.first.m)
		b.waiters.wake(nil)
	}
	b.waiting.Store(b.waiters.first != nil)
}

func (b *bounded[M]) Take() (m M, ok bool) {
	ok = b.take(&m)
	if b.waiting.Load() {
		b.mu.Lock()
		b.admit()
		b.mu.Unlock()
	}
	return m, ok
}

func (b *bounded[M]) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for b.waiters.first != nil {
		b.waiters.wake(ErrClosed)
	}
	b.waiting.Store(false)
}
