package tree

import (
	"fmt"
	"sync/atomic"
)

// supervisor is what a child with a Policy runs: a scope of its own, with fixed
// children. Each incarnation is a new scope. It has no goroutine: stops reach
// the scope through the incarnation's life, which it is opened under.
type supervisor struct {
	child    *Child
	inner    atomic.Pointer[core] // of the latest incarnation
	numbered atomic.Uint64        // children that a [Factory] gave a name
}

// open opens the scope of an incarnation.
func (s *supervisor) open(inc *incarnation) {
	s.child.label()
	spec := s.child.spec()
	c := newCore(&inc.life, spec.Policy.WithDefaults(), options{site: spec.site, grace: spec.Policy.Stop.Grace != 0, decide: spec.Decide})
	c.onUp = inc.cameUp
	// How the end is judged may be the user's code, so not within the turn.
	c.onClosed = func(err error) {
		aside(func() {
			defer c.judged.set()
			inc.endedAs(err)
		})
	}
	c.takeForFixed(spec.Children)
	c.attach()
	s.inner.Store(c) // not before: from here on anybody may post
	c.post(message{op: opDo, arg: func() { c.boot(spec.Children) }})
}

// Stop implements [hosted].
func (s *supervisor) Stop() {}

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
