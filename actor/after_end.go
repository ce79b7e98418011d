package actor

// AfterEnd implements [Target].
func (a *Actor[M]) AfterEnd(f func(why error)) (stop func() bool) {
	x, h := a.extra(), &hook{told: f}
	return a.hang(h, &x.ends)
}

// afterLife is AfterEnd for an incarnation: the one that the actor has, if that is up or
// about to be, or else the next one that comes up. If none does, f is told ErrStopped.
func (a *Actor[M]) afterLife(f func(why error)) (stop func() bool) {
	x, h := a.extra(), &hook{told: f}
	return a.hang(h, &x.lives)
}

// hang puts h among others, and tells it at once if the actor has ended for good.
func (a *Actor[M]) hang(h *hook, among *hooks) (stop func() bool) {
	x := a.extra()
	x.mu.Lock()
	among.add(h)
	x.mu.Unlock()
	stop = func() bool {
		x.mu.Lock()
		defer x.mu.Unlock()
		return among.remove(h)
	}
	// Whoever ends the actor changes the word before it looks at the hooks for the last
	// time, so one of us sees the other.
	if a.hasEnded() && stop() {
		h.told(ErrStopped)
	}
	return stop
}

// hasEnded reports whether the actor has ended for good.
func (a *Actor[M]) hasEnded() bool {
	w := a.word.Load()
	return w&(closeFlag|openFlag) == closeFlag && (w&stateMask == halted || w&stateMask == emptying)
}

// tellEnd tells those who wait for the end of the actor, and those who wait for that of
// an incarnation that will not come.
func (x *extras[M]) tellEnd(why error) {
	if x == nil {
		return
	}
	x.mu.Lock()
	ends, lives := x.ends.take(), x.lives.take()
	x.mu.Unlock()
	lives.tell(ErrStopped)
	ends.tell(why)
}

// tellLife tells those who wait for the end of the incarnation, which was up.
func (x *extras[M]) tellLife(why error) {
	x.mu.Lock()
	lives := x.lives.take()
	x.mu.Unlock()
	lives.tell(why)
}

// AfterEmpty implements [Hosted].
func (a *Actor[M]) AfterEmpty(f func()) {
	x := a.extra()
	x.mu.Lock()
	x.emptied = append(x.emptied, f)
	x.mu.Unlock()
	if w := a.word.Load(); w&closeFlag != 0 && w&stateMask == halted {
		x.tellEmpty() // as in hang
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
