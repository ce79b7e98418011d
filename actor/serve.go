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
	b := burst[M]{actor: a}
	err := policy.ErrGoexit
	defer func() {
		if err != nil {
			a.finish(&b, err) // a Receiver that could not be wrapped is told
		}
	}()
	err = run.Call(a.host.Context(), b.callNew, false)
	return err == nil
}

// callNew makes the Receiver of the incarnation.
func (b *burst[M]) callNew(ctx context.Context) error {
	a := b.actor
	x := a.more.Load()
	x.beginLife()
	x.calls("New")
	r, err := a.create(ctx, a.Ref())
	if err != nil {
		return b.judge(err)
	}
	if r == nil {
		return errNilReceiver
	}
	if err := a.learn(r); err != nil {
		return err
	}
	if x != nil {
		x.lastError = nil
		if len(x.wrappers) > 0 {
			x.made = r
		}
		if r, err = x.wrap(r); err != nil {
			return err
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
	err = run.Call(a.host.Context(), b.run, false)
}

// run is handle, and judges what that came back with: here, where methods of an error
// are guarded as all code of the actor is.
func (b *burst[M]) run(ctx context.Context) error {
	err := b.handle(ctx)
	if err == errIdle {
		return err
	}
	return b.judge(err)
}

// judge notes whether err, with which the incarnation comes back, is a failure.
func (b *burst[M]) judge(err error) error {
	b.why, b.judged = b.actor.whyOver(err), true
	return err
}

// burst is what one goroutine does for an actor: the messages from idle to idle,
// or to the end of the incarnation. It stays on that goroutine's stack.
type burst[M any] struct {
	actor   *Actor[M]
	hand    Envelope[M]
	holding bool // whether hand is in hand, and not what is left of it
	judged  bool
	why     error // once judged: what it failed with, nil if what it came back with is no failure

	handled int  // messages taken
	due     int  // so many of them are taken when the next signal is to be served
	front   bool // messages that were put aside come first
	fronts  int  // such messages taken
	stashes bool // the actor may put messages aside
	stuck   *stuckWatch[M]

	draining bool // asked to stop, and handling what was queued by then:
	until    int  // so many of the mailbox are taken when that is done
}

const never = math.MaxInt

// handle handles messages until there are none, or the incarnation is to end.
// It returns errIdle after giving the actor up.
func (b *burst[M]) handle(ctx context.Context) error {
	a, r := b.actor, b.actor.receiver
	b.begin()
	for yielded := false; ; {
		if a.word.Load() != active || b.handled >= b.due {
			switch next, err := b.attend(ctx, r); {
			case next == over || err != nil:
				return err
			case next == again:
				r = a.receiver // which may be another
				continue
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
		b.stuck = x.stuck
		b.front, b.stashes = len(x.front) > 0, x.options.stash > 0
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
	if b.stuck != nil {
		b.stuck.enter("", b.hand.Message)
	}
	if b.stashes {
		b.actor.more.Load().stash.hand = inHand
	}
	if err := r.Receive(ctx, b.hand.Message); err != nil {
		return b.failed(err)
	}
	b.holding = false
	switch {
	case b.stashes && b.actor.more.Load().putAside(b.hand):
	case b.hand.ask != nil:
		b.actor.unanswered(b.hand.ask)
		b.actor.answers()
	}
	return nil
}

// rest makes the actor idle and reports whether the caller is done with it: not
// when it was asked to stop.
func (b *burst[M]) rest() bool {
	a := b.actor
	if x := a.more.Load(); x != nil {
		x.handled = 0
		x.stuck.leave()
		x.idle.rest(b.handled > 0)
	}
	if a.unswept >= 0 && a.asks.newest.Load() != nil {
		a.sweep()
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
	if !b.judged {
		b.why, b.judged = err, true // it came to no judgment
	}
	if !b.holding {
		return
	}
	e := b.hand
	b.hand, b.holding = Envelope[M]{}, false
	if b.stashes && b.actor.more.Load().putAsideAfter(e, b.why) {
		return
	}
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
