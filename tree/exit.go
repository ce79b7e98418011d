package tree

import (
	"context"
	"time"

	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
)

// live runs one incarnation of a child that has a goroutine of its own.
func (inc *incarnation) live(body func(context.Context) error) {
	err := policy.ErrGoexit
	defer func() { inc.cameBack(err) }()
	inc.child.label()
	err = run.Call(&inc.life, body, inc.scope.policy.Panic == policy.PanicCrash)
}

// exited is how an incarnation came back. It is written by the goroutine that ends the
// incarnation, and posted; from then on it is the turn's.
type exited struct {
	verdict
	inc   *incarnation
	err   error
	at    time.Duration // since the scope was opened
	delay time.Duration // before the next incarnation, if there is one
	node  mailbox.Node[message]
	rest  waiting // room for what is left of it when the child rests
}

// cameBack ends the incarnation on the goroutine that ran it. All that may call
// user code is done here, off the supervisor's turn; what the turn gets is
// plain. The exit is posted last, when nothing of the incarnation runs any more,
// and is posted whatever the user's code does.
func (inc *incarnation) cameBack(err error) {
	d := inc.child.spec()
	x := &exited{inc: inc, at: inc.scope.clock(), err: err, verdict: unreadable}
	defer x.report()
	x.verdict = inc.judge(err, d.IsCancel)
	if d.shield != nil {
		x.decision = policy.ByRestart // what a write decides is for its caller
		return
	}
	x.backoff(d) // first: it holds whatever becomes of what is asked next
	x.err = inc.consult(&x.verdict, d.Decide, x.err)
	x.askSource(d)
}

// report posts the exit.
func (x *exited) report() {
	x.inc.comeBack(x)
	x.node.Msg = message{op: opExit, arg: x}
	x.inc.scope.inbox.Post(&x.node)
}

// childCameBack takes an exit: it is counted, told, and answered by the machine.
func (c *core) childCameBack(x *exited) {
	inc, ch := x.inc, x.inc.child
	c.family.live--
	if ch.shield() != nil {
		c.family.shielded--
	}
	c.counts.add(x.exit)
	defer c.journal.answered(c.tellExit(x))
	if c.phase != PhaseClosed && c.ending != nil {
		c.ending.report.exited(x)
	}
	inc.over = true
	late := c.forgetLate(inc)
	if ch.current != inc {
		return // replaced while it was abandoned; its place is another's
	}
	ch.bind(nil)
	ch.lastExit = x.exit
	if x.failed() {
		more := ch.few()
		more.lastText = x.text
		ch.keep(more)
	}
	c.block(ch)
	tell := x.startAnswer() // before the error is let go of
	err := x.err
	c.decide(x, late)
	c.settle(ch)
	tell()
	c.answerRest(ch)
	if ch.shield() != nil {
		ch.shield().answer(err)
	}
}

// startAnswer takes the one who waits for the start that the incarnation was, if it
// never was up, and returns what gives them its error.
func (x *exited) startAnswer() (tell func()) {
	inc, ch, c := x.inc, x.inc.child, x.inc.scope
	if inc.up {
		return func() {}
	}
	err := startError(ch, x)
	if ch.spec().fixed && c.booting && c.bootError == nil {
		c.bootError = err
	}
	if ch.few().starter == nil || inc.again {
		return func() {}
	}
	w := ch.takeStarter()
	return func() { w.answer(err) }
}

// handed reports whether somebody is handed the failure: the caller of Run, that of
// a shield who still waits, or of a start that has come to nothing.
func (x *exited) handed() bool {
	inc := x.inc
	switch sh := inc.child.shield(); {
	case inc.stage == stageAbandoned:
		return false
	case sh != nil:
		return !sh.left && x.exit == policy.Failed // a panic is news all the same
	}
	if !inc.up {
		return inc.answers() && x.exit == policy.Failed
	}
	return inc.scope.returns(inc.child.cancelsTogether(), x.exit)
}

// answers reports whether somebody is given the error of an incarnation that came
// back before it was up.
func (inc *incarnation) answers() bool {
	return inc.child.few().starter != nil && !inc.again || inc.scope.bootsRoot(inc.child)
}

// cancelsTogether reports whether a failure of the child cancels its siblings.
func (ch *Child) cancelsTogether() bool {
	if own := ch.spec().OnFailure; own != nil {
		return *own == policy.CancelTogether
	}
	return ch.owner().policy.OnFailure == policy.CancelTogether
}

// decide has the machine answer an exit. One that was abandoned has been given
// up as ended, whether it had been up or not: how it ends after all is told and
// touches nobody.
func (c *core) decide(x *exited, late bool) {
	ch, m := x.inc.child, c.family.machine
	switch {
	case x.inc.up || late:
		if x.failed() && !late && c.phase != PhaseClosed && ch.cancelsTogether() {
			c.keep(&ChildError{Path: ch.Path(), Exit: x.exit, Err: x.err}, x.leaves)
		}
		c.do(m.Exited(&ch.slot, x.exit, x.decision, x.delay, c.clock()))
	case x.ignored:
		c.do(m.Ignored(&ch.slot, c.clock()))
	default:
		c.do(m.StartFailed(&ch.slot, x.decision, x.delay, c.clock()))
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
	case state == policy.SlotStopped && ch.spec().member && c.leave(ch):
		return
	case state != policy.SlotForgotten && state != policy.SlotStopped:
		return
	}
	c.dropWait(ch)
	switch {
	case inc == nil:
		c.givePlaceBack(ch)
		c.closeActor(ch)
		ch.rest.end(&waiting{}, policy.Returned, nil)
		return
	case !inc.over:
		return // abandoned
	}
	c.givePlaceBack(ch)
	c.closeActor(ch) // before anybody hears that it rests
	x, err := inc.came.Load(), error(nil)
	if x.failed() {
		err = x.err
	}
	ch.rest.end(&x.rest, x.exit, err)
	if state == policy.SlotStopped {
		x.err = nil
		ch.rest.forget(ch.Path(), ch.few().lastText)
	}
}

// tellExit tells observers of an exit: of that of an actor when the answer that it
// returns is given.
func (c *core) tellExit(x *exited) (after *answer) {
	inc, kind := x.inc, ChildExited
	switch {
	case inc.stage == stageAbandoned:
		kind = ChildEndedLate
	case x.startFailed():
		kind = ChildStartFailed
	}
	if !c.wants(kind) {
		return nil
	}
	e := Event{Kind: kind, Incarnation: int(inc.number), Exit: x.exit, Took: inc.age()}
	switch {
	case x.failed():
		e.Err = x.err
		e.Handed = x.handed()
	case kind == ChildStartFailed:
		e.Err = ErrNotReady
		e.Handed = inc.answers()
	}
	if inc.child.actor() != nil {
		after = &answer{}
	}
	c.emitAfter(inc.child, e, after)
	return after
}

// startFailed reports whether the incarnation came back before it was up, and
// neither because it need not run nor because it was asked to: no request came
// before that of its own end.
func (x *exited) startFailed() bool {
	return !x.inc.up && !x.ignored && (x.failed() || x.exit == policy.Returned && x.inc.request() == &requestEnded)
}
