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
	// The owner makes the word halted before it looks at the hooks, so one of us sees
	// the other. It knows why: the others are left to it.
	if w := a.word.Load(); w&stateMask == halted && w&closeFlag != 0 && x.takeEnd(h) {
		f(ErrStopped)
	}
	return func() bool { return x.takeEnd(h) }
}

// takeEnd takes h back and reports whether it was not told.
func (x *extras[M]) takeEnd(h *endHook) bool {
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
