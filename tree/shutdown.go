package tree

import (
	"context"
	"runtime"
	"slices"
	"time"

	"github.com/understudy-go/understudy/policy"
)

// ending is the state of a scope on its way to the end.
type ending struct {
	report ShutdownReport
	timer  *time.Timer // of the phase
	killed bool        // the kill wait is over, and what still runs is given up
	tasks  *Straggler  // the plain tasks that were given up
	body   *Straggler  // the body, if that was
	told   bool        // ScopeClosed was given to observers
}

// Shutdown asks the scope to end and waits until it has: children and tasks get
// the soft signal ([Draining]) and their grace, are then canceled, and after the
// kill wait abandoned. The report says what became of whom.
//
// When ctx ends first, Shutdown returns the report so far with ctx's cause, and
// the shutdown goes on. It may be called at any time, again, from many
// goroutines at once (all get the same report) and, with its own context, from
// a child or the body, which would wait for itself: it then returns the report
// so far at once. A scope that had ended returns the report of its end.
func (s *Scope) Shutdown(ctx context.Context) (*ShutdownReport, error) {
	c := s.core
	switch {
	case ctx == nil:
		return nil, fault("Scope.Shutdown.ctx", nil, "must not be nil")
	case c == nil:
		return &ShutdownReport{Phase: PhaseClosed}, nil
	}
	c.post(message{op: opShutdown, arg: errShutdown})
	if c.owns(ctx) {
		return c.reportSoFar(), nil
	}
	err := c.await(ctx)
	runtime.KeepAlive(s)
	return c.reportSoFar(), err
}

// await waits until the scope has closed, or until ctx ends and returns its
// cause. An end that has come is worth more than a ctx that has ended too.
func (c *core) await(ctx context.Context) error {
	select {
	case <-c.closed.c():
	case <-ctx.Done():
		if !c.closed.on() {
			return context.Cause(ctx)
		}
	}
	return nil
}

// Draining returns a channel that is closed when the child, task or body that
// ctx belongs to is asked to end: by a shutdown, or at the latest by its cancel.
// It never closes before, and ctx itself is not touched by it. For a context
// that belongs to no scope it is nil, which blocks for ever.
func Draining(ctx context.Context) <-chan struct{} {
	if l := lifeOf(ctx); l != nil {
		return l.draining()
	}
	return nil
}

// begin opens the books of the end; the first reason stands.
func (c *core) begin(reason error) {
	if c.ending != nil {
		return
	}
	c.ending = &ending{report: ShutdownReport{Path: c.path(), Reason: reason, Began: time.Now()}}
	c.ending.report.before, c.ending.report.failed = c.tally(), c.failures()
}

// dropAnchor lets the holder of an opened scope go. A body holds on until it
// returns.
func (c *core) dropAnchor() {
	if c.anchored {
		c.anchored = false
		c.gate.leave(c.anchor()) // Handle looks whether that was the last
	}
}

// closing reports whether the end has been announced, so that nothing but the
// end may follow.
func (c *core) closing() bool { return c.ending != nil && c.ending.told }

// drain begins the soft phase.
func (c *core) drain(reason error) {
	if c.phase != PhaseOpen || c.closing() {
		return
	}
	c.begin(reason)
	c.phase = PhaseDraining
	c.gate.set(gateArmed | gateDraining)
	c.tell(nil, Event{Kind: ScopeDraining, Err: reason})
	c.life.drain()
	if c.family != nil {
		c.shutFamily()
	}
	if !c.hasBody {
		c.dropAnchor()
	}
	switch grace := c.policy.Stop.Grace; grace {
	case policy.NoGrace:
		c.graceOver()
	case policy.Forever:
	default:
		c.ending.timer = time.AfterFunc(grace, func() { c.post(message{op: opGrace}) })
	}
}

// graceOver turns the soft phase into the hard one, if anything is left.
func (c *core) graceOver() {
	if c.phase == PhaseDraining && c.gate.count() > 0 {
		c.cancel(canceledBy(errGraceOver))
	}
}

