package actor

import (
	"context"
	"errors"
	"math"
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
			a.end(&burst[M]{actor: a}, err)
		}
	}()
	err = run.Call(a.host.Context(), a.callNew, false)
	return err == nil
}

// callNew makes the Receiver of the incarnation.
func (a *Actor[M]) callNew(ctx context.Context) error {
	x := a.more.Load()
	x.beginLife()
	r, err := a.create(ctx, a.Ref())
	if err != nil {
		return err
	}
	if r == nil {
		return errNilReceiver
	}
	if err := a.learn(r); err != nil {
		return err
	}
	if x != nil {
		x.lastError = nil
		for i := len(x.wrap) - 1; i >= 0; i-- {
			if r = x.wrap[i](r); r == nil {
				return errNilWrapped
			}
		}
	}
	a.receiver = r
	return nil
}

// work is the body of a goroutine that was started for an actor: to serve what was
// idle, or to empty what was closed.
func (a *Actor[M]) work() {
	if a.word.Load()&stateMask == emptying {
		a.halt()
		return
	}
	a.host.Serving()
	a.serve()
}

// serve serves until the actor is idle or its incarnation over. One guard does
// for all the messages of a burst: the one in hand is kept beside it, so that a
// failure finds it.
func (a *Actor[M]) serve() {
	b := burst[M]{actor: a}
	err := policy.ErrGoexit
	defer func() {
		if err != errIdle {
			a.finish(&b, err)
		}
	}()
	err = run.Call(a.host.Context(), b.handle, false)
}

// burst is what one goroutine does for an actor: the messages from idle to idle,
// or to the end of the incarnation. It stays on that goroutine's stack.
type burst[M any] struct {
	actor   *Actor[M]
	hand    Envelope[M]
	holding bool // whether hand is in hand, and not what is left of it

	handled int  // messages taken
	due     int  // so many of them are taken when the next signal is to be served
	front   bool // messages that were put aside come first
	until   int  // draining: so many of them are still to be taken; 0: not draining
}

const never = math.MaxInt

// handle handles messages until there are none, or the incarnation is to end.
// It returns errIdle after giving the actor up.
func (b *burst[M]) handle(ctx context.Context) error {
	a, r := b.actor, b.actor.receiver
	b.begin()
	for yielded := false; ; {
		if a.word.Load() != active || b.handled >= b.due {
			if over, err := b.attend(ctx, r); over || err != nil {
				return err
			}
		}
		if b.take() {
			yielded = false
			if !b.hand.Take() {
				continue
			}
			if err := b.receive(ctx, r); err != nil {
				return err
			}
			continue
		}
		switch {
		case b.due != never:
			b.hurry()
		case !yielded:
			// A sender that is about to send again does so now, and the next
			// message costs no new goroutine.
			yielded = true
			runtime.Gosched()
		case b.rest():
			return errIdle
		default:
			yielded = false
		}
	}
}

// begin looks for what an earlier burst or incarnation has left.
func (b *burst[M]) begin() {
	b.due = never
	if x := b.actor.more.Load(); x != nil {
		b.handled = x.handled
		b.front = len(x.front) > 0
		if x.pending.first != nil || x.urgent.first != nil || x.lane.Load() != nil {
			b.due = b.handled
		}
	}
}

// take takes the next message to be handled.
func (b *burst[M]) take() (ok bool) {
	if b.front {
		if b.hand, ok = b.takeFront(); ok {
			b.handled++
			return true
		}
	}
	if b.hand, ok = b.actor.box.Take(); ok {
		b.handled++
	}
	return ok
}

// receive handles the message in hand, which was taken.
func (b *burst[M]) receive(ctx context.Context, r Receiver[M]) error {
	b.holding = true
	if err := r.Receive(ctx, b.hand.Message); err != nil {
		return err
	}
	b.holding = false
	if b.hand.ask != nil {
		b.actor.unanswered(b.hand.ask)
	}
	return nil
}

// rest makes the actor idle and reports whether the caller is done with it: not
// when it was asked to stop.
func (b *burst[M]) rest() bool {
	a := b.actor
	if x := a.more.Load(); x != nil {
		x.handled = 0
		x.idle.rest(b.handled > 0)
	}
	if !a.word.CompareAndSwap(active, idle) {
		return false
	}
	a.lookAgain()
	return true
}

// lookAgain has a message seen that came before the word was idle. Since then the
// incarnation may have ended and another become idle: so this goroutine, which knew
// the first, leaves it to one of its own.
func (a *Actor[M]) lookAgain() {
	if a.box.Len() > 0 && a.word.CompareAndSwap(idle, active) {
		a.activate()
	}
}

// letGo tells what becomes of the message in hand when its incarnation ends with err.
func (b *burst[M]) letGo(err error) {
	if !b.holding {
		return
	}
	e := b.hand
	b.hand, b.holding = Envelope[M]{}, false
	if !policy.IsDone(err) { // a Done leaves no victim
		b.actor.host.DeadLetter(e.Message, err)
	}
	if e.ask != nil {
		b.actor.unanswered(e.ask)
	}
}

// unanswered keeps k, which was taken, if its handler did not answer it, so that
// it fails when the incarnation ends.
func (a *Actor[M]) unanswered(k *ask) {
	if k.open() {
		a.extra().asks.add(k)
	}
}
