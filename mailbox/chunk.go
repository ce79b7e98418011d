package mailbox

import (
	"reflect"
	"sync"
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

// pools holds, for each message type M, the *sync.Pool of its empty chunks.
// It is read once per mailbox, and never grows beyond the types of the program.
//
// A chunk comes back with every slot and its link zero, so that a pool keeps
// no message alive, and the collector empties a pool that nobody uses.
var pools sync.Map // reflect.Type → *sync.Pool

// poolOf returns the pool of chunks of M.
func poolOf[M any]() *sync.Pool {
	key := reflect.TypeFor[M]()
	p, ok := pools.Load(key)
	if !ok {
		p, _ = pools.LoadOrStore(key, &sync.Pool{New: func() any { return new(chunk[M]) }})
	}
	return p.(*sync.Pool)
}
