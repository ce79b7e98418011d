package tree

import (
	"context"
	"slices"
	"time"

	"github.com/understudy-go/understudy/policy"
)

// bodyLeft is the end of the body, or of the hold on an opened scope. A body
// that only repeats that its scope was canceled has not failed.
func (c *core) bodyLeft(b bodyExit) {
	switch {
	case !c.anchored:
		return
	case c.phase == PhaseClosed: // without waiting for the body, which was given up
	case b.unwound:
		c.unwound = true
		c.cancel(canceledBy(errBodyUnwound))
	case b.failed():
		c.body = b.err
		if c.policy.Leave == policy.LeaveDrain {
			c.drain(b.err)
		} else {
			c.cancel(canceledBy(b.err))
		}
	case c.policy.Leave == policy.LeaveCancel:
		c.cancel(canceledBy(errLeft))
	case c.policy.Leave == policy.LeaveDrain:
		c.drain(errLeft)
	}
	c.bodyCut = b.exit == policy.Canceled
	c.dropAnchor()
}

// finish ends the scope: everything has ended or was abandoned.
func (c *core) finish() {
	if c.phase == PhaseClosed || c.endBackground() {
		return
	}
	if c.announce() {
		return
	}
	c.phase = PhaseClosed
	c.gate.set(gateArmed | gateShut)
	if c.timeout != nil {
		c.timeout.Stop()
	}
	c.life.cancel(context.Canceled, errEnded)
	c.closeFamily()
	if c.ending != nil {
		c.ending.finish(c)
	}
	c.result = c.outcome()
	c.hooks.tell(c.result)
	c.detach() // first: who has seen this scope closed does not find it any more
	c.closed.set()
	// After that: setHook stores before it looks, so one of us sees the other.
	if c.hook.Load() != nil && !c.hasBody {
		aside(c.unhook)
	}
	if c.onClosed != nil {
		c.onClosed(c.result)
	}
}

// endBackground cancels the background children and what they opened, if that is
// all that is left, and reports whether any of it has yet to end.
func (c *core) endBackground() bool {
	switch {
	case !c.spares() && (c.family == nil || !c.family.machine.Background()):
		return false
	case c.phase < PhaseCanceling:
		c.cancel(canceledBy(errBackground))
	case c.ending.sparing:
		c.endSpared(canceledBy(errBackground))
	default:
		return false
	}
	return c.gate.count() > 0
}

// finish closes the books.
func (e *ending) finish(c *core) {
	if e.timer != nil {
		e.timer.Stop()
	}
	e.report.finish(c)
	for _, s := range c.leftBehind() {
		e.report.Abandoned = append(e.report.Abandoned, s.told())
	}
}

// announce tells observers that the scope ends, and reports whether the end
// must wait until they have been told, for one kill wait at most. The gate is
// shut: nothing can come in between.
func (c *core) announce() (wait bool) {
	lost := c.unwound && len(c.kept.errs) > 0
	if c.closing() || !lost && !c.wants(ScopeClosed) {
		return false
	}
	return c.tellClosed(lost)
}

// tellClosed is apart, with its event, because the last task of a scope ends it on
// its own goroutine, whose stack is small: growing it costs more than the end.
func (c *core) tellClosed(lost bool) (wait bool) {
	e := Event{Kind: ScopeClosed, Took: time.Since(c.born)}
	if lost {
		e.Err = new(c.kept) // nobody else will hear of them
	}
	c.begin(nil)
	c.ending.told = true
	if !c.emit(nil, e) || c.ending.killed {
		return false
	}
	if c.ending.timer != nil {
		c.ending.timer.Stop()
	}
	// Nothing of a child runs any more, so this bound may be finite where that of
	// children is not.
	c.ending.timer = time.AfterFunc(c.killWait(), func() { c.post(message{op: opKill}) })
	return true
}

// detach takes a closed scope out of the tree. What it left behind is handed to
// the scope around, and it stays listed until the last of that has ended.
func (c *core) detach() {
	if !c.freed {
		c.freed = true
		if c.under != nil {
			c.under.scope.handUp(c, c.leftBehind())
		}
	}
	if c.unlisted || c.gate.count() > 0 || len(c.leftBehind()) > 0 {
		return
	}
	c.unlisted = true
	if c.under == nil {
		c.root.delist()
		return
	}
	c.under.disown(c)
	c.under.scope.post(message{op: opEmpty}) // it may have stayed for this one only
}

// handUp takes note that a scope opened under this one has closed.
func (c *core) handUp(n *core, left []*Straggler) {
	if len(left) > 0 {
		c.post(message{op: opDo, arg: func() {
			c.below = append(slices.DeleteFunc(c.below, (*Straggler).gone), left...)
		}})
	}
	c.letGo(n)
}

// forgotten ends a scope whose handle was dropped without Close.
func (c *core) forgotten() {
	if c.phase == PhaseOpen {
		c.tell(nil, Event{Kind: ScopeForgotten, Site: siteOf(c.site)})
		c.drain(errForgotten)
	}
}
