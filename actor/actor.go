package actor

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
)

// The life cycle of an actor is one word, changed by compare-and-swap only.
//
//	from \ by  Start     New ok  mailbox empty  message  Stop      Close     incarnation over
//	halted     starting  -       -              -        -         active*   -
//	starting   panics    active  -              -        +stop     +both     halted
//	idle       panics    -       -              active   active+   active+   -
//	active     panics    -       idle           -        +stop     +both     halted
//
// active* is for emptying the mailbox, active+ for ending the incarnation on the
// caller's goroutine; "both" are the stop and the closed flag. An incarnation
// that finds the stop flag set ends instead of becoming active or idle; the flag
// ends with it, the closed flag never does.
//
// Invariants:
//
//  1. Whoever made the word starting or active owns the actor: the incarnation
//     and the consumer's side of the mailbox are its alone until it makes the
//     word idle or halted. After that store it touches neither, unless it wins
//     the word back. (TestAStopThatRacesWithSendersLosesNothing, under -race)
//  2. An idle actor with a queued message has somebody who will see it: the
//     sender queues before it reads the word, the server makes the word idle
//     before it looks at the mailbox for the last time.
//     (TestEveryMessageOfManyBurstsIsHandled) It may find a later incarnation
//     there than the one it served, and leaves it to a goroutine of its own.
//     (TestAServerLeavesALaterIncarnationToAGoroutineOfItsOwn)
//  3. Every Start is followed by exactly one Ended, and nothing of that
//     incarnation comes after it. (TestALifeCycleFollowsItsModel)
//  4. A message that was queued is handled, or a dead letter, or back with its
//     asker, exactly once. (TestAStopThatRacesWithSendersLosesNothing)
//  5. The mailbox is closed before the closed flag is set, so that whoever finds
//     the flag can empty it for good.
//     (TestACloseThatRacesWithSendersLosesNothing)
const (
	halted   uint32 = iota // no incarnation; messages wait
	starting               // Spec.New is being called
	idle                   // up, mailbox empty, no goroutine; never with a flag
	active                 // up, being served, ended or emptied

	stateMask uint32 = 3
	stopFlag  uint32 = 4 // the incarnation is to end
	closeFlag uint32 = 8 // there will be no further one
)

// Actor is one actor: its mailbox, which lasts, and at most one incarnation.
// [New] makes one; it is a [Target] and a [Hosted].
type Actor[M any] struct {
	word    atomic.Uint32
	holding bool // whether inHand is in hand, and not what is left of it; the owner's

	box    mailbox.Mailbox[Envelope[M]]
	create func(context.Context, Ref[M]) (Receiver[M], error)
	place  Place

	life   *incarnation[M] // the owner's; nil when halted
	inHand Envelope[M]     // the owner's; a field so that the end of an incarnation knows it
	serve  func()          // the owner's; made once, as each use of a method value would allocate
}

// New returns an actor as s describes it, without an incarnation: messages are
// queued until [Actor.Start]. at is where it stands; nil is nowhere: its path is
// then its name, and dead letters are logged to slog.Default.
//
// The error is that of [Spec.Validate]. Restart, Backoff, Stop, Significant
// and IsCancel are for the supervisor; the actor does not look at them.
func New[M any](s Spec[M], at Place) (*Actor[M], error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if at == nil {
		at = &nowhere{name: s.Name}
	}
	a := &Actor[M]{create: s.New, place: at}
	var drop func(Envelope[M])
	if s.Mailbox.Drops() {
		drop = a.dropped
	}
	box, err := mailbox.New(s.Mailbox, drop)
	if err != nil {
		return nil, err
	}
	a.box = box
	return a, nil
}

// dropped is told what the mailbox dropped.
func (a *Actor[M]) dropped(e Envelope[M]) {
	if e.ask != nil {
		e.Fail(mailbox.ErrDropped)
		return
	}
	a.place.DeadLetter(e.Message, mailbox.ErrDropped)
}

// Ref returns the actor's address.
func (a *Actor[M]) Ref() Ref[M] { return Ref[M]{target: a} }

// ID implements [Target].
func (a *Actor[M]) ID() ID { return a.place.ID() }

