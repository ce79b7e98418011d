package tree

import (
	"fmt"

	"github.com/understudy-go/understudy/policy"
)

// family is what a scope needs once it has children with a record. Its machine
// decides; the scope does what the machine says. All of it is touched within a turn only.
//
// Invariants:
//
//  1. names has exactly the named children, from takeName to freeName, and each has a
//     slot in the machine. One that is ending also keeps the slots of members that have left.
//  2. After each answer of the machine has been carried out, held says whether it is not
//     Empty.
//  3. A wait may have lost its meaning; the machine then ignores that it is over. It is
//     dropped at the latest when its child is started or rests.
//  4. An heir stays one until the child whose name it takes has ended or was abandoned.
type family struct {
	machine *policy.Machine
	names   names

	// What is being done, see do.
	todo      []policy.Action // asked for and not yet done; empty between turns
	doing     bool            // an action is being done, further ones queue
	vacant    int             // places to be given back when all actions are done; 0 between turns
	unsettled []*Child        // whose exits wait behind a boot or a group restart
	held      bool            // a unit of the gate, while a child runs or is going to

	waits   map[*Child]*wait  // of the children that wait to be started
	blocked map[*Child]bool   // by what they left behind; true once that was told
	heirs   map[*Child]*Child // who starts when the child has ended; nil until the first

	resizing *latch // set when the Partitions.Resize that is under way is over; nil for none

	// Counts.
	live        int // incarnations that run
	supervisors int // named children that are scopes
	keyed       int // named children that have a key
	shielded    int // shields that run
	shields     int // how many names of shields had to be told apart
}

// takeName has the child found by its name. The first one makes the family, whose
// machine has yet to hear that the scope is ending, if it is.
func (c *core) takeName(ch *Child) {
	if c.family == nil {
		c.family = &family{machine: policy.NewMachine(*c.rules()), waits: make(map[*Child]*wait)}
		if c.phase != PhaseOpen {
			c.do(c.family.machine.Shutdown(c.clock()))
		}
	}
	c.family.names.add(ch)
	ch.named = true
	if ch.supervises() {
		c.family.supervisors++
	}
	if ch.key() != nil {
		c.family.keyed++
	}
}

// freeName lets another have the child's name.
func (c *core) freeName(ch *Child) {
	if ch.named {
		c.family.names.remove(ch)
		ch.named = false
		if ch.supervises() {
			c.family.supervisors--
		}
		if ch.key() != nil {
			c.family.keyed--
		}
	}
}

// do carries out the machine's answer. Doing one action may bring the next
// answer; it is done after what was asked before. The machine's buffer is only
// good until its next input, so it is copied.
func (c *core) do(actions []policy.Action) {
	f := c.family
	f.todo = append(f.todo, actions...)
	clear(actions) // the machine's buffer keeps nothing that has ended
	if f.doing {
		return
	}
	f.doing = true
	for i := 0; i < len(f.todo); i++ {
		c.perform(f.todo[i])
	}
	clear(f.todo) // what has ended is not kept by what was said of it
	f.todo = f.todo[:0]
	if cap(f.todo) > 1024 {
		f.todo = nil // a stop of many; not kept for the next one
	}
	f.doing = false
	waiting := f.unsettled
	f.unsettled = nil
	for _, ch := range waiting {
		c.settle(ch)
	}
	for ; f.vacant > 0; f.vacant-- {
		c.places.leave()
	}
	c.tellBlocked()
	c.holdFamily()
}

// holdFamily keeps the scope from ending while a child runs or is going to.
func (c *core) holdFamily() {
	f := c.family
	if busy := !f.machine.Empty(); busy != f.held {
		f.held = busy
		if busy {
			c.gate.enter(gateOther)
		} else {
			c.gate.leave(gateOther) // Handle looks whether that was the last
		}
	}
}

