package tree

import (
	"context"
	"sync"
	"sync/atomic"
)

// signals are what a life is told and tells: that it is to end, by the soft signal and
// the hard one; who has to hear of that; and what its code says of itself.
//
// Invariants:
//
//  1. err and cause are written before canceled is stored, and never again; whoever
//     has seen canceled may read them without the lock.
//  2. No callback runs under mu, nor inside the call that registers it.
type signals struct {
	canceled atomic.Bool
	ready    atomic.Bool // Ready was called
	healthy  atomic.Bool // Healthy was called

	mu       sync.Mutex
	done     chan struct{} // made by the first Done
	soft     chan struct{} // made by the first draining
	asked    *request      // the soft signal; nil until it is given
	err      error         // context.Canceled or context.DeadlineExceeded
	cause    error
	derived  dependents      // contexts derived from the life; told once, on cancel
	standard context.Context // answers Value once canceled; made on demand

	nested dependents // scopes opened under the life, until they close; see nested.go
}

// doneChannel returns the channel that is closed by the cancel.
func (s *signals) doneChannel() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done == nil {
		s.done = make(chan struct{})
		if s.canceled.Load() {
			close(s.done)
		}
	}
	return s.done
}

// canceledContext returns a standard context with the cause, and with the values of
// the life's parent. [context.Cause] looks for the standard library's own type, which no
// other type can stand in for; until the cancel there is no cause to find, so
// it is made only here.
func (s *signals) canceledContext(parent context.Context) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.standard == nil {
		ctx, cancel := context.WithCancelCause(context.WithoutCancel(parent))
		cancel(s.cause)
		s.standard = ctx
	}
	return s.standard
}

// draining returns the channel that is closed by the soft signal.
func (s *signals) draining() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.soft == nil {
		s.soft = make(chan struct{})
		if s.asked != nil {
			close(s.soft)
		}
	}
	return s.soft
}

// request returns the soft signal, and nil if it was not given.
func (s *signals) request() *request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// drain gives the soft signal and reports whether it was the first.
func (s *signals) drain(r *request) (first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.drainLocked(r)
}

func (s *signals) drainLocked(r *request) (first bool) {
	if s.asked != nil {
		return false
	}
	s.asked = r
	if s.soft != nil {
		close(s.soft)
	}
	return true
}

// cancel gives the hard signal, and the soft one if that was not given, and reports
// whether it was the first.
func (s *signals) cancel(err, cause error) (first bool) {
	if s.canceled.Load() {
		return false
	}
	s.mu.Lock()
	if s.canceled.Load() {
		s.mu.Unlock()
		return false
	}
	s.err, s.cause = err, cause
	s.canceled.Store(true)
	if s.asked == nil {
		s.drainLocked(requestBy(cause))
	}
	if s.done != nil {
		close(s.done)
	}
	derived := s.derived.takeAll()
	s.mu.Unlock()
	notify(derived)
	return true
}

// afterFunc is [life.AfterFunc].
func (s *signals) afterFunc(f func()) (stop func() bool) {
	d := &dependent{callback: f}
	s.mu.Lock()
	over := s.canceled.Load()
	if !over {
		s.derived.add(d)
	}
	s.mu.Unlock()
	if over {
		aside(f)
		return func() bool { return false }
	}
	return func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.derived.remove(d)
	}
}

// notify tells derived contexts of the cancel. Their callbacks may be anybody's
// code, so each gets a goroutine of its own and holds up no turn, nor another.
func notify(derived *dependent) {
	for d := derived; d != nil; d = d.next {
		aside(d.callback)
	}
}
