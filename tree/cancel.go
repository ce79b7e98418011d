package tree

import (
	"context"
	"math"
	"time"

	"github.com/understudy-go/understudy/policy"
)

// cancel begins the hard phase. The first cause stands.
func (c *core) cancel(x cancellation) {
	if c.phase >= PhaseCanceling || c.closing() {
		return
	}
	c.begin(x.cause)
	if c.ending.timer != nil {
		c.ending.timer.Stop()
	}
	// Once it drains nothing is started again, and nothing is owed.
	c.ending.owed = c.phase == PhaseOpen && c.family != nil && c.family.machine.Due()
	c.phase = PhaseCanceling
	c.cut = &x
	c.ending.report.canceling = c.tally()
	c.ending.canceled = c.counts.canceled.Load()
	c.turnedAway.Store(false) // what was refused before is not for this cut
	c.gate.set(gateArmed | gateShut)
	c.tell(nil, Event{Kind: ScopeCanceling, Err: x.cause})
	c.life.cancel(x.err, x.cause)
	c.cancelFamily(x)
	if c.ending.sparing = c.shields(); !c.ending.sparing {
		c.endSpared(x)
	}
	if !c.hasBody {
		c.dropAnchor()
	}
	c.awaitKill()
}

// A kill wait ends in two steps. After nine tenths of it comes the last call,
// for what a shield has kept from the cancel so far; at its end nothing is waited
// for any longer. Both go down to the scopes below: one total deadline holds for
// a whole subtree.

// awaitKill arms the timer of the kill wait that begins now. Under Kill Forever
// nobody is called or abandoned then, but reported.
func (c *core) awaitKill() {
	kill := c.killWait()
	rest := lastTenth(kill)
	if c.policy.Stop.Kill == policy.Forever {
		c.ending.timer = time.AfterFunc(kill, func() { c.post(message{op: opKill}) })
	} else {
		c.ending.timer = time.AfterFunc(kill-rest, func() { c.post(message{op: opLastCall}) })
	}
}

// killWait is when to look for who is late.
func (c *core) killWait() time.Duration {
	if c.policy.Stop.Kill == policy.Forever {
		return policy.DefaultKill
	}
	return c.policy.Stop.Kill
}

// lastTenth is how long before the end of a kill wait the last call comes.
func lastTenth(kill time.Duration) time.Duration { return max(kill/10, 1) }

// lastCalled is how a scope is canceled whose time is up because that of a scope
// around it is.
var lastCalled = cancellation{err: context.Canceled, cause: errLastCall, outside: true}

// lastCall cancels what was shielded from the cancel, here and below, while
// there is time to come back. rest is what the kill wait has left; for a scope
// around it is zero, and that scope will say when it is over.
func (c *core) lastCall(around bool) {
	if c.phase == PhaseClosed || c.closing() {
		return
	}
	if around {
		c.cancel(lastCalled)
	}
	c.callLast()
	for _, n := range c.nested() {
		n.post(message{op: opLastCall, arg: true})
	}
	if !around {
		c.ending.timer = time.AfterFunc(lastTenth(c.killWait()), func() { c.post(message{op: opKill}) })
	}
}

// callLast cancels what the cancel of the scope has left alone.
func (c *core) callLast() {
	c.ending.lastCalled = true
	c.cancelShields()
	if c.ending.sparing {
		c.endSpared(lastCalled)
	}
}

// killWaitOver looks for what still runs: to abandon it, or under Kill Forever
// to report it and go on waiting. The time of a scope around may be over first;
// then it is over for this one too, however far it is.
func (c *core) killWaitOver(around bool) {
	if c.phase != PhaseClosed && (c.closing() || c.phase == PhaseDraining && !around) { // only the observer is late
		if c.live() {
			c.graceOver() // it has started something
			return
		}
		c.ending.killed = true
		c.finish()
		return
	}
	if around && c.phase < PhaseCanceling {
		c.cancel(lastCalled)
	}
	if c.phase != PhaseCanceling || c.ending.killed {
		return
	}
	if !around && c.policy.Stop.Kill == policy.Forever {
		c.look(sighting{list: c.running(math.MaxInt), ofScope: true}, nil)
		return
	}
	c.ending.killed = true
	c.callLast()
	c.look(sighting{list: c.running(math.MaxInt), ofScope: true}, c.nested())
}
