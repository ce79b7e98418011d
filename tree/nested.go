package tree

// The scopes opened below a scope stand on two lists: that of the life they were
// opened under, and that of the life's scope. One lock guards both, and the unit is
// taken under it: whoever can reach a scope finds that it holds one. Each holds a
// unit of the gate of that scope, which does not end before them; but for those
// that a background child opened. These are spared, as that child is: they hold
// none until the scope is canceled, or it would wait for what waits for it.

// adopt puts a scope that is opened under this life on both lists.
func (l *life) adopt(n *core) {
	c, s := l.scope, l.own()
	c.signals.mu.Lock()
	defer c.signals.mu.Unlock()
	s.nested.add(&n.link)
	c.inner.add(&n.inLink)
	n.spared = l.child != nil && l.child.spec().Background && !c.sparesNone
	if !n.spared {
		c.gate.enter(gateOther)
	}
}

// spareNone has every scope below hold a unit, now that background children are
// ended too.
func (c *core) spareNone() {
	c.signals.mu.Lock()
	defer c.signals.mu.Unlock()
	c.sparesNone = true
	for d := c.inner.first; d != nil; d = d.next {
		if n := d.nested; n.spared {
			n.spared = false
			c.gate.enter(gateOther)
		}
	}
}

// spares reports whether a scope below is spared.
func (c *core) spares() bool { return len(c.scopesBelow(true)) > 0 }

// scopesBelow returns the scopes below that are spared, or those that are not.
func (c *core) scopesBelow(spared bool) (list []*core) {
	c.signals.mu.Lock()
	defer c.signals.mu.Unlock()
	for d := c.inner.first; d != nil; d = d.next {
		if d.nested.spared == spared {
			list = append(list, d.nested)
		}
	}
	return list
}

// letGo gives back what a scope below held, which has closed.
func (c *core) letGo(n *core) {
	c.signals.mu.Lock()
	held := !n.spared
	n.spared = false
	c.signals.mu.Unlock()
	if held {
		c.leaveGate(gateOther)
	}
}

// disown takes a scope off both lists when nothing of it is left.
func (l *life) disown(n *core) {
	c, s := l.scope, l.own()
	c.signals.mu.Lock()
	defer c.signals.mu.Unlock()
	s.nested.remove(&n.link)
	c.inner.remove(&n.inLink)
}

// scopes returns the scopes open directly under this life, oldest first.
func (l *life) scopes() []*core {
	s := l.signals.Load()
	if s == nil {
		return nil
	}
	mu := &l.scope.signals.mu
	mu.Lock()
	defer mu.Unlock()
	return s.nested.cores()
}

// nested returns the scopes open directly below this one, under whichever life,
// oldest first.
func (c *core) nested() []*core {
	c.signals.mu.Lock()
	defer c.signals.mu.Unlock()
	return c.inner.cores()
}
