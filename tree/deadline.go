package tree

import (
	"context"
	"fmt"
	"time"
)

// A scope's own deadline cancels it however it is shielded from what is around
// it: a scope opened under context.WithoutCancel still ends in its own time.

// SetDeadline moves the scope's own deadline, that of its policy's Timeout, to
// t: nearer, further, or, with the zero time, away. A time that has passed
// cancels the scope before SetDeadline returns. What the scope was opened under
// ends it in its own time all the same.
//
// Contexts of the scope show the new deadline at once; one derived with
// context.WithTimeout compared its own with the old. A scope that was canceled
// already, or has ended, has no deadline to move: [ErrClosed].
func (s *Scope) SetDeadline(t time.Time) error {
	c := s.core
	if c == nil {
		return ErrClosed
	}
	var err error
	c.inTurn(func() {
		if c.phase >= PhaseCanceling || c.closing() {
			err = fmt.Errorf("%w: %s", ErrClosed, c.path())
			return
		}
		c.setDeadline(t)
	})
	return err
}

// Deadline returns when the scope will be canceled if it has not ended by then:
// its own deadline or that of the context it was opened under, whichever is
// sooner; false when neither has one.
func (s *Scope) Deadline() (time.Time, bool) {
	if s.core == nil {
		return time.Time{}, false
	}
	return s.core.life.Deadline()
}

// TimedOut reports whether the scope was canceled by its own deadline. Under
// policy.TimeoutMovesOn, where that is no error, it tells a scope that ran out of
// time from one that was done.
func (s *Scope) TimedOut() (timedOut bool) {
	if s.core == nil {
		return false
	}
	s.core.inTurn(func() { timedOut = s.core.cut != nil && s.core.cut.timeout })
	return timedOut
}

// setDeadline arms the timer anew.
func (c *core) setDeadline(t time.Time) {
	if c.timeout != nil {
		c.timeout.Stop()
	}
	if t.IsZero() {
		c.deadline.Store(nil)
		return
	}
	c.deadline.Store(&t)
	left := time.Until(t)
	if left <= 0 {
		c.deadlineOver()
		return
	}
	c.timeout = time.AfterFunc(left, func() { c.post(message{op: opDeadline}) })
}

// deadlineOver cancels the scope, unless the deadline was moved meanwhile or is
// one of a wall clock that was set back.
func (c *core) deadlineOver() {
	t := c.deadline.Load()
	if t == nil {
		return
	}
	if left := time.Until(*t); left > 0 {
		if c.timeout != nil {
			c.timeout.Reset(left)
		}
		return
	}
	c.cancel(cancellation{err: context.DeadlineExceeded, cause: &timeoutError{c.path()}, timeout: true})
}
