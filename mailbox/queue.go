package mailbox

import "sync"

// queue is what the mailboxes have in common: messages in the order in which
// they were pushed, by anyone who holds mu, taken by one consumer.
//
// Senders meet at mu. The consumer would meet them there for each message too,
// so it asks under mu how far the messages in its chunk go and takes those
// without mu: one lock for up to a chunk of messages when it is behind. Unless
// the queue is single: then every message is taken under mu, and whoever holds
// it may change any of them.
//
// Invariants, at every unlock of mu:
//
//  1. Without more, the one message there is, if any, is in slot. Else
//     more.n - (gone - seen) is the number of messages queued, slot included.
//  2. If inSlot, slot holds the oldest message: only an empty queue without
//     more fills it.
//  3. ahead is more while read < limit, and else nil. Then there is a message
//     to be taken without mu, and nobody but the consumer gives more back.
//  4. Slots [read, limit) of head are full and the consumer's own; senders
//     write at [write, chunkSlots) of tail, which never overlaps them.
//  5. Every other slot of every chunk is the zero M.
//  6. The queue is single only if read is limit.
//  7. peak is the largest number that 1 has ever come to.
//
// TestTheQueueKeepsItsInvariants checks them after every step.
type queue[M any] struct {
	mu     sync.Mutex
	more   *burst[M] // guarded by mu; nil while slot is enough
	peak   int       // guarded by mu
	inSlot bool      // guarded by mu
	closed bool      // guarded by mu
	single bool      // never changes

	rejects bool // never changes; of bounded, for which this is where nothing is lost to alignment

	slot M // guarded by mu; an actor that answers one message at a time never needs more

	// The consumer's own, and last, as the consumer's part of more is.
	ahead *burst[M]
}

// len returns how many messages are queued. mu is held.
func (q *queue[M]) len() int {
	switch {
	case q.more != nil:
		return q.more.len()
	case q.inSlot:
		return 1
	default:
		return 0
	}
}

// needMore returns more, which is lent if there was none. mu is held, and slot
// is full.
func (q *queue[M]) needMore() *burst[M] {
	if q.more == nil {
		q.more = poolsOf[M]().lend()
		q.more.n = 1
	}
	return q.more
}

// push queues *m behind all others. mu is held.
//
// Inside the package a message goes by pointer: by value, each call in
// between would spill it and copy it again.
func (q *queue[M]) push(m *M) {
	r := q.more
	if r == nil {
		if !q.inSlot {
			q.slot, q.inSlot = *m, true
			q.peak = max(q.peak, 1)
			return
		}
		r = q.needMore()
	}
	if r.write == chunkSlots {
		r.extend()
	}
	r.tail.slots[r.write%chunkSlots] = *m
	r.write++
	r.n++
	if r.n > q.peak { // or there is no need to look at what the consumer writes
		q.peak = max(q.peak, r.len())
	}
}

// pop moves the oldest message to *m, or returns false after giving back what
// was lent: the consumer is about to go idle, and an idle mailbox owns nothing.
// mu is held, and ahead is nil. Only the consumer may call it, or whoever holds
// mu of a single queue that is not empty.
func (q *queue[M]) pop(m *M) bool {
	r := q.more
	switch {
	case q.inSlot:
		var zero M
		*m = q.slot
		q.slot, q.inSlot = zero, false
		if r != nil {
			r.n--
		}
	case r == nil:
		return false
	case r.len() == 0:
		q.more = nil
		r.pools.giveBack(r)
		return false
	default:
		r.n--
		q.popMore(m)
	}
	return true
}

// popMore is pop for a message in head, and says how many behind it may be
// taken without mu.
func (q *queue[M]) popMore(m *M) {
	r := q.more
	if r.read == chunkSlots {
		r.advance()
	}
	switch {
	case q.single:
		r.limit = r.read + 1
	case r.head == r.tail:
		r.limit = r.write
	default:
		r.limit = chunkSlots
	}
	r.pick(m)
	if r.read < r.limit {
		q.ahead = r
	}
}

// takeAhead moves the oldest message to *m without mu. Only the consumer may
// call it, and only if ahead is not nil.
func (q *queue[M]) takeAhead(m *M) {
	r := q.ahead
	r.pick(m)
	if r.read == r.limit {
		q.ahead = nil
	}
	// The last touch of what this message used: a sender that reads the new
	// value may count on the slot being free.
	r.gone.Store(r.gone.Load() + 1)
}

// Len implements [Mailbox].
func (q *queue[M]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.len()
}

// Stats implements [Mailbox] for those that drop nothing.
func (q *queue[M]) Stats() Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	return Stats{Len: q.len(), Peak: q.peak}
}

// Close implements [Mailbox] for those where nobody waits.
func (q *queue[M]) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}

// Open implements [Mailbox].
func (q *queue[M]) Open() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = false
}