// cancel begins the hard phase. The first cause stands.
func (c *core) cancel(x cancellation) {
	if c.phase >= PhaseCanceling || c.closing() {
		return
	}
	c.begin(x.cause)
	if c.ending.timer != nil {
		c.ending.timer.Stop()
	}
	c.phase = PhaseCanceling
	c.cut = &x
	c.ending.report.canceling = c.tally()
	c.gate.set(gateArmed | gateShut)
	c.tell(nil, Event{Kind: ScopeCanceling, Err: x.cause})
	c.life.cancel(x.err, x.cause)
	c.cancelFamily(x)
	if !c.hasBody {
		c.dropAnchor()
	}
	c.ending.timer = time.AfterFunc(c.killWait(), func() { c.post(message{op: opKill}) })
}

// killWait is when to look for who is late. Under Kill Forever nobody is
// abandoned then, but reported.
func (c *core) killWait() time.Duration {
	if c.policy.Stop.Kill == policy.Forever {
		return policy.DefaultKill
	}
	return c.policy.Stop.Kill
}

// killWaitOver looks for what still runs: to abandon it, or under Kill Forever
// to report it and go on waiting. The time of a scope around may be over first;
// then it is over for this one too, however far it is.
func (c *core) killWaitOver(around bool) {
	if c.closing() && c.phase != PhaseClosed { // all have ended; only the observer is late
		c.ending.killed = true
		c.finish()
		return
	}
	if around && c.phase < PhaseCanceling {
		c.cancel(canceledBy(errGraceOver))
	}
	if c.phase != PhaseCanceling || c.ending.killed {
		return
	}
	if !around && c.policy.Stop.Kill == policy.Forever {
		c.look(sighting{list: c.running(), ofScope: true}, nil)
		return
	}
	c.ending.killed = true
	c.look(sighting{list: c.running(), ofScope: true}, c.nested())
}

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
	if c.phase == PhaseClosed {
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
	c.life.cancel(context.Canceled, errScopeEnded)
	c.closeFamily()
	if c.ending != nil {
		c.ending.finish(c)
	}
	c.result = c.outcome()
	c.detach()
	c.closed.set()
	// After that: setHook stores before it looks, so one of us sees the other.
	if c.hook.Load() != nil && !c.hasBody {
		aside(c.unhook)
	}
	if c.onClosed != nil {
		c.onClosed(c.result)
	}
}

// finish closes the books.
func (e *ending) finish(c *core) {
	if e.timer != nil {
		e.timer.Stop()
	}
	e.report.finish(c)
	for _, s := range c.leftBehind() {
		e.report.Abandoned = append(e.report.Abandoned, *s)
	}
}

// announce tells observers that the scope ends, and reports whether the end
// must wait until they have been told, for one kill wait at most. The gate is
// shut: nothing can come in between.
func (c *core) announce() (wait bool) {
	e := Event{Kind: ScopeClosed, Took: time.Since(c.born)}
	if c.unwound && len(c.kept.errs) > 0 {
		e.Err = &Errors{errs: c.kept.errs, dropped: c.kept.dropped} // nobody else will hear of them
	}
	if c.closing() || e.Err == nil && !c.wants(ScopeClosed) {
		return false
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
			c.under.scope.handUp(c.leftBehind())
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
	c.under.disown(&c.link, &c.inLink)
	c.under.scope.post(message{op: opEmpty}) // it may have stayed for this one only
}

// handUp takes note that a scope opened under this one has closed.
func (c *core) handUp(left []*Straggler) {
	if len(left) > 0 {
		c.post(message{op: opDo, arg: func() {
			c.below = append(slices.DeleteFunc(c.below, (*Straggler).gone), left...)
		}})
	}
	c.leaveGate(gateOther)
}

// forgotten ends a scope whose handle was dropped without Close.
func (c *core) forgotten() {
	if c.phase == PhaseOpen {
		c.tell(nil, Event{Kind: ScopeForgotten, Site: siteOf(c.site)})
		c.drain(errForgotten)
	}
}
