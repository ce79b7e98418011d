package tree

import (
	"time"

	"github.com/understudy-go/understudy/policy"
)

// overdue says that a bound on an incarnation's stop has passed.
type overdue struct {
	inc     *incarnation
	killing bool // it was that of the kill wait; else of the grace
}

// askStop gives a child the soft signal and bounds what it may take. While the
// scope itself ends, its bounds hold for all, and a child needs a timer only for
// a shorter bound of its own.
func (c *core) askStop(ch *Child) {
	inc := ch.current
	inc.drain()
	if ch.hosted != nil {
		ch.hosted.Stop()
	}
	if inc.back.Load() {
		return
	}
	if inc.Err() != nil {
		c.boundKill(inc)
		return
	}
	if c.phase != PhaseOpen && ch.spec.Stop.Grace == 0 {
		return
	}
	switch grace := ch.stop().Grace; grace {
	case policy.NoGrace:
		c.stopNow(inc, canceledBy(errGraceOver))
	case policy.Forever:
	default:
		c.armBound(inc, grace, false)
	}
}

// stopNow cancels the incarnation; an actor's stops after the message in hand.
func (c *core) stopNow(inc *incarnation, x cancellation) {
	inc.cancel(x.err, x.cause)
	if h := inc.child.hosted; h != nil {
		h.Stop()
	}
	c.boundKill(inc)
}

// boundKill bounds how long a canceled child may still take. Its kill wait
// begins once, with its first cancel.
func (c *core) boundKill(inc *incarnation) {
	if inc.killing || c.phase >= PhaseCanceling && inc.child.spec.Stop.Kill == 0 {
		return
	}
	if kill := inc.child.stop().Kill; kill != policy.Forever {
		c.armBound(inc, kill, true)
	}
}

// armBound arms the timer of an incarnation's stop in place of the one before.
func (c *core) armBound(inc *incarnation, d time.Duration, killing bool) {
	if inc.bound != nil {
		inc.bound.Stop()
	}
	inc.killing = killing
	inc.bound = time.AfterFunc(d, func() { c.post(message{op: opOverdue, arg: overdue{inc, killing}}) })
}

// stopOverdue cancels a child whose grace is over, and gives up on one whose
// kill wait is over.
func (c *core) stopOverdue(o overdue) {
	if o.inc.back.Load() || o.inc.late != nil || o.killing != o.inc.killing {
		return
	}
	if o.killing {
		c.giveUpOn(o.inc)
		return
	}
	c.stopNow(o.inc, canceledBy(errGraceOver))
}

// giveUpOn abandons an incarnation whose kill wait is over. A supervisor runs
// nothing itself: its scope gives up on what does, and the supervisor ends.
func (c *core) giveUpOn(inc *incarnation) {
	below := inc.scopes()
	if inc.child.supervises() && len(below) > 0 {
		c.look(sighting{}, below)
		return
	}
	c.look(sighting{list: []*Straggler{inc.straggler()}}, nil)
}
