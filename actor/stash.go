package actor

import (
	"context"
	"errors"
)

// Stash puts the message in hand aside, for later: an actor that is not ready for a
// message keeps it, and takes it up with [Ref.Unstash] when it is. It is for the actor's
// own code, called on its self within Receive, on the goroutine of that, and with its ctx or
// one derived from it: with another the error is [ErrNotSelf].
//
// The message is put aside when Receive returns, unless that fails: then it is a dead
// letter like any. Its asker, if there is one, waits on, and may take it back. Stashed
// messages are bounded by Spec.Stash; one more is [ErrStashFull], and remains in hand.
// They outlive the incarnation: the next one handles them first, in order. If there is
// none they become dead letters, and asks fail with ErrStopped.
func (r Ref[M]) Stash(ctx context.Context) error {
	x, err := r.stashing(ctx)
	switch {
	case err != nil:
		return err
	case x.stash.hand == noHand:
		return errNoHand
	case x.stash.hand == toStash:
		return nil // by an earlier call
	case len(x.stash.list)+len(x.front) >= x.options.stash:
		return ErrStashFull
	}
	x.stash.hand = toStash
	return nil
}

// Unstash has all that is stashed handled next, in the order in which it came, before
// what is queued, and returns how many messages that are. The message in hand is not
// among them. Like [Ref.Stash] it is for the actor's own code, but also for New.
func (r Ref[M]) Unstash(ctx context.Context) (n int, err error) {
	x, err := r.stashing(ctx)
	if err != nil {
		return 0, err
	}
	if n = len(x.stash.list); n > 0 {
		x.unstash()
		r.target.(*Actor[M]).flag(signalFlag) // so that the burst looks at them
	}
	return n, nil
}

// ErrStashFull is returned by [Ref.Stash] when as many messages are stashed as Spec.Stash
// allows. The message is still in hand: to be handled, or answered with an error.
var ErrStashFull = errors.New("actor: stash full")

// Errors of an actor's code that stashes where it cannot.
var (
	errNoStash = errors.New("actor: Spec.Stash is zero")
	errNoHand  = errors.New("actor: no message in hand to stash")
)

// stash are the messages that an actor has put aside. All of it is the owner's.
type stash[M any] struct {
	list []Envelope[M]
	hand handState
}

// handState is what becomes of the message in hand when it was received.
type handState uint8

const (
	noHand  handState = iota // there is none
	inHand                   // it was handled
	toStash                  // it is stashed
)

// stashing returns the extras of an actor that stashes, for its own code.
func (r Ref[M]) stashing(ctx context.Context) (*extras[M], error) {
	a, err := r.own(ctx)
	if err != nil {
		return nil, err
	}
	if x := a.more.Load(); x != nil && x.options.stash > 0 {
		return x, nil
	}
	return nil, errNoStash
}

// putAside stashes e, which was in hand, if its handler had it do so.
func (x *extras[M]) putAside(e Envelope[M]) bool {
	hand := x.stash.hand
	x.stash.hand = noHand
	if hand != toStash {
		return false
	}
	if e.ask == nil || e.ask.putBack() {
		x.stash.list = append(x.stash.list, e)
		x.aside.Add(1)
	}
	return true
}

// putAsideAfter is putAside for the last message of an incarnation, which failed with
// why, or did not.
func (x *extras[M]) putAsideAfter(e Envelope[M], why error) bool {
	if why != nil {
		x.stash.hand = noHand
	}
	return x.putAside(e)
}

// unstash puts what is stashed before what was unstashed and not handled since: it is
// older.
func (x *extras[M]) unstash() {
	x.front = append(x.stash.list, x.front...)
	x.stash.list = nil
}

// takeFront takes the first of the messages that come before what is queued.
func (b *burst[M]) takeFront() (e Envelope[M], ok bool) {
	x := b.actor.more.Load()
	if len(x.front) == 0 {
		x.front, b.front = nil, false
		return e, false
	}
	e, x.front[0] = x.front[0], Envelope[M]{}
	x.front = x.front[1:]
	x.aside.Add(-1)
	b.fronts++
	return e, true
}

// keepsFront reports whether messages come before what is queued.
func (x *extras[M]) keepsFront() bool { return x != nil && len(x.front) > 0 }
