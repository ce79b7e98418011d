package tree

import (
	"context"
	"fmt"
	"runtime"

	"github.com/understudy-go/understudy/policy"
)

// Scope is a handle on a lifetime that owns children. [Run] and [Open] make
// one; the zero Scope is closed. Its methods may be called from any goroutine,
// at once, and after the scope has ended. A handle must not be copied: the one that
// Open returned is what keeps its scope open.
type Scope struct {
	_    noCopy
	core *core
}

// noCopy has go vet report copies.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}

// Run opens a scope around body and returns when both have ended: the body has
// returned, and every child and task has ended or was abandoned under p.
//
// The body runs on the caller's goroutine, with a context that ends with the
// scope. What happens to children when it returns is p's Leave. When it
// returns an error they are canceled first (drained under LeaveDrain); when it
// panics or calls [runtime.Goexit] they are canceled and waited for, and then
// the unwinding goes on.
//
// Run returns nil when all went well, and also when the scope was ended on purpose:
// by [Scope.Shutdown] or [Scope.Cancel], or along with a scope around that drains,
// within its own grace. Otherwise it returns
//
//   - the body's error, alone, or, when p cancels together, as the first of an
//     [*Errors] with those of children;
//   - an error wrapping [ErrGaveUp] or [ErrEscalated] when supervision ended it;
//   - an error wrapping [ErrAbandoned] when something still runs;
//   - when work was cut short by ctx or p's Timeout and nothing else failed, an
//     error wrapping ctx's error and cause.
//
// A body's error that only repeats the scope's cancellation hides none of these.
// A p that contradicts itself is refused before anything runs.
//
// When ctx belongs to a child or body of another scope, the new one is nested:
// it is drained and canceled with that one, and listed under it.
func Run(ctx context.Context, p policy.Scope, body func(ctx context.Context, s *Scope) error, opts ...Option) error {
	if body == nil {
		return fault("Run.body", nil, "must be a function")
	}
	o, err := newOptions(ctx, "Run", &p, opts)
	if err != nil {
		return err
	}
	o.body = true
	if o.site == 0 {
		o.site = functionPC(body)
	}
	c := newCore(ctx, p, o)
	c.attach()
	return c.run(body)
}

// bodyExit is how the body of a scope came to its end.
type bodyExit struct {
	verdict
	err     error
	unwound bool // by a panic or Goexit that goes on in the caller
}

// run calls the body and waits for the end. It recovers nothing: a panic in the
// body is the caller's own, and is only held until the children have ended.
func (c *core) run(body func(context.Context, *Scope) error) error {
	c.left.unwound = true
	defer func() {
		if c.left.unwound {
			c.postLeft()
			<-c.closed.c()
			c.unhook()
		}
	}()
	err := body(&c.life, &c.handle)
	c.left = bodyExit{err: err, verdict: c.life.judge(err, nil)}
	c.postLeft()
	if !c.closed.on() {
		<-c.closed.c()
	}
	c.unhook()
	return c.result
}

// postLeft posts the end of the body, once.
func (c *core) postLeft() {
	c.leftNode.Msg = message{op: opLeft}
	c.inbox.Post(&c.leftNode)
}

// unhook lets the outside context go, once the scope has closed.
func (c *core) unhook() {
	if release := c.hook.Load(); release != nil {
		(*release)()
	}
}

// Open opens a scope that is held by a handle instead of a body: for server
// hooks, fields of long-lived objects and main. [Scope.Close] ends it.
//
// The scope also ends on Shutdown, Cancel and the end of ctx. A handle that
// becomes unreachable without Close is reported with the site of this call, and
// its scope is shut down; so that this can be seen, keep the handle and not
// only contexts or children made with it, and have children find their scope with
// [From]: a function that captures the handle keeps it alive.
func Open(ctx context.Context, p policy.Scope, opts ...Option) (*Scope, error) {
	return open(ctx, "Open", p, opts, callerPC())
}

// open opens a scope for the function of that name.
func open(ctx context.Context, caller string, p policy.Scope, opts []Option, site uintptr) (*Scope, error) {
	o, err := newOptions(ctx, caller, &p, opts)
	if err != nil {
		return nil, err
	}
	o.site = site
	c := newCore(ctx, p, o)
	c.attach()
	s := &Scope{core: c}
	// A method that waits keeps its handle alive until it returns; otherwise the
	// collector might call it forgotten meanwhile.
	runtime.AddCleanup(s, func(c *core) { c.post(message{op: opForgotten}) }, c)
	return s, nil
}

// Close leaves the scope as a body does on returning nil, waits until it has
// ended, and returns what [Run] would. It may be called again: each call waits and
// returns the same. A child of the scope must not call it, for it would wait for
// itself; it has [Scope.Drain].
//
// Only the handle that Open returned has a Close that does something. On one
// that a body was given, or that [From] found, it returns [ErrSelfWait] until the
// scope has ended: who holds such a handle is waited for.
func (s *Scope) Close() error {
	c := s.core
	switch {
	case c == nil:
		return nil
	case (c.hasBody || s == &c.handle) && !c.closed.on():
		return fmt.Errorf("%w: Close of %s by one it waits for", ErrSelfWait, c.path())
	}
	c.post(message{op: opLeft})
	<-c.closed.c()
	runtime.KeepAlive(s)
	return c.result
}

// Wait blocks until the scope has ended and returns what [Run] would, or until
// ctx ends and returns its cause. Any number of goroutines may wait, also after
// the end. With a ctx of the scope itself, or of one below it, it returns
// [ErrSelfWait] at once: a body that is to last until it is told waits for
// [Draining] or for ctx.
func (s *Scope) Wait(ctx context.Context) error {
	switch {
	case ctx == nil:
		return fault("Scope.Wait.ctx", nil, "must not be nil")
	case s.core == nil:
		return nil
	case s.core.owns(ctx) && !s.core.closed.on():
		return fmt.Errorf("%w: Wait for %s", ErrSelfWait, s.core.path())
	}
	err := s.core.await(ctx)
	runtime.KeepAlive(s)
	if err != nil {
		return err
	}
	return s.core.result
}

// Cancel cancels every child and task at once, but what is shielded ([Scope.Shield]),
// with cause for [context.Cause] to find; nil stands for a plain cancel. It does not
// wait, and later calls change nothing: the first cause stands. The scope then ends
// cleanly, unless something fails on the way.
func (s *Scope) Cancel(cause error) {
	if s.core == nil {
		return
	}
	s.core.post(message{op: opCancel, arg: canceledBy(cause)})
}

// Path returns the scope's place in its tree, as in "app/ingest".
func (s *Scope) Path() string {
	if s.core == nil {
		return ""
	}
	return s.core.path()
}

// String returns the path.
func (s *Scope) String() string { return s.Path() }

// fault is a refused argument.
func fault(field string, value any, reason string) error {
	return faultAt("tree", field, value, reason)
}

// faultAt is fault for a field of what stands at a place, as in "tree.ChildSpec[2]".
func faultAt(at, field string, value any, reason string) error {
	return &policy.FieldError{Field: at + "." + field, Value: value, Reason: reason}
}
