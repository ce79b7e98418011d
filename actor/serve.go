package actor

import (
	"context"
	"errors"
	"runtime"

	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/policy"
)

// errIdle is how serving comes back when the actor is no longer its own.
var errIdle = errors.New("actor: idle")

// begin calls Spec.New and reports whether there is a Receiver to serve with.
// If there is none the incarnation has ended.
func (a *Actor[M]) begin() (up bool) {
	err := policy.ErrGoexit
	defer func() {
		if err != nil {
			a.end(err)
		}
	}()
	err = run.Call(a.life, a.callNew, false)
	return err == nil
}

// callNew makes the Receiver of the incarnation.
func (a *Actor[M]) callNew(ctx context.Context) error {
	r, err := a.create(ctx, a.Ref())
	if err != nil {
		return err
	}
	if r == nil {
		return errNilReceiver
	}
	a.life.receiver = r
	return nil
}

// serveBurst is the body of a goroutine that serves an actor found idle.
func (a *Actor[M]) serveBurst() {
	a.life.host.Serving()
	a.burst()
}

// burst serves until the actor is idle or its incarnation over. One guard does
// for all the messages of a burst: the one in hand is a field, so that a failure
// finds it.
func (a *Actor[M]) burst() {
	err := policy.ErrGoexit
	defer func() {
		if err != errIdle {
			a.end(err)
		}
	}()
	err = run.Call(a.life, a.handle, false)
}

// handle handles messages until there are none, or the incarnation is to end.
// It returns errIdle after giving the actor up.
func (a *Actor[M]) handle(ctx context.Context) error {
	life, r := a.life, a.life.receiver
	yielded := false
	for a.word.Load() == active {
		var ok bool
		if a.inHand, ok = a.box.Take(); !ok {
			if !yielded {
				// A sender that is about to send again does so now, and the next
				// message costs no new goroutine.
				yielded = true
				runtime.Gosched()
				continue
			}
			if a.rest(life) {
				return errIdle
			}
			yielded = false
			continue
		}
		yielded = false
		if !a.inHand.Take() {
			continue
		}
		a.holding = true
		if err := r.Receive(ctx, a.inHand.Message); err != nil {
			return err
		}
		a.holding = false
		if a.inHand.ask != nil {
			a.unanswered(a.inHand.ask)
		}
	}
	a.inHand = Envelope[M]{}
	return nil // asked to stop
}

// rest makes the actor idle and reports whether the caller is done with it: not
// when it was asked to stop, nor when a message came and is the caller's to
// handle.
func (a *Actor[M]) rest(life *incarnation[M]) bool {
	return a.word.CompareAndSwap(active, idle) && !a.regain(life)
}

// regain wins an idle actor back for life, if it has messages. Between the two
// looks at the word life may have ended and another become idle: what is queued
// is then that one's, and so is the goroutine that handles it.
func (a *Actor[M]) regain(life *incarnation[M]) bool {
	if a.box.Len() == 0 || !a.word.CompareAndSwap(idle, active) {
		return false
	}
	if a.life != life {
		a.activate()
		return false
	}
	return true
}

// unanswered keeps k, which was taken, if its handler did not answer it, so that
// it fails when the incarnation ends.
func (a *Actor[M]) unanswered(k *ask) {
	if !k.open() {
		return
	}
	if a.life.asks == nil {
		a.life.asks = &unanswered{}
	}
	a.life.asks.add(k)
}
