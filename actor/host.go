package actor

import (
	"context"

	"github.com/understudy-go/understudy/mailbox"
)

// Host is where an actor stands, and who is told how its incarnations fare.
//
// ID, DeadLetter and Stuck may be called from any goroutine. The other calls of one
// incarnation come one after the other: Serving, Up, any number of Serving, Ended; or
// Serving, Ended if Spec.New failed; Context in between. None is made under a lock, and
// none but DeadLetter and Stuck inside the guard that turns panics of the actor into
// errors.
type Host interface {
	// ID returns the identity of the actor.
	ID() ID

	// DeadLetter is told of a message that nobody will handle: the one in hand
	// when an incarnation failed, or gave it up with [Unhandled], with the error; one
	// still queued when the actor was closed, with ErrStopped; or one that its mailbox
	// dropped, with mailbox.ErrDropped. It must not block for long, nor panic: it runs
	// while the actor serves or ends, or its sender sends. Messages of asks that return
	// ErrStopped or a bare cause are not dead letters: they went back to the asker.
	DeadLetter(m any, why error)

	// Stuck is told of a call of the actor's code that takes longer than Spec.StuckAfter,
	// while it goes on, and again when it came back, which may be before the first call of
	// Stuck has returned but is told after that. It must not block for long, nor panic. One
	// that comes in the last moment may come after Ended.
	Stuck(s Stuck)

	// Context returns the context of the incarnation, the same each time; see [Inside].
	// It carries values and the hard stop to the actor's code and stops nothing by
	// itself: its owner calls Stop too, and cancels it when the incarnation has ended.
	Context() context.Context

	// Serving is the first call on each goroutine that serves the actor: the one
	// that calls [Hosted.Start], in it, and each that serves a later burst. Before the
	// first one a Stop has no effect, and from it on every Stop has: a host that
	// may have been asked to stop before looks there, and calls Stop then.
	Serving()

	// Up is called once Spec.New has returned a Receiver, on the goroutine of Start.
	Up()

	// Ended is the last call of an incarnation. The actor has unwound, the asks it
	// took have failed, and Start may be called again, though not from within
	// Ended. err is nil when the incarnation was stopped; else the error of Spec.New,
	// Receive or Idle, a [*LinkError], a [*policy.PanicError] or policy.ErrGoexit, joined
	// with what a [Stopper] failed with. It is called on the goroutine that served, or on
	// that of Stop or Close for an idle actor.
	Ended(err error)
}

// Hosted is an actor as its supervisor sees it. [*Actor] is the one
// implementation; the interface is there because it needs no message type. Any goroutine
// may call its methods, but Start and Open as they say.
type Hosted interface {
	// Start begins an incarnation and serves what is queued. It returns when the
	// actor is idle, which is not its end, or has ended: Host.Ended tells. It runs
	// code of the actor, so it wants a goroutine of its own, which Goexit may end.
	// Start panics if an incarnation has not ended. That of a closed actor is told
	// Ended(ErrStopped), unless Open was called since.
	Start()

	// Stop asks the incarnation to end: at once when idle, else after New or the
	// message in hand; with Spec.Drain after what is queued, unless its context ends
	// before. What is left waits for the next incarnation. Without an
	// incarnation Stop has no effect, and none on the next. It never waits and runs no
	// code of the actor, but for an idle actor it may call Host.Ended; any goroutine may
	// call it, more than once.
	Stop()

	// Close makes this incarnation the last: it stops, later messages are refused
	// with ErrStopped, and when it has ended, those who wait for the end are told, queued
	// asks fail with ErrStopped, and other queued messages become dead letters. Without an
	// incarnation those who wait are told before Close returns. It never waits. Any
	// goroutine may call it, more than once.
	Close()

	// Abandon is Stop for an incarnation that nobody waits for any longer, because it does
	// not end: its asks, also those that come, fail at once, with ErrStopped or if it has
	// taken their message with a [*NoReplyError]. Other messages wait for the next
	// incarnation, or for a Close.
	Abandon()

	// Open takes a Close back: a supervisor is going to start again what had ended for
	// good. Messages wait again; or are refused until the Start, if what was queued at the
	// Close is still being dealt with. It must not be called at the same time as Close.
	Open()

	// Suspend has the actor handle no further message and no timer, and returns when it
	// does not: after the message in hand. What is sent to it waits. It stays so until
	// Resume, or the end of the incarnation; how often it was called is not counted. A stop
	// ends a suspended actor at once. The errors are those of [Inspect].
	Suspend(ctx context.Context) error

	// Resume undoes Suspend. Its errors are the same.
	Resume(ctx context.Context) error

	// Suspended reports whether the actor is suspended.
	Suspended() bool

	// AfterEnd is that of [Target].
	AfterEnd(f func(why error)) (stop func() bool)

	// AfterEmpty has f called once, when what was queued at a Close has been dealt with;
	// before it returns, if nothing is left of that. f neither waits nor panics.
	AfterEmpty(f func())

	// Stats returns how many messages wait, stashed ones too but not the one in hand; and
	// of its mailbox, how many that held at most, and has dropped.
	Stats() mailbox.Stats
}
