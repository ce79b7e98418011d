package tree

import (
	"fmt"
	"slices"
	"strings"

	"github.com/understudy-go/understudy/policy"
)

// keep takes a child's failure, which may stand for those of many leaves below
// it, for the error that the scope returns.
func (c *core) keep(e *ChildError, leaves int) { c.kept.add(e, leaves, c.policy.KeepErrors) }

// returns reports whether a failure that is told now will be among the errors
// that the scope returns. A panic is news all the same.
func (c *core) returns(together bool, exit policy.Exit) bool {
	return c.hasBody && together && exit == policy.Failed && c.phase != PhaseClosed && c.kept.leaves < c.policy.KeepErrors
}

// outcome is what Run and Close return, in the order of its doc comment.
func (c *core) outcome() error {
	var errs []error
	leaves := 0
	if c.body != nil && !c.keptAlready(c.body) {
		errs = append(errs, c.body)
		leaves += c.left.leaves
	}
	errs = append(errs, c.kept.errs...)
	leaves += c.kept.leaves
	if c.fatal != nil {
		errs = append(errs, c.fatal)
	}
	if c.ending != nil && len(c.ending.report.Abandoned) > 0 {
		errs = append(errs, c.abandonedError())
	}
	dropped := c.kept.dropped
	c.kept = Errors{} // the result is all that keeps them now
	switch {
	case len(errs) == 0:
		return c.cutShort()
	case len(errs) == 1 && dropped == 0:
		if _, ofChild := errs[0].(*ChildError); !ofChild {
			return errs[0]
		}
	}
	return &Errors{errs: errs, leaves: leaves, dropped: dropped}
}

// keptAlready reports whether a body's error is that of a child, as of one that
// the body waited for.
func (c *core) keptAlready(err error) bool {
	return slices.ContainsFunc(c.kept.errs, func(kept error) bool {
		e, ok := kept.(*ChildError)
		return ok && same(err, e.Err)
	})
}

// abandonedError names what still runs.
func (c *core) abandonedError() error {
	var names []string
	for _, s := range c.ending.report.Abandoned {
		names = append(names, s.Path)
	}
	return fmt.Errorf("%w: %s", ErrAbandoned, strings.Join(names, ", "))
}

// cutShort is the error of a scope in which nothing failed: nil, unless work was
// cut short from outside or by the scope's time-out. A scope that was canceled
// when all its work was done has lost nothing, and one that was shut down or
// canceled on purpose has ended as it was told to.
func (c *core) cutShort() error {
	x := c.cut
	if x == nil || !x.outside && !x.timeout {
		return nil
	}
	if x.timeout && c.policy.OnTimeout == policy.TimeoutMovesOn {
		return nil
	}
	if !c.bodyCut && !c.ending.owed && c.counts.canceled.Load() == c.ending.canceled && !c.turnedAway.Load() {
		return nil
	}
	return &cutError{path: c.path(), err: x.err, cause: x.cause}
}

// cutError is the error of a scope whose work was cut short. It is put into
// words only when asked for, for the cause may be anybody's.
type cutError struct {
	path       string
	err, cause error
}

// Error implements error.
func (e *cutError) Error() string {
	if e.cause == nil || same(e.err, e.cause) {
		return fmt.Sprintf("tree: %s: %v", e.path, e.err)
	}
	return fmt.Sprintf("tree: %s: %v: %v", e.path, e.err, e.cause)
}

// Unwrap lets errors.Is and errors.As find both.
func (e *cutError) Unwrap() []error {
	if e.cause == nil {
		return []error{e.err}
	}
	return []error{e.err, e.cause}
}

// bootError is the error of a supervisor of which one child did not start. It reads
// as that child's.
type bootError struct{ child error }

// Error implements error.
func (e *bootError) Error() string { return e.child.Error() }

// Settled implements [policy.Settled].
func (*bootError) Settled() {}

// Unwrap lets errors.Is and errors.As find both.
func (e *bootError) Unwrap() []error { return []error{ErrBoot, e.child} }

// endError is why a supervisor ended and the child's error behind it. It is put
// into words only when asked for: within a turn no error's own code may run.
type endError struct {
	why  error
	path string
	last error // nil when the child's last exit was without one
}

// Error implements error.
func (e *endError) Error() string {
	if e.last == nil {
		return fmt.Sprintf("%v: %s: returned nil, which is no end for a Permanent child", e.why, e.path)
	}
	return fmt.Sprintf("%v: %s: %v", e.why, e.path, e.last)
}

// Settled implements [policy.Settled].
func (*endError) Settled() {}

// Unwrap lets errors.Is and errors.As find both.
func (e *endError) Unwrap() []error {
	if e.last == nil {
		return []error{e.why}
	}
	return []error{e.why, e.last}
}
