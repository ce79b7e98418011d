package actor

// Start implements [Hosted].
func (a *Actor[M]) Start() {
	for {
		w := a.word.Load()
		next := starting
		switch {
		case w&(closeFlag|openFlag) == closeFlag:
			if w&stateMask != halted && w&stateMask != emptying {
				a.startedTwice()
			}
			a.host.Ended(ErrStopped)
			return
		case w&(stateMask|startFlag) == emptying:
			next = w | startFlag
		case w&stateMask != halted:
			a.startedTwice()
		}
		if !a.word.CompareAndSwap(w, next) {
			continue
		}
		if next == starting {
			a.start(w)
		}
		return
	}
}

func (a *Actor[M]) startedTwice() {
	panic("actor: Start of " + a.ID().Path + ", whose incarnation has not ended")
}

// start begins an incarnation and serves it. The word was w and is starting.
func (a *Actor[M]) start(w uint32) {
	if w&closeFlag != 0 {
		a.box.Open()
	}
	a.host.Serving()
	if !a.begin() {
		return
	}
	a.host.Up()
	a.become(starting, active)
	a.serve()
}

// become changes the state and leaves the flags. Its caller owns the actor.
func (a *Actor[M]) become(from, to uint32) {
	a.word.Add(to - from)
}

// Stop implements [Hosted].
func (a *Actor[M]) Stop() { a.flag(stopFlag) }

// Close implements [Hosted].
func (a *Actor[M]) Close() {
	a.box.Close()
	a.flag(stopFlag | closeFlag)
}

// Open implements [Hosted].
func (a *Actor[M]) Open() {
	for {
		w := a.word.Load()
		switch {
		case w&closeFlag == 0:
			return
		case w&stateMask == halted:
			if a.word.CompareAndSwap(w, halted) {
				a.box.Open()
				return
			}
		case a.word.CompareAndSwap(w, w|openFlag):
			return
		}
	}
}

// flag sets flags, and does what they ask for when nobody owns the actor.
func (a *Actor[M]) flag(flags uint32) {
	for {
		w := a.word.Load()
		next := w | flags
		if flags&closeFlag != 0 {
			next &^= openFlag
		}
		switch w & stateMask {
		case halted, emptying:
			if flags&closeFlag == 0 {
				return // there is no incarnation that it could mean
			}
			next = next&^(stateMask|lifeFlags) | w&startFlag | emptying
			if w&closeFlag != 0 {
				next = next&^stateMask | w&stateMask
			}
		case idle:
			next += active - idle
		}
		if next != w && !a.word.CompareAndSwap(w, next) {
			continue
		}
		a.flagged(w&stateMask, next)
		return
	}
}

// flagged goes on for the one who has set a flag: if that made the actor its own,
// it ends what there is to end, where that runs no code of the actor and takes no
// time, and leaves all else to a goroutine.
func (a *Actor[M]) flagged(from, w uint32) {
	switch {
	case from == halted && w&stateMask == emptying:
		x := a.more.Load()
		x.tellEnd(x.whyHalted()) // before its host can tell of it
		if a.box.Len() > 0 || x.keepsFront() {
			a.activate()
		} else {
			a.halt()
		}
	case w&closeFlag != 0 && (from == halted || from == emptying):
		a.more.Load().tellEnd(nil) // it was closed before, and was to be started again
	case from == idle && (w&stopFlag == 0 || a.more.Load().keepsWorking() || w&closeFlag != 0 && a.Stats().Len > 0):
		a.activate() // what it has to empty may be much
	case from == idle:
		a.end(&burst[M]{actor: a}, nil)
	}
}

// end ends the incarnation, which came back with err. Its caller owns the actor
// and touches it no more.
func (a *Actor[M]) end(b *burst[M], err error) {
	b.letGo(err)
	x := a.more.Load()
	if x == nil && b.why != nil {
		x = a.extra() // the next incarnation may ask for it
	}
	if x != nil {
		if a.receiver != nil {
			x.tellLife(b.why)
		}
		x.endLife(err, b.why)
		a.word.And(^suspendFlag)
	}
	a.receiver = nil
	if a.asks.newest.Load() != nil {
		a.sweep() // or one that always fails before it rests would keep them all
	}
	a.halt()
	a.host.Ended(err)
}

// halt gives the actor up, after emptying the mailbox if it is closed.
func (a *Actor[M]) halt() {
	var why error
	for {
		w := a.word.Load()
		if w&closeFlag != 0 {
			a.box.Close() // a Start may have opened it since
			if last := a.more.Load().whyHalted(); last != nil {
				why = last
			}
			a.tellClosed(w, why)
			a.empty()
		}
		next := halted | w&(closeFlag|openFlag)
		if w&startFlag != 0 && w&openFlag != 0 {
			next = starting
		}
		if !a.word.CompareAndSwap(w, next) {
			continue
		}
		if w&closeFlag != 0 {
			if w&stateMask != emptying {
				// Those who came meanwhile; while it was emptying they saw for themselves, and
				// by now somebody may have opened it.
				a.tellClosed(w, why)
			}
			a.more.Load().tellEmpty()
		}
		// Start came while this goroutine was emptying, and left the rest to it.
		switch {
		case next == starting:
			a.start(w)
		case w&startFlag != 0:
			a.host.Ended(ErrStopped)
		}
		return
	}
}

// tellClosed tells of the end of an actor that is closed by the word w, unless it is
// to be started again.
func (a *Actor[M]) tellClosed(w uint32, why error) {
	if w&openFlag == 0 {
		a.more.Load().tellEnd(why)
	}
}

// whyHalted returns what the last incarnation failed with. Its caller owns the actor.
func (x *extras[M]) whyHalted() error {
	if x == nil {
		return nil
	}
	return x.lastError
}

// empty sends what is queued back to the askers, the rest to the dead letters. What
// the last incarnation failed with is forgotten.
func (a *Actor[M]) empty() {
	if x := a.more.Load(); x != nil {
		front := x.front
		x.front = nil
		x.aside.Store(0)
		for _, e := range front {
			a.sendBack(e, ErrStopped)
		}
		x.lastError = nil
	}
	for {
		e, ok := a.box.Take()
		if !ok {
			return
		}
		a.sendBack(e, ErrStopped)
	}
}
