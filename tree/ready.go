package tree

import (
	"context"
	"fmt"
)

// Ready says that the child that ctx belongs to, directly or through scopes it
// opened, is up. [Scope.Start] of a child with WaitReady returns then, and a
// supervisor goes on to its next fixed child. What the child returns before is an
// error of the start, not a crash.
//
// The second Ready of an incarnation returns [ErrReady], and a context that is
// no child's [ErrNoScope]. It may be called from any goroutine.
func Ready(ctx context.Context) error { return ReadyWith(ctx, nil) }

// ReadyWith is [Ready] with something for the starter, who finds it with
// [Child.Info]: an address that was bound, say.
func ReadyWith(ctx context.Context, info any) error {
	l := childLifeOf(ctx)
	if l == nil {
		return ErrNoScope
	}
	if !l.own().ready.CompareAndSwap(false, true) {
		return fmt.Errorf("%w: %s", ErrReady, l.child.Path())
	}
	l.scope.post(message{op: opReady, arg: readiness{life: l, info: info, up: l.child.hosted == nil}})
	return nil
}

type readiness struct {
	life *life // of the incarnation
	info any   // nil for nothing new
	up   bool  // it is up; what an actor's New says by itself is only its info
}

// childReady takes the word of an incarnation that waits to be up.
func (c *core) childReady(r readiness) {
	ch := r.life.child
	inc := ch.current
	if inc == nil || &inc.life != r.life || inc.over {
		return // somebody it left behind said so
	}
	if r.info != nil {
		x := ch.few()
		x.info = r.info
		ch.keep(x)
	}
	if r.up {
		c.tell(ch, Event{Kind: ChildReady, Incarnation: int(inc.number)})
		c.isUp(inc)
	}
}

// isUp tells the machine and the starter that the incarnation is up.
func (c *core) isUp(inc *incarnation) {
	ch := inc.child
	if inc.up || ch.current != inc {
		return
	}
	inc.up = true
	c.do(c.family.machine.Started(&ch.slot, c.clock()))
	ch.aside = ch.aside && ch.slot.StaysDown()
	if !inc.again {
		ch.answer(nil)
	}
}

// waited reports whether the child is up only when it says so.
func (ch *Child) waited() bool { return ch.hosted != nil || ch.spec().WaitReady }
