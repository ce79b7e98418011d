package tree

import (
	"context"
	"fmt"
)

// admit decides for one who entered against a flag, and gives the unit back
// when it is refused.
func (c *core) admit(inside bool, unit int64) error {
	err := c.refuse(inside)
	if err != nil {
		c.leaveGate(unit)
	}
	return err
}

// admitTask is admit for a task, whose ctx may be anybody's and panic.
func (c *core) admitTask(ctx context.Context) error {
	entered := true
	defer func() {
		if entered {
			c.leaveGate(gateTask)
		}
	}()
	inside := c.owns(ctx)
	entered = false
	return c.admit(inside, gateTask)
}

// refuse words why a start is not allowed now, and returns nil when it is. inside
// says that a descendant asks.
func (c *core) refuse(inside bool) error {
	switch {
	case c.mayEnter(inside):
		return nil
	case c.gate.has(gateShut):
		return c.refused(ErrClosed)
	}
	return c.refused(ErrDraining)
}

// mayEnter reports whether a start is allowed now.
func (c *core) mayEnter(inside bool) bool {
	return !c.gate.has(gateShut) && (inside || !c.gate.has(gateDraining))
}

// leaveGate gives a unit back from outside a turn.
func (c *core) leaveGate(unit int64) {
	if c.gate.leave(unit) {
		c.post(message{op: opEmpty})
	}
}

// owns reports whether ctx belongs to this scope or to one below it.
func (c *core) owns(ctx context.Context) bool {
	inside, _ := c.asker(ctx)
	return inside
}

// asker reports what owns does, and returns the child of this scope that ctx belongs
// to, if it does to one.
func (c *core) asker(ctx context.Context) (inside bool, who *Child) {
	for l := lifeOf(ctx); l != nil; l = l.scope.under {
		switch {
		case l.scope != c:
		default:
			return true, l.child
		}
	}
	return false, nil
}

// mayAwait refuses one who would wait for a start that waits for his own stop: a
// group that is being stopped, to which he belongs, has the start in line.
func (c *core) mayAwait(who, ch *Child) error {
	if who == nil || c.family == nil || !c.family.machine.StartsAfter(&ch.slot, &who.slot) {
		return nil
	}
	return fmt.Errorf("%w: %s for the start of %s, which comes after its own stop", ErrSelfWait, who.Path(), ch.Path())
}

// mayStart refuses a child for the scope's phase, its name, who asks, or want of a
// place.
func (c *core) mayStart(ch *Child) error {
	w := ch.few().starter
	if err := c.refuse(w.inside); err != nil {
		return err
	}
	if by := c.child(ch.name); by != nil {
		return c.taken(ch, by)
	}
	if err := c.mayAwait(w.who, ch); err != nil {
		return err
	}
	return c.takeNow(ch, w.inside)
}

// refused counts a refusal and words it.
func (c *core) refused(reason error) error {
	c.counts.refused.Add(1)
	if reason == ErrClosed {
		c.turnedAway.Store(true)
	}
	err := &refusal{reason: reason, path: c.path(), by: c.ownMark()}
	if !c.closed.on() {
		c.tell(nil, Event{Kind: SpawnRefused, Err: err})
	}
	return err
}

// refusal is the error of a spawn that a scope refused.
type refusal struct {
	reason error // ErrClosed or ErrDraining
	path   string
	by     *mark // the scope's, which the error must not keep alive
}

// mark stands for a scope where only its identity is wanted.
type mark struct{ _ byte }

func (c *core) ownMark() *mark {
	c.mark.CompareAndSwap(nil, new(mark))
	return c.mark.Load()
}

// Error implements error.
func (r *refusal) Error() string { return fmt.Sprintf("%v: %s", r.reason, r.path) }

// Unwrap lets errors.Is find the reason.
func (r *refusal) Unwrap() error { return r.reason }

// of reports whether the refusal is by the scope of l, or by one around it. To
// one whose context was canceled it says no more than that.
func (r *refusal) of(l *life) bool {
	for ; l != nil; l = l.scope.under {
		if l.scope.mark.Load() == r.by {
			return true
		}
	}
	return false
}
