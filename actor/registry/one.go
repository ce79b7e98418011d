package registry

import (
	"context"
	"fmt"
	"slices"

	"github.com/understudy-go/understudy/actor"
)

// one is the target of one of a group.
type one[K comparable, M any] struct {
	groups *Groups[K, M]
	key    K
	pick   Pick[M]
}

func (o *one[K, M]) standsForAnother() {}

// ID implements [actor.Target].
func (o *one[K, M]) ID() actor.ID { return actor.ID{Path: fmt.Sprint(o.key)} }

// Put implements [actor.Target].
func (o *one[K, M]) Put(ctx context.Context, e actor.Envelope[M]) error {
	return o.put(e, func(t actor.Target[M]) error { return t.Put(ctx, e) })
}

// TryPut implements [actor.Target].
func (o *one[K, M]) TryPut(e actor.Envelope[M]) error {
	return o.put(e, func(t actor.Target[M]) error { return t.TryPut(e) })
}

// put gives e to the one that is picked, with to.
func (o *one[K, M]) put(e actor.Envelope[M], to func(actor.Target[M]) error) error {
	entries := o.groups.entries(o.key)
	for len(entries) > 0 {
		i := o.pick(e.Message, entries)
		if i < 0 || i >= len(entries) {
			return fault("Pick", i, fmt.Sprintf("must be the index of one of %d entries", len(entries)))
		}
		ref := entries[i].Ref
		if err := to(ref.Target()); err != actor.ErrStopped {
			return err
		}
		// It ended since. What it did not take another may.
		entries = slices.DeleteFunc(slices.Clone(entries), func(e Entry[M]) bool { return e.Ref == ref })
	}
	return actor.ErrStopped
}

// AfterEnd implements [actor.Target].
func (o *one[K, M]) AfterEnd(func(why error)) (stop func() bool) {
	return func() bool { return true }
}
