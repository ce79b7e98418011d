package actor

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/internal/self"
)

// ID is the identity of an actor, which can be written down: the tree in which
// it stands and its path there. It stays the same across restarts.
type ID struct {
	Tree uuid.UUID // zero for an actor that stands in no tree
	Path string    // names from the root down, such as "app/ingest/reader"
}

// String returns the path, after the tree's id if there is one.
func (id ID) String() string {
	if id.Tree == uuid.Nil {
		return id.Path
	}
	return fmt.Sprintf("%v/%s", id.Tree, id.Path)
}

// Target is what a [Ref] stands on: an actor here, a supervisor's inbox, an
// actor of another engine. Its methods may be called from any goroutine.
//
// A target that handles messages itself asks [Envelope.Take] before each, and
// calls [Envelope.Fail] for every ask that it will not answer. One that hands them on
// puts an ask into one mailbox only; if it stands for one other target at a time, as a
// name does, it may have a method StandsFor() Ref[M], by which that can be linked with.
type Target[M any] interface {
	// ID returns who the target is.
	ID() ID

	// Put queues e, or returns ErrStopped, ErrFull or context.Cause(ctx); on
	// error e was not queued. ctx bounds the wait for room and nothing else.
	Put(ctx context.Context, e Envelope[M]) error

	// TryPut is Put that returns ErrFull where Put would wait.
	TryPut(e Envelope[M]) error

	// AfterEnd arranges for f to be called once, when the target has ended for good: with
	// why it failed, nil if it did not; or before AfterEnd returns, with ErrStopped, if it
	// has ended already. f may be called wherever the target ends: it neither waits nor
	// panics. stop takes f back and reports whether it was in time.
	AfterEnd(f func(why error)) (stop func() bool)
}

// A Ref is the address of an actor that receives messages of type M. It is
// valid across restarts, comparable, and may be copied, kept and used from any
// goroutine. Refs of one target are equal.
//
// The zero Ref is the address of nobody: sending to it fails with ErrStopped.
type Ref[M any] struct {
	target Target[M]
}

// NewRef returns the address of t, or the zero Ref for nil.
func NewRef[M any](t Target[M]) Ref[M] { return Ref[M]{target: t} }

// Send queues m for the actor, waiting while its mailbox is full if the mailbox
// is a blocking one. It returns nil once m is queued; ErrStopped if the actor
// has ended for good, or does while Send waits; ErrFull if the mailbox is full
// and rejects, or if the actor is sending to itself; context.Cause(ctx) if ctx
// ends while Send waits. On error m was not queued.
//
// ctx bounds the wait and nothing else: the actor does not see it.
func (r Ref[M]) Send(ctx context.Context, m M) error {
	return r.Put(ctx, Envelope[M]{Message: m})
}

// TrySend is Send that never waits: it returns ErrFull where Send would.
func (r Ref[M]) TrySend(m M) error {
	return r.TryPut(Envelope[M]{Message: m})
}

// Put is Send for an envelope: for those who pass on what is, or may be, an ask. On
// error it is still theirs to answer for.
func (r Ref[M]) Put(ctx context.Context, e Envelope[M]) error {
	if r.target == nil {
		return ErrStopped
	}
	return r.target.Put(ctx, e)
}

// TryPut is Put that never waits: it returns ErrFull where Put would.
func (r Ref[M]) TryPut(e Envelope[M]) error {
	if r.target == nil {
		return ErrStopped
	}
	return r.target.TryPut(e)
}

// AfterEnd arranges for f to be called, on a goroutine of its own, once the actor has
// ended for good: it was stopped, came to an end or failed, and its supervisor will not
// start it again, unless a person has it do so. why is nil if it did not fail, else
// what its last incarnation failed with, and ErrStopped if it has ended already, or r is
// the zero Ref. stop takes f back and reports whether it was in time. Any goroutine may
// call both; neither waits.
//
// It is there for who is no actor; those use [Watch].
func (r Ref[M]) AfterEnd(f func(why error)) (stop func() bool) {
	return r.OnEnd(self.Ending{Told: func(why error) { run.Go(func() { f(why) }) }})
}

// OnEnd is AfterEnd for packages of this module: f is called where the actor ends,
// before anybody hears of the end.
func (r Ref[M]) OnEnd(f self.Ending) (stop func() bool) {
	if r.target == nil {
		f.Told(ErrStopped)
		return func() bool { return false }
	}
	return r.target.AfterEnd(f.Told)
}

// afterEnd is OnEnd with nothing around the function.
func (r Ref[M]) afterEnd(f func(why error)) (stop func() bool) {
	return r.OnEnd(self.Ending{Told: f})
}

// afterLife is afterEnd for an incarnation.
func (r Ref[M]) afterLife(f func(why error)) (stop func() bool) {
	if a, err := r.actor(); a != nil && err == nil {
		return a.afterLife(f)
	}
	return r.afterEnd(f)
}

// actor returns the actor that r is the address of, or stands for at the moment: nil if
// that is nobody, and ErrNoLink for what is none.
func (r Ref[M]) actor() (*Actor[M], error) {
	switch t := r.target.(type) {
	case nil:
		return nil, nil
	case *Actor[M]:
		return t, nil
	case interface{ StandsFor() Ref[M] }:
		return t.StandsFor().actor()
	}
	return nil, ErrNoLink
}

// Target returns what r stands on, nil for the zero Ref: for a target that hands on to
// another what it is given.
func (r Ref[M]) Target() Target[M] { return r.target }

// ID returns the identity of the actor; that of the zero Ref is zero.
func (r Ref[M]) ID() ID {
	if r.target == nil {
		return ID{}
	}
	return r.target.ID()
}

// Path returns the path of the actor in its tree, and "" for the zero Ref.
func (r Ref[M]) Path() string { return r.ID().Path }

// IsZero reports whether r is the zero Ref.
func (r Ref[M]) IsZero() bool { return r.target == nil }

// String returns the path of the actor, and "(no actor)" for the zero Ref.
func (r Ref[M]) String() string {
	if r.target == nil {
		return "(no actor)"
	}
	return r.Path()
}