// Len implements [Hosted].
func (a *Actor[M]) Len() int { return a.box.Len() }

// Put implements [Target].
func (a *Actor[M]) Put(ctx context.Context, e Envelope[M]) error {
	if err := a.box.TryPut(e); err != nil {
		if err = a.wait(ctx, e, err); err != nil {
			return err
		}
	}
	a.wake()
	return nil
}

// wait queues e, which was refused with err, if waiting can help.
func (a *Actor[M]) wait(ctx context.Context, e Envelope[M], err error) error {
	if err == ErrFull && !isSelf(ctx, Target[M](a)) {
		err = a.box.Put(ctx, e)
	}
	return refusal(err)
}

// TryPut implements [Target].
func (a *Actor[M]) TryPut(e Envelope[M]) error {
	if err := a.box.TryPut(e); err != nil {
		return refusal(err)
	}
	a.wake()
	return nil
}

// refusal puts a mailbox's error into the words of this package.
func refusal(err error) error {
	if errors.Is(err, mailbox.ErrClosed) {
		return ErrStopped
	}
	return err
}

// wake has a message that was queued seen, invariant 2.
func (a *Actor[M]) wake() {
	if a.word.Load() == idle && a.word.CompareAndSwap(idle, active) {
		a.activate()
	}
}

// activate passes the caller's ownership of an active actor to a new goroutine.
func (a *Actor[M]) activate() {
	if a.serve == nil {
		a.serve = a.serveBurst
	}
	run.Go(a.serve)
}

// Start implements [Hosted].
func (a *Actor[M]) Start(ctx context.Context, h Host) {
	if !a.word.CompareAndSwap(halted, starting) {
		if a.word.Load()&closeFlag == 0 {
			panic("actor: Start of " + a.ID().Path + ", whose incarnation has not ended")
		}
		h.Ended(ErrStopped)
		return
	}
	a.life = &incarnation[M]{Context: ctx, actor: a, host: h}
	h.Serving()
	if !a.begin() {
		return
	}
	h.Up()
	if a.word.CompareAndSwap(starting, active) {
		a.burst()
	} else {
		a.end(nil)
	}
}

// Stop implements [Hosted].
func (a *Actor[M]) Stop() { a.flag(stopFlag) }

// Close implements [Hosted].
func (a *Actor[M]) Close() {
	a.box.Close()
	a.flag(stopFlag | closeFlag)
}

// flag sets flags, and does what they ask for when nobody owns the actor.
func (a *Actor[M]) flag(flags uint32) {
	for {
		w := a.word.Load()
		next := w | flags
		switch w & stateMask {
		case halted:
			if flags&closeFlag == 0 || w&closeFlag != 0 {
				return
			}
			next = active | flags
		case idle:
			next = active | flags
		}
		if !a.word.CompareAndSwap(w, next) {
			continue
		}
		switch w & stateMask {
		case halted:
			a.halt()
		case idle:
			a.end(nil)
		}
		return
	}
}

// end ends the incarnation, which came back with err. Its caller owns the actor
// and touches it no more.
func (a *Actor[M]) end(err error) {
	life := a.life
	if a.holding {
		e := a.inHand
		a.inHand, a.holding = Envelope[M]{}, false
		if !policy.IsDone(err) { // a Done leaves no victim
			a.place.DeadLetter(e.Message, err)
		}
		if e.ask != nil {
			a.unanswered(e.ask)
		}
	}
	if life.asks != nil {
		life.asks.failAll(&NoReplyError{Cause: err})
	}
	a.life = nil
	a.halt()
	life.host.Ended(err)
}

// halt gives the actor up, after emptying the mailbox if it is closed.
func (a *Actor[M]) halt() {
	for {
		w := a.word.Load()
		if w&closeFlag != 0 {
			a.empty()
		}
		if a.word.CompareAndSwap(w, halted|w&closeFlag) {
			return
		}
	}
}

// empty sends what is queued back to the askers, the rest to the dead letters.
func (a *Actor[M]) empty() {
	for {
		e, ok := a.box.Take()
		if !ok {
			return
		}
		if e.ask == nil {
			a.place.DeadLetter(e.Message, ErrStopped)
			continue
		}
		e.Fail(ErrStopped)
	}
}
