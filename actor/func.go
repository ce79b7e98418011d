package actor

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/policy"
)

// Func makes an actor for a supervisor that is not of this module: errgroup,
// suture, a plain loop. Each call of the returned function runs one incarnation
// and returns when it has ended: nil when ctx has, or when Receive returned
// policy.Done(nil); else the error that ended it, a *policy.PanicError for a panic
// and policy.ErrGoexit for a Goexit. Calling it again is a restart: the Ref and
// what is queued stay. While another call has not returned it is ErrRunning.
//
// When ctx has ended, and after policy.Done, the actor is closed: senders get
// ErrStopped, and so does who calls the function again. After a failure it is not,
// for its supervisor may restart it: its senders wait until then.
//
// The function blocks its goroutine; messages are handled on others. The
// actor stands nowhere, as in [New] without a Place. The error is that of
// [Spec.Validate].
func Func[M any](s Spec[M]) (func(ctx context.Context) error, Ref[M], error) {
	a, err := New(s, nil)
	if err != nil {
		return nil, Ref[M]{}, err
	}
	f := &foreign{actor: a}
	return f.run, a.Ref(), nil
}

// foreign runs an actor for somebody who does not know of actors.
type foreign struct {
	actor   Hosted
	running atomic.Bool
}

func (f *foreign) run(ctx context.Context) error {
	if !f.running.CompareAndSwap(false, true) {
		return ErrRunning
	}
	defer f.running.Store(false)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	h := &caller{actor: f.actor, ctx: ctx, ended: make(chan error, 1)}
	stopped := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() { f.actor.Stop(); close(stopped) })
	run.Go(func() { f.actor.Start(ctx, h) })
	err := <-h.ended
	if !unhook() {
		<-stopped // or it might hit the next incarnation
	}
	if ctx.Err() != nil || policy.DecisionOf(err) == policy.NoRestart {
		f.actor.Close()
	}
	if policy.IsDone(err) || ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// caller is the [Host] of one call of a foreign's function.
type caller struct {
	actor Hosted
	ctx   context.Context
	ended chan error
}

// Serving stops an incarnation whose context ended before it could be stopped.
func (c *caller) Serving() {
	if c.ctx.Err() != nil {
		c.actor.Stop()
	}
}

func (c *caller) Up() {}

func (c *caller) Ended(err error) { c.ended <- err }
