package actor

import (
	"context"
	"errors"
	"time"

	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/policy"
)

// A Stopper is a [Receiver] that has something to do when its incarnation ends: to
// give back what New has taken. It has no part in the decision what follows.
type Stopper interface {
	// Stopped is called once, after the last message of the incarnation, however that
	// ended; not when New failed. why is nil for a stop and for policy.Done(nil), and
	// else the error of Receive, a *policy.PanicError or policy.ErrGoexit. It runs where
	// Receive runs, and counts as part of the incarnation: the next one waits for it.
	//
	// ctx ends with the incarnation's patience for a stop, and after Spec.StopWithin.
	// What Stopped fails with by a panic becomes part of the incarnation's error.
	Stopped(ctx context.Context, why error)
}

// DefaultStopWithin is what a zero Spec.StopWithin means.
const DefaultStopWithin = 5 * time.Second

// learn notes what else r, which is about to be the Receiver, can do.
func (a *Actor[M]) learn(r Receiver[M]) error {
	stopper, stops := r.(Stopper)
	idler, idles := r.(Idler)
	x := a.more.Load()
	wants := x != nil && x.options.idleAfter > 0
	switch {
	case wants && !idles:
		return errNotIdler
	case x == nil && !stops:
		return nil
	}
	x = a.extra()
	x.stopper = stopper
	if wants {
		x.idle.end() // of the one before
		x.idle = newIdleWatch(a, x.options.idleAfter, idler)
	}
	return nil
}

// keepsWorking reports whether the end of an idle incarnation runs code of the actor,
// or may take time, and so wants a goroutine.
func (x *extras[M]) keepsWorking() bool {
	return x != nil && (x.stopper != nil || x.options.drain)
}

// with returns err, which may be nil, and what came on top of it.
func with(err, more error) error {
	if err == nil {
		return more
	}
	return errors.Join(err, more)
}

// finish has the Receiver say its last words, and ends the incarnation.
func (a *Actor[M]) finish(b *burst[M], err error) {
	x := a.more.Load()
	if x == nil || x.stopper == nil {
		a.end(b, err)
		return
	}
	b.letGo(err)
	failed := policy.ErrGoexit
	defer func() {
		if failed != nil {
			err, b.why = with(err, failed), with(b.why, failed)
		}
		a.end(b, err)
	}()
	within := x.options.stopWithin
	if within == 0 {
		within = DefaultStopWithin
	}
	ctx, cancel := context.WithTimeout(a.host.Context(), within)
	defer cancel()
	stopper, why := x.stopper, b.why
	x.calls("Stopped")
	failed = run.Call(ctx, func(ctx context.Context) error { stopper.Stopped(ctx, why); return nil }, false)
}
