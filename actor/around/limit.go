package around

import (
	"context"

	"github.com/understudy-go/understudy/actor"
)

// Waiter says when it is somebody's turn. The Limiter of golang.org/x/time/rate is one.
type Waiter interface {
	// Wait returns nil when it is the caller's turn, or an error when ctx ends before
	// or the turn would never come.
	Wait(ctx context.Context) error
}

// Limit has each message wait for its turn before it is handled, the ones queued waiting
// behind it. An error of Wait is one of the message. To bound what several actors do
// together, give w to all of them.
func Limit[M any](w Waiter) actor.Wrapper[M] {
	if w == nil {
		return nil
	}
	return func(next actor.Receiver[M]) actor.Receiver[M] {
		return actor.ReceiverFunc[M](func(ctx context.Context, m M) error {
			if err := w.Wait(ctx); err != nil {
				return err
			}
			return next.Receive(ctx, m)
		})
	}
}
