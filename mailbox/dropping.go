package mailbox

import "context"

// dropping is the mailbox of [DropNewest] and [DropOldest]: a queue that never
// refuses a message and never lets one wait.
//
// Under DropOldest senders take from the front too. So it is a single queue:
// its consumer takes nothing without mu, for what it has to itself there might
// be what a sender is about to drop.
type dropping[M any] struct {
	drop     func(M) // nil: nobody wants to know
	capacity int     // messages; at least 1
	dropped  uint64  // guarded by mu
	queue[M]
	oldest bool // or the newest
}

func newDropping[M any](capacity int, o Overflow, drop func(M)) *dropping[M] {
	oldest := o == DropOldest
	return &dropping[M]{queue: queue[M]{pool: poolOf[M](), single: oldest}, drop: drop, capacity: capacity, oldest: oldest}
}

func (b *dropping[M]) Put(_ context.Context, m M) error { return b.TryPut(m) }

func (b *dropping[M]) TryPut(m M) error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return ErrClosed
	}
	if b.n < b.capacity || b.len() < b.capacity {
		b.push(&m)
		b.mu.Unlock()
		return nil
	}
	if b.oldest {
		var first M
		b.pop(&first)
		b.push(&m)
		m = first
	}
	b.dropped++
	b.mu.Unlock()
	if b.drop != nil {
		b.drop(m)
	}
	return nil
}

func (b *dropping[M]) Take() (m M, ok bool) {
	ok = b.take(&m)
	return m, ok
}

func (b *dropping[M]) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return Stats{Len: b.len(), Peak: b.peak, Dropped: b.dropped}
}
