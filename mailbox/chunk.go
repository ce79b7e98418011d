package mailbox

import (
	"reflect"
	"sync"
	"sync/atomic"
)

// chunkSlots is how many messages one chunk holds: enough that a burst is
// mostly messages and little bookkeeping, few enough that a mailbox with two
// messages in it is not much larger than they are. It fits a uint8.
const chunkSlots = 32

// chunk is a piece of a queue's buffer. Chunks are linked from the oldest to
// the newest.
type chunk[M any] struct {
	slots [chunkSlots]M
	next  *chunk[M]
}

// burst is what a queue needs for more than the one message it has room for
// itself: it is lent to it from the second one on, or the first sender that has
// to wait, until the consumer finds nothing more.
type burst[M any] struct {
	// What senders write, first; what the consumer writes without the queue's mu,
	// last. Apart, so that a consumer that is behind does not take the senders'
	// cache line away from them for each message.

	tail    *chunk[M]  // guarded by mu; takes the next message
	n       int        // guarded by mu; messages queued, and those taken since gone was last looked at
	seen    uint32     // guarded by mu; gone, when it was last looked at
	write   uint8      // guarded by mu; first empty slot of tail
	waiters waiters[M] // guarded by mu
	pools   *pools[M]  // never changes
	places  any        // guarded by mu; where latest finds messages by their key; empty in a pool
	large   bool       // guarded by mu; places has grown beyond what is worth keeping

	first chunk[M] // so that a small burst is lent one thing and not two

	head    *chunk[M]     // the consumer's while read < limit, else guarded by mu
	gone    atomic.Uint32 // messages taken without mu, ever; it may wrap
	waiting atomic.Bool   // written under mu; whether there is a waiter
	read    uint8         // as head; next slot of head to be taken
	limit   uint8         // as head; slots of head below it may be taken without mu
}

// len returns how many messages are queued, and takes what has gone off n.
// mu is held.
func (r *burst[M]) len() int {
	gone := r.gone.Load()
	r.n -= int(gone - r.seen)
	r.seen = gone
	return r.n
}

// extend puts an empty chunk behind a full one. mu is held.
func (r *burst[M]) extend() {
	c := r.pools.chunks.Get().(*chunk[M])
	r.tail.next = c
	r.tail, r.write = c, 0
}

// pick moves the message in the next slot of head to *m.
func (r *burst[M]) pick(m *M) {
	var zero M
	slot := &r.head.slots[r.read%chunkSlots]
	*m = *slot
	*slot = zero
	r.read++
}

// advance gives head back, which is spent, and goes on with the one behind it.
// mu is held.
func (r *burst[M]) advance() {
	spent := r.head
	r.head, r.read = spent.next, 0
	spent.next = nil
	r.spend(spent)
}

// spend gives back a chunk that is zero again.
func (r *burst[M]) spend(c *chunk[M]) {
	if c != &r.first {
		r.pools.chunks.Put(c)
	}
}

// pools holds the bursts and chunks that nobody needs.
//
// Each comes back with every slot and link zero, so that a pool keeps no
// message alive, and the collector empties a pool that nobody uses.
type pools[M any] struct {
	bursts sync.Pool // of *burst[M]
	chunks sync.Pool // of *chunk[M]
}

// lend returns a burst in which there is nothing.
func (p *pools[M]) lend() *burst[M] { return p.bursts.Get().(*burst[M]) }

// giveBack takes back a burst in which there is nothing, no waiter either.
func (p *pools[M]) giveBack(r *burst[M]) {
	r.spend(r.head)
	r.head, r.tail = &r.first, &r.first
	r.read, r.limit, r.write = 0, 0, 0
	p.bursts.Put(r)
}

// poolsByType has the *pools[M] of each message type M. It is read once per
// burst, and never grows beyond the types of the program.
var poolsByType sync.Map // reflect.Type → *pools[M]

// poolsOf returns the pools of M.
func poolsOf[M any]() *pools[M] {
	key := reflect.TypeFor[M]()
	if p, ok := poolsByType.Load(key); ok {
		return p.(*pools[M])
	}
	p := new(pools[M])
	p.chunks.New = func() any { return new(chunk[M]) }
	p.bursts.New = func() any {
		r := &burst[M]{pools: p}
		r.head, r.tail = &r.first, &r.first
		return r
	}
	first, _ := poolsByType.LoadOrStore(key, p)
	return first.(*pools[M])
}
