package tree

import (
	"context"
	"errors"
	"fmt"
)

// Causes of a cancel, as [context.Cause] shows them to children.
var (
	errEnded       = errors.New("tree: ended")
	errShutdown    = errors.New("tree: shutdown")
	errStopped     = errors.New("tree: child asked to stop")
	errGraceOver   = errors.New("tree: grace of the child over")
	errLastCall    = errors.New("tree: kill wait nearly over")
	errBackground  = errors.New("tree: only background children are left")
	errLeft        = errors.New("tree: body left")
	errBodyUnwound = errors.New("tree: body panicked or called runtime.Goexit")
	errForgotten   = errors.New("tree: scope was opened and forgotten")
	errCanceled    = errors.New("tree: canceled")
	errSignificant = errors.New("tree: significant child ended")
)

// cancellation says how a scope's context ends.
type cancellation struct {
	err     error // context.Canceled or context.DeadlineExceeded
	cause   error
	outside bool // it came from the context given to Run or Open
	timeout bool // it came from the scope's own deadline
}

// canceledBy is a cancel on purpose, with a cause or the plain one.
func canceledBy(cause error) cancellation {
	if cause == nil {
		cause = errCanceled
	}
	return cancellation{err: context.Canceled, cause: cause}
}

// graceError is the cause of a cancel because the grace of a whole scope was over.
type graceError struct{ reason error }

// Error says why the scope was asked to end.
func (e *graceError) Error() string {
	return fmt.Sprintf("tree: grace of the scope over: %v", e.reason)
}

// Unwrap lets errors.Is and errors.As find the reason.
func (e *graceError) Unwrap() error { return e.reason }

// aroundError is why a scope is asked to end along with the one around it.
type aroundError struct{ reason error }

// Error says why that one ends.
func (e *aroundError) Error() string { return fmt.Sprintf("tree: scope around draining: %v", e.reason) }

// Unwrap lets errors.Is and errors.As find the reason.
func (e *aroundError) Unwrap() error { return e.reason }

// timeoutError is the cause of a cancel by a scope's own deadline.
type timeoutError struct{ path string }

// Error names the scope.
func (e *timeoutError) Error() string { return fmt.Sprintf("%v: %s", ErrTimeout, e.path) }

// Unwrap lets errors.Is find [ErrTimeout].
func (e *timeoutError) Unwrap() error { return ErrTimeout }
