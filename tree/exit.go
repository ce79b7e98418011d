package tree

import (
	"context"
	"math/rand/v2"
	"reflect"
	"time"

	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/policy"
)

// live runs one incarnation of a child that has a goroutine of its own.
func (inc *incarnation) live() {
	err := policy.ErrGoexit
	defer func() { inc.cameBack(err) }()
	inc.child.label()
	err = run.Call(&inc.life, inc.child.body, inc.scope.policy.Panic == policy.PanicCrash)
}

// cameBack ends the incarnation on the goroutine that ran it. All that may call
// user code is done here, off the supervisor's turn; what the turn gets is
// plain. The exit is posted last, when nothing of the incarnation runs any more,
// and is posted whatever the user's code does.
func (inc *incarnation) cameBack(err error) {
	inc.err, inc.verdict = err, unreadable
	defer inc.report()
	inc.verdict = inc.judge(err, inc.child.spec.IsCancel)
}

// report posts the exit.
func (inc *incarnation) report() {
	inc.ended = inc.scope.clock()
	inc.delay = inc.backoff()
	inc.cancel(context.Canceled, errEnded)
	inc.back.Store(true)
	inc.scope.inbox.Post(&inc.node)
}

// verdict is what is to be known of an error, in plain values.
type verdict struct {
	exit     policy.Exit
	decision policy.Decision
	ignored  bool   // the child said that it need not run
	text     string // of the error, clipped; empty without one
}

// unreadable is the verdict on an error whose own methods do not come back.
var unreadable = verdict{exit: policy.Failed, text: "tree: error called runtime.Goexit when it was read"}

// failed reports whether the exit is one to report.
func (v *verdict) failed() bool { return v.exit == policy.Failed || v.exit == policy.Panicked }

// judge reads an error by the exit table. Errors have methods of their own, and
// IsCancel is the user's, so it runs on the goroutine the error came from; a
// panic in one of them counts as the child's.
func (l *life) judge(err error, also func(error) bool) (v verdict) {
	canceled := l.Err() != nil
	if err == nil {
		return v
	}
	bad := run.Call(l, func(context.Context) error {
		v.text = clip(err.Error())
		v.decision = policy.DecisionOf(err)
		leaf := l.leaf(also)
		v.exit = policy.Classify(err, canceled, leaf)
		if l.inc != nil && policy.IsIgnored(err) {
			v.ignored = policy.Classify(err, true, func(e error) bool { return e == policy.ErrIgnored }) == policy.Canceled
		}
		if v.ignored {
			v.exit, v.decision = policy.Returned, policy.NoRestart
		}
		return nil
	}, false)
	if bad != nil {
		return verdict{exit: policy.Panicked, text: clip(bad.Error())}
	}
	return v
}

// leaf returns the test for errors that say no more than that this life was
// canceled. An error with branches is taken apart before it comes here.
func (l *life) leaf(also func(error) bool) func(error) bool {
	return func(err error) bool { // called once the life is canceled
		timedOut := l.err == context.DeadlineExceeded
		switch {
		case err == context.Canceled, timedOut && err == context.DeadlineExceeded, same(err, l.cause):
			return true
		case also != nil && also(err):
			return true
		}
		if r, ok := err.(*refusal); ok {
			return r.of(l)
		}
		is, ok := err.(interface{ Is(error) bool })
		return ok && (is.Is(context.Canceled) || timedOut && is.Is(context.DeadlineExceeded) || l.cause != nil && is.Is(l.cause))
	}
}

// same reports whether two errors are one, also when they cannot be compared.
func same(a, b error) bool {
	return b != nil && reflect.TypeOf(b).Comparable() && a == b
}

// backoff returns the wait before the next incarnation, if there will be one.
func (inc *incarnation) backoff() time.Duration {
	b := inc.child.spec.Backoff
	if b == (policy.Backoff{}) {
		return 0
	}
	if b.Stable(inc.ended - inc.began) {
		inc.attempt = 0
	}
	return b.Delay(int(inc.attempt)+1, rand.Float64)
}

// childCameBack takes an exit: it is counted, told, and answered by the machine.
func (c *core) childCameBack(inc *incarnation) {
	ch := inc.child
	c.counts.add(inc.exit)
	c.tellExit(inc)
	if c.phase != PhaseClosed && c.ending != nil {
		c.ending.report.exited(inc)
	}
	if inc.bound != nil {
		inc.bound.Stop()
	}
	inc.over = true
	late := c.forgetLate(inc)
	if ch.current != inc {
		return // replaced while it was abandoned; its place is another's
	}
	ch.lastExit = inc.exit
	if inc.failed() {
		ch.lastText = inc.text
	}
	if ch.fixed && c.booting && !inc.up && c.bootError == nil {
		c.bootError = startError(ch, inc)
	}
	c.decide(inc, late)
	c.settle(ch)
	if ch.starter != nil {
		ch.answer(startError(ch, inc))
	}
}

// decide has the machine answer an exit. One that was abandoned has been given
// up as ended, whether it had been up or not.
func (c *core) decide(inc *incarnation, late bool) {
	ch, m := inc.child, c.family.machine
	switch {
	case inc.up || late:
		if inc.failed() && c.phase != PhaseClosed && c.policy.OnFailure == policy.CancelTogether {
			c.keep(&ChildError{Path: ch.Path(), Exit: inc.exit, Err: inc.err})
		}
		c.do(m.Exited(&ch.slot, inc.exit, inc.decision, inc.delay, c.clock()))
	case inc.ignored:
		c.do(m.Ignored(&ch.slot, c.clock()))
	default:
		c.do(m.StartFailed(&ch.slot, inc.decision, inc.delay, c.clock()))
	}
}

// settle lets go of those who wait for the child once it rests. Of a child whose
// place remains only the text of its error is kept. An exit that has to wait for
// its answer settles when it has it.
func (c *core) settle(ch *Child) {
	inc, state := ch.current, ch.slot.State()
	switch {
	case state == policy.SlotExited:
		c.family.unsettled = append(c.family.unsettled, ch)
		return
	case state != policy.SlotForgotten && state != policy.SlotStopped:
		return
	case inc == nil:
		ch.rest.end(policy.Returned, nil)
		return
	case !inc.back.Load():
		return // abandoned
	}
	var err error
	if inc.failed() {
		err = inc.err
	}
	ch.rest.end(inc.exit, err)
	if state == policy.SlotStopped {
		inc.err = nil
		ch.rest.forget(ch.Path(), ch.lastText)
	}
}

// ExitError is what remains of the error of a child that has ended and whose
// place remains: words, so that nothing the error held on to is kept alive.
type ExitError struct {
	Path string      // of the child
	Exit policy.Exit // Failed or Panicked
	Text string      // of the error, cut to 256 bytes
}

// Error returns the path and the text.
func (e *ExitError) Error() string { return e.Path + ": " + e.Text }

// tellExit tells observers of an exit.
func (c *core) tellExit(inc *incarnation) {
	kind := ChildExited
	if inc.late != nil {
		kind = ChildEndedLate
	}
	if !c.wants(kind) {
		return
	}
	e := Event{Kind: kind, Incarnation: int(inc.number), Exit: inc.exit, Took: inc.age()}
	if inc.failed() {
		e.Err = inc.err
		e.Returned = inc.up && c.returns(inc.exit)
	}
	c.emit(inc.child, e)
}
