// Package actor is one typed actor behind a mailbox: it handles one message at
// a time, in the order in which they came, and is addressed by a [Ref] that
// stays the same when its supervisor starts it anew.
//
// # Usage
//
// Describe the actor with a [Spec] and give it to a supervisor: tree.Spawn in
// this module, or, through [Func], anything that runs a
// func(context.Context) error. Send to its Ref, or [Ask] it:
//
//	type Add struct {
//		N     int
//		Total actor.Reply[int]
//	}
//
//	total, err := actor.Ask(ctx, ref, func(r actor.Reply[int]) Add {
//		return Add{N: 5, Total: r}
//	})
//
// # The life of an actor
//
// What lasts is the Ref and the mailbox. An incarnation begins with Spec.New, which makes
// its [Receiver], with what that needs: an error of New is one of the spawner at first, and
// of the supervisor at a restart, where [LastError] says what the incarnation before failed
// with. It ends by an error or a panic, by policy.Done, or because it was stopped: after
// the message in hand, with Spec.Drain after what was queued by then. A [Stopper] gives
// back what New has taken; the next incarnation waits for that.
//
// # What becomes of a message
//
// A message is handled, still queued, returned to its sender as an error, or a
// dead letter with its cause: none is lost silently. Between two incarnations
// messages wait in the mailbox, which outlives them. The message that was in
// hand when an incarnation failed is a dead letter and is not tried again, for
// it is the likeliest cause. So is one that its handler gives up with [Unhandled], but
// then the incarnation goes on. An actor that is not ready for a message puts it aside
// with [Ref.Stash], and takes it up again with [Ref.Unstash].
//
// Errors tell what is known. [ErrStopped], [ErrFull], [ErrSelfAsk], [ErrAskCycle],
// mailbox.ErrDropped and the bare cause of a context mean that the message was not
// and will not be handled, so that sending it again is safe. [ErrNoReply] means that
// nobody can know.
//
// # The end of others
//
// An actor that watches another gets a message of its own type when that has ended for
// good: [Watch]. [WatchIncarnation] is for what lived in the other's memory, and [Link] for
// two of whom neither can go on after a failure of the other. Who is no actor uses
// [Ref.AfterEnd].
//
// # Around every message
//
// Spec.Wrap puts a Receiver into others, each a [Wrapper]: to time what it does, to trace
// it, to try a message again, to go on after some failures. Package around in this module
// has those.
//
// # Time
//
// An actor's own code has a message come to it later: [Ref.After] once, [Ref.At] at a
// time, [Ref.Every] again and again. A tick is handled as any message is, so that what it
// changes needs no lock. A [Timer] ends with the incarnation that started it, and the next
// one hears nothing of it; it can be stopped before, and then no tick comes, not even one
// that waits.
//
// An [Idler] is told when no message has come for Spec.IdleAfter, and ends by
// policy.Done(nil) if nobody needs it. With a Spec.StuckAfter the supervisor is told of a
// call of the actor's code that takes longer, while it goes on, and where it hangs. None
// of these has a goroutine that waits.
//
// # Concurrency
//
// Everything on a Ref may be called from any goroutine. A Receiver is called by
// one goroutine at a time, each call seeing what the one before wrote, and
// never by the goroutine of a sender. Messages of one sender are handled in the
// order in which it sent them.
//
// An idle actor has no goroutine. A message that finds it idle starts one,
// which serves until the mailbox is empty: one start per burst. Actors that
// have messages therefore run side by side, and one that blocks holds up
// nobody but its own senders.
//
// Most actors are idle, and are small so that there may be a million: what few need, such
// as timers, watches or a stash, costs memory where it is used, and from then on.
//
// # To look into one that runs
//
// [Inspect] calls a function with the Receiver, between two messages, and [Replace] puts
// another in its place. A supervisor can hold an actor meanwhile ([Hosted].Suspend, which
// is Child.Suspend in package tree): its messages wait until it is resumed, or restarted.
//
// # Who hosts an actor
//
// [Hosted] is the actor as its supervisor sees it, [Host] the supervisor as
// the actor sees it, and [Place] where the actor stands. They are for those who
// write supervisors; users of actors need Spec, Ref and Ask.
package actor
