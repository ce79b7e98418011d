package tree

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/policy"
)

// hosted is what runs a child without a goroutine of its own: an [actor.Hosted] or a
// *supervisor.
type hosted interface {
	Stop() // asked within a turn, and again when its context was canceled
}

// actor returns the actor that the child is, or nil.
func (ch *Child) actor() actor.Hosted {
	a, _ := ch.hosted.(actor.Hosted)
	return a
}

// run starts what the child is, on a goroutine of its own.
func (inc *incarnation) run() {
	switch h := inc.child.hosted.(type) {
	case nil:
		body := inc.child.spec().Run
		run.Go(func() { inc.live(body) })
	case *supervisor:
		run.Go(func() { h.open(inc) })
	case actor.Hosted:
		h.Open() // it may have been closed when it came to rest
		run.Go(h.Start)
	}
}

// host is a child as the actor that stands there sees it. Of an actor one incarnation
// runs at a time, and none is replaced while it does: from its start to its end that is
// the current one.
type host Child

var _ actor.Host = (*host)(nil)

// ID implements [actor.Host].
func (h *host) ID() actor.ID {
	ch := (*Child)(h)
	return actor.ID{Tree: ch.owner().root.uuid(), Path: ch.Path()}
}

// DeadLetter implements [actor.Host].
func (h *host) DeadLetter(m any, why error) {
	ch := (*Child)(h)
	ch.owner().counts.deadLetters.Add(1)
	ch.owner().tell(ch, Event{Kind: DeadLetter, Message: m, Err: why})
}

// Context implements [actor.Host].
func (h *host) Context() context.Context { return &h.current.life }

// Serving implements [actor.Host]. A stop that came before the actor could
// take one is passed on here.
func (h *host) Serving() {
	(*Child)(h).label()
	if h.current.request() != nil {
		h.hosted.Stop()
	}
}

// Up implements [actor.Host].
func (h *host) Up() { h.current.cameUp() }

// Ended implements [actor.Host]. An actor that was closed before its start had begun was
// stopped, and has not failed.
func (h *host) Ended(err error) {
	if err == actor.ErrStopped && h.current.request() != nil {
		err = nil
	}
	h.current.endedAs(err)
}

// cameUp says that what is hosted is ready.
func (inc *incarnation) cameUp() {
	inc.scope.post(message{op: opUp, arg: inc})
}

// endedAs is the end of what is hosted.
func (inc *incarnation) endedAs(err error) {
	if p, ok := err.(*policy.PanicError); ok && inc.scope.policy.Panic == policy.PanicCrash {
		panic(fmt.Sprintf("%v [in %s]\n\n%s", p, inc.child.Path(), p.Stack()))
	}
	inc.cameBack(err)
}

// closeActor lets an actor go that runs no more, or that nobody waits for any more: no
// incarnation follows, unless an operator has it started. A scope does not end before
// what was queued is dealt with, which may be much, and so is done elsewhere.
func (c *core) closeActor(ch *Child) {
	a := ch.actor()
	if a == nil {
		return
	}
	if inc := ch.current; (inc == nil || inc.over) && a.Stats().Len > 0 {
		c.gate.enter(gateOther)
		a.AfterEmpty(func() { c.leaveGate(gateOther) })
	}
	a.Close()
}
