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
// be exchanged where they are queued. So its queue is single.
//
// Invariants, at every unlock of mu, beside those of bounded and queue:
//
//  1. No two messages queued have the same key.
//  2. places, in what is lent to the queue, has the place of each message that
//     is queued there and whose key is equal to itself, and no other.
//  3. If there is a waiter the mailbox is full, and has no message of its key.
//     So nobody is overtaken by one who needs no room.
type latest[M any, K comparable] struct {
	bounded[keyed[M, K]]
	key     func(M) K
	drop    func(M) // nil: nobody wants to know
	dropped uint64  // guarded by mu
}

// keptPlaces is up to how many messages places is kept for another burst: a
// map that has grown does not shrink.
const keptPlaces = 8 * chunkSlots

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
	b := &latest[M, K]{bounded: bounded[keyed[M, K]]{capacity: capacity}, key: key, drop: drop}
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
	w := b.wait(e)
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

// tell returns what a Put came to, once drop knows what that replaced.
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
		b.replace(at, e)
		return true, nil
	}
	if b.full() {
		return false, ErrFull
	}
	b.add(e)
	return false, nil
}

// replace exchanges the message at at for that of *e. mu is held.
func (b *latest[M, K]) replace(at, e *keyed[M, K]) {
	at.m, e.m = e.m, at.m
	b.dropped++
}

// find returns the place of the message with that key, or nil. mu is held.
func (b *latest[M, K]) find(key K) *keyed[M, K] {
	if b.inSlot && b.slot.key == key {
		return &b.slot
	}
	return b.places()[key]
}

// places returns the places in what is lent to the queue; nil if there are none
// yet. mu is held.
func (b *latest[M, K]) places() map[K]*keyed[M, K] {
	if b.more == nil {
		return nil
	}
	places, _ := b.more.places.(map[K]*keyed[M, K])
	return places
}

// add queues *e, whose key is not there. mu is held.
func (b *latest[M, K]) add(e *keyed[M, K]) {
	b.push(e)
	if b.more == nil || !equal(e.key, e.key) { // NaN: could be neither found nor deleted
		return
	}
	places := b.places()
	if places == nil {
		places = make(map[K]*keyed[M, K])
		b.more.places = places
	}
	places[e.key] = &b.more.tail.slots[b.more.write-1]
	b.more.large = b.more.large || len(places) > keptPlaces
}

func equal[K comparable](a, b K) bool { return a == b }

// admit queues the messages of waiters while there is room, and with each those
// of its key, which then need none. mu is held, and there is a waiter.
func (b *latest[M, K]) admit() {
	r := b.more
	for r.waiters.first != nil && r.n < b.capacity {
		key := r.waiters.first.m.key
		b.add(&r.waiters.first.m)
		r.waiters.wake(nil)
		r.waiters.all(func(w *waiter[keyed[M, K]]) bool {
			if w.m.key == key {
				b.replace(b.find(key), &w.m)
				w.replaced = true
				r.waiters.remove(w)
				w.result <- nil
			}
			return true
		})
	}
	r.waiting.Store(r.waiters.first != nil)
}

func (b *latest[M, K]) Take() (M, bool) {
	var e keyed[M, K]
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.more; r != nil && r.large && r.n == 0 {
		r.places, r.large = nil, false
	}
	if !b.pop(&e) {
		return e.m, false
	}
	delete(b.places(), e.key)
	if b.waited() {
		b.admit()
	}
	return e.m, true
}

func (b *latest[M, K]) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return Stats{Len: b.len(), Peak: b.peak, Dropped: b.dropped}
}
