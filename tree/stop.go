package tree

import (
	"time"

	"github.com/understudy-go/understudy/policy"
)

// overdue says that a bound on an incarnation's stop has passed.
type overdue struct {
	inc   *incarnation
	stage stage
}

// stage is how far the stop of an incarnation is, by the bound it waits for.
type stage uint8

const (
	stageGrace     stage = iota // asked; or not even that
	stageCanceled               // canceled; nine tenths of its kill wait
	stageLastCall               // the rest of it
	stageAbandoned              // it is not waited for, and runs, or did until it ended late
)

// askStop gives a child the soft signal and bounds what it may take. While the
// scope itself ends, its bounds hold for all, and a child needs a timer only for
// a shorter bound of its own.
func (c *core) askStop(ch *Child) {
	inc := ch.current
	if ch.shield() != nil {
		return // it hears of the last call only
	}
	if c.phase == PhaseCanceling && inc.Err() == nil {
		c.stopNow(inc, *c.cut) // it was spared until now, and the time for asking is over
		return
	}
	grace := c.graceOf(ch)
	inc.drain(c.stopRequest(grace))
	if a := ch.actor(); a != nil && (c.phase != PhaseOpen || ch.slot.StaysDown()) {
		a.Close() // who sends to it learns at once that it ends
	} else if ch.hosted != nil {
		ch.hosted.Stop()
	}
	if inc.back() {
		return
	}
	if inc.Err() != nil {
		c.boundKill(inc)
		return
	}
	switch grace {
	case policy.NoGrace:
		c.stopNow(inc, canceledBy(errGraceOver))
	case policy.Forever:
	default:
		c.armBound(inc, grace, stageGrace)
	}
}

// graceOf returns the grace of a child that is asked to stop now. While its scope
// drains, that is only counted for the child where it is over sooner.
func (c *core) graceOf(ch *Child) time.Duration {
	grace := ch.stop().Grace
	if c.phase == PhaseOpen {
		return grace
	}
	if ch.spec().Stop.Grace == 0 || !sooner(until(grace), c.ending.until) {
		return policy.Forever
	}
	return grace
}

// stopRequest is what a child is told that has so much time: why it is to stop,
// with its scope or alone, and until when it may take.
func (c *core) stopRequest(grace time.Duration) *request {
	r := &request{reason: errStopped, until: until(grace)}
	if c.ending != nil && c.ending.report.Reason != nil {
		r.reason = c.ending.report.Reason
		if r.until.IsZero() {
			r.until = c.ending.until
		}
	}
	return r
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
	if inc.stage != stageGrace || c.phase >= PhaseCanceling && inc.child.spec().Stop.Kill == 0 {
		return
	}
	if kill := inc.child.stop().Kill; kill != policy.Forever {
		c.armBound(inc, kill-lastTenth(kill), stageCanceled)
	}
}

// armBound arms the timer of an incarnation's stop in place of the one before.
func (c *core) armBound(inc *incarnation, d time.Duration, s stage) {
	if inc.stage == stageAbandoned {
		return
	}
	inc.stage = s
	inc.child.bind(time.AfterFunc(d, func() { c.post(message{op: opOverdue, arg: overdue{inc, s}}) }))
}

// bind has a timer bound the stop of the child's incarnation in place of the one
// before, if there was one; nil for none.
func (ch *Child) bind(t *time.Timer) {
	x := ch.few()
	if x.bound != nil {
		x.bound.Stop()
	}
	x.bound = t
	ch.keep(x)
}

// stopOverdue cancels a child whose grace is over, passes the last call to the
// scopes it opened, and gives up on one whose kill wait is over.
func (c *core) stopOverdue(o overdue) {
	inc := o.inc
	if inc.back() || o.stage != inc.stage {
		return
	}
	switch o.stage {
	case stageGrace:
		c.stopNow(inc, canceledBy(errGraceOver))
	case stageCanceled:
		for _, n := range inc.scopes() {
			n.post(message{op: opLastCall, arg: true})
		}
		c.armBound(inc, lastTenth(inc.child.stop().Kill), stageLastCall)
	case stageLastCall:
		c.giveUpOn(inc)
	}
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
