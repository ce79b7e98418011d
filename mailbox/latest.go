package mailbox

import (
	"context"
	"errors"
	"fmt"
)

// keyed is a message with its key, which is asked for once, when it comes.
type keyed[M any, K comparable] struct {
	m   M
	key K
}

// latest is the mailbox of [NewLatest]: one that blocks, of messages that may
// be exchanged where they are queued. So it is a single queue: its consumer
// takes nothing without mu.
//
// Invariants, at every unlock of mu, beside those of bounded and queue:
//
//  1. No two messages queued have the same key.
//  2. places has the place of each message queued, but for one in the slot and
//     those whose key is not equal to itself; it has no other.
//  3. If there is a waiter the mailbox is full, and has no message of its key.
type latest[M any, K comparable] struct {
	key     func(M) K
	drop    func(M)            // nil: nobody wants to know
	places  map[K]*keyed[M, K] // guarded by mu
	dropped uint64             // guarded by mu
	bounded[keyed[M, K]]
}

// NewLatest returns an empty mailbox that holds the newest message of each key:
// one whose key is waiting already takes the place of the older one, which is
// dropped. So messages come out in the order in which their keys came in, and
// a key that was taken starts at the end again. Take it for states, of which
// only the last one matters: prices, positions, levels.
//
// capacity is how many keys, and so messages, the mailbox holds; it must be at
// least 1. A message of one key more waits for room as under [Block]; as soon
// as its key is there, by another sender, it needs none.
//
// key says the key of a message. It is called once for each Put and TryPut, on
// its goroutine and outside any lock, and must give the same key for the same
// message. If it panics, or its key is one that == panics on, so does the Put,
// and the mailbox is as before. A key that is not equal to itself, as NaN, has
// no older one.
//
// drop is told of each message that was replaced, as that of [New] is; nil
// means that they are only counted.
func NewLatest[M any, K comparable](capacity int, key func(M) K, drop func(M)) (Mailbox[M], error) {
	var faults []error
	if capacity < 1 {
		faults = append(faults, fmt.Errorf("mailbox.NewLatest: capacity = %d: must be at least 1", capacity))
	}
	if key == nil {
		faults = append(faults, errors.New("mailbox.NewLatest: key = nil: must be a function"))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	b := &latest[M, K]{key: key, drop: drop, bounded: *newBounded[keyed[M, K]](capacity, Block)}
	b.single = true
	return b, nil
}

// ask returns m with its key, which can be compared.
func (b *latest[M, K]) ask(m M) keyed[M, K] {
	key := b.key(m)
	var none map[K]struct{}
	_ = none[key] // panics, if it is to, here and not under mu
	return keyed[M, K]{m, key}
}

func (b *latest[M, K]) Put(ctx context.Context, m M) error {
	e := b.ask(m)
	b.mu.Lock()
	replaced, err := b.offer(&e)
	if err != ErrFull {
		b.mu.Unlock()
		return b.tell(replaced, e.m, err)
	}
	w := &waiter[keyed[M, K]]{m: e, result: make(chan error, 1)}
	b.waiters.add(w)
	b.waiting.Store(true)
	b.mu.Unlock()
	err = b.await(ctx, w)
	return b.tell(w.replaced, w.m.m, err)
}

func (b *latest[M, K]) TryPut(m M) error {
	e := b.ask(m)
	b.mu.Lock()
	replaced, err := b.offer(&e)
	b.mu.Unlock()
	return b.tell(replaced, e.m, err)
}

// tell passes on what a Put came to.
func (b *latest[M, K]) tell(replaced bool, old M, err error) error {
	if replaced && b.drop != nil {
		b.drop(old)
	}
	return err
}

// offer queues *e, in the place of one of its key if there is one; that one is
// then in *e. mu is held.
func (b *latest[M, K]) offer(e *keyed[M, K]) (replaced bool, err error) {
	if b.closed {
		return false, ErrClosed
	}
	if at := b.find(e.key); at != nil {
		at.m, e.m = e.m, at.m
		b.dropped++
		return true, nil
	}
	if b.waiters.first != nil || b.n >= b.capacity {
		return false, ErrFull
	}
	b.add(e)
	return false, nil
}

// find returns the message queued with that key, or nil. mu is held.
func (b *latest[M, K]) find(key K) *keyed[M, K] {
	if b.inSlot && b.slot.key == key {
		return &b.slot
	}
	return b.places[key]
}

// add queues *e, whose key is not there. mu is held.
func (b *latest[M, K]) add(e *keyed[M, K]) {
	b.push(e)
	if b.tail == nil || e.key != e.key { //nolint:staticcheck // NaN: could not be deleted either
		return
	}
	if b.places == nil {
		b.places = make(map[K]*keyed[M, K])
	}
	b.places[e.key] = &b.tail.slots[b.write-1]
}

// admit queues the messages of waiters while there is room, and of those
// behind them whose key has come in with them. mu is held.
func (b *latest[M, K]) admit() {
	for b.waiters.first != nil && b.n < b.capacity {
		key := b.waiters.first.m.key
		b.add(&b.waiters.first.m)
		b.waiters.wake(nil)
		at := b.find(key)
		if at == nil {
			continue
		}
		for w := b.waiters.first; w != nil; {
			next := w.next
			if next == b.waiters.first {
				next = nil
			}
			if w.m.key == key {
				at.m, w.m.m = w.m.m, at.m
				b.dropped++
				w.replaced = true
				b.waiters.remove(w)
				w.result <- nil
			}
			w = next
		}
	}
	b.waiting.Store(b.waiters.first != nil)
}

func (b *latest[M, K]) Take() (M, bool) {
	var e keyed[M, K]
	b.mu.Lock()
	if b.n == 0 {
		b.places = nil
		b.release()
		return e.m, false
	}
	b.pop(&e)
	delete(b.places, e.key)
	b.admit()
	b.mu.Unlock()
	return e.m, true
}

func (b *latest[M, K]) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return Stats{Len: b.n, Peak: b.peak, Dropped: b.dropped}
}
