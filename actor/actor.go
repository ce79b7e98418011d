package actor

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/understudy-go/understudy/mailbox"
)

// The life cycle of an actor is one word, changed atomically only: a state, and
// flags that say what is to be done.
//
//	from \ by  Start     New ok  mailbox empty  message  Stop      Close     over
//	halted     starting  -       -              -        -         emptying  -
//	starting   panics    active  -              -        +stop     +both     halted
//	idle       panics    -       -              active   active+   active+   -
//	active     panics    -       idle           -        +stop     +both     halted
//	emptying   +start    -       -              -        -         -         halted
//
// active+ is for ending the incarnation on the caller's goroutine, unless it has
// something left to do; "both" are the stop and the closed flag. "Over" is the end
// of an incarnation, or of the emptying, from which a Start that came meanwhile
// goes on. An incarnation that finds the stop flag set ends instead of becoming
// active or idle, and the flag with it; the closed flag lasts until a Start after
// Open. What is signaled makes an idle actor active too.
//
// Invariants:
//
//  1. Whoever made the word starting, active or emptying owns the actor: the
//     incarnation and the consumer's side of the mailbox are its alone until it
//     makes the word idle or halted. After that store it touches neither, unless it
//     wins the word back. (TestAStopThatRacesWithSendersLosesNothing, under -race)
//  2. An idle actor with a queued message or a signal has somebody who will see it: the
//     sender queues before it reads the word, the server makes the word idle
//     before it looks at the mailbox for the last time, and a signal is a flag of
//     the word. (TestEveryMessageOfManyBurstsIsHandled) It may find a later
//     incarnation there than the one it served, and leaves it to a goroutine of its
//     own. (TestAServerLeavesALaterIncarnationToAGoroutineOfItsOwn)
//  3. Every Start is followed by exactly one Ended, and nothing of that
//     incarnation comes after it. (TestALifeCycleFollowsItsModel)
//  4. A message that was queued is handled, or a dead letter, or back with its
//     asker, exactly once. (TestAStopThatRacesWithSendersLosesNothing)
//  5. The mailbox is closed before the closed flag is set, so that whoever finds
//     the flag can empty it for good.
//     (TestACloseThatRacesWithSendersLosesNothing)
const (
	halted   uint32 = iota // no incarnation; messages wait, or are refused when closed
	starting               // Spec.New is being called
	idle                   // up, mailbox empty, no goroutine; with no flag but suspendFlag
	active                 // up, and being served or ended
	emptying               // no incarnation; what was queued becomes dead letters

	stateMask   uint32 = 7
	stopFlag    uint32 = 1 << 3 // the incarnation is to end
	closeFlag   uint32 = 1 << 4 // there will be no further one
	openFlag    uint32 = 1 << 5 // unless Start is called
	startFlag   uint32 = 1 << 6 // Start was called while emptying
	signalFlag  uint32 = 1 << 7 // there is something in the lane
	suspendFlag uint32 = 1 << 8 // messages wait although it is up
	abandonFlag uint32 = 1 << 9 // nobody waits for the incarnation, nor for its answers

	// An incarnation takes these with it.
	lifeFlags = stopFlag | startFlag | signalFlag | suspendFlag | abandonFlag
)

// Actor is one actor: its mailbox, which lasts, and at most one incarnation.
// [New] makes one; it is a [Target] and a [Hosted].
//
// There may be a million, most of them idle: what few need is in more, and what
// is needed only while an actor is served belongs to the [burst].
type Actor[M any] struct {
	word    atomic.Uint32
	unswept int32 // the owner's: asks handled since the last sweep, less those it kept

	asks     owed
	box      mailbox.Mailbox[Envelope[M]]
	create   func(context.Context, Ref[M]) (Receiver[M], error)
	host     Host
	receiver Receiver[M] // the owner's; nil without an incarnation
	more     atomic.Pointer[extras[M]]
}

// New returns an actor as s describes it, without an incarnation: messages are
// queued until [Actor.Start]. h is where it stands, and is told how it fares.
//
// The error is that of [Spec.Validate], or of Spec.NewMailbox. The fields of s from Restart
// on are for the supervisor; the actor does not look at them.
func New[M any](s Spec[M], h Host) (*Actor[M], error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if h == nil {
		return nil, errNilHost
	}
	a := &Actor[M]{create: s.New, host: h}
	if err := a.makeBox(&s); err != nil {
		return nil, err
	}
	if o := s.options(); o != (options{}) || s.Wrap != nil {
		a.more.Store(&extras[M]{options: o, wrappers: s.Wrap, stuck: newStuckWatch[M](h, o.stuckAfter)})
	}
	return a, nil
}

// makeBox makes the mailbox that s asks for.
func (a *Actor[M]) makeBox(s *Spec[M]) (err error) {
	if s.NewMailbox != nil {
		if a.box, err = s.NewMailbox(a.dropped); err == nil && a.box == nil {
			err = errNilMailbox
		}
		return err
	}
	var drop func(Envelope[M])
	if s.Mailbox.Drops() {
		drop = a.dropped
	}
	a.box, err = mailbox.New(s.Mailbox, drop)
	return err
}

// dropped is told what the mailbox had taken and has dropped.
func (a *Actor[M]) dropped(e Envelope[M]) {
	a.sendBack(e, mailbox.ErrDropped)
	if e.ask != nil {
		a.dropsAsk()
	}
}

// sendBack tells whoever should know that e will not be handled: its asker, or
// else the place.
func (a *Actor[M]) sendBack(e Envelope[M], why error) {
	if e.ask == nil {
		a.host.DeadLetter(e.Message, why)
		return
	}
	e.Fail(why)
}

// Ref returns the actor's address.
func (a *Actor[M]) Ref() Ref[M] { return Ref[M]{target: a} }

// ID implements [Target].
func (a *Actor[M]) ID() ID { return a.host.ID() }

// Stats implements [Hosted].
func (a *Actor[M]) Stats() mailbox.Stats {
	s := a.box.Stats()
	if x := a.more.Load(); x != nil {
		s.Len += int(x.aside.Load())
	}
	return s
}

// Put implements [Target]. That an ask is one of the actor itself, or closes a circle, is
// seen here, for it may have come by way of another target.
func (a *Actor[M]) Put(ctx context.Context, e Envelope[M]) error {
	if e.ask != nil {
		if err := e.ask.enter(ctx, a); err != nil {
			return err
		}
	}
	if err := a.box.TryPut(e); err != nil {
		if err = a.wait(ctx, e, err); err != nil {
			return err
		}
	}
	a.owe(e.ask)
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
	a.owe(e.ask)
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

// activate passes the caller's ownership of the actor to a new goroutine.
func (a *Actor[M]) activate() { goWork(a) }
