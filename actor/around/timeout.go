package around

import (
	"context"
	"time"

	"github.com/understudy-go/understudy/actor"
)

// Timeout gives each message d: its context ends after that. A handler that heeds it and
// returns context.DeadlineExceeded has failed as with any other error. Go cannot end one
// that does not: its message takes as long as it takes, and Spec.StuckAfter reports it.
// With zero, or less, there is no bound.
func Timeout[M any](d time.Duration) actor.Wrapper[M] {
	return func(next actor.Receiver[M]) actor.Receiver[M] {
		if d <= 0 {
			return next
		}
		return actor.ReceiverFunc[M](func(ctx context.Context, m M) error {
			ctx, cancel := context.WithTimeout(ctx, d)
			defer cancel()
			return next.Receive(ctx, m)
		})
	}
}
