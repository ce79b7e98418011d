package around

import (
	"context"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/policy"
)

// guarded has next handle m and returns how it came back, a panic as an error. It does
// not return from a Goexit.
func guarded[M any](ctx context.Context, next actor.Receiver[M], m M) error {
	return run.Call(ctx, func(ctx context.Context) error { return next.Receive(ctx, m) }, false)
}

// open reports whether what follows err, which is none of a panic, is open: the error
// has not decided it, and there is time left.
func open(ctx context.Context, err error) bool {
	if _, panicked := err.(*policy.PanicError); panicked {
		return false
	}
	return ctx.Err() == nil && policy.DecisionOf(err) == policy.ByRestart
}

// always matches every error.
func always(error) bool { return true }
