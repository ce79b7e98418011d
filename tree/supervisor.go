package tree

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
)

// supervisor is what a child with a Policy runs: a scope of its own, with fixed
// children. Each incarnation is a new scope. It has no goroutine: stops reach
// the scope through the incarnation's life, which it is opened under.
type supervisor struct {
	child    *Child
	inner    atomic.Pointer[core] // of the latest incarnation
	numbered atomic.Uint64        // children that a [Factory] gave a name
}

var _ actor.Hosted = (*supervisor)(nil)

// Start implements [actor.Hosted].
func (s *supervisor) Start(ctx context.Context, h actor.Host) {
	h.Serving()
	c := newCore(ctx, s.child.spec.Policy.WithDefaults(), options{site: s.child.site, grace: s.child.spec.Policy.Stop.Grace != 0})
	c.onUp = h.Up
	// How the end is judged may be the user's code, so not within the turn.
	c.onClosed = func(err error) {
		aside(func() {
			defer c.judged.set()
			h.Ended(err)
		})
	}
	if c.places != nil { // those of its fixed children are theirs before anybody else may ask
		c.places.free -= foreground(s.child.spec.Children)
	}
	c.attach()
	s.inner.Store(c) // not before: from here on anybody may post
	c.post(message{op: opDo, arg: func() { c.boot(s.child.spec.Children) }})
}

// Stop implements [actor.Hosted].
func (s *supervisor) Stop() {}

// Close implements [actor.Hosted].
func (s *supervisor) Close() {}

// Len implements [actor.Hosted].
func (s *supervisor) Len() int { return 0 }

// Scope returns the scope of a supervisor, to start further children in it or to
// look at it. Each incarnation has a scope of its own; that of an ended one is
// closed. For a child that is no supervisor, or before its first incarnation,
// it returns [ErrNoSupervisor].
func (ch *Child) Scope() (*Scope, error) {
	if s, ok := ch.hosted.(*supervisor); ok {
		if c := s.inner.Load(); c != nil {
			return &c.handle, nil
		}
	}
	return nil, fmt.Errorf("%w: %s", ErrNoSupervisor, ch.Path())
}

// boot starts the fixed children, in order, each when the one before is up.
func (c *core) boot(specs []ChildSpec) {
	if c.phase != PhaseOpen {
		return
	}
	slots := make([]*policy.Slot, len(specs))
	for i := range specs {
		ch := newChild(c, specs[i], c.site)
		ch.fixed, ch.hasPlace = true, ch.takesPlace()
		c.list(ch)
		slots[i] = &ch.slot
	}
	if len(slots) == 0 {
		c.booted()
		return
	}
	c.booting = true
	c.do(c.family.machine.Boot(slots))
}

// booted is the end of a boot that went well. From here on the scope stands on
// its own: one that ends when empty has nobody else to hold it open.
func (c *core) booted() {
	c.booting = false
	c.onUp()
	if c.policy.End == policy.EndWhenEmpty {
		c.dropAnchor()
	}
}

// bootFailed ends the scope with the error of the child that did not start;
// what was started before it has been stopped.
func (c *core) bootFailed() {
	c.booting = false
	c.fatal = c.bootError
	c.drain(c.fatal)
}
