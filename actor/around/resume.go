package around

import (
	"context"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
)

// Resume answers an error that when matches by giving up the message and nothing else: it
// is a dead letter with the error, and the incarnation goes on with the state it has, as
// after [actor.Unhandled]. when is for failures that leave that state as good as it was;
// nil matches every error. What it does not match ends the incarnation.
//
// A panic is none of them, nor is an error that decides for itself; see the package.
func Resume[M any](when func(err error) bool) actor.Wrapper[M] {
	if when == nil {
		when = always
	}
	return func(next actor.Receiver[M]) actor.Receiver[M] {
		return actor.ReceiverFunc[M](func(ctx context.Context, m M) error {
			err := next.Receive(ctx, m)
			if err == nil || !open(ctx, err) || !when(err) {
				return err
			}
			return actor.Unhandled(err)
		})
	}
}

// ResumePanic is [Resume] for panics that when matches, nil being all of them, also where
// the scope's policy.Panic is PanicCrash. A panic may have left the state half changed, and
// nobody looks at it before the next message does: to let a supervisor make a new one is
// nearly always better.
func ResumePanic[M any](when func(p *policy.PanicError) bool) actor.Wrapper[M] {
	return func(next actor.Receiver[M]) actor.Receiver[M] {
		return actor.ReceiverFunc[M](func(ctx context.Context, m M) error {
			err := guarded(ctx, next, m)
			p, panicked := err.(*policy.PanicError)
			if !panicked || ctx.Err() != nil || when != nil && !when(p) {
				return err
			}
			return actor.Unhandled(p)
		})
	}
}
