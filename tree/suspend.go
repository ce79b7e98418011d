package tree

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/actor"
)

// Suspend has the actor that the child is handle no further message, and returns when it
// does not: after the message in hand. What is sent to it waits, and so do its timers;
// [actor.Inspect] and [actor.Replace] go on. It is a person's hold, until [Child.Resume] or
// the end of the incarnation: a stop ends a suspended actor at once, and the next
// incarnation is not suspended. Suspending it twice is suspending it once.
//
// When ctx ends first it returns ctx's cause, and the actor is not suspended; if there is
// no incarnation it waits for one. The errors: [ErrNoActor]; [actor.ErrStopped] for an
// actor that has ended for good; [actor.ErrSelfAsk] for one that would suspend itself.
func (ch *Child) Suspend(ctx context.Context) error {
	return ch.withActor("Child.Suspend.ctx", ctx, actor.Hosted.Suspend)
}

// Resume undoes [Child.Suspend]: what waits is handled, in order. Its errors are the same.
func (ch *Child) Resume(ctx context.Context) error {
	return ch.withActor("Child.Resume.ctx", ctx, actor.Hosted.Resume)
}

// withActor has something done by the actor that the child is.
func (ch *Child) withActor(arg string, ctx context.Context, do func(actor.Hosted, context.Context) error) error {
	if ctx == nil {
		return fault(arg, nil, "must not be nil")
	}
	a := ch.actor()
	if a == nil {
		return fmt.Errorf("%w: %s", ErrNoActor, ch.Path())
	}
	return do(a, ctx)
}
