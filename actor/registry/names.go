package registry

import (
	"iter"

	"github.com/understudy-go/understudy/actor"
)

// Names are names of actors, each of which has one owner. The zero Names is empty and
// ready. All methods may be called from any goroutine at once, and none but
// [Names.Lock] waits. Names must not be copied.
//
// A name belongs to an actor, not to one incarnation of it: it outlives restarts. It
// is free when the actor has ended for good, and that before anybody hears of the end:
// who waited for it, or starts a successor, finds the name free.
//
// Keys are compared with ==. Those of an interface type may be of any type that can be
// compared, but not nil.
type Names[K comparable, M any] struct {
	book  book[K, M]
	byKey table[K, *holding[K, M]] // guarded by the book's lock
	locks locks[K]
}

// Entry is an actor with what it is registered with.
type Entry[M any] struct {
	Ref   actor.Ref[M] // whose entry it is
	Value any          // what its owner says of itself; nil if nothing
}

// Register gives ref the name key, with a value for others to see, or nil. The errors:
//
//   - a [*TakenError], which is [ErrTaken], when the name has an owner that has not
//     ended, be it ref itself;
//   - [actor.ErrStopped] when ref has ended for good;
//   - a [*policy.FieldError] for a key that cannot be found again, and for a ref that is
//     zero or that of a name or group.
//
// In the New of an actor, which runs at each restart, use [Names.Keep].
func (n *Names[K, M]) Register(key K, ref actor.Ref[M], value any) error {
	return n.enter("Names.Register", key, ref, value, false)
}

// Keep is Register that a ref may call again: if it has the name already, say since an
// earlier incarnation, it keeps it, with the new value.
func (n *Names[K, M]) Keep(key K, ref actor.Ref[M], value any) error {
	return n.enter("Names.Keep", key, ref, value, true)
}

func (n *Names[K, M]) enter(caller string, key K, ref actor.Ref[M], value any, again bool) error {
	if err := checkEntry(caller, key, ref); err != nil {
		return err
	}
	for {
		o, err := n.book.admit(ref, n)
		if err != nil {
			return err
		}
		h := n.byKey.in[key]
		switch {
		case h == nil:
			n.byKey.put(key, n.book.add(o, key, value))
		case h.owner == o && again:
			n.book.change(h, value)
		default:
			n.book.release(o)
			if h.owner != o && !lives(h.owner.ref) {
				n.book.end(h.owner, n) // its clean-up has not run yet
				continue
			}
			return &TakenError[M]{Key: key, Owner: h.owner.ref, Self: h.owner == o}
		}
		n.book.release(o)
		return nil
	}
}

// Unregister takes the name key from ref. It returns an error wrapping [ErrNotFound] if
// nobody has it, and [ErrNotOwner] if somebody else has.
func (n *Names[K, M]) Unregister(key K, ref actor.Ref[M]) error {
	n.book.mu.Lock()
	h, err := n.of(key, ref)
	if err != nil {
		n.book.mu.Unlock()
		return err
	}
	n.book.drop(h, n)
	n.book.release(h.owner)
	return nil
}

// Update gives the name key, which ref must have, the value that change makes of the
// one it has. If another Update comes in between, change is called again. It is called
// by the caller and may use the registry. The errors are those of [Names.Unregister],
// and a [*policy.FieldError] for a nil change.
func (n *Names[K, M]) Update(key K, ref actor.Ref[M], change func(old any) any) error {
	if change == nil {
		return fault("Names.Update.change", nil, "must be a function")
	}
	for {
		n.book.mu.RLock()
		before, err := n.of(key, ref)
		if err != nil {
			n.book.mu.RUnlock()
			return err
		}
		old, changes := before.value, before.changes
		n.book.mu.RUnlock()

		value := change(old)
		n.book.mu.Lock()
		h, err := n.of(key, ref)
		same := err == nil && h == before && h.changes == changes
		if same {
			n.book.change(h, value)
		}
		n.book.mu.Unlock()
		if same || err != nil {
			return err
		}
	}
}

// of returns what ref has under key, or why it has nothing.
func (n *Names[K, M]) of(key K, ref actor.Ref[M]) (*holding[K, M], error) {
	if unfit(key) != "" {
		return nil, &keyError[K]{ErrNotFound, key}
	}
	h := n.byKey.in[key]
	switch {
	case h == nil:
		return nil, &keyError[K]{ErrNotFound, key}
	case h.owner.ref != ref:
		return nil, &keyError[K]{ErrNotOwner, key}
	}
	return h, nil
}

// Lookup returns who has the name key, with its value. Without an owner it returns an
// error wrapping [ErrNotFound].
func (n *Names[K, M]) Lookup(key K) (actor.Ref[M], any, error) {
	e, ok := n.lookup(key)
	if !ok {
		return e.Ref, nil, &keyError[K]{ErrNotFound, key}
	}
	return e.Ref, e.Value, nil
}

func (n *Names[K, M]) lookup(key K) (e Entry[M], ok bool) {
	if unfit(key) != "" {
		return e, false
	}
	n.book.mu.RLock()
	defer n.book.mu.RUnlock()
	h := n.byKey.in[key]
	if h == nil {
		return e, false
	}
	return Entry[M]{h.owner.ref, h.value}, true
}

// Keys returns the names that ref has, in the order in which it got them.
func (n *Names[K, M]) Keys(ref actor.Ref[M]) []K { return n.book.keys(ref) }

// Len returns how many names have an owner.
func (n *Names[K, M]) Len() int {
	n.book.mu.RLock()
	defer n.book.mu.RUnlock()
	return len(n.byKey.in)
}

// All returns the names with their owners, as they were when the iteration began, in no
// particular order.
func (n *Names[K, M]) All() iter.Seq2[K, Entry[M]] {
	return func(yield func(K, Entry[M]) bool) {
		type named struct {
			key   K
			entry Entry[M]
		}
		n.book.mu.RLock()
		all := make([]named, 0, len(n.byKey.in))
		n.each(func(h *holding[K, M]) { all = append(all, named{h.key, Entry[M]{h.owner.ref, h.value}}) })
		n.book.mu.RUnlock()
		for _, one := range all {
			if !yield(one.key, one.entry) {
				return
			}
		}
	}
}

// Listen has f told of every change, one at a time and in their order, after it was
// told, as of registrations, of all that there is when Listen is called. So whoever
// follows the events knows what there is.
//
// f is called on a goroutine of the registry, soon after the change, and may use the
// registry. What it has not been told yet waits in memory, so it should not be slow;
// to leave the work to an actor, have it send. A panic in it is logged. stop has it
// called no more, though a call may be going on; it may be called more than once. The
// error is a [*policy.FieldError] for a nil f.
func (n *Names[K, M]) Listen(f func(Event[K, M])) (stop func(), err error) {
	return n.book.listen("Names.Listen", n, f)
}

// forget implements index.
func (n *Names[K, M]) forget(h *holding[K, M]) { n.byKey.delete(h.key) }

// each implements index.
func (n *Names[K, M]) each(f func(*holding[K, M])) {
	for _, h := range n.byKey.in {
		f(h)
	}
}
