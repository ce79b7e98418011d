package mailbox

import "context"

type unbounded[M any] struct{ queue[M] }

func newUnbounded[M any]() *unbounded[M] {
	return &unbounded[M]{queue[M]{pool: poolFor[M]()}}
}

func (b *unbounded[M]) Put(_ context.Context, m M) error { return b.TryPut(m) }

func (b *unbounded[M]) TryPut(m M) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return ErrClosed
	}
	b.push(m)
	return nil
}

func (b *unbounded[M]) Take() (M, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pop()
}

func (b *unbounded[M]) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.n
}

func (b *unbounded[M]) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
}
