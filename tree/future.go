package tree

import (
	"context"
	"runtime"

	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/policy"
)

// Future is the result of a function that [Async] started. The zero Future never
// comes. Its methods may be called by any number of goroutines, any number of
// times.
//
// It holds what the function returned, and nothing of the scope. The scope holds
// it only while the function runs, so a result lives as long as somebody has its
// Future.
type Future[T any] struct {
	done  latch
	value T // written before done is set, as err is
	err   error
}

// Async starts f as a plain task of s, as [Scope.Go] does, and returns a handle on
// what f will return. Whom to ask for its place, how long the start may wait,
// under which context f runs, and what its failure does to its siblings and to the
// result of [Run] is all as with Go; the Future has the error as well, whoever else
// is told of it.
//
// On an error f is not called, now or later: s is closed or refuses the start, or an
// argument is nil.
func Async[T any](ctx context.Context, s *Scope, f func(ctx context.Context) (T, error)) (*Future[T], error) {
	switch {
	case f == nil:
		return nil, fault("Async.f", nil, "must be a function")
	case ctx == nil:
		return nil, fault("Async.ctx", nil, "must not be nil")
	case s == nil:
		return nil, fault("Async.s", nil, "must be a scope")
	case s.core == nil:
		return nil, ErrClosed
	}
	c, future := s.core, new(Future[T])
	err := c.goFor(ctx, functionPC(f), func(ctx context.Context) error {
		return future.from(ctx, f, c.policy.Panic == policy.PanicCrash)
	})
	runtime.KeepAlive(s)
	if err != nil {
		return nil, err
	}
	return future, nil
}

// from calls f and keeps what it returns, or how else it came back.
func (f *Future[T]) from(ctx context.Context, call func(context.Context) (T, error), crash bool) error {
	f.err = policy.ErrGoexit
	defer f.done.set()
	f.err = run.Call(ctx, func(ctx context.Context) (err error) {
		f.value, err = call(ctx)
		return err
	}, crash)
	if policy.IsDone(f.err) {
		f.err = nil // which is no failure
	}
	return f.err
}

// Wait blocks until the function has come back and returns what it returned: at
// once, from then on. The error of one that panicked is a [*policy.PanicError],
// and [policy.ErrGoexit] of one that called [runtime.Goexit].
//
// When ctx ends first, Wait returns its cause. The function does not hear of that,
// and a later Wait may still have its result. A result that is there is worth more
// than a ctx that has ended.
func (f *Future[T]) Wait(ctx context.Context) (T, error) {
	var none T
	if ctx == nil {
		return none, fault("Future.Wait.ctx", nil, "must not be nil")
	}
	if !f.done.on() {
		select {
		case <-f.done.c():
		case <-ctx.Done():
			if !f.done.on() {
				return none, context.Cause(ctx)
			}
		}
	}
	return f.value, f.err
}

// Done returns a channel that is closed when the function has come back and Wait
// would return at once.
func (f *Future[T]) Done() <-chan struct{} { return f.done.c() }
