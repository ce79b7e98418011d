package mailbox

import (
	"reflect"
	"sync"
)

// chunkSlots is how many messages one chunk holds.
const chunkSlots = 32

// chunk is a piece of a queue's buffer.
type chunk[M any] struct {
	slots [chunkSlots]M
	next  *chunk[M]
}

// pools holds one *sync.Pool of *chunk[M] for each message type M.
var pools sync.Map // reflect.Type → *sync.Pool

func poolFor[M any]() *sync.Pool {
	key := reflect.TypeFor[M]()
	if p, ok := pools.Load(key); ok {
		return p.(*sync.Pool)
	}
	p, _ := pools.LoadOrStore(key, &sync.Pool{New: func() any { return new(chunk[M]) }})
	return p.(*sync.Pool)
}

type queue[M any] struct {
	mu     sync.Mutex
	head   *chunk[M]
	tail   *chunk[M]
	pool   *sync.Pool
	n      int
	r, w   uint8
	inline bool
	closed bool
	slot   M
}

func (q *queue[M]) push(m M) {
	q.n++
	if q.tail == nil && q.n == 1 {
		q.slot, q.inline = m, true
		return
	}
	if q.tail == nil {
		q.tail = q.pool.Get().(*chunk[M])
		q.head = q.tail
	} else if q.w == chunkSlots {
		c := q.pool.Get().(*chunk[M])
		q.tail.next, q.tail, q.w = c, c, 0
	}
	q.tail.slots[q.w] = m
	q.w++
}

func (q *queue[M]) pop() (m M, ok bool) {
	var zero M
	if q.n == 0 {
		if q.head != nil {
			q.pool.Put(q.head)
			q.head, q.tail, q.r, q.w = nil, nil, 0, 0
		}
		return zero, false
	}
	q.n--
	if q.inline {
		m, q.slot, q.inline = q.slot, zero, false
		return m, true
	}
	if q.r == chunkSlots {
		c := q.head
		q.head, q.r = c.next, 0
		c.next = nil
		q.pool.Put(c)
	}
	m, q.head.slots[q.r] = q.head.slots[q.r], zero
	q.r++
	return m, true
}
