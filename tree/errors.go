package tree

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/understudy-go/understudy/policy"
)

var (
	// ErrClosed is returned when something is asked of a scope that has ended,
	// or that was canceled and takes no more work. What was asked did not start.
	ErrClosed = errors.New("tree: scope closed")

	// ErrDraining is returned to an outsider who spawns into a scope that is
	// shutting down. The scope's own descendants may still spawn then.
	ErrDraining = errors.New("tree: scope draining")

	// ErrDuplicate is returned when a sibling already has the name.
	ErrDuplicate = errors.New("tree: name already taken")

	// ErrNotFound is returned when a scope has no child of that name.
	ErrNotFound = errors.New("tree: no such child")

	// ErrRestarting is returned when a restart is asked for a child that is being
	// started already, or waits to be.
	ErrRestarting = errors.New("tree: child is restarting")

	// ErrNoSupervisor is returned by [Child.Scope] for a child that has no scope
	// of its own.
	ErrNoSupervisor = errors.New("tree: child is no supervisor that runs")

	// ErrNoScope is returned by [From], and by [Self], [Ready] and [ReadyWith], for
	// a context that belongs to no scope, or no child. There is no silent root to
	// fall back to.
	ErrNoScope = errors.New("tree: context belongs to no scope")

	// ErrSelfWait is returned to one who would wait for its own end: the body or a
	// child for its scope, a child for itself.
	ErrSelfWait = errors.New("tree: waits for itself")

	// ErrReady is returned by the second [Ready] of an incarnation.
	ErrReady = errors.New("tree: child was ready already")

	// ErrNotReady is given to the starter when the child returned before it was
	// ready and without an error of its own, or was stopped before it was started.
	ErrNotReady = errors.New("tree: child was not ready")

	// ErrGaveUp means that a supervisor restarted children more often than its
	// Intensity allows. The last child's error is wrapped beside it.
	ErrGaveUp = errors.New("tree: restart intensity exceeded")

	// ErrEscalated means that a child returned [policy.Fatal] and took its
	// supervisor with it. The child's error is wrapped beside it.
	ErrEscalated = errors.New("tree: child escalated")

	// ErrAbandoned means that something outlived its grace and kill wait and
	// still runs. The error that wraps it names what.
	ErrAbandoned = errors.New("tree: abandoned")

	// ErrUnsupported is returned for a policy this version cannot yet carry out.
	ErrUnsupported = errors.New("tree: not supported")
)

// Causes of a cancel, as [context.Cause] shows them to children.
var (
	errEnded          = errors.New("tree: child ended")
	errScopeEnded     = errors.New("tree: scope ended")
	errShutdown       = errors.New("tree: shutdown")
	errAroundDraining = errors.New("tree: scope around draining")
	errGraceOver      = errors.New("tree: grace over")
	errLeft           = errors.New("tree: body left")
	errBodyUnwound    = errors.New("tree: body panicked or called runtime.Goexit")
	errForgotten      = errors.New("tree: scope was opened and forgotten")
	errCanceled       = errors.New("tree: canceled")
	errTimeout        = errors.New("tree: scope timed out")
	errSignificant    = errors.New("tree: significant child ended")
)

// ChildError is the error of one child or task, with where it stood.
type ChildError struct {
	Path string      // of the child; of its scope when it was a plain task
	Site string      // file:line of a plain task's function; else empty
	Exit policy.Exit // Failed or Panicked; of a failed start Canceled too
	Err  error       // what it returned, a *policy.PanicError, or policy.ErrGoexit
}

// Error returns the path, the task's site if any, and the error.
func (e *ChildError) Error() string {
	if e.Site != "" {
		return fmt.Sprintf("%s (%s): %v", e.Path, e.Site, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.Path, e.Err)
}

// Unwrap returns the child's own error.
func (e *ChildError) Unwrap() error { return e.Err }

// Settled implements [policy.Settled].
func (*ChildError) Settled() {}

// Errors is what a cancel-together scope returns: the failures behind its end,
// the first one first. It keeps as many as [policy.Scope].KeepErrors says and
// counts the others. [errors.Is] and [errors.As] look into each.
type Errors struct {
	errs    []error
	dropped int
}

// Unwrap returns the failures kept: *[ChildError] values, and the body's own
// error as it is.
func (e *Errors) Unwrap() []error { return e.errs }

// Dropped returns how many failures came after the last one kept.
func (e *Errors) Dropped() int { return e.dropped }

// Error returns one line for a single failure and a list for more.
func (e *Errors) Error() string {
	if len(e.errs) == 1 && e.dropped == 0 {
		return e.errs[0].Error()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "tree: %d failures", len(e.errs)+e.dropped)
	for _, err := range e.errs {
		fmt.Fprintf(&b, "\n\t%v", err)
	}
	if e.dropped > 0 {
		fmt.Fprintf(&b, "\n\tand %d more", e.dropped)
	}
	return b.String()
}

// add keeps err when there is room below limit, else counts it.
func (e *Errors) add(err error, limit int) {
	if len(e.errs) < limit {
		e.errs = append(e.errs, err)
	} else {
		e.dropped++
	}
}

// cancellation says how a scope's context ends.
type cancellation struct {
	err     error // context.Canceled or context.DeadlineExceeded
	cause   error
	outside bool // it came from the context given to Run or Open
}

// canceledBy is a cancel on purpose, with a cause or the plain one.
func canceledBy(cause error) cancellation {
	if cause == nil {
		cause = errCanceled
	}
	return cancellation{err: context.Canceled, cause: cause}
}

// ExitError is what remains of the error of a child that has ended and whose
// place remains: words, so that nothing the error held on to is kept alive.
type ExitError struct {
	Path string      // of the child
	Exit policy.Exit // Failed or Panicked
	Text string      // of the error, cut to 256 bytes
}

// Error returns the path and the text.
func (e *ExitError) Error() string { return e.Path + ": " + e.Text }

// first returns the failure that came first.
func (e *Errors) first() error {
	if len(e.errs) == 0 {
		return errCanceled
	}
	return e.errs[0]
}
