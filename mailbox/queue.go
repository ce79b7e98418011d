package mailbox

import (
	"sync"
	"sync/atomic"
)

// queue is what the mailboxes have in common: messages in the order in which
// they were pushed, by anyone who holds mu, taken by one consumer.
//
// Senders meet at mu. The consumer would meet them there for each message too,
// so it asks under mu how far the messages in its chunk go and takes those
// without mu: one lock for up to a chunk of messages when it is behind.
//
// Invariants, at every unlock of mu:
//
//  1. n - gone is the number of messages queued.
//  2. If inSlot, slot holds the oldest message: only an empty queue without a
//     chunk fills it.
//  3. Without a chunk, head and tail are nil and read, limit, write are 0.
//  4. Slots [read, limit) of head are full and the consumer's own; senders
//     write at [write, chunkSlots) of tail, which never overlaps them.
//  5. Every other slot of every chunk is the zero M.
//
// TestTheQueueKeepsItsInvariants checks them after every step.
type queue[M any] struct {
	// What senders write, first; what the consumer writes without mu, last:
	// apart, so that a consumer that is behind does not take the senders' cache
	// line away from them for each message.

	mu     sync.Mutex
	tail   *chunk[M] // guarded by mu; takes the next message, if there is a chunk
	n      int       // guarded by mu; messages queued, those counted in gone included
	write  uint8     // guarded by mu; first empty slot of tail
	inSlot bool      // guarded by mu
	closed bool      // guarded by mu
	single bool      // never changes; nothing is taken without mu
	peak   int       // guarded by mu; the most that len has been

	pool *sync.Pool // of *chunk[M]; never changes
	slot M          // guarded by mu; an actor that answers one message at a time never needs a chunk

	head  *chunk[M]     // the consumer's while read < limit, else guarded by mu
	gone  atomic.Uint32 // messages taken without mu since n was last put right; at most chunkSlots
	read  uint8         // the consumer's; next slot of head to be taken
	limit uint8         // the consumer's; slots of head below it may be taken without mu
}

// len returns how many messages are queued. mu is held.
func (q *queue[M]) len() int { return q.n - int(q.gone.Load()) }

// push queues *m behind all others. mu is held.
//
// Inside the package a message goes by pointer: by value, each call in
// between would spill it and copy it again.
func (q *queue[M]) push(m *M) {
	switch {
	case q.tail == nil && !q.inSlot:
		q.slot, q.inSlot = *m, true
		q.counted()
		return
	case q.tail == nil:
		q.tail = q.pool.Get().(*chunk[M])
		q.head = q.tail
	case q.write == chunkSlots:
		c := q.pool.Get().(*chunk[M])
		q.tail.next = c
		q.tail, q.write = c, 0
	}
	q.tail.slots[q.write] = *m
	q.write++
	q.counted()
}

// counted counts a message that was pushed. mu is held.
func (q *queue[M]) counted() {
	q.n++
	if q.n > q.peak { // or there is no need to look at what the consumer writes
		q.peak = max(q.peak, q.len())
	}
}

// take moves the oldest message to *m, or returns false. Only the consumer may
// call it, without mu.
func (q *queue[M]) take(m *M) bool {
	if q.read == q.limit {
		return q.takeLocked(m)
	}
	q.pick(m)
	// The last touch of what this message used: a sender that reads the new
	// value may count on the slot being free.
	q.gone.Store(q.gone.Load() + 1)
	return true
}

// pick moves the message in the next slot of head to *m.
func (q *queue[M]) pick(m *M) {
	var zero M
	slot := &q.head.slots[q.read%chunkSlots]
	*m = *slot
	*slot = zero
	q.read++
}

// takeLocked is take for the first message of a batch, and for none.
func (q *queue[M]) takeLocked(m *M) bool {
	q.mu.Lock()
	if gone := q.gone.Load(); gone > 0 {
		q.n -= int(gone)
		q.gone.Store(0)
	}
	if q.n == 0 {
		q.release()
		return false
	}
	q.pop(m)
	q.mu.Unlock()
	return true
}

// pop moves the oldest of at least one message to *m, and says how many more
// may be taken without mu. mu is held, and read is limit.
func (q *queue[M]) pop(m *M) {
	q.n--
	if q.inSlot {
		var zero M
		*m = q.slot
		q.slot, q.inSlot = zero, false
		return
	}
	if q.read == chunkSlots {
		spent := q.head
		q.head, q.read = spent.next, 0
		spent.next = nil
		q.pool.Put(spent)
	}
	q.limit = chunkSlots
	switch {
	case q.single:
		q.limit = q.read + 1
	case q.head == q.tail:
		q.limit = q.write
	}
	q.pick(m)
}

// release gives the last chunk back and unlocks mu: the consumer is about to
// go idle, and an idle mailbox owns nothing.
func (q *queue[M]) release() {
	spent := q.head
	q.head, q.tail = nil, nil
	q.read, q.limit, q.write = 0, 0, 0
	q.mu.Unlock()
	if spent != nil {
		q.pool.Put(spent)
	}
}

// Len implements [Mailbox].
func (q *queue[M]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.len()
}

// Stats implements [Mailbox] for those who drop nothing.
func (q *queue[M]) Stats() Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	return Stats{Len: q.len(), Peak: q.peak}
}

// Open implements [Mailbox].
func (q *queue[M]) Open() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = false
}

// Close implements [Mailbox] for those where nobody waits.
func (q *queue[M]) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}
