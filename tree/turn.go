package tree

import (
	"github.com/understudy-go/understudy/mailbox"
)

// message is what a scope's inbox carries.
type message struct {
	op  op
	arg any // what the op says
}

// op says what a message asks for or reports.
type op uint8

const (
	opDo         op = iota // arg func(): something to be done within a turn
	opErrand               // arg *errand: likewise, and somebody waits
	opStart                // arg *Child: it was described and wants to run
	opShield               // arg *Child: likewise, of a shield
	opUp                   // arg *incarnation: what is hosted is up
	opReady                // arg readiness: the code of an incarnation says so, or something else
	opExit                 // arg *exited: an incarnation came back
	opElapsed              // arg *wait: a wait before a start is over
	opOverdue              // arg overdue: a bound on an incarnation's stop has passed
	opTaskFailed           // arg *taskExit
	opLeft                 // the body returned or unwound, see core.left; or Close was called
	opShutdown             // arg *request
	opCancel               // arg cancellation
	opDeadline             // the scope's own deadline has come
	opGrace                // the scope's grace is over
	opLastCall             // nine tenths of the kill wait are over; arg true: of that of a scope around
	opKill                 // the kill wait is over; arg true: that of a scope around
	opAbandon              // arg sighting: what runs on, with its stacks
	opStuck                // arg stuckCall: a call of an actor's code takes too long, or came back
	opStuckSeen            // arg stuckSeen: such calls, with their stacks
	opEmpty                // the last unit may have left the gate, or the last of a scope below has ended
	opForgotten            // the handle of an opened scope became unreachable
)

// post leaves m in the inbox, or handles it at once when the scope is idle.
func (c *core) post(m message) {
	c.inbox.Post(&mailbox.Node[message]{Msg: m})
}

// Handle implements [mailbox.Handler]: one turn for one message. It runs no
// user code, waits for nothing, and is never entered twice at once, so what it
// touches needs no lock.
func (c *core) Handle(m message) {
	switch m.op {
	case opDo:
		m.arg.(func())()
	case opErrand:
		e := m.arg.(*errand)
		e.do()
		e.done.set()
	case opStart:
		c.startChild(m.arg.(*Child))
	case opShield:
		c.startShield(m.arg.(*Child))
	case opUp:
		c.childReady(readiness{life: &m.arg.(*incarnation).life, up: true})
	case opReady:
		c.childReady(m.arg.(readiness))
	case opExit:
		c.childCameBack(m.arg.(*exited))
	case opElapsed:
		c.elapsed(m.arg.(*wait))
	case opOverdue:
		c.stopOverdue(m.arg.(overdue))
	case opTaskFailed:
		c.taskFailed(m.arg.(*taskExit))
	case opLeft:
		c.bodyLeft(c.left)
	case opShutdown:
		c.heed(m.arg.(*request))
	case opCancel:
		c.cancel(m.arg.(cancellation))
	case opDeadline:
		c.deadlineOver()
	case opGrace:
		c.graceOver()
	case opLastCall:
		c.lastCall(m.arg == true)
	case opKill:
		c.killWaitOver(m.arg == true)
	case opAbandon:
		c.abandon(m.arg.(sighting))
	case opStuck:
		c.callStuck(m.arg.(stuckCall))
	case opStuckSeen:
		c.sawStuck(m.arg.(stuckSeen))
	case opEmpty:
		c.unblock()
	case opForgotten:
		c.forgotten()
	}
	switch {
	case c.phase == PhaseClosed:
		c.detach()
	case c.gate.close():
		c.finish()
	}
}

// errand is something that somebody has done within a turn, and waits for.
type errand struct {
	node mailbox.Node[message]
	do   func()
	done latch
}

// inTurn runs f within a turn of the scope and returns when it has run. A turn
// waits for nothing, so neither does this but for turns before it.
func (c *core) inTurn(f func()) {
	e := &errand{do: f}
	e.node.Msg = message{op: opErrand, arg: e}
	c.inbox.Post(&e.node)
	if !e.done.on() {
		<-e.done.c()
	}
}
