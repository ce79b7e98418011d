package router

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/registry"
	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// Spec describes a pool. A zero field means the default its comment names.
type Spec[M any] struct {
	Name string // of the pool among its siblings, not empty, no "/"

	// Worker describes the worker of each number, from 0 on; a Name left empty is the
	// number. It is called on the pool's own goroutine, once for each worker that is added,
	// and again when the pool is restarted. Drain is set in what it returns: a worker that
	// is taken away first handles what is queued for it.
	Worker func(number int) actor.Spec[M]

	Size int // workers to begin with, at least 1; zero: runtime.GOMAXPROCS(0)

	// Pick says who gets a message: registry.Random, registry.ByKey, or your own; it is
	// called on the goroutine of the sender, by many at once. A message then waits for the
	// one that was picked, also while others have room. Nil: the next in turn that has
	// room, and if nobody has, the next in turn.
	Pick registry.Pick[M]

	// Policy is how workers are supervised; zero: policy.SupervisorScope.
	Policy policy.Scope

	// What follows is of the pool itself, which fails when it gives up on its workers, as in
	// tree.ChildSpec.

	Restart   policy.Restart   // after which exits it is started again
	Backoff   policy.Backoff   // the wait before; zero: that of the scope
	Intensity policy.Intensity // its own budget; zero: none beside the scope's
	Stop      policy.Stop      // bounds its stop; zero fields: those of the scope
}

// check joins the faults of s that tree does not see.
func (s *Spec[M]) check() error {
	var faults []error
	if s.Worker == nil {
		faults = append(faults, fault("Spec.Worker", nil, "must be a function"))
	}
	if s.Size < 0 {
		faults = append(faults, fault("Spec.Size", s.Size, "must be at least 1, or 0 for the default"))
	}
	if s.Policy != (policy.Scope{}) {
		if err := s.Policy.Validate(); err != nil {
			faults = append(faults, fmt.Errorf("router.Spec.Policy: %w", err))
		}
	}
	return errors.Join(faults...)
}

func fault(field string, value any, reason string) error {
	return &policy.FieldError{Field: "router." + field, Value: value, Reason: reason}
}

// A Pool is workers that do the same, and one address for all of them. Its methods may
// be called by any number of goroutines.
//
// A worker is restarted alone, keeps its mailbox as any actor, and gets its share of
// messages meanwhile. One that ends for good gets none any more. When the pool gives up on
// its workers it fails as a child of its scope, which may start it again: with as many
// workers as it had, new ones. What was queued for those before is dead letters.
type Pool[M any] struct {
	spec    Spec[M]
	scope   *tree.Scope
	size    atomic.Int64 // workers it should have
	control actor.Ref[order]
	workers atomic.Pointer[workers[M]]
	turn    atomic.Uint64
	over    atomic.Bool // it has ended for good
	hooked  atomic.Bool // and would be told
}

// Start starts a pool in s and returns it when all workers are up; ctx bounds the wait, as
// in tree.Spawn, whose errors Start shares. If one worker does not start none remains.
// A fault in spec is a [policy.FieldError], and then nothing starts.
func Start[M any](ctx context.Context, s *tree.Scope, spec Spec[M]) (*Pool[M], error) {
	if err := spec.check(); err != nil {
		return nil, err
	}
	if spec.Policy == (policy.Scope{}) {
		spec.Policy = policy.SupervisorScope
	}
	if spec.Size == 0 {
		spec.Size = runtime.GOMAXPROCS(0)
	}
	p := &Pool[M]{spec: spec, scope: s}
	p.size.Store(int64(spec.Size))
	p.publish(nil)
	control, err := tree.Spawn(ctx, s, actor.Spec[order]{
		Name: spec.Name, New: p.newKeeper, Mailbox: mailbox.Unbounded(),
		Restart: spec.Restart, Backoff: spec.Backoff, Intensity: spec.Intensity, Stop: spec.Stop,
	})
	if err != nil {
		return nil, err
	}
	p.control = control
	return p, nil
}

// Ref returns the address of the pool: each message sent to it, and each ask, goes to one
// worker. It stays the same whatever becomes of the workers. While the pool is restarted
// a Send waits, as long as its context lasts, and TrySend returns actor.ErrFull; when it has
// ended for good they return actor.ErrStopped.
//
// A worker that asks its own pool asks the others. It is actor.ErrSelfAsk if there are
// none, or if Pick picks it.
func (p *Pool[M]) Ref() actor.Ref[M] { return actor.NewRef[M]((*target[M])(p)) }

// Workers returns the addresses of the workers by their numbers, as they are now: none
// while the pool is restarted.
func (p *Pool[M]) Workers() []actor.Ref[M] {
	var refs []actor.Ref[M]
	for _, e := range p.workers.Load().entries {
		refs = append(refs, e.Ref)
	}
	return refs
}

// Size returns how many workers the pool has, or is going to have.
func (p *Pool[M]) Size() int { return int(p.size.Load()) }

// Publish sends m to every worker, waiting for each whose mailbox is full and blocks, and
// joins the errors of those that did not take it; actor.ErrStopped if there is none.
func (p *Pool[M]) Publish(ctx context.Context, m M) error {
	entries := p.workers.Load().entries
	if len(entries) == 0 {
		return actor.ErrStopped
	}
	var errs []error
	for _, e := range entries {
		if err := e.Ref.Send(ctx, m); err != nil {
			errs = append(errs, fmt.Errorf("router: %v: %w", e.Ref, err))
		}
	}
	return errors.Join(errs...)
}

// Child returns the pool as a child of its scope, to be stopped, restarted or looked at.
// When it has been removed from the scope the error wraps tree.ErrNotFound.
func (p *Pool[M]) Child() (*tree.Child, error) { return p.scope.Child(p.spec.Name) }

// Resize makes the pool size workers strong, at least 1, and returns when those added are
// up and those taken away, the last ones, have handled what was queued for them and have
// ended; they get no messages from the beginning of that on. If a worker does not start
// the pool has as many as were up, and the error says why. When ctx ends first Resize
// returns its cause, and goes on; so do two at once, one after the other.
//
// Keys of registry.ByKey stay where they are, but for those of workers that are taken
// away, and a fair part of them for each that is added.
func (p *Pool[M]) Resize(ctx context.Context, size int) error {
	if size < 1 {
		return fault("Pool.Resize.size", size, "must be at least 1")
	}
	if ctx == nil {
		return fault("Pool.Resize.ctx", nil, "must not be nil")
	}
	err, asked := actor.Ask(ctx, p.control, func(r actor.Reply[error]) order { return order{size: size, done: r} })
	if asked != nil {
		return asked
	}
	return err
}
