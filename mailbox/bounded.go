package mailbox

import "context"

type bounded[M any] struct {
	queue[M]
	capacity int
	overflow Overflow
	first    *waiter[M]
	last     *waiter[M]
}

// waiter is a Put that waits for room.
type waiter[M any] struct {
	m          M
	err        error
	woken      bool
	done       chan struct{}
	prev, next *waiter[M]
}

func newBounded[M any](capacity int, o Overflow) *bounded[M] {
	return &bounded[M]{queue: queue[M]{pool: poolFor[M]()}, capacity: capacity, overflow: o}
}

func (b *bounded[M]) Put(ctx context.Context, m M) error {
	err := b.TryPut(m)
	if err != ErrFull || b.overflow == Reject {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	b.mu.Lock()
	if b.closed || b.n < b.capacity && b.first == nil {
		b.mu.Unlock()
		return b.Put(ctx, m)
	}
	w := &waiter[M]{m: m, done: make(chan struct{}), prev: b.last}
	if b.last != nil {
		b.last.next = w
	} else {
		b.first = w
	}
	b.last = w
	b.mu.Unlock()
	select {
	case <-w.done:
		return w.err
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if w.woken {
		return w.err
	}
	b.remove(w)
	return context.Cause(ctx)
}

func (b *bounded[M]) remove(w *waiter[M]) {
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		b.first = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		b.last = w.prev
	}
}

func (b *bounded[M]) wake(w *waiter[M], err error) {
	b.remove(w)
	w.woken, w.err = true, err
	close(w.done)
}

func (b *bounded[M]) TryPut(m M) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return ErrClosed
	}
	if b.n >= b.capacity || b.first != nil {
		return ErrFull
	}
	b.push(m)
	return nil
}

func (b *bounded[M]) Take() (M, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m, ok := b.pop()
	if w := b.first; ok && w != nil {
		b.push(w.m)
		b.wake(w, nil)
	}
	return m, ok
}

func (b *bounded[M]) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.n
}

func (b *bounded[M]) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for b.first != nil {
		b.wake(b.first, ErrClosed)
	}
}
