package around

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
)

// DefaultRetries is what a zero Retries.Times means.
const DefaultRetries = 3

// Retries says how [Retry] tries a message again. The zero value tries three times more,
// at once, whatever the error.
type Retries struct {
	Times int                  // at most so often after the first time; zero: DefaultRetries
	Wait  policy.Backoff       // before each; zero: none. Its Reset has no meaning
	When  func(err error) bool // for which errors; nil: for all
}

// Retry has a message that failed handled again, from the beginning, as r says. The error
// of the last try is that of the message. Its handler must be able to do a thing twice, or
// to see that it has done it: an answer that was given is given once.
//
// The actor waits with the message, its others behind it; a wait ends with the context,
// which is when the grace of a stop is over, and the message has then failed. For longer
// waits restart the actor, with a Backoff, or send the message later.
func Retry[M any](r Retries) actor.Wrapper[M] {
	if r.Times == 0 {
		r.Times = DefaultRetries
	}
	if r.When == nil {
		r.When = always
	}
	return func(next actor.Receiver[M]) actor.Receiver[M] {
		return actor.ReceiverFunc[M](func(ctx context.Context, m M) error {
			for n := 1; ; n++ {
				err := next.Receive(ctx, m)
				if err == nil || n > r.Times || !open(ctx, err) || !r.When(err) {
					return err
				}
				if !pause(ctx, r.Wait.Delay(n, rand.Float64)) {
					return err
				}
			}
		})
	}
}

// pause waits for d, and reports whether ctx has not ended by then.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
