package tree

import (
	"context"

	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/policy"
)

// live runs one incarnation of a child that has a goroutine of its own.
func (inc *incarnation) live(body func(context.Context) error) {
	err := policy.ErrGoexit
	defer func() { inc.cameBack(err) }()
	inc.child.label()
	err = run.Call(&inc.life, body, inc.scope.policy.Panic == policy.PanicCrash)
}

// cameBack ends the incarnation on the goroutine that ran it. All that may call
// user code is done here, off the supervisor's turn; what the turn gets is
// plain. The exit is posted last, when nothing of the incarnation runs any more,
// and is posted whatever the user's code does.
func (inc *incarnation) cameBack(err error) {
	d := inc.child.spec()
	inc.ended = inc.scope.clock()
	inc.err, inc.verdict = err, unreadable
	defer inc.report()
	inc.verdict = inc.judge(err, d.IsCancel)
	if inc.child.shield != nil {
		inc.decision = policy.ByRestart // what a write decides is for its caller
		return
	}
	inc.backoff() // first: it holds whatever becomes of what is asked next
	inc.err = inc.consult(&inc.verdict, d.Decide, inc.err)
	inc.askSource()
}

// report posts the exit.
func (inc *incarnation) report() {
	inc.cancel(context.Canceled, errEnded)
	inc.back.Store(true)
	inc.scope.inbox.Post(&inc.node)
}

// childCameBack takes an exit: it is counted, told, and answered by the machine.
func (c *core) childCameBack(inc *incarnation) {
	ch := inc.child
	c.family.live--
	if ch.shield != nil {
		c.family.shielded--
	}
	c.counts.add(inc.exit)
	defer c.journal.answered(c.tellExit(inc))
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
	c.block(ch)
	tell := inc.startAnswer() // before the error is let go of
	c.decide(inc, late)
	c.settle(ch)
	tell()
	c.answerRest(ch)
	if ch.shield != nil {
		ch.shield.answer(inc.err)
	}
}

// startAnswer takes the one who waits for the start that the incarnation was, if it
// never was up, and returns what gives them its error.
func (inc *incarnation) startAnswer() (tell func()) {
	ch, c := inc.child, inc.scope
	if inc.up {
		return func() {}
	}
	err := startError(ch, inc)
	if ch.fixed && c.booting && c.bootError == nil {
		c.bootError = err
	}
	w := ch.starter
	if w == nil || inc.again {
		return func() {}
	}
	ch.starter = nil
	return func() { w.answer(err) }
}

// handed reports whether somebody is handed the failure: the caller of Run, that of
// a shield who still waits, or of a start that has come to nothing.
func (inc *incarnation) handed() bool {
	switch sh := inc.child.shield; {
	case inc.late != nil:
		return false
	case sh != nil:
		return !sh.left && inc.exit == policy.Failed // a panic is news all the same
	}
	if !inc.up {
		return inc.answers() && inc.exit == policy.Failed
	}
	return inc.scope.returns(inc.child.cancelsTogether(), inc.exit)
}

// answers reports whether somebody is given the error of an incarnation that came
// back before it was up.
func (inc *incarnation) answers() bool {
	return inc.child.starter != nil && !inc.again || inc.scope.bootsRoot(inc.child)
}

// cancelsTogether reports whether a failure of the child cancels its siblings.
func (ch *Child) cancelsTogether() bool {
	if own := ch.spec().OnFailure; own != nil {
		return *own == policy.CancelTogether
	}
	return ch.scope.policy.OnFailure == policy.CancelTogether
}

// decide has the machine answer an exit. One that was abandoned has been given
// up as ended, whether it had been up or not: how it ends after all is told and
// touches nobody.
func (c *core) decide(inc *incarnation, late bool) {
	ch, m := inc.child, c.family.machine
	switch {
	case inc.up || late:
		if inc.failed() && !late && c.phase != PhaseClosed && ch.cancelsTogether() {
			c.keep(&ChildError{Path: ch.Path(), Exit: inc.exit, Err: inc.err}, inc.leaves)
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
	case state == policy.SlotStopped && ch.leaves && c.leave(ch):
		return
	case state != policy.SlotForgotten && state != policy.SlotStopped:
		return
	}
	c.dropWait(ch)
	switch {
	case inc == nil:
		c.givePlaceBack(ch)
		c.closeActor(ch)
		ch.rest.end(policy.Returned, nil)
		return
	case !inc.over:
		return // abandoned
	}
	c.givePlaceBack(ch)
	c.closeActor(ch) // before anybody hears that it rests
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

// tellExit tells observers of an exit: of that of an actor when the answer that it
// returns is given.
func (c *core) tellExit(inc *incarnation) (after *answer) {
	kind := ChildExited
	switch {
	case inc.late != nil:
		kind = ChildEndedLate
	case inc.startFailed():
		kind = ChildStartFailed
	}
	if !c.wants(kind) {
		return nil
	}
	e := Event{Kind: kind, Incarnation: int(inc.number), Exit: inc.exit, Took: inc.age()}
	switch {
	case inc.failed():
		e.Err = inc.err
		e.Handed = inc.handed()
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
func (inc *incarnation) startFailed() bool {
	return !inc.up && !inc.ignored && (inc.failed() || inc.exit == policy.Returned && inc.request() == &requestEnded)
}
