package actor

import (
	"slices"
	"sync/atomic"
)

// owed are the asks that an actor was sent and has not answered, and others that it has
// since it last looked: so that they can be failed by somebody else while its handler is
// stuck, who cannot look into the mailbox. Anybody pushes; whoever takes takes all.
type owed struct{ newest atomic.Pointer[ask] }

func (o *owed) push(k *ask) {
	for {
		k.below = o.newest.Load()
		if o.newest.CompareAndSwap(k.below, k) {
			return
		}
	}
}

// each takes all and calls f with each.
func (o *owed) each(f func(k *ask)) {
	for k := o.newest.Swap(nil); k != nil; {
		below := k.below
		k.below = nil
		f(k)
		k = below
	}
}

// owe keeps k, which is queued, or was and is not any more.
func (a *Actor[M]) owe(k *ask) {
	if k == nil || !k.open() {
		return
	}
	a.asks.push(k)
	if a.word.Load()&abandonFlag != 0 { // or Abandon finds it
		a.forsake()
	}
}

// answers counts an ask that was handled: those that nobody waits for any more are
// swept out when they may be as many as the others, so that a long burst keeps few.
func (a *Actor[M]) answers() {
	if a.unswept++; a.unswept >= minSweep {
		a.sweep()
	}
}

// dropsAsk counts an ask that the mailbox has dropped, as answers does: of those there may
// be any number while one is handled. It runs on the goroutine of a sender.
func (a *Actor[M]) dropsAsk() {
	if x := a.extra(); x.unswept.Add(1) >= minSweep {
		x.unswept.Store(-a.sweepAsks())
	}
}

// sweep drops the asks that nobody waits for any more. Its caller owns the actor.
func (a *Actor[M]) sweep() { a.unswept = -a.sweepAsks() }

// sweepAsks is sweep for everybody, and returns how many it kept.
func (a *Actor[M]) sweepAsks() (kept int32) {
	a.asks.each(func(k *ask) {
		if k.open() {
			kept++
			a.asks.push(k)
		}
	})
	if kept > 0 && a.word.Load()&abandonFlag != 0 {
		a.forsake() // which may have come while they were in hand here
	}
	return kept
}

// Abandon implements [Hosted].
func (a *Actor[M]) Abandon() {
	a.flag(stopFlag | abandonFlag)
	a.forsake()
}

// forsake fails the asks of an actor that nobody waits for.
func (a *Actor[M]) forsake() {
	a.asks.each(func(k *ask) {
		if !k.refuse(ErrStopped) {
			k.fail(&NoReplyError{Cause: errAbandoned})
		}
	})
}

// unanswered are the asks that an incarnation took and has not answered yet: the
// owner's, so that a Reply given to somebody else needs no lock. Those settled meanwhile
// are swept out when there are twice as many as after the last sweep.
type unanswered struct {
	list  []*ask
	limit int // sweep when there are so many
}

const minSweep = 32 // asks; fewer than this are not worth a sweep

// add keeps k, which was taken and not settled by its handler.
func (u *unanswered) add(k *ask) {
	if len(u.list) >= max(u.limit, minSweep) {
		u.list = slices.DeleteFunc(u.list, func(k *ask) bool { return !k.open() })
		u.limit = 2 * len(u.list)
	}
	u.list = append(u.list, k)
}

// failAll makes every asker that still waits return err.
func (u *unanswered) failAll(err error) {
	for _, k := range u.list {
		k.fail(err)
	}
}
