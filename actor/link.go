package actor

import (
	"context"
	"errors"
	"sync/atomic"
)

// ErrLinked means that an actor failed because one that it was linked with did, or that
// it could not do without. It is found, by errors.Is, in a [*LinkError], which says who.
var ErrLinked = errors.New("actor: linked")

// ErrNoLink is returned by [Link] for a target that cannot be linked with.
var ErrNoLink = errors.New("actor: cannot be linked with")

// LinkError is what an incarnation fails with because somebody else has ended: one that
// it was linked with by [Link], or that it watched without a notice.
//
// It has no Unwrap. errors.Is sees through it to the cause, but errors.As does not: the
// cause is the end of somebody else, whose panic or policy.Fatal must not be taken for
// one's own.
type LinkError struct {
	ID    ID    // who ended
	Cause error // with what; nil for one that did not fail, and was watched
}

// Error says who ended, and the cause.
func (e *LinkError) Error() string {
	text := ErrLinked.Error() + " with " + e.ID.Path + ", which ended"
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Is reports whether target is ErrLinked or is found in the cause.
func (e *LinkError) Is(target error) bool {
	return target == ErrLinked || errors.Is(e.Cause, target)
}

// Link ties the incarnation of self whose ctx it is to the one that target has: when
// either fails, the other ends too, after the message in hand, and fails with a
// [*LinkError], to which its supervisor answers as to any failure. It is for two who
// cannot go on with what they know of each other when one of them has lost its memory.
//
// A link ends with the first of the two incarnations that does. One that ends without a
// failure, because it was stopped or came to an end by itself, takes nobody along: to
// stop one with the other is what a Strategy is for. If target is between two
// incarnations it is the next one that comes up; and if none does, that is a failure.
// Who watches without a notice is tied to another's end for good, and the other not to it.
//
// Link is for the actor's own code, under the terms of [Watch]. Each Link is one of its
// own; that of an actor with itself is none. stop takes it back for both, and reports
// whether it was in time: then self does not fail by it, even if target has failed.
//
// The errors are those of Watch and, if target has ended, a [*LinkError] with ErrStopped:
// for who returns it, it is as if the link had been made before. A target that is no actor
// of this module, such as a scope, cannot be linked with, which is [ErrNoLink].
func Link[T, M any](ctx context.Context, target Ref[T], self Ref[M]) (stop func() bool, err error) {
	a, err := self.own(ctx)
	if err != nil {
		return nil, err
	}
	t, err := target.actor()
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, &LinkError{ID: target.ID(), Cause: ErrStopped}
	}
	if any(t) == any(a) {
		return func() bool { return false }, nil
	}
	l := &link{}
	own := &linker[M]{doomed: doomed[M]{actor: a, link: l, failing: failingOwn}}
	other := &linkee[T]{doomed: doomed[T]{actor: t, link: l, failing: failingOther}}
	l.own, l.other = own, other
	if !own.bind(ctx) {
		return nil, ErrStopped
	}
	if !other.await() {
		own.leave()
		return nil, &LinkError{ID: t.ID(), Cause: ErrStopped}
	}
	if l.state.Load() != linked {
		other.leave() // who ended own meanwhile did not see it
	}
	return l.undo, nil
}

// link is a link. Whose incarnation is over first takes the state from linked.
type link struct {
	state      atomic.Uint32
	own, other linkEnd
}

const (
	linked       uint32 = iota
	failingOwn          // who linked is to fail, and has not yet
	failingOther        // likewise the other
	unlinked
)

// linkEnd is one of the two.
type linkEnd interface {
	ID() ID
	leave()            // it is linked no more
	fail(e *LinkError) // its incarnation is to end with e
}

// undo implements the stop of [Link].
func (l *link) undo() bool {
	switch {
	case l.state.CompareAndSwap(linked, unlinked):
		l.other.leave()
	case !l.state.CompareAndSwap(failingOwn, unlinked):
		return false
	}
	l.own.leave()
	return true
}

// over is told that the incarnation of one has ended, and why it failed or nil.
func (l *link) over(of, left linkEnd, failing uint32, why error) {
	switch {
	case why == nil:
		if l.state.CompareAndSwap(linked, unlinked) {
			left.leave()
		}
	case l.state.CompareAndSwap(linked, failing):
		left.fail(&LinkError{ID: of.ID(), Cause: why})
	}
}

// doomed is an actor one of whose incarnations may have to fail.
type doomed[M any] struct {
	actor   *Actor[M]
	link    *link
	failing uint32 // the state of the link when it has to
	life    int    // which incarnation
	err     *LinkError
	signal  signal[M]
}

func (d *doomed[M]) ID() ID { return d.actor.ID() }

// doom has the incarnation fail, if it still is that one.
func (d *doomed[M]) doom(e *LinkError) {
	x := d.actor.extra()
	d.err = e
	d.signal.urgent = true
	d.signal.serve = func() (none Envelope[M], deliver bool, err error) {
		if x.life == d.life && d.link.state.CompareAndSwap(d.failing, unlinked) {
			err = d.err
		}
		return none, false, err
	}
	d.actor.post(&d.signal)
}

// linker is who links, in the incarnation that did.
type linker[M any] struct {
	doomed[M]
	binding binding
}

// bind ties it to the incarnation whose ctx it is, and reports whether that lives.
func (s *linker[M]) bind(ctx context.Context) bool {
	x := s.actor.extra()
	x.mu.Lock()
	s.life = x.life
	x.mu.Unlock()
	s.binding.end = func() {
		s.link.over(s.link.own, s.link.other, failingOther, x.lastError)
		s.link.state.CompareAndSwap(failingOwn, unlinked) // it has ended before it could fail
	}
	return x.bind(ctx, &s.binding)
}

func (s *linker[M]) leave() { s.actor.extra().unbind(&s.binding) }

func (s *linker[M]) fail(e *LinkError) { s.doom(e) }

// linkee is the other, in the incarnation that it has or will have.
type linkee[M any] struct {
	doomed[M]
	hook hook
}

// await hooks it in, and reports whether there may be such an incarnation.
func (s *linkee[M]) await() bool {
	s.hook.told = func(why error) { s.link.over(s.link.other, s.link.own, failingOwn, why) }
	x := s.actor.extra()
	x.mu.Lock()
	x.lives.add(&s.hook)
	x.mu.Unlock()
	if !s.actor.hasEnded() { // as in hang
		return true
	}
	return !s.unhook()
}

// unhook takes it out, and reports whether it was in: whether its incarnation lives, or
// is yet to come.
func (s *linkee[M]) unhook() bool {
	x := s.actor.extra()
	x.mu.Lock()
	defer x.mu.Unlock()
	s.life = x.life
	return x.lives.remove(&s.hook)
}

func (s *linkee[M]) leave() { s.unhook() }

func (s *linkee[M]) fail(e *LinkError) {
	if s.unhook() {
		s.doom(e)
	}
}
