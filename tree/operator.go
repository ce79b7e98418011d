package tree

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/policy"
)

// Shutdown asks the child to stop, as its Stop says, and waits until it has ended
// for good. When ctx ends first it returns ctx's cause; the stop goes on. A child
// that outlives its stop is an error wrapping [ErrAbandoned]. A child may ask this
// of itself, with its own context: then it does not wait. Where an operator has it
// started again meanwhile, it has ended, and that was waited for.
//
// The stop is an operator's: it is no failure, no budget pays for it, and no
// group restart brings the child back. It waits for no other child's start or stop.
func (ch *Child) Shutdown(ctx context.Context) error {
	return ch.end("Child.Shutdown.ctx", ctx, (*core).stopChild)
}

// Remove stops the child, if it runs, as [Child.Shutdown] does, and frees its name
// once it has ended. One that was abandoned loses its name at once.
func (ch *Child) Remove(ctx context.Context) error {
	return ch.end("Child.Remove.ctx", ctx, (*core).removeChild)
}

// end has an operator's wish met that ends the child, and waits for it.
func (ch *Child) end(arg string, ctx context.Context, wish func(*core, *Child)) error {
	if ctx == nil {
		return fault(arg, nil, "must not be nil")
	}
	var await func(context.Context) error
	ch.owner().inTurn(func() {
		wish(ch.owner(), ch)
		await = ch.rest.stop() // here, or it might be a later life that is waited for
	})
	if ch.around(ctx) {
		return nil
	}
	return await(ctx)
}

// Restart starts the child if it has ended, or stops it and starts it again if it
// runs, and waits as [Scope.Start] would: until it runs, or is ready where that is
// waited for. A start that fails is returned as Start returns it, and not tried
// again. When ctx ends first it returns ctx's cause, and the restart goes on. A child
// may ask this of itself, with its own context: then it does not wait.
//
// It is an operator's restart: no budget pays for it, and it waits for no other
// child, but for a group to which the child belongs and that stops, or waits to be
// started. The errors: [ErrNotFound] for a child that has lost its place; [ErrClosed] and
// [ErrDraining] as for an outsider's start; [ErrRestarting] while the child is being
// started or waits for it; [ErrAbandoned] while it runs on after it was abandoned;
// [ErrFull] when its place of a Limit has gone to another; [ErrNotReady] when it was
// stopped before it was started; [ErrSelfWait] for a sibling whose group is being
// stopped, when the restart would come after its own end. What is shielded runs once.
func (ch *Child) Restart(ctx context.Context) error {
	if ctx == nil {
		return fault("Child.Restart.ctx", nil, "must not be nil")
	}
	w, err := &starter{}, error(nil)
	if ch.around(ctx) {
		w = nil
	}
	ch.owner().inTurn(func() {
		if !ch.named {
			err = fmt.Errorf("%w: %q in %s", ErrNotFound, ch.name, ch.owner().path())
			return
		}
		if w != nil {
			_, who := ch.owner().asker(ctx)
			if err = ch.owner().mayAwait(who, ch); err != nil {
				return
			}
		}
		if before := ch.few().starter; w != nil && before != nil {
			w = before // of one who asked before
		}
		if err = ch.owner().restartChild(ch, w); err == nil && w != nil {
			w.waiting++
		}
	})
	if err != nil || w == nil {
		return err
	}
	return ch.awaitStart(ctx, w)
}

// Restart is [Child.Restart] by name and does not wait. It returns what can be said
// at once.
func (s *Scope) Restart(name string) error {
	return s.manage(name, func(c *core, ch *Child) error { return c.restartChild(ch, nil) })
}

// Remove is [Child.Remove] by name and does not wait.
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
		c.answerRest(ch)
	}
}

// removeChild stops the child and forgets it.
func (c *core) removeChild(ch *Child) {
	if ch.named {
		c.do(c.family.machine.RemoveChild(&ch.slot))
		c.settle(ch)
		c.answerRest(ch)
	}
}

// restartChild is an operator's restart. w waits for it; nil for nobody.
func (c *core) restartChild(ch *Child, w *starter) error {
	if err := c.refuse(false); err != nil {
		return err
	}
	switch state := ch.slot.State(); {
	case ch.shield() != nil:
		return fault("Scope.Restart.name", ch.name, "what is shielded runs once")
	case c.awaited(ch) != nil:
		return fmt.Errorf("%w: %s is being replaced", ErrRestarting, ch.Path())
	case state == policy.SlotAbandoned, state == policy.SlotStopped && ch.slot.Blocked():
		return fmt.Errorf("%w: %s has not ended", ErrAbandoned, ch.Path())
	case state != policy.SlotRunning && state != policy.SlotStopping && state != policy.SlotStopped:
		return fmt.Errorf("%w: %s is %s", ErrRestarting, ch.Path(), state)
	}
	if err := c.takeNow(ch, false); err != nil {
		return err
	}
	if w != nil {
		x := ch.few()
		x.starter = w
		ch.keep(x)
	}
	if ch.slot.State() == policy.SlotStopping {
		ch.current.again = true
	}
	ch.listed = false
	c.do(c.family.machine.RestartChild(&ch.slot))
	return nil
}

// cancelChild stops the child without a grace.
func (c *core) cancelChild(ch *Child, x cancellation) {
	if !ch.named {
		return
	}
	if inc := ch.current; inc != nil && !inc.back() {
		inc.cancel(x.err, x.cause)
	}
	c.stopChild(ch)
	if inc := ch.current; inc != nil && !inc.back() {
		c.boundKill(inc)
	}
}
