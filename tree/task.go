package tree

import (
	"context"

	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/policy"
)

// Go starts f as a plain task of the scope: unnamed, counted, and without a
// record of its own. Its context is the scope's. It is never restarted; what its
// failure does is the scope's OnFailure, and under Supervise it is Temporary.
//
// Look at the error, unlike with errgroup: on one f is not called, now or later.
// ctx says who asks, no more: one that has ended starts f all the same. Go does
// not block. The errors are [ErrClosed] when the scope has ended or was canceled,
// and [ErrDraining] when it is shutting down and ctx is not of one of its
// descendants. Children may spawn into their own scope, also while its body
// already waits.
func (s *Scope) Go(ctx context.Context, f func(ctx context.Context) error) error {
	c := s.core
	switch {
	case f == nil:
		return fault("Scope.Go.f", nil, "must be a function")
	case ctx == nil:
		return fault("Scope.Go.ctx", nil, "must not be nil")
	case c == nil:
		return ErrClosed
	}
	if !c.gate.enter(gateTask) {
		if err := c.admit(ctx); err != nil {
			return err
		}
	}
	run.Go(func() { c.task(f) })
	return nil
}

// taskExit is a task that did not end well.
type taskExit struct {
	verdict
	err  error
	site uintptr // of its function
}

// task runs one plain task. A success is counted and leaves no message.
func (c *core) task(f func(context.Context) error) {
	err := policy.ErrGoexit
	defer func() {
		if err == nil {
			c.counts.returned.Add(1)
			c.leaveGate(gateTask)
			return
		}
		c.taskCameBack(f, err)
	}()
	c.label()
	err = run.Call(&c.life, f, c.policy.Panic == policy.PanicCrash)
}

// taskCameBack classifies a task's error on the task's own goroutine. Only a
// failure is worth a message; its unit is given back once that was handled.
func (c *core) taskCameBack(f func(context.Context) error, err error) {
	t := &taskExit{verdict: unreadable, err: err, site: functionPC(f)}
	defer func() {
		c.counts.add(t.exit)
		if t.failed() {
			c.post(message{op: opTaskFailed, arg: t})
		} else {
			c.leaveGate(gateTask)
		}
	}()
	t.verdict = c.life.judge(err, nil)
}

// taskFailed answers a task's failure as the scope's policy says.
func (c *core) taskFailed(t *taskExit) {
	defer c.gate.leave(gateTask) // Handle looks whether that was the last
	failure := &ChildError{Path: c.path(), Site: siteOf(t.site), Exit: t.exit, Err: t.err}
	together := c.policy.OnFailure == policy.CancelTogether
	kind := ChildExited
	if c.phase == PhaseClosed {
		kind = ChildEndedLate
	}
	c.tell(nil, Event{Kind: kind, Site: failure.Site, Exit: t.exit, Err: t.err,
		Returned: c.returns(together, t.exit)})
	switch {
	case c.phase == PhaseClosed:
	case together:
		c.keep(failure, t.leaves)
		c.cancel(canceledBy(failure))
	case t.decision == policy.Escalate:
		c.fatal = &endError{why: ErrEscalated, path: c.path(), last: failure}
		c.tell(nil, Event{Kind: Escalated, Err: c.fatal})
		c.cancel(canceledBy(c.fatal))
	}
}
