package tree

import "time"

// wait is a wait before a start, of a child or of the group that restarts for it.
type wait struct {
	child *Child // nil once it has lost its meaning
	timer *time.Timer
}

// delay arms the wait before a start.
func (c *core) delay(ch *Child, after time.Duration) {
	c.tell(ch, Event{Kind: ChildDelayed, Delay: after})
	if last := c.family.waits[ch]; last != nil {
		last.stop()
	}
	w := &wait{child: ch}
	c.family.waits[ch] = w
	w.timer = time.AfterFunc(after, func() { c.post(message{op: opElapsed, arg: w}) })
}

// elapsed tells the machine that a wait is over.
func (c *core) elapsed(w *wait) {
	if ch := w.child; ch != nil {
		delete(c.family.waits, ch)
		c.do(c.family.machine.Elapsed(&ch.slot, c.clock()))
	}
}

// stop ends a wait that has lost its meaning. A timer that was stopped may still be
// kept for a while; the child is not.
func (w *wait) stop() {
	w.timer.Stop()
	w.child = nil
}

// dropWait stops the child's wait if it has lost its meaning.
func (c *core) dropWait(ch *Child) {
	if w := c.family.waits[ch]; w != nil && !c.family.machine.Awaits(&ch.slot) {
		w.stop()
		delete(c.family.waits, ch)
	}
}
