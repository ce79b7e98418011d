package actor

import "context"

// A Receiver handles the messages of one incarnation of an actor.
type Receiver[M any] interface {
	// Receive handles m. It is called for one message at a time, and may block:
	// no other actor waits for it.
	//
	// ctx is the incarnation's: the same in every call, with the values of the
	// actor's scope and not of the sender, and canceled when the patience for a
	// stop is over. With it [Ask] knows an actor that asks itself.
	//
	// A returned error ends the incarnation, as a panic does, and the supervisor
	// decides what follows; m is then a dead letter. policy.Done(nil) ends it
	// normally: m counts as handled and the actor is not started again.
	// To refuse m and go on, answer with an error in the reply and return nil; to give it
	// up and go on, return [Unhandled].
	Receive(ctx context.Context, m M) error
}

// ReceiverFunc is a function as a [Receiver].
type ReceiverFunc[M any] func(ctx context.Context, m M) error

// Receive calls f.
func (f ReceiverFunc[M]) Receive(ctx context.Context, m M) error { return f(ctx, m) }