// perform does one action.
func (c *core) perform(a policy.Action) {
	var ch *Child
	if a.Slot != nil {
		ch = a.Slot.Child.(*Child)
	}
	switch a.Do {
	case policy.DoStart:
		ch.rest.begin()
		c.launch(ch)
	case policy.DoWait:
		c.delay(ch, a.After)
	case policy.DoStop:
		c.askStop(ch)
	case policy.DoForget:
		c.forgetChild(ch)
	case policy.DoCancelAll:
		c.cancel(canceledBy(c.kept.first()))
	case policy.DoExhausted:
		c.tell(ch, Event{Kind: Exhausted, Err: ch.lastError()})
	case policy.DoGiveUp:
		c.giveUp(ch, &endError{why: ErrGaveUp, path: ch.Path(), last: ch.lastError()}, GaveUp)
	case policy.DoEscalate:
		c.giveUp(ch, &endError{why: ErrEscalated, path: ch.Path(), last: ch.lastError()}, Escalated)
	case policy.DoAutoShutdown:
		c.drain(fmt.Errorf("%w: %s", errSignificant, ch.Path()))
	case policy.DoBooted:
		c.booted()
	case policy.DoBootFailed:
		c.bootFailed()
	case policy.DoEnd:
		c.allEnded()
	}
}

// forgetChild lets go of a child whose slot the machine has forgotten.
func (c *core) forgetChild(ch *Child) {
	c.freeName(ch)
	heir := c.takeHeir(ch) // before it gives its place back
	c.settle(ch)
	c.closeActor(ch) // also one that was abandoned
	if ch.current == nil && c.phase != PhaseOpen {
		c.calledOff.Add(1)
	}
	if ch.current == nil || ch.current.over { // else it is being abandoned, which is worth more
		c.answerRest(ch)
	}
	if heir != nil {
		c.startChild(heir)
	}
}

// giveUp ends the scope because of one child, or of a plain task when ch is nil:
// kind says why.
func (c *core) giveUp(ch *Child, end *endError, kind EventKind) {
	c.tell(ch, Event{Kind: kind, Err: end})
	c.fatal = end
	if c.policy.OnFailure != policy.Supervise {
		c.cancel(canceledBy(end))
		return
	}
	c.drain(end)
	if c.family == nil {
		c.allEnded()
	}
}

// allEnded is the end of all children of a scope that is ending. A scope that
// ends for a failure does not let its body and tasks wait for the grace.
func (c *core) allEnded() {
	if c.fatal != nil {
		c.cancel(canceledBy(c.fatal))
	}
}

// lastError returns the error of the child's latest incarnation: that it was
// abandoned, when it runs on.
func (ch *Child) lastError() error {
	switch inc := ch.current; {
	case inc == nil:
		return nil
	case !inc.over:
		return abandonedError(ch)
	default:
		return inc.came.Load().err
	}
}

// cancelFamily cancels what runs, but for shields and background children, and
// calls off what waits to run.
func (c *core) cancelFamily(x cancellation) {
	if c.family == nil {
		return
	}
	for _, ch := range c.children() {
		if inc := ch.current; inc != nil && !inc.back() && ch.shield() == nil && !ch.spec().Background {
			c.stopNow(inc, x)
		}
	}
	c.shutFamily()
}

// endSpared cancels the background children, and has what they opened waited for.
func (c *core) endSpared(x cancellation) {
	c.ending.sparing = false
	c.spareNone()
	if c.family == nil {
		return
	}
	for _, ch := range c.children() {
		if inc := ch.current; inc != nil && !inc.back() && ch.spec().Background {
			c.stopNow(inc, x)
		}
	}
	c.do(c.family.machine.StopBackground(c.clock()))
	c.settleAll()
}

// shutFamily has the machine stop everything, in its order, and lets go of those
// who wait for a child that will now not be started.
func (c *core) shutFamily() {
	c.do(c.family.machine.Shutdown(c.clock()))
	c.settleAll()
}

func (c *core) settleAll() {
	for _, ch := range c.children() {
		c.settle(ch)
		c.answerRest(ch)
	}
}

// closeFamily lets all of them go at the end of the scope.
func (c *core) closeFamily() {
	if c.family == nil {
		return
	}
	for _, w := range c.family.waits {
		w.timer.Stop()
	}
	for _, ch := range c.children() {
		if ch.current == nil && !ch.listed {
			c.calledOff.Add(1)
		}
		c.settle(ch)
		c.answerRest(ch)
		c.closeActor(ch)
	}
}
