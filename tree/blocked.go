package tree

import "github.com/understudy-go/understudy/policy"

// A child whose scopes could wait no longer for a child of theirs has ended, and what
// they left behind runs on. Its next incarnation would start a second one of that
// beside it. So the child is blocked: it is not started before all of that has ended,
// unless it, or what is stuck, may be replaced. Until then it counts as abandoned.

// block blocks a child that has ended if it has left something behind.
func (c *core) block(ch *Child) {
	if !c.leftSomething(ch) {
		return
	}
	if c.family.blocked == nil {
		c.family.blocked = make(map[*Child]bool)
	}
	c.family.blocked[ch] = false
	c.family.machine.Block(&ch.slot)
}

// leftSomething reports whether something that a child left behind runs on, beside
// which nothing is to be started.
func (c *core) leftSomething(ch *Child) bool {
	if ch.stop().Stuck == policy.StuckReplace {
		return false
	}
	for _, s := range c.below {
		replaceable := s.inc != nil && s.inc.child.stop().Stuck == policy.StuckReplace
		if !replaceable && !s.gone() && s.leftBy(ch) {
			return true
		}
	}
	return false
}

// leftBy reports whether the straggler runs in a scope that the child opened, or in
// one below that.
func (s *Straggler) leftBy(ch *Child) bool {
	for l := s.core.under; l != nil; l = l.scope.under {
		if l.child == ch {
			return true
		}
	}
	return false
}

// unblock starts those who waited for what has ended now.
func (c *core) unblock() {
	if c.family == nil || c.phase == PhaseClosed {
		return
	}
	for ch := range c.family.blocked {
		if !c.leftSomething(ch) {
			delete(c.family.blocked, ch)
			c.do(c.family.machine.Unblock(&ch.slot, c.clock()))
			c.settle(ch)
		}
	}
}

// tellBlocked tells those who wait for a child that was due, and was not started for
// what it left behind.
func (c *core) tellBlocked() {
	for ch, told := range c.family.blocked {
		if told || ch.slot.State() != policy.SlotAbandoned {
			continue
		}
		c.family.blocked[ch] = true
		inc := ch.current
		c.tell(ch, Event{Kind: ChildAbandoned, Incarnation: int(inc.number), Took: inc.age(), Site: ch.startedAt()})
		err := abandonedError(ch)
		ch.rest.abandon(err)
		ch.answer(err)
	}
}
