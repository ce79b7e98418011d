package actor

// endHook is somebody who is told of the end of an actor.
type endHook struct{ told func(why error) }

// AfterEnd implements [Target].
func (a *Actor[M]) AfterEnd(f func(why error)) (stop func() bool) {
	x, h := a.extra(), &endHook{f}
	x.mu.Lock()
	if x.ends == nil {
		x.ends = make(map[*endHook]bool)
	}
	x.ends[h] = true
	x.mu.Unlock()
	// Whoever ends the actor changes the word before it looks at the hooks for the last
	// time, so one of us sees the other.
	if a.hasEnded() && x.unhook(h) {
		f(ErrStopped)
	}
	return func() bool { return x.unhook(h) }
}

// hasEnded reports whether the actor has ended for good.
func (a *Actor[M]) hasEnded() bool {
	w := a.word.Load()
	return w&(closeFlag|openFlag) == closeFlag && (w&stateMask == halted || w&stateMask == emptying)
}

// unhook takes h back and reports whether that was in time.
func (x *extras[M]) unhook(h *endHook) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	in := x.ends[h]
	delete(x.ends, h)
	return in
}

// tellEnd tells those who wait for the end of the actor.
func (x *extras[M]) tellEnd(why error) {
	if x == nil {
		return
	}
	x.mu.Lock()
	ends := x.ends
	x.ends = nil
	x.mu.Unlock()
	for h := range ends {
		h.told(why)
	}
}

// AfterEmpty implements [Hosted].
func (a *Actor[M]) AfterEmpty(f func()) {
	x := a.extra()
	x.mu.Lock()
	x.emptied = append(x.emptied, f)
	x.mu.Unlock()
	if w := a.word.Load(); w&closeFlag != 0 && w&stateMask == halted {
		x.tellEmpty() // as in AfterEnd
	}
}

// tellEmpty tells those who wait until what was queued is dealt with.
func (x *extras[M]) tellEmpty() {
	if x == nil {
		return
	}
	x.mu.Lock()
	emptied := x.emptied
	x.emptied = nil
	x.mu.Unlock()
	for _, f := range emptied {
		f()
	}
}
