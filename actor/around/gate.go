package around

import (
	"context"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
)

// Breaker says whether it is worth while to try. The TwoStepCircuitBreaker of
// github.com/sony/gobreaker/v2 is one.
type Breaker interface {
	// Allow returns an error if it is not; else what is to be told how it went, nil for
	// well. It does not wait.
	Allow() (done func(err error), err error)
}

// Gate asks b before each message. One that b refuses is not handled: it is a dead letter
// with b's error, as after [actor.Unhandled], and the actor goes on. Of the others b is told
// the error, as [Time] tells it; policy.Done(nil) went well.
func Gate[M any](b Breaker) actor.Wrapper[M] {
	if b == nil {
		return nil
	}
	return func(next actor.Receiver[M]) actor.Receiver[M] {
		return actor.ReceiverFunc[M](func(ctx context.Context, m M) error {
			done, err := b.Allow()
			if err != nil {
				return actor.Unhandled(err)
			}
			err = policy.ErrGoexit
			if done != nil {
				defer func() { done(failure(err)) }()
			}
			err = guarded(ctx, next, m)
			return err
		})
	}
}

// failure returns err if it is one.
func failure(err error) error {
	if policy.IsDone(err) {
		return nil
	}
	return err
}
