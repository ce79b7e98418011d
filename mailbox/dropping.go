package mailbox

import "context"

// dropping is the mailbox of [DropNewest] and [DropOldest], which never refuses
// a message and never has one wait.
//
// Under DropOldest the queue is single, for senders take from its front: what
// the consumer had to itself there, to take without mu, might be what a sender
// is to drop.
//
// Invariant, at every unlock of mu: each message that was accepted is queued,
// taken, or in dropped, and whoever added it there calls drop with it.
type dropping[M any] struct {
	bounded[M]
	drop    func(M) // nil: nobody wants to know
	dropped uint64  // guarded by mu
}

func (b *dropping[M]) Put(_ context.Context, m M) error { return b.TryPut(m) }

func (b *dropping[M]) TryPut(m M) error {
	b.mu.Lock()
	switch {
	case b.closed:
		b.mu.Unlock()
		return ErrClosed
	case !b.full():
		b.push(&m)
		b.mu.Unlock()
		return nil
	case b.single:
		var oldest M
		b.pop(&oldest)
		b.push(&m)
		m = oldest
	}
	b.dropped++
	b.mu.Unlock()
	if b.drop != nil {
		b.drop(m)
	}
	return nil
}

func (b *dropping[M]) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return Stats{Len: b.len(), Peak: b.peak, Dropped: b.dropped}
}
