package tree

import (
	"context"
	"errors"
	"runtime"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
)

// Spawn makes an actor that is a child of s and returns its address, once its
// New has returned: what New fails with is Spawn's error. The actor is
// supervised as its spec and s's policy say; its Ref and mailbox stay the same
// across restarts. While idle it has no goroutine.
//
// ctx bounds the wait, as in [Scope.Start], whose errors Spawn shares. An actor
// whose New returned [policy.ErrIgnored] does not run, and refuses messages with
// [actor.ErrStopped], as one does that has ended, until it is restarted.
func Spawn[M any](ctx context.Context, s *Scope, spec actor.Spec[M]) (actor.Ref[M], error) {
	var none actor.Ref[M]
	if s == nil {
		return none, fault("Spawn.s", nil, "must be a scope")
	}
	c := s.core
	if c == nil {
		return none, ErrClosed
	}
	ch := &Child{name: spec.Name, first: incarnation{life: life{scope: c}}}
	a, err := actor.New(spec, (*host)(ch))
	if err != nil {
		return none, err
	}
	ch.hosted = a
	ch.become(c.describeActor(&ChildSpec{
		Restart:     spec.Restart,
		Backoff:     spec.Backoff,
		NewBackoff:  spec.NewBackoff,
		Intensity:   spec.Intensity,
		Exhausted:   spec.Exhausted,
		Decide:      spec.Decide,
		Stop:        spec.Stop,
		Significant: spec.Significant,
		IsCancel:    spec.IsCancel,
	}, callerPC()))
	f := faults{at: "actor.Spec"}
	ch.spec().checkRestarts(&f)
	ch.spec().checkOwner(&f, c.rules())
	if spec.Stop.Stuck == policy.StuckReplace {
		f.add("Stop.Stuck", spec.Stop.Stuck, "two incarnations cannot serve one mailbox")
	}
	if err := errors.Join(f.list...); err != nil {
		return none, err
	}
	err = c.start("Spawn", ctx, ch)
	runtime.KeepAlive(s)
	if err != nil {
		return none, err
	}
	return a.Ref(), nil
}
