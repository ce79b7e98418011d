package registry

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/policy"
)

// Publish sends m to each entry of the group key, and returns how many took it. The
// error is nil if all did, or there are none; else a [*MissedError] that says who did
// not and why. The entries are those of the moment when Publish is called; all get the
// same m.
//
// First all are sent to that have room; then Publish waits for the others, one after
// the other, where their mailboxes are blocking ones, until ctx ends. ctx bounds these
// waits and nothing else. A nil ctx, or a key that cannot be found again, is a
// [*policy.FieldError], and nobody was sent to.
func (g *Groups[K, M]) Publish(ctx context.Context, key K, m M) (took int, err error) {
	if ctx == nil {
		return 0, fault("Groups.Publish.ctx", nil, "must not be nil")
	}
	return g.publish("Groups.Publish", key, m, func(ref actor.Ref[M]) error { return ref.Send(ctx, m) })
}

// TryPublish is Publish that never waits: who has no room has missed the message with
// [actor.ErrFull].
func (g *Groups[K, M]) TryPublish(key K, m M) (took int, err error) {
	return g.publish("Groups.TryPublish", key, m, nil)
}

// publish sends to all, and again, with wait, to those who had no room.
func (g *Groups[K, M]) publish(caller string, key K, m M, wait func(actor.Ref[M]) error) (took int, err error) {
	if err := checkKey(caller, key); err != nil {
		return 0, err
	}
	entries := g.entries(key)
	var missed, full []Missed[M]
	for _, e := range entries {
		switch err := e.Ref.TrySend(m); {
		case err == nil:
		case err == actor.ErrFull && wait != nil:
			full = append(full, Missed[M]{e, err})
		default:
			missed = append(missed, Missed[M]{e, err})
		}
	}
	for _, f := range full {
		if f.Err = wait(f.Entry.Ref); f.Err != nil {
			missed = append(missed, f)
		}
	}
	took = len(entries) - len(missed)
	if len(missed) > 0 {
		return took, &MissedError[M]{Took: took, Missed: missed}
	}
	return took, nil
}

// Dispatch calls f with the entries of the group key, in the order in which they came,
// and returns what f does; without entries f is not called. f runs on the caller's
// goroutine and may do with the entries what it likes but change them: others have the
// same slice. It is for who sends to some of them only, or not the same to all. A nil f,
// or a key that cannot be found again, is a [*policy.FieldError].
func (g *Groups[K, M]) Dispatch(key K, f func(entries []Entry[M]) error) error {
	if err := checkDispatch("Groups.Dispatch", key, f); err != nil {
		return err
	}
	if entries := g.entries(key); len(entries) > 0 {
		return f(entries)
	}
	return nil
}

// DispatchParallel is Dispatch in which f is called at once on up to n goroutines, each
// time with another part of the entries, each of which is in one part; 0 is as many as
// run at a time. It returns when all calls have, with their errors joined; a panic is one,
// as a [*policy.PanicError], and a [runtime.Goexit] is [policy.ErrGoexit].
func (g *Groups[K, M]) DispatchParallel(key K, n int, f func(part []Entry[M]) error) error {
	const caller = "Groups.DispatchParallel"
	if err := checkDispatch(caller, key, f); err != nil {
		return err
	}
	switch {
	case n < 0:
		return fault(caller+".n", n, "must not be negative")
	case n == 0:
		n = runtime.GOMAXPROCS(0)
	}
	entries := g.entries(key)
	n = min(n, len(entries))
	errs := make([]error, n)
	var parts sync.WaitGroup
	for i := range n {
		part := entries[i*len(entries)/n : (i+1)*len(entries)/n : (i+1)*len(entries)/n]
		parts.Add(1)
		run.Go(func() {
			defer parts.Done()
			errs[i] = policy.ErrGoexit
			errs[i] = run.Call(context.Background(), func(context.Context) error { return f(part) }, false)
		})
	}
	parts.Wait()
	return errors.Join(errs...)
}

func checkDispatch[K comparable, M any](caller string, key K, f func([]Entry[M]) error) error {
	if f == nil {
		return fault(caller+".f", nil, "must be a function")
	}
	return checkKey(caller, key)
}
