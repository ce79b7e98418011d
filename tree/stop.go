package tree

import (
	"context"
	"time"

	"github.com/understudy-go/understudy/policy"
)

// overdue says that a bound on an incarnation's stop has passed.
type overdue struct {
	inc    *incarnation
	killed bool // the kill wait; else the grace
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
	if c.phase != PhaseOpen && ch.spec.Stop == (policy.Stop{}) {
		return
	}
	switch grace := ch.spec.Stop.Or(c.policy.Stop).Grace; {
	case inc.Err() != nil:
		c.boundKill(inc)
	case grace == policy.NoGrace:
		inc.stopNow(errGraceOver)
		c.boundKill(inc)
	case grace != policy.Forever:
		c.boundStop(grace, overdue{inc: inc})
	}
}

func (c *core) boundStop(d time.Duration, o overdue) {
	o.inc.bound = time.AfterFunc(d, func() { c.post(message{op: opOverdue, arg: o}) })
}

// boundKill bounds how long a canceled child may still take.
func (c *core) boundKill(inc *incarnation) {
	if kill := inc.child.spec.Stop.Or(c.policy.Stop).Kill; kill != policy.Forever {
		c.boundStop(kill, overdue{inc: inc, killed: true})
	}
}

// stopOverdue cancels a child whose grace is over, and gives up on one whose
// kill wait is over.
func (c *core) stopOverdue(o overdue) {
	if o.inc.back.Load() || o.inc.child.current != o.inc {
		return
	}
	if !o.killed {
		o.inc.stopNow(errGraceOver)
		c.boundKill(o.inc)
		return
	}
	c.look(sighting{list: []*Straggler{o.inc.straggler()}})
}

// stopNow cancels the incarnation; an actor's stops after the message in hand.
func (inc *incarnation) stopNow(cause error) {
	inc.cancel(context.Canceled, cause)
	if h := inc.child.hosted; h != nil {
		h.Stop()
	}
}
