package tree

import (
	"container/list"
	"context"
	"fmt"
	"sync"
)

// places are what the Limit of a scope allows at once: each plain task and each
// child has one from its start until it has ended for good. Those who wait for one
// get it in the order in which they came.
//
// Invariants:
//
//  1. Somebody waits only while no place is free.
//  2. Whoever waits holds a unit of the gate, so the scope does not end under a
//     start that it may still grant.
type places struct {
	under seated // the context of plain tasks

	mu      sync.Mutex // guards what follows
	free    int        // below zero when a restart had to have one
	waiting list.List  // of *turn
}

// A turn is somebody's wait for a place.
type turn struct {
	at      *list.Element // nil once it was granted
	granted chan struct{}
}

// newPlaces returns the places of a scope, and nil for one without a Limit.
func newPlaces(c *core) *places {
	if c.policy.Limit == 0 {
		return nil
	}
	return &places{under: seated{&c.life}, free: c.policy.Limit}
}

// try takes a place if one is free.
func (p *places) try() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.free <= 0 {
		return false
	}
	p.free--
	return true
}

// force takes a place whether one is free or not.
func (p *places) force() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free--
}

// leave gives a place back, to the first of those who wait.
func (p *places) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free++
	if first := p.waiting.Front(); p.free > 0 && first != nil {
		p.free--
		p.grant(p.waiting.Remove(first).(*turn))
	}
}

func (p *places) grant(t *turn) {
	t.at = nil
	close(t.granted)
}

// queue makes the caller one of those who wait, unless a place is free.
func (p *places) queue() *turn {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := &turn{granted: make(chan struct{})}
	if p.free > 0 {
		p.free--
		p.grant(t)
	} else {
		t.at = p.waiting.PushBack(t)
	}
	return t
}

// giveUp ends a wait, and gives back the place that it may have got meanwhile.
func (p *places) giveUp(t *turn) {
	p.mu.Lock()
	waited := t.at != nil
	if waited {
		p.waiting.Remove(t.at)
	}
	p.mu.Unlock()
	if !waited {
		p.leave()
	}
}

// waits returns how many wait.
func (p *places) waits() int {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.waiting.Len()
}

// seated is the context of the plain tasks of a scope with a Limit. It is the
// scope's own but for one thing: it tells those who have a place from the body,
// which has none and may wait for one.
type seated struct{ *life }

// seatKey finds the scope in whose place a context stands.
type seatKey struct{}

// Value implements [context.Context].
func (s seated) Value(key any) any {
	if _, ok := key.(seatKey); ok {
		return s.scope
	}
	return s.life.Value(key)
}

// seats reports whether ctx belongs to somebody who has a place in this scope, or
// to a scope that such a one opened. If it waited here, it might be for itself.
func (c *core) seats(ctx context.Context) bool {
	seat := ctx.Value(seatKey{}) == c
	for l := lifeOf(ctx); l != nil; l = l.scope.under {
		if l.scope == c {
			return l.inc != nil || seat
		}
		seat = l.scope.seated
	}
	return false
}

// takePlace takes a place for what the caller is about to start. It may wait: until
// ctx ends, or the scope takes no more work from the caller.
func (c *core) takePlace(ctx context.Context, wait bool) error {
	switch {
	case c.places == nil || c.places.try():
		return nil
	case !wait:
		return c.full("")
	case c.seats(ctx):
		return c.full(": who has a place in it might wait for itself")
	}
	if !c.gate.enter(gateOther) {
		if err := c.admit(ctx, gateOther); err != nil {
			return err
		}
	}
	defer c.leaveGate(gateOther)
	return c.awaitPlace(ctx, c.owns(ctx))
}

// awaitPlace waits in the queue.
func (c *core) awaitPlace(ctx context.Context, inside bool) error {
	var soft <-chan struct{} // which does not concern descendants
	if !inside {
		soft = c.life.draining()
	}
	t := c.places.queue()
	select {
	case <-t.granted:
		return nil
	case <-c.life.Done():
	case <-soft:
	case <-ctx.Done():
	}
	c.places.giveUp(t)
	err := c.refuse(inside)
	if err == nil {
		return context.Cause(ctx)
	}
	c.calledOff.Add(1)
	return err
}

// leavePlace gives the place of a plain task back.
func (c *core) leavePlace() {
	if c.places != nil {
		c.places.leave()
	}
}

// seat sees that a child that is started has a place. A restart gets one over the
// Limit if it must: what the child had before may be another's.
func (c *core) seat(ch *Child) {
	if c.places != nil && !ch.seated && ch.shield == nil {
		c.places.force()
		ch.seated = true
	}
}

// unseat gives the place of a child back that runs no more and is not going to.
func (c *core) unseat(ch *Child) {
	if ch.seated {
		ch.seated = false
		c.places.leave()
	}
}

// full counts a start that found no place, and words it.
func (c *core) full(why string) error {
	c.counts.refused.Add(1)
	err := fmt.Errorf("%w: %s%s", ErrFull, c.path(), why)
	c.tell(nil, Event{Kind: SpawnRefused, Err: err})
	return err
}
