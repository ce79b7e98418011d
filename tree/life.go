package tree

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/understudy-go/understudy/internal/self"
)

// A life is the context of a scope, or of one incarnation of a child. The
// record is the context itself: no second object is made for it, and contexts
// derived from it start no goroutine, because it has an AfterFunc method. (With
// a [context.WithValue] in between they do: package context looks for the method
// on the direct parent only.)
//
// Most incarnations that only wait for work need no more than this; what is told to
// them, and to others by them, is in their signals.
//
// Invariants:
//
//  1. A life is canceled once, and the first cause stands.
//  2. Draining is told no later than cancellation: code that watches only the
//     soft signal is not left behind by a hard one.
//  3. An incarnation that has come back is canceled: by that, if by nothing else before.
//     So one without signals needs none to end; and whoever finds, or makes, signals of
//     one that has come back and that are not canceled, cancels them before he reads them.
//  4. After the cancel, Value answers as a standard canceled context would, so
//     that [context.Cause] is right here and in everything derived from here.
type life struct {
	scope *core  // whose children run under this life
	child *Child // whose incarnation's context this is; nil for the scope's own

	came    atomic.Pointer[exited]  // how the incarnation came back; nil before
	signals atomic.Pointer[signals] // nil until somebody needs them; those of a scope are part of it
}

// lifeKey finds the innermost life of a context.
type lifeKey struct{}

// lifeOf returns the innermost life ctx was derived from, or nil.
func lifeOf(ctx context.Context) *life {
	if ctx == nil {
		return nil
	}
	if l, ok := ctx.(*life); ok {
		return l
	}
	l, _ := ctx.Value(lifeKey{}).(*life)
	return l
}

// parent is where values and deadlines come from. Cancellation does not come
// from there but from the supervisor, which cancels each life itself.
func (l *life) parent() context.Context {
	if l.child == nil {
		return l.scope.parent
	}
	if sh := l.child.shield(); sh != nil {
		return sh.values
	}
	return &l.scope.life
}

// known returns the signals of the life, or nil if there are none.
func (l *life) known() *signals {
	s := l.signals.Load()
	if s != nil && l.came.Load() != nil {
		s.cancel(context.Canceled, errEnded)
	}
	return s
}

// own returns the signals of the life, which it makes if there are none.
func (l *life) own() *signals {
	if l.signals.Load() == nil {
		l.signals.CompareAndSwap(nil, &signals{})
	}
	return l.known()
}

// Deadline implements [context.Context].
func (l *life) Deadline() (time.Time, bool) {
	d, ok := l.parent().Deadline()
	if l.child != nil {
		return d, ok
	}
	if own := l.scope.deadline.Load(); own != nil && (!ok || own.Before(d)) {
		return *own, true
	}
	return d, ok
}

// Done implements [context.Context].
func (l *life) Done() <-chan struct{} { return l.own().doneChannel() }

// Err implements [context.Context].
func (l *life) Err() error {
	over := l.came.Load() != nil // looked at first: it may be canceled in between
	switch s := l.known(); {
	case s != nil && s.canceled.Load():
		return s.err
	case over:
		return context.Canceled
	}
	return nil
}

// cancelCause returns why the life was canceled, and nil if it was not, or only
// because it had ended.
func (l *life) cancelCause() error {
	if s := l.known(); s != nil && s.canceled.Load() && s.cause != errEnded {
		return s.cause
	}
	return nil
}

// Value implements [context.Context].
func (l *life) Value(key any) any {
	switch key.(type) {
	case lifeKey:
		return l
	case self.Key: // what an actor opens is not its own code
		if l.child == nil {
			return nil
		}
		return l.child.hosted
	case self.Life:
		if l.child == nil {
			return nil
		}
		return l
	}
	if l.Err() == nil {
		return l.parent().Value(key)
	}
	return l.own().canceledContext(l.parent()).Value(key)
}

// draining returns the channel that is closed when the life is asked to end.
func (l *life) draining() <-chan struct{} { return l.own().draining() }

// request returns the soft signal, and nil if it was not given.
func (l *life) request() *request {
	over := l.came.Load() != nil // as in Err
	switch s := l.known(); {
	case s != nil:
		return s.request()
	case over:
		return &requestEnded
	}
	return nil
}

// drain gives the soft signal and passes it to the scopes opened under this
// life. It never touches the context.
func (l *life) drain(r *request) {
	if !l.own().drain(r) {
		return
	}
	for _, c := range l.scopes() {
		c.post(message{op: opShutdown, arg: r.below()})
	}
}

// cancel ends the life with err and cause; later calls change nothing.
func (l *life) cancel(err, cause error) {
	if l.own().cancel(err, cause) {
		l.cancelScopes(err, cause)
	}
}

// comeBack ends the life of an incarnation that has come back.
func (l *life) comeBack(x *exited) {
	l.came.Store(x)
	if s := l.known(); s != nil && s.cause == errEnded {
		l.cancelScopes(context.Canceled, errEnded)
	}
}

// cancelScopes passes a cancel to the scopes opened under this life.
func (l *life) cancelScopes(err, cause error) {
	for _, c := range l.scopes() {
		switch {
		case c.bound:
			c.post(message{op: opCancel, arg: cancellation{err: err, cause: cause, outside: true}})
		case c.shielded: // opened under context.WithoutCancel
			c.post(message{op: opShutdown, arg: requestBy(cause).below()})
		default: // its own hook tells it, with the cause of the context in between
		}
	}
}

// AfterFunc arranges for f to be called on a goroutine of its own once the
// life is canceled. The returned function takes f back and reports whether it
// was in time. Package context looks for this method: with it, derived
// contexts are told by a call and not by a goroutine that waits.
func (l *life) AfterFunc(f func()) (stop func() bool) { return l.own().afterFunc(f) }
