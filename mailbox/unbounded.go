package mailbox

import "context"

// unbounded is the mailbox of [Unbounded]: a queue and nothing else.
type unbounded[M any] struct {
	queue[M]
}

func newUnbounded[M any]() *unbounded[M] {
	return &unbounded[M]{queue[M]{pool: poolOf[M]()}}
}

func (b *unbounded[M]) Put(_ context.Context, m M) error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return ErrClosed
	}
	b.push(&m)
	b.mu.Unlock()
	return nil
}

func (b *unbounded[M]) TryPut(m M) error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return ErrClosed
	}
	b.push(&m)
	b.mu.Unlock()
	return nil
}

func (b *unbounded[M]) Take() (m M, ok bool) {
	ok = b.take(&m)
	return m, ok
}
