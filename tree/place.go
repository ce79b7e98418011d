package tree

import (
	"context"
	"fmt"
)

// placed is the context of the plain tasks of a scope with a Limit. It is the
// scope's own but for one thing: it tells those who have a place from the body,
// which has none and may wait for one.
type placed struct{ *life }

// placeKey finds the scope in whose place a context stands.
type placeKey struct{}

// Value implements [context.Context].
func (p placed) Value(key any) any {
	if _, ok := key.(placeKey); ok {
		return p.scope
	}
	return p.life.Value(key)
}

// onPlace reports whether ctx belongs to somebody who has a place in this scope, or
// to a scope that such a one opened. If it waited here, it might be for itself.
func (c *core) onPlace(ctx context.Context) bool {
	on := ctx.Value(placeKey{}) == c
	for l := lifeOf(ctx); l != nil; l = l.scope.under {
		switch {
		case l.child != nil && l.child.shield() != nil && c.onPlace(l.child.shield().values):
			return true // on the place of the shield's caller, who may wait for it
		case l.scope == c:
			return l.child == nil && on || l.child != nil && l.child.takesPlace()
		}
		on = l.scope.fromPlace
	}
	return false
}

// takePlace takes a place for what the caller is about to start, and with it a
// unit of the gate, for [gateOther], that keeps the scope open until that has its
// own. It may wait: until ctx ends, or the scope takes no more work from the caller.
// What it needs of ctx, which may be anybody's and panic, it asks first.
func (c *core) takePlace(ctx context.Context, wait bool) error {
	inside, onPlace, done := c.owns(ctx), c.onPlace(ctx), ctx.Done()
	if !c.gate.enter(gateOther) {
		if err := c.admit(inside, gateOther); err != nil {
			return err
		}
	}
	switch {
	case c.places.try():
		return nil
	case wait && !onPlace && c.awaitPlace(done, inside):
		if c.mayEnter(inside) {
			return nil
		}
		c.places.leave()
	}
	defer c.leaveGate(gateOther) // not before the refusal is in the books
	switch {
	case !wait:
		return c.full(inside, "")
	case onPlace:
		return c.full(inside, ": who has a place in it might wait for itself")
	}
	if err := c.refuse(inside); err != nil {
		c.calledOff.Add(1)
		return err
	}
	return context.Cause(ctx)
}

// awaitPlace waits in the queue, and reports whether that led to a place.
func (c *core) awaitPlace(done <-chan struct{}, inside bool) bool {
	var soft <-chan struct{} // which does not concern descendants
	if !inside {
		soft = c.life.draining()
	}
	cl := c.places.queue()
	select {
	case <-cl.granted:
		return true
	case <-c.life.Done():
	case <-soft:
	case <-done:
	}
	c.places.giveUp(cl)
	return false
}

// takesPlace reports whether the child has to have a place. Those that are there for
// others, which would wait for them while they wait for a place, need none.
func (ch *Child) takesPlace() bool {
	return ch.owner().places != nil && !ch.spec().Background && ch.shield() == nil
}

// foreground returns how many of specs take a place.
func foreground(specs []ChildSpec) (n int) {
	for i := range specs {
		if !specs[i].Background {
			n++
		}
	}
	return n
}

// takeNow sees that a child that is to be started has a place, or words why it is not.
func (c *core) takeNow(ch *Child, inside bool) error {
	if ch.takesPlace() && !ch.hasPlace {
		if !c.places.try() {
			return c.full(inside, "")
		}
		ch.hasPlace = true
	}
	return nil
}

// takeAnyway sees that a child that is started has a place. A restart gets one over the
// Limit if it must: what the child had before may be another's.
func (c *core) takeAnyway(ch *Child) {
	if ch.takesPlace() && !ch.hasPlace {
		c.places.force()
		ch.hasPlace = true
	}
}

// givePlaceBack gives the place of a child back that runs no more and is not going to.
func (c *core) givePlaceBack(ch *Child) {
	switch {
	case !ch.hasPlace:
		return
	case c.family != nil && c.family.doing: // what is decided of its exit, the end of the scope perhaps, comes first
		c.family.vacant++
	default:
		c.places.leave()
	}
	ch.hasPlace = false
}

// full counts a start that found no place, and words it. That a scope takes no more
// work is worth more than that it is full.
func (c *core) full(inside bool, why string) error {
	if err := c.refuse(inside); err != nil {
		return err
	}
	c.counts.refused.Add(1)
	err := fmt.Errorf("%w: %s%s", ErrFull, c.path(), why)
	c.tell(nil, Event{Kind: SpawnRefused, Err: err})
	return err
}
