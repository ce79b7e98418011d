package router

import (
	"context"
	"slices"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/registry"
	"github.com/understudy-go/understudy/internal/self"
)

// workers are those of a pool from one change to the next.
type workers[M any] struct {
	entries []registry.Entry[M] // by number; nobody changes them
	changed chan struct{}       // closed by the next change
}

// publish has messages go to entries from here on.
func (p *Pool[M]) publish(entries []registry.Entry[M]) {
	now := &workers[M]{entries: slices.Clone(entries), changed: make(chan struct{})}
	if before := p.workers.Swap(now); before != nil {
		close(before.changed)
	}
}

// target is a pool as the target of its Ref.
type target[M any] Pool[M]

// ID implements [actor.Target].
func (t *target[M]) ID() actor.ID { return t.control.ID() }

// AfterEnd implements [actor.Target].
func (t *target[M]) AfterEnd(f func(why error)) (stop func() bool) {
	return t.control.Target().AfterEnd(f)
}

// Put implements [actor.Target].
func (t *target[M]) Put(ctx context.Context, e actor.Envelope[M]) error {
	for {
		now := t.workers.Load()
		entries := now.entries
		if t.spec.Pick == nil && e.IsAsk() {
			entries = others(ctx, entries) // who is tried without ctx cannot tell
		}
		err := t.put(entries, e, func(w actor.Target[M]) error { return w.Put(ctx, e) })
		switch {
		case err != actor.ErrStopped || t.over.Load():
			return err
		case len(entries) < len(now.entries):
			return actor.ErrSelfAsk
		}
		select { // nobody takes it: the pool is being restarted, or about to end
		case <-now.changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// others returns entries without the worker whose code ctx was given to: it could not
// answer before its own ask is over.
func others[M any](ctx context.Context, entries []registry.Entry[M]) []registry.Entry[M] {
	own := ctx.Value(self.Key{})
	if own == nil {
		return entries
	}
	at := slices.IndexFunc(entries, func(e registry.Entry[M]) bool { return own == any(e.Ref.Target()) })
	if at < 0 {
		return entries
	}
	return slices.Delete(slices.Clone(entries), at, at+1)
}

// TryPut implements [actor.Target].
func (t *target[M]) TryPut(e actor.Envelope[M]) error {
	err := t.put(t.workers.Load().entries, e, func(w actor.Target[M]) error { return w.TryPut(e) })
	if err == actor.ErrStopped && !t.over.Load() {
		return actor.ErrFull
	}
	return err
}

// put gives e to one of the entries, with to where it may have to wait. It returns
// ErrStopped if none of them takes anything any more.
func (t *target[M]) put(entries []registry.Entry[M], e actor.Envelope[M], to func(actor.Target[M]) error) error {
	for len(entries) > 0 {
		var i int
		var err error
		if t.spec.Pick == nil {
			i, err = t.nextWithRoom(entries, e)
		} else {
			i, err = t.spec.Pick(e.Message, entries), actor.ErrFull
			if i < 0 || i >= len(entries) {
				return fault("Spec.Pick", i, "must return the index of an entry")
			}
		}
		if err == actor.ErrFull {
			err = to(entries[i].Ref.Target())
		}
		if err != actor.ErrStopped {
			return err
		}
		// It ended since. What it did not take another may.
		entries = slices.Delete(slices.Clone(entries), i, i+1)
	}
	return actor.ErrStopped
}

// nextWithRoom gives e to the first in turn that has room. If there is none it returns
// the next in turn, with ErrFull, or ErrStopped if that has ended.
func (t *target[M]) nextWithRoom(entries []registry.Entry[M], e actor.Envelope[M]) (next int, err error) {
	n := len(entries)
	next = int((t.turn.Add(1) - 1) % uint64(n))
	for i := range n {
		at := (next + i) % n
		switch err := entries[at].Ref.Target().TryPut(e); err {
		case nil:
			return at, nil
		case actor.ErrFull, actor.ErrStopped:
		default:
			return at, err
		}
	}
	return next, entries[next].Ref.Target().TryPut(e)
}
