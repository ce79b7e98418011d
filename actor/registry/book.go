package registry

import (
	"reflect"
	"sync"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/internal/self"
)

// book is who has what: the part that Names and Groups share. A key's side of it is
// theirs, in an [index] that its lock guards too.
//
// Invariants:
//
//  1. An owner is in the book while it has a holding, and the end of its actor is waited
//     for from before its first one until after its last. So who has ended has nothing,
//     but while the clean-up after that is on its way.
//     (TestWhoHasEndedHasNothingAnyMore)
//  2. Nothing of others is called under the lock: not the targets of Refs, nor
//     functions of the user, nor methods of keys. (TestUserCodeMayUseTheRegistry)
//  3. What is told of a change is queued under the lock that the change was made
//     under, so listeners hear of changes in their order.
//     (TestListenersHearOfEveryChangeInOrder)
type book[K comparable, M any] struct {
	mu     sync.RWMutex // guards what follows, and the index
	owners table[actor.Ref[M], *owner[K, M]]
	feed   feed[K, M]
}

// index finds holdings by their keys.
type index[K comparable, M any] interface {
	// forget drops a holding, whose owner has let it go, under the lock.
	forget(h *holding[K, M])

	// each calls f for every holding, those of a key in the order in which they came,
	// under the lock.
	each(f func(h *holding[K, M]))
}

// owner is an actor that has something.
type owner[K comparable, M any] struct {
	ref         actor.Ref[M]
	first, last *holding[K, M] // oldest first
	unwatch     func() bool    // takes the wait for its end back; set when it enters the book
	ended       bool
}

// holding is what an owner has under one key.
type holding[K comparable, M any] struct {
	key            K
	value          any
	changes        uint32 // of the value
	at             int    // where it is in its group
	owner          *owner[K, M]
	earlier, later *holding[K, M] // of the same owner
}

// admit locks the book and returns ref as an owner, which is new to the book if it
// has nothing yet; or it returns [actor.ErrStopped] and locks nothing.
func (b *book[K, M]) admit(ref actor.Ref[M], ix index[K, M]) (*owner[K, M], error) {
	for {
		b.mu.Lock()
		if o := b.owners.in[ref]; o != nil {
			return o, nil
		}
		b.mu.Unlock()
		o := &owner[K, M]{ref: ref}
		unwatch := ref.OnEnd(self.Ending{Told: func(error) { b.end(o, ix) }})
		b.mu.Lock()
		if o.ended {
			b.mu.Unlock()
			return nil, actor.ErrStopped
		}
		if b.owners.in[ref] == nil {
			o.unwatch = unwatch
			b.owners.put(ref, o)
			return o, nil
		}
		b.mu.Unlock() // somebody else was quicker
		unwatch()
	}
}

// find returns ref as an owner, and nil if it has nothing.
func (b *book[K, M]) find(ref actor.Ref[M]) *owner[K, M] {
	if !reflect.ValueOf(ref).Comparable() {
		return nil
	}
	return b.owners.in[ref]
}

// release unlocks the book. An owner that has nothing leaves it.
func (b *book[K, M]) release(o *owner[K, M]) {
	idle := o.first == nil && !o.ended
	if idle {
		b.owners.delete(o.ref)
	}
	b.mu.Unlock()
	if idle {
		o.unwatch()
	}
}

// add gives o a holding, and tells of it.
func (b *book[K, M]) add(o *owner[K, M], key K, value any) *holding[K, M] {
	h := &holding[K, M]{key: key, value: value, owner: o, earlier: o.last}
	if o.last == nil {
		o.first = h
	} else {
		o.last.later = h
	}
	o.last = h
	b.tell(Registered, h)
	return h
}

// drop takes a holding from its owner, and tells of it.
func (b *book[K, M]) drop(h *holding[K, M], ix index[K, M]) {
	if h.earlier == nil {
		h.owner.first = h.later
	} else {
		h.earlier.later = h.later
	}
	if h.later == nil {
		h.owner.last = h.earlier
	} else {
		h.later.earlier = h.earlier
	}
	ix.forget(h)
	b.tell(Unregistered, h)
}

// change gives a holding another value, and tells of it.
func (b *book[K, M]) change(h *holding[K, M], value any) {
	h.value = value
	h.changes++
	b.tell(Updated, h)
}

// end takes all from an owner whose actor has ended. It may come twice: who finds a
// name taken by somebody who has ended does not wait for the clean-up of that.
func (b *book[K, M]) end(o *owner[K, M], ix index[K, M]) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o.ended = true
	for o.first != nil {
		b.drop(o.first, ix)
	}
	if b.owners.in[o.ref] == o {
		b.owners.delete(o.ref)
	}
}

// lives reports whether the actor of ref has not ended.
func lives[M any](ref actor.Ref[M]) bool {
	return ref.OnEnd(self.Ending{Told: func(error) {}})()
}

// keys returns what ref has, oldest first.
func (b *book[K, M]) keys(ref actor.Ref[M]) []K {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var keys []K
	if o := b.find(ref); o != nil {
		for h := o.first; h != nil; h = h.later {
			keys = append(keys, h.key)
		}
	}
	return keys
}
