package around

import (
	"context"
	"time"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
)

// Time tells how long each message took, once it was handled: with the error of Receive,
// a [*policy.PanicError] for a panic and [policy.ErrGoexit] for a Goexit. told is called
// where Receive was, and the next message waits for it; its own panic is one of the actor.
func Time[M any](told func(ctx context.Context, m M, took time.Duration, err error)) actor.Wrapper[M] {
	if told == nil {
		return nil
	}
	return func(next actor.Receiver[M]) actor.Receiver[M] {
		return actor.ReceiverFunc[M](func(ctx context.Context, m M) error {
			begun, err := time.Now(), policy.ErrGoexit
			defer func() { told(ctx, m, time.Since(begun), err) }()
			err = guarded(ctx, next, m)
			return err
		})
	}
}
