package registry

import (
	"iter"

	"github.com/understudy-go/understudy/actor"
)

// Groups are actors under keys, any number under each: to reach all of a group with one
// message, or one of them that is picked. The zero Groups is empty and ready. All
// methods may be called from any goroutine at once. Groups must not be copied.
//
// An entry belongs to an actor, not to one incarnation of it: it outlives restarts. It
// goes when the actor has ended for good, and that before anybody hears of the end. A
// group is there while it has an entry.
//
// Keys are compared with ==. Those of an interface type may be of any type that can be
// compared, but not nil.
type Groups[K comparable, M any] struct {
	book  book[K, M]
	byKey table[K, *group[K, M]] // guarded by the book's lock
}

// Join adds an entry for ref to the group key, with a value for others to see, or nil.
// Each Join adds one, whatever else ref has there: it then gets each message as often.
// The errors are those of [Names.Register], but for a taken name.
//
// In the New of an actor, which runs at each restart, use [Groups.Keep].
func (g *Groups[K, M]) Join(key K, ref actor.Ref[M], value any) error {
	return g.enter("Groups.Join", key, ref, value, false)
}

// Keep is Join that a ref may call again: if it is in the group, say since an earlier
// incarnation, its latest entry there gets the new value, and none is added. With a
// value that it had or gets, that entry is the last one from then on.
func (g *Groups[K, M]) Keep(key K, ref actor.Ref[M], value any) error {
	return g.enter("Groups.Keep", key, ref, value, true)
}

func (g *Groups[K, M]) enter(caller string, key K, ref actor.Ref[M], value any, again bool) error {
	if err := checkEntry(caller, key, ref); err != nil {
		return err
	}
	o, err := g.book.admit(ref, g)
	if err != nil {
		return err
	}
	defer g.book.release(o)
	if again {
		if h := o.latest(key); h != nil {
			if h.value != nil || value != nil {
				g.book.change(h, value)
				g.byKey.in[key].move(h)
			}
			return nil
		}
	}
	in := g.byKey.in[key]
	if in == nil {
		in = &group[K, M]{}
		g.byKey.put(key, in)
	}
	in.add(g.book.add(o, key, value))
	return nil
}

// Leave takes the latest entry of ref out of the group key. Without one it returns an
// error wrapping [ErrNotFound].
func (g *Groups[K, M]) Leave(key K, ref actor.Ref[M]) error {
	missing := &keyError[K]{ErrNotFound, key}
	if unfit(key) != "" {
		return missing
	}
	g.book.mu.Lock()
	o := g.book.find(ref)
	if o == nil {
		g.book.mu.Unlock()
		return missing
	}
	defer g.book.release(o)
	h := o.latest(key)
	if h == nil {
		return missing
	}
	g.book.drop(h, g)
	return nil
}

// latest returns the latest holding under a key, and nil if there is none.
func (o *owner[K, M]) latest(key K) *holding[K, M] {
	h := o.last
	for h != nil && h.key != key {
		h = h.earlier
	}
	return h
}

// Entries returns the entries of the group key, in the order in which they came; none if
// there is no such group.
func (g *Groups[K, M]) Entries(key K) []Entry[M] {
	return append([]Entry[M](nil), g.entries(key)...)
}

// entries returns the entries of a group as they are now, in a slice that others have
// too and nobody may change.
func (g *Groups[K, M]) entries(key K) []Entry[M] {
	if unfit(key) != "" {
		return nil
	}
	g.book.mu.RLock()
	in := g.byKey.in[key]
	if in == nil || in.gone == 0 {
		defer g.book.mu.RUnlock()
		return in.all()
	}
	g.book.mu.RUnlock()
	g.book.mu.Lock()
	defer g.book.mu.Unlock()
	in = g.byKey.in[key]
	in.sweep()
	return in.all()
}

// Keys returns the groups that ref is in, in the order in which it joined, each as often
// as it did.
func (g *Groups[K, M]) Keys(ref actor.Ref[M]) []K { return g.book.keys(ref) }

// Len returns how many groups there are.
func (g *Groups[K, M]) Len() int {
	g.book.mu.RLock()
	defer g.book.mu.RUnlock()
	return len(g.byKey.in)
}

// Size returns how many entries the group key has.
func (g *Groups[K, M]) Size(key K) int {
	if unfit(key) != "" {
		return 0
	}
	g.book.mu.RLock()
	defer g.book.mu.RUnlock()
	return g.byKey.in[key].size()
}

// All returns the groups with their entries, in no particular order. Which groups there
// are is as it was when the iteration began, the entries of each are as they are when it
// comes to it; a group that is gone by then is left out.
func (g *Groups[K, M]) All() iter.Seq2[K, []Entry[M]] {
	return func(yield func(K, []Entry[M]) bool) {
		g.book.mu.RLock()
		keys := make([]K, 0, len(g.byKey.in))
		for key := range g.byKey.in {
			keys = append(keys, key)
		}
		g.book.mu.RUnlock()
		for _, key := range keys {
			if entries := g.Entries(key); len(entries) > 0 && !yield(key, entries) {
				return
			}
		}
	}
}

// Listen has f told of every change, as [Names.Listen] does.
func (g *Groups[K, M]) Listen(f func(Event[K, M])) (stop func(), err error) {
	return g.book.listen("Groups.Listen", g, f)
}

// forget implements index.
func (g *Groups[K, M]) forget(h *holding[K, M]) {
	in := g.byKey.in[h.key]
	in.remove(h)
	if in.size() == 0 {
		g.byKey.delete(h.key)
	}
}

// each implements index.
func (g *Groups[K, M]) each(f func(*holding[K, M])) {
	for _, in := range g.byKey.in {
		for _, h := range in.holdings {
			if h != nil {
				f(h)
			}
		}
	}
}
