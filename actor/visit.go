package actor

import (
	"context"
	"errors"
	"fmt"

	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/policy"
)

// Inspect calls look with the Receiver of an actor, as Spec.New made it, and returns what
// look returns. It is called in the actor, between two messages, so it may read what only
// the actor may; the actor waits until it has returned. Also while the actor is suspended.
//
// Like [Ask] it waits for the message in hand, and for an incarnation if there is none, and
// its errors say the same: look was not and will not be called when the error is ErrStopped,
// ErrSelfAsk or just context.Cause(ctx); when ctx ends while it runs the error is a
// [*NoReplyError]. A panic in look is returned as a [*policy.PanicError], and the actor is
// none the worse. Another error says that the Receiver is no R; [Receiver] as R is any.
// Any goroutine may call Inspect.
func Inspect[M any, R Receiver[M]](ctx context.Context, ref Ref[M], look func(r R) error) error {
	return visit(ctx, ref, func(_ *Actor[M], r R) error { return look(r) })
}

// Replace is [Inspect] with a Receiver that takes the place of the one it was called with,
// from the next message on, until the incarnation ends: for a repair by hand, as of a state
// that Inspect has shown to be wrong. The new one is asked whether it is a [Stopper] or an
// [Idler], and put into what Spec.Wrap says; nothing is called of the old one. If with
// returns an error, or nil for a Receiver, everything stays as it was.
func Replace[M any, R Receiver[M]](ctx context.Context, ref Ref[M], with func(r R) (Receiver[M], error)) error {
	return visit(ctx, ref, func(a *Actor[M], r R) error {
		next, err := with(r)
		if err != nil {
			return err
		}
		return a.adopt(next)
	})
}

// errElsewhere is returned of an address behind which there is no actor of this package.
var errElsewhere = errors.New("actor: not an actor that can be looked into from here")

// visit calls f in the actor of ref, between two messages.
func visit[M any, R Receiver[M]](ctx context.Context, ref Ref[M], f func(a *Actor[M], r R) error) error {
	a, ok := ref.target.(*Actor[M])
	switch {
	case ref.target == nil:
		return ErrStopped
	case !ok:
		return errElsewhere
	}
	return a.between(ctx, func(context.Context) error {
		a.more.Load().calls("Inspect")
		r, ok := a.made().(R)
		if !ok {
			return fmt.Errorf("actor: the Receiver of %s is a %T", a.ID().Path, a.made())
		}
		return f(a, r)
	})
}

// Suspend implements [Hosted].
func (a *Actor[M]) Suspend(ctx context.Context) error {
	return a.between(ctx, func(context.Context) error { a.word.Or(suspendFlag); return nil })
}

// Resume implements [Hosted].
func (a *Actor[M]) Resume(ctx context.Context) error {
	return a.between(ctx, func(context.Context) error { a.word.And(^suspendFlag); return nil })
}

// Suspended implements [Hosted].
func (a *Actor[M]) Suspended() bool { return a.word.Load()&suspendFlag != 0 }

// between calls f in the actor, between two messages, with the context of the incarnation,
// and returns what f returns.
func (a *Actor[M]) between(ctx context.Context, f func(context.Context) error) error {
	switch {
	case isSelf(ctx, Target[M](a)):
		return ErrSelfAsk
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	k := &asked[error]{ask: ask{done: make(chan struct{})}}
	s := &signal[M]{urgent: true}
	s.serve = func() (e Envelope[M], deliver bool, err error) {
		if k.state.CompareAndSwap(askQueued, askTaken) {
			a.call(f, k)
		}
		return e, false, nil
	}
	s.lost = func() { // the next incarnation will do
		if k.open() {
			a.post(s)
		}
	}
	stop := a.AfterEnd(func(error) { k.fail(ErrStopped) })
	defer stop()
	a.post(s)
	result, err := k.await(ctx)
	if err == nil {
		err = result
	}
	return err
}

// call calls f and answers k with its error. Goexit ends the incarnation, as it does in
// Receive.
func (a *Actor[M]) call(f func(context.Context) error, k *asked[error]) {
	exited := true
	defer func() {
		if exited {
			k.fail(&NoReplyError{Cause: policy.ErrGoexit})
		}
	}()
	err := run.Call(a.host.Context(), f, false)
	exited = false
	Reply[error]{k}.Send(err)
}

// made returns the Receiver of the incarnation as New made it. It is for the owner.
func (a *Actor[M]) made() Receiver[M] {
	if x := a.more.Load(); x != nil && x.made != nil {
		return x.made
	}
	return a.receiver
}

// adopt puts r in the place of the Receiver.
func (a *Actor[M]) adopt(r Receiver[M]) error {
	if r == nil {
		return errNilReceiver
	}
	x := a.extra()
	wrapped, err := x.wrap(r)
	if err != nil {
		return err
	}
	if err := a.learn(r); err != nil {
		return err
	}
	x.made, a.receiver = r, wrapped
	return nil
}
