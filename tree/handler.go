package tree

import "github.com/understudy-go/understudy/actor"

// stuckCall is a call of an actor's code that takes too long, or one that came back.
type stuckCall struct {
	ch *Child
	actor.Stuck
}

// stuckCalls are those that wait until the stacks of others were looked for.
type stuckCalls struct{ waiting []stuckCall }

// Stuck implements [actor.Host].
func (h *host) Stuck(s actor.Stuck) {
	ch := (*Child)(h)
	ch.owner().post(message{op: opStuck, arg: stuckCall{ch, s}})
}

// callStuck has s told, after those that came before. There is one look for stacks at a
// time, for all that came during the one before: thousands may be stuck at once, and each
// look stops the world.
func (c *core) callStuck(s stuckCall) {
	switch {
	case c.phase == PhaseClosed: // it was abandoned
	case c.stuck != nil:
		c.stuck.waiting = append(c.stuck.waiting, s)
	case s.Back:
		c.tellStuck(s, "")
	default:
		c.gate.enter(gateOther)
		c.stuck = &stuckCalls{}
		c.lookAtStuck([]stuckCall{s})
	}
}

// lookAtStuck finds the stacks away from the turn, and comes back with opStuckSeen.
func (c *core) lookAtStuck(calls []stuckCall) {
	aside(func() {
		seen := stuckSeen{calls: calls, stacks: make([]*Straggler, len(calls))}
		for i, s := range calls {
			seen.stacks[i] = &Straggler{labels: labels{s.ch.owner().path(), s.ch.name}}
		}
		findStacks(seen.stacks)
		c.post(message{op: opStuckSeen, arg: seen})
	})
}

// stuckSeen are calls with their stacks.
type stuckSeen struct {
	calls  []stuckCall
	stacks []*Straggler
}

// sawStuck tells of calls whose stacks were looked for, and has the next looked at.
func (c *core) sawStuck(seen stuckSeen) {
	for i, s := range seen.calls {
		if c.phase != PhaseClosed {
			c.tellStuck(s, seen.stacks[i].Stack)
		}
	}
	if calls := c.stuck.waiting; len(calls) > 0 {
		c.stuck.waiting = nil
		c.lookAtStuck(calls)
		return
	}
	c.stuck = nil
	c.gate.leave(gateOther) // Handle looks whether that was the last
}

func (c *core) tellStuck(s stuckCall, stack string) {
	if s.Back {
		c.tell(s.ch, Event{Kind: HandlerCameBack, Doing: s.Doing, Took: s.Took})
		return
	}
	c.tell(s.ch, Event{Kind: HandlerStuck, Doing: s.Doing, Took: s.Took, Stack: stack})
}
