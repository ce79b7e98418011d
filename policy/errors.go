package policy

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
)

// ErrGoexit is the error of a child whose body called [runtime.Goexit], as
// testing's FailNow does. It counts as a failure: the body did not do its work.
var ErrGoexit = errors.New("policy: child called runtime.Goexit")

// ErrIgnored is returned by a child that, before it is ready, finds that it
// need not run. Its start then succeeds with nothing running (OTP's ignore).
var ErrIgnored = errors.New("policy: child need not run")

// PanicError is the error of a child that panicked.
type PanicError struct {
	Value any // what panic was called with; *runtime.PanicNilError for nil
	pcs   []uintptr
}

// NewPanicError returns the error for a panic with value v, raised where pcs
// (as filled by [runtime.Callers]) point. It keeps pcs.
func NewPanicError(v any, pcs []uintptr) *PanicError {
	return &PanicError{Value: v, pcs: pcs}
}

// Error returns "panic: " and the value, without the stack.
//
// Texts and the runtime's own errors, nearly all there is, do without fmt: it
// would make the small stack of a goroutine that has just panicked grow.
func (e *PanicError) Error() string {
	switch v := e.Value.(type) {
	case string:
		return "panic: " + v
	case runtime.Error:
		return "panic: " + v.Error()
	}
	return fmt.Sprintf("panic: %v", e.Value)
}

// Unwrap returns the value when it is an error, so that errors.Is finds what
// was panicked with, and nil otherwise.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Stack returns the frames of the panic, innermost first, two lines each as in
// a Go trace. They are put into words at each call.
func (e *PanicError) Stack() string {
	if len(e.pcs) == 0 {
		return ""
	}
	var b strings.Builder
	frames := runtime.CallersFrames(e.pcs)
	for {
		f, more := frames.Next()
		fmt.Fprintf(&b, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
		if !more {
			return b.String()
		}
	}
}
