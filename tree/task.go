package tree

import (
	"context"
	"runtime"

	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/policy"
)

// Go starts f as a plain task of the scope: unnamed, counted, and without a
// record of its own. Its context is the scope's. It is never restarted; what its
// failure does is the scope's OnFailure, and under Supervise it is Temporary.
//
// Look at the error, unlike with errgroup: on one f is not called, now or later.
// The errors are [ErrClosed] when the scope has ended or was canceled, and
// [ErrDraining] when it is shutting down and ctx is not of one of its
// descendants. Children may spawn into their own scope, also while its body
// already waits.
//
// ctx says who asks, no more, and one that has ended starts f all the same; Go
// does not block. Only in a scope whose policy has a Limit, and when that is
// reached, Go waits for a place, in the order of those who ask: until ctx ends,
// whose cause it returns then, or the scope takes no more work. Whoever has a place
// in that scope, or stands below one, does not wait, for it might be for itself:
// [ErrFull]. The body has none and may wait.
func (s *Scope) Go(ctx context.Context, f func(ctx context.Context) error) error {
	return s.goTask("Go", ctx, f, true)
}

// TryGo is [Scope.Go] for those who do not wait: when the policy's Limit is
// reached it returns [ErrFull]. Without a Limit there is no difference.
func (s *Scope) TryGo(ctx context.Context, f func(ctx context.Context) error) error {
	return s.goTask("TryGo", ctx, f, false)
}

// goTask starts one plain task for the method of that name.
func (s *Scope) goTask(method string, ctx context.Context, f func(ctx context.Context) error, wait bool) error {
	c := s.core
	switch {
	case f == nil:
		return fault("Scope."+method+".f", nil, "must be a function")
	case ctx == nil:
		return fault("Scope."+method+".ctx", nil, "must not be nil")
	case c == nil:
		return ErrClosed
	}
	err := c.enterTask(ctx, wait)
	runtime.KeepAlive(s) // it may have waited; see Open
	if err != nil {
		return err
	}
	run.Go(func() { c.task(f, 0) })
	return nil
}

// goFor starts f for a wrapper of the library's own, which stands for the user's
// function at site.
func (c *core) goFor(ctx context.Context, site uintptr, f func(ctx context.Context) error) error {
	if err := c.enterTask(ctx, true); err != nil {
		return err
	}
	run.Go(func() { c.task(f, site) })
	return nil
}

// enterTask takes what a task holds while it runs: a unit of the gate and, where
// there is a Limit, a place.
func (c *core) enterTask(ctx context.Context, wait bool) error {
	if c.places != nil {
		if err := c.takePlace(ctx, wait); err != nil {
			return err
		}
		c.gate.become(gateOther, gateTask)
		return nil
	}
	if !c.gate.enter(gateTask) {
		return c.admitTask(ctx)
	}
	return nil
}

// leaveTask gives both back. First the unit, or more would be counted than the
// Limit allows when the next one is quick.
func (c *core) leaveTask() {
	c.leaveGate(gateTask)
	c.leavePlace()
}

// leavePlace gives the place of a task back.
func (c *core) leavePlace() {
	if c.places != nil {
		c.places.leave()
	}
}

// taskExit is a task that did not end well.
type taskExit struct {
	verdict
	err    error
	site   uintptr // of its function
	handed bool    // its caller has the error: it is told, and touches nobody
}

// handed is an error that a task of the library's own hands to its caller by
// itself, and reports to its scope for the record, with the verdict that the caller
// was given: a cancel that came since does not change it.
type handed struct {
	error
	verdict verdict
}

// task runs one plain task. A success is counted and leaves no message. site is
// that of f when it is 0.
func (c *core) task(f func(context.Context) error, site uintptr) {
	err := policy.ErrGoexit
	defer func() {
		if err == nil {
			c.counts.returned.Add(1)
			c.leaveTask()
			return
		}
		if site == 0 {
			site = functionPC(f)
		}
		c.taskCameBack(site, err)
	}()
	c.label()
	err = run.Call(c.taskContext(), f, c.policy.Panic == policy.PanicCrash)
}

// taskContext is what plain tasks run under.
func (c *core) taskContext() context.Context {
	if c.places != nil {
		return c.places.ctx
	}
	return &c.life
}

// taskCameBack classifies a task's error on the task's own goroutine. Only a
// failure is worth a message; its unit is given back once that was handled.
func (c *core) taskCameBack(site uintptr, err error) {
	t := &taskExit{verdict: unreadable, err: err, site: site}
	defer func() {
		c.counts.add(t.exit)
		if t.failed() {
			c.post(message{op: opTaskFailed, arg: t})
		} else {
			c.leaveTask()
		}
	}()
	if h, ok := err.(*handed); ok {
		t.err, t.verdict, t.handed = h.error, h.verdict, true
		return
	}
	t.verdict = c.life.judge(err, nil)
	t.err = c.life.consult(&t.verdict, nil, err)
}

// taskFailed answers a task's failure as the scope's policy says.
func (c *core) taskFailed(t *taskExit) {
	defer func() { // not before the others were canceled, or one more would be let in
		c.gate.leave(gateTask) // Handle looks whether that was the last
		c.leavePlace()
	}()
	failure := &ChildError{Path: c.path(), Site: siteOf(t.site), Exit: t.exit, Err: t.err}
	together := c.policy.OnFailure == policy.CancelTogether
	kind := ChildExited
	if c.phase == PhaseClosed {
		kind = ChildEndedLate
	}
	c.tell(nil, Event{Kind: kind, Site: failure.Site, Exit: t.exit, Err: t.err,
		Handed: c.returns(together, t.exit) || t.handed && t.exit == policy.Failed})
	switch {
	case c.phase == PhaseClosed, t.handed:
	case together:
		c.keep(failure, t.leaves)
		c.cancel(canceledBy(failure))
	case t.decision == policy.Escalate && c.phase == PhaseOpen: // while it ends, a failure like any
		c.giveUp(nil, &endError{why: ErrEscalated, path: c.path(), last: failure}, Escalated)
	}
}
