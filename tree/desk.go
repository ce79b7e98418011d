package tree

import (
	"context"
	"fmt"
	"sync"

	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/policy"
)

// A desk is where the functions that one call runs, of [Gather], [Race], [Any],
// [AsCompleted] or [Stream], hand in what they return, and where the caller's
// goroutine, which is the body of their scope, takes it.
//
// Invariants:
//
//  1. Each function that was to begin hands in exactly one result, whatever
//     becomes of it, and does not wait for that.
//  2. A failure that is handed in while the matter is open is the caller's: the
//     scope does not log it. One that comes later is the scope's to report, for
//     nobody else will hear of it. A panic is reported in either case.
type desk[T any] struct {
	scope   *core
	decides func(policy.Exit) bool // whether such an exit settles the matter

	mu      sync.Mutex // guards what follows
	in      []result[T]
	decided bool

	came chan struct{} // has a token when there may be something in
}

// result is what one function came back with.
type result[T any] struct {
	index int
	value T
	err   error       // nil exactly when exit is Returned
	exit  policy.Exit // Canceled of one that was not even begun
	open  bool        // the matter was open until it came
}

// failure returns the error of the function f with where it stood.
func (r *result[T]) failure(s *Scope, f any) *ChildError {
	return &ChildError{Path: s.Path(), Site: siteOf(functionPC(f)), Exit: r.exit, Err: r.err}
}

// newDesk opens a desk in a scope.
func newDesk[T any](s *Scope, decides func(policy.Exit) bool) *desk[T] {
	return &desk[T]{scope: s.core, decides: decides, came: make(chan struct{}, 1)}
}

// begin runs f as a task of the scope, for the user's function at site. When the
// scope was canceled f is not called, and that is its result.
func (d *desk[T]) begin(ctx context.Context, index int, site uintptr, f func(context.Context) (T, error)) {
	err := d.scope.goFor(ctx, site, func(ctx context.Context) error { return d.serve(ctx, index, f) })
	if err != nil {
		<-ctx.Done() // the scope shuts its gate just before
		d.hand(&result[T]{index: index, err: context.Cause(ctx), exit: policy.Canceled})
	}
}

// serve calls f, hands in its result, and returns what the scope is to know of it.
func (d *desk[T]) serve(ctx context.Context, index int, f func(context.Context) (T, error)) (err error) {
	r := result[T]{index: index, err: policy.ErrGoexit, exit: policy.Failed}
	var v verdict
	defer func() {
		if d.hand(&r); r.open && err != nil {
			err = &handed{err, v}
		}
	}()
	r.err = run.Call(ctx, func(ctx context.Context) (err error) {
		r.value, err = f(ctx)
		return err
	}, d.scope.policy.Panic == policy.PanicCrash)
	v = d.scope.life.judge(r.err, nil)
	r.exit = v.exit
	if r.exit == policy.Returned {
		r.err = nil // also of policy.Done(nil), which is no failure
	}
	return r.err
}

// hand takes a result in and notes whether the matter was open.
func (d *desk[T]) hand(r *result[T]) {
	d.mu.Lock()
	r.open = !d.decided
	if d.decides(r.exit) {
		d.decided = true
	}
	d.in = append(d.in, *r)
	d.mu.Unlock()
	select {
	case d.came <- struct{}{}:
	default: // a token is there
	}
}

// settle says that the matter is open no more.
func (d *desk[T]) settle() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.decided = true
}

// take returns the result that came first of those that are in.
func (d *desk[T]) take() (r result[T], ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.in) == 0 {
		return r, false
	}
	r = d.in[0]
	d.in[0] = result[T]{}
	if d.in = d.in[1:]; len(d.in) == 0 {
		d.in = nil
	}
	return r, true
}

// wait returns the next result, when there is one.
func (d *desk[T]) wait() result[T] {
	for {
		if r, ok := d.take(); ok {
			return r
		}
		<-d.came
	}
}

// collect runs fs in a scope of their own and passes each result to take, on the
// caller's goroutine, in the order in which they come back. With the first cause
// that take returns the rest is canceled. All have come back when collect returns:
// nil unless some were canceled, for whatever reason.
func collect[T any](ctx context.Context, site uintptr, fs []func(context.Context) (T, error),
	decides func(policy.Exit) bool, take func(s *Scope, r result[T]) (cause error)) error {
	var canceled error
	err := Run(ctx, collecting(ctx), func(ctx context.Context, s *Scope) error {
		d := newDesk[T](s, decides)
		for i, f := range fs {
			d.begin(ctx, i, functionPC(f), f)
		}
		for range fs {
			r := d.wait()
			if r.exit == policy.Canceled && canceled == nil {
				canceled = r.err
			}
			if cause := take(s, r); cause != nil {
				s.Cancel(cause)
			}
		}
		return nil
	}, at(site))
	if err == nil {
		err = canceled // by the function that took the results, or by one that ran
	}
	return err
}

// collecting is the policy of a scope whose tasks hand in their results. What they
// return touches nobody by itself; they have the grace of the scope around, if
// there is one, and its answer to a panic.
func collecting(ctx context.Context) policy.Scope {
	p := policy.Scope{Stop: policy.Stop{Grace: policy.Forever, Kill: policy.Forever}}
	if l := lifeOf(ctx); l != nil {
		p.Panic = l.scope.policy.Panic
	}
	return p
}

// at says where a scope stands that is opened on a user's behalf.
func at(site uintptr) Option {
	return func(o *options) { o.site = site }
}

// checkFunctions refuses what [Gather] and its like cannot run.
func checkFunctions[T any](ctx context.Context, caller string, fs []func(context.Context) (T, error)) error {
	if ctx == nil {
		return fault(caller+".ctx", nil, "must not be nil")
	}
	for i, f := range fs {
		if f == nil {
			return fault(fmt.Sprintf("%s.fs[%d]", caller, i), nil, "must be a function")
		}
	}
	return nil
}
