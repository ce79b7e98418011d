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
	report     ShutdownReport
	timer      *time.Timer // of the phase
	until      time.Time   // when the grace will be over; zero: never
	canceled   int64       // exits that were Canceled when the hard phase began
	owed       bool        // a child was to be started when the hard phase began
	killed     bool        // the kill wait is over, and what still runs is given up
	lastCalled bool        // nothing is shielded from the cancel any longer
	sparing    bool        // background children are left alone, for what is shielded may use them
	tasks      *Straggler  // the plain tasks that were given up
	body       *Straggler  // the body, if that was
	told       bool        // ScopeClosed was given to observers
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
	s.Drain(nil)
	if c.owns(ctx) {
		return c.reportSoFar(), nil
	}
	err := c.await(ctx)
	runtime.KeepAlive(s)
	return c.reportSoFar(), err
}

// Drain asks the scope to end, as [Scope.Shutdown] does, and does not wait. The
// report names reason, and those whose grace is over find it in their
// [context.Cause]; nil stands for a plain shutdown. It is no error: the scope ends
// cleanly unless something fails on the way. Later calls change nothing, and after
// [Scope.Cancel] it is too late to be soft.
func (s *Scope) Drain(reason error) {
	if s.core == nil {
		return
	}
	if reason == nil {
		reason = errShutdown
	}
	s.core.post(message{op: opShutdown, arg: &request{reason: reason}})
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

// drain begins the soft phase, for a reason of the scope's own.
func (c *core) drain(reason error) { c.heed(&request{reason: reason}) }

// heed begins the soft phase.
func (c *core) heed(r *request) {
	if c.phase != PhaseOpen || c.closing() {
		return
	}
	c.begin(r.reason)
	c.phase = PhaseDraining
	c.gate.set(gateArmed | gateDraining)
	c.tell(nil, Event{Kind: ScopeDraining, Err: r.reason})
	var grace time.Duration
	grace, c.ending.until = c.grace(r)
	c.life.drain(&request{r.reason, c.ending.until})
	if c.family != nil {
		c.shutFamily()
	}
	if !c.hasBody {
		c.dropAnchor()
	}
	switch grace {
	case policy.NoGrace:
		c.graceOver()
	case policy.Forever:
	default:
		c.ending.timer = time.AfterFunc(grace, func() { c.post(message{op: opGrace}) })
	}
}

// graceOver turns the soft phase into the hard one, if anything is left. When
// only the observer is late it has a kill wait.
func (c *core) graceOver() {
	switch {
	case c.phase != PhaseDraining:
	case c.live():
		c.cancel(canceledBy(&graceError{c.ending.report.Reason}))
	case !c.closing():
		c.ending.timer = time.AfterFunc(c.killWait(), func() { c.post(message{op: opKill}) })
	}
}

// live reports whether there is anybody to cancel. The gate's count would not
// say so: events that wait for their observer are in it too.
func (c *core) live() bool {
	return c.gate.tasks() > 0 || c.anchored || c.family != nil && c.family.held || c.places.waits() > 0 ||
		slices.ContainsFunc(c.scopesBelow(false), func(n *core) bool { return !n.closed.on() })
}
