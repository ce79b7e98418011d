package mailbox

import "context"

// unbounded is the mailbox of [Unbounded]: a queue and nothing else.
type unbounded[M any] struct {
	queue[M]
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
	if b.ahead != nil {
		b.takeAhead(&m)
		return m, true
	}
	b.mu.Lock()
	ok = b.pop(&m)
	b.mu.Unlock()
	return m, ok
}
