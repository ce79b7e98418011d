package tree

import (
	"context"
	"sync"
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
// Invariants:
//
//  1. A life is canceled once, and the first cause stands.
//  2. err and cause are written before canceled is stored, and never again;
//     whoever has seen canceled may read them without the lock.
//  3. Draining is told no later than cancellation: code that watches only the
//     soft signal is not left behind by a hard one.
//  4. No callback runs under mu, nor inside the call that registers it.
//  5. After the cancel, Value answers as a standard canceled context would, so
//     that [context.Cause] is right here and in everything derived from here.
type life struct {
	scope *core        // whose children run under this life
	inc   *incarnation // whose context this is; nil for the scope's own

	canceled atomic.Bool

	mu       sync.Mutex
	done     chan struct{} // made by the first Done
	soft     chan struct{} // made by the first draining
	asked    *request      // the soft signal; nil until it is given
	err      error         // context.Canceled or context.DeadlineExceeded
	cause    error
	derived  dependents      // contexts derived from this one; told once, on cancel
	standard context.Context // answers Value once canceled; made on demand

	nested dependents // scopes opened under this life, until they close; see nested.go
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
	switch {
	case l.inc == nil:
		return l.scope.parent
	case l.inc.child.shield != nil:
		return l.inc.child.shield.values
	}
	return &l.scope.life
}

// Deadline implements [context.Context].
func (l *life) Deadline() (time.Time, bool) {
	d, ok := l.parent().Deadline()
	if l.inc != nil {
		return d, ok
	}
	if own := l.scope.deadline.Load(); own != nil && (!ok || own.Before(d)) {
		return *own, true
	}
	return d, ok
}

// Done implements [context.Context].
func (l *life) Done() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done == nil {
		l.done = make(chan struct{})
		if l.canceled.Load() {
			close(l.done)
		}
	}
	return l.done
}

// Err implements [context.Context].
func (l *life) Err() error {
	if !l.canceled.Load() {
		return nil
	}
	return l.err
}

// cancelCause returns why the life was canceled, and nil if it was not, or only
// because it had ended.
func (l *life) cancelCause() error {
	if !l.canceled.Load() || l.cause == errEnded {
		return nil
	}
	return l.cause
}

// Value implements [context.Context].
func (l *life) Value(key any) any {
	switch key.(type) {
	case lifeKey:
		return l
	case self.Key: // what an actor opens is not its own code
		if l.inc == nil {
			return nil
		}
		return l.inc.child.hosted
	case self.Life:
		if l.inc == nil {
			return nil
		}
		return l
	}
	if !l.canceled.Load() {
		return l.parent().Value(key)
	}
	return l.canceledContext().Value(key)
}

// canceledContext returns a standard context with this life's values and
// cause. [context.Cause] looks for the standard library's own type, which no
// other type can stand in for; until the cancel there is no cause to find, so
// it is made only here.
func (l *life) canceledContext() context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.standard == nil {
		ctx, cancel := context.WithCancelCause(context.WithoutCancel(l.parent()))
		cancel(l.cause)
		l.standard = ctx
	}
	return l.standard
}

// draining returns the channel that is closed when the life is asked to end.
func (l *life) draining() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.soft == nil {
		l.soft = make(chan struct{})
		if l.asked != nil {
			close(l.soft)
		}
	}
	return l.soft
}

// request returns the soft signal, and nil if it was not given.
func (l *life) request() *request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked
}

// drain gives the soft signal and passes it to the scopes opened under this
// life. It never touches the context.
func (l *life) drain(r *request) {
	l.mu.Lock()
	first := l.drainLocked(r)
	l.mu.Unlock()
	if !first {
		return
	}
	for _, c := range l.scopes() {
		c.post(message{op: opShutdown, arg: r.below()})
	}
}

func (l *life) drainLocked(r *request) (first bool) {
	if l.asked != nil {
		return false
	}
	l.asked = r
	if l.soft != nil {
		close(l.soft)
	}
	return true
}

// cancel ends the life with err and cause; later calls change nothing.
func (l *life) cancel(err, cause error) {
	l.mu.Lock()
	if l.canceled.Load() {
		l.mu.Unlock()
		return
	}
	l.err, l.cause = err, cause
	l.canceled.Store(true)
	r := requestBy(cause)
	l.drainLocked(r)
	if l.done != nil {
		close(l.done)
	}
	derived := l.derived.takeAll()
	l.mu.Unlock()
	notify(derived)
	for _, c := range l.scopes() {
		switch {
		case c.bound:
			c.post(message{op: opCancel, arg: cancellation{err: err, cause: cause, outside: true}})
		case c.shielded: // opened under context.WithoutCancel
			c.post(message{op: opShutdown, arg: r.below()})
		default: // its own hook tells it, with the cause of the context in between
		}
	}
}

// AfterFunc arranges for f to be called on a goroutine of its own once the
// life is canceled. The returned function takes f back and reports whether it
// was in time. Package context looks for this method: with it, derived
// contexts are told by a call and not by a goroutine that waits.
func (l *life) AfterFunc(f func()) (stop func() bool) {
	d := &dependent{callback: f}
	l.mu.Lock()
	over := l.canceled.Load()
	if !over {
		l.derived.add(d)
	}
	l.mu.Unlock()
	if over {
		aside(f)
		return func() bool { return false }
	}
	return func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.derived.remove(d)
	}
}

// notify tells derived contexts of the cancel. Their callbacks may be anybody's
// code, so each gets a goroutine of its own and holds up no turn, nor another.
func notify(derived *dependent) {
	for d := derived; d != nil; d = d.next {
		aside(d.callback)
	}
}
