package tree

import (
	"fmt"

	"github.com/understudy-go/understudy/policy"
)

// Restart starts a child that has ended, or stops and starts one that runs, and
// does not wait. It is an operator's restart: no budget pays for it. The errors:
// [ErrNotFound]; [ErrClosed] and [ErrDraining] as for an outsider's start;
// [ErrRestarting] while the child is being started or waits for it; [ErrAbandoned]
// while it runs on after it was abandoned; [ErrFull] when its place of a Limit has
// gone to another. What is shielded runs once, and a child that is being removed
// stays so.
func (s *Scope) Restart(name string) error { return s.manage(name, (*core).restartChild) }

// Remove stops a child, if it runs, and frees its name once it has ended. It does
// not wait.
func (s *Scope) Remove(name string) error {
	return s.manage(name, func(c *core, ch *Child) error {
		c.removeChild(ch)
		return nil
	})
}

// manage has an operator's wish about one child met within a turn.
func (s *Scope) manage(name string, do func(*core, *Child) error) (err error) {
	c := s.core
	if c == nil {
		return ErrClosed
	}
	c.inTurn(func() {
		err = c.withChild(name, func(ch *Child) error { return do(c, ch) })
	})
	return err
}

// stopChild is an operator's stop.
func (c *core) stopChild(ch *Child) {
	if ch.named {
		c.do(c.family.machine.StopChild(&ch.slot))
		c.settle(ch)
	}
}

// removeChild stops the child and forgets it.
func (c *core) removeChild(ch *Child) {
	if ch.named {
		c.do(c.family.machine.RemoveChild(&ch.slot))
		c.settle(ch)
	}
}

// restartChild is an operator's restart.
func (c *core) restartChild(ch *Child) error {
	if err := c.refuse(false); err != nil {
		return err
	}
	switch state := ch.slot.State(); {
	case ch.shield != nil:
		return fault("Scope.Restart.name", ch.name, "what is shielded runs once")
	case c.awaited(ch) != nil:
		return fmt.Errorf("%w: %s is being replaced", ErrRestarting, ch.Path())
	case state == policy.SlotAbandoned:
		return fmt.Errorf("%w: %s has not ended", ErrAbandoned, ch.Path())
	case state != policy.SlotRunning && state != policy.SlotStopping && state != policy.SlotStopped:
		return fmt.Errorf("%w: %s is %s", ErrRestarting, ch.Path(), state)
	}
	if ch.takesPlace() && !ch.hasPlace {
		if !c.places.try() {
			return c.full(false, "")
		}
		ch.hasPlace = true
	}
	c.do(c.family.machine.RestartChild(&ch.slot))
	return nil
}

// cancelChild stops the child without a grace.
func (c *core) cancelChild(ch *Child, x cancellation) {
	if !ch.named {
		return
	}
	if inc := ch.current; inc != nil && !inc.back.Load() {
		inc.cancel(x.err, x.cause)
	}
	c.stopChild(ch)
	if inc := ch.current; inc != nil && !inc.back.Load() {
		c.boundKill(inc)
	}
}
