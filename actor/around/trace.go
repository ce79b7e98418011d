package around

import (
	"context"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
)

// Trace calls begin before each message and what that returned after it, with the error
// as [Time] tells it. Receive gets the context from begin, which may carry a span, or a
// logger, and has to be derived from the one that begin was given, or nil for that one.
// end may be nil. Both run where Receive runs.
//
// The context is that of the actor and not of the sender. What a trace needs of the
// sender travels in m, where begin finds it.
func Trace[M any](begin func(ctx context.Context, m M) (_ context.Context, end func(err error))) actor.Wrapper[M] {
	if begin == nil {
		return nil
	}
	return func(next actor.Receiver[M]) actor.Receiver[M] {
		return actor.ReceiverFunc[M](func(ctx context.Context, m M) error {
			inner, end := begin(ctx, m)
			if inner == nil {
				inner = ctx
			}
			err := policy.ErrGoexit
			if end != nil {
				defer func() { end(err) }()
			}
			err = guarded(inner, next, m)
			return err
		})
	}
}
