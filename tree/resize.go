package tree

import (
	"context"
	"fmt"
)

// Resize changes how many partitions are in use, to the first n: from 0 to as many as
// the supervisor was started with. The others are stopped one after the other, the last
// one first, each as by [Child.Shutdown]; they keep their places, unless they are
// Temporary. Those of the first n that Resize had stopped are started again, in order,
// each as by [Child.Restart]. It returns when all that is done. Most keys then have
// another partition: fewer are used from the call on, more when all of them are up.
//
// A partition that had stopped otherwise, by an operator or by its own end, is left as
// it is, and so is one that was removed. A restart of the supervisor brings all back.
//
// Resizes of one supervisor follow each other. Nothing changes when ctx ends before the
// turn has come; nor with a [policy.FieldError], [ErrNoSupervisor], or [ErrClosed] and
// [ErrDraining] as for an outsider's start; nor with [ErrSelfWait], for a partition that
// would stop itself, and for any child of the supervisor while another Resize is under
// way, which may be waiting for that child. Descendants count as the child.
//
// Otherwise the first error of a stop or a start is returned, ctx's cause when ctx ends
// first. All the stops are asked for all the same; but after a start that failed no
// other is tried, and no more partitions are used than before. Resize may then be called
// again.
func (p *Partitions) Resize(ctx context.Context, n int) error {
	switch {
	case ctx == nil:
		return fault("Partitions.Resize.ctx", nil, "must not be nil")
	case p == nil || p.supervisor == nil:
		return ErrClosed
	case n < 0 || n > len(p.names):
		return fault("Partitions.Resize.n", n, fmt.Sprintf("must be from 0 to %d", len(p.names)))
	}
	c, err := p.supervisor.inner()
	if err != nil {
		return err
	}
	if err := p.beginResize(ctx, c, n); err != nil {
		return err
	}
	defer c.inTurn(c.endResize)
	all := p.look(c).children
	if err := layAllAside(ctx, all[n:]); err != nil {
		return err
	}
	if err := c.bringBack(ctx, all[:n]); err != nil {
		return err
	}
	c.inUse.Store(&n)
	return nil
}

// beginResize waits for its turn among the calls of Resize. From then on no key belongs
// to a partition that is going to be stopped.
func (p *Partitions) beginResize(ctx context.Context, c *core, n int) (err error) {
	for {
		var other *latch
		c.inTurn(func() {
			if err = p.mayResize(ctx, c, n); err != nil {
				return
			}
			if other = c.family.resizing; other == nil {
				c.family.resizing = &latch{}
				c.inUse.Store(new(min(n, p.count(c))))
			}
		})
		if other == nil {
			return err
		}
		select {
		case <-other.c():
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// mayResize refuses who would wait for itself, or might.
func (p *Partitions) mayResize(ctx context.Context, c *core, n int) error {
	inside, who := c.asker(ctx)
	switch err := c.refuse(false); {
	case err != nil:
		return err
	case c.family == nil:
		return ErrClosed // or about to boot
	case inside && c.family.resizing != nil:
		return fmt.Errorf("%w: Resize of %s, which is being resized", ErrSelfWait, c.path())
	case who == nil:
		return nil
	}
	for _, name := range p.names[n:] {
		if ch := c.child(name); ch == who && !ch.slot.StaysDown() {
			return fmt.Errorf("%w: Resize to %d by %s", ErrSelfWait, n, ch.Path())
		}
	}
	return nil
}

// endResize lets the next one begin.
func (c *core) endResize() {
	c.family.resizing.set()
	c.family.resizing = nil
}

// layAllAside stops children, the last one first, and returns the first error.
func layAllAside(ctx context.Context, children []*Child) (first error) {
	for i := len(children) - 1; i >= 0; i-- {
		ch := children[i]
		if ch == nil {
			continue
		}
		if err := ch.end("Partitions.Resize.ctx", ctx, (*core).layAside); first == nil {
			first = err
		}
	}
	return first
}

// layAside is a stop that Resize takes back, unless somebody else had stopped the child.
func (c *core) layAside(ch *Child) {
	ch.aside = ch.aside || !ch.slot.StaysDown()
	c.stopChild(ch)
}

// bringBack starts those children again that were laid aside, until the first error.
func (c *core) bringBack(ctx context.Context, children []*Child) error {
	for _, ch := range children {
		aside := false
		c.inTurn(func() { aside = ch != nil && ch.aside })
		if !aside {
			continue
		}
		if err := ch.Restart(ctx); err != nil {
			return err
		}
	}
	return nil
}
