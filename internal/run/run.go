package run

import (
	"context"
	"runtime"

	"github.com/understudy-go/understudy/policy"
)

// maxFrames bounds the program counters kept of a panic, so that a runaway
// recursion costs no more memory than an ordinary failure.
const maxFrames = 32

// Go calls f on a new goroutine.
//
// f is handed to the go statement as it is: a closure built at the call site
// is then the only allocation of a start.
func Go(f func()) { go f() }

// Call calls f with ctx and returns its error, or a [policy.PanicError] when f
// panicked. With crash set a panic is not kept from the process: it goes on
// from where it was, with the stack of its origin in the trace.
//
// When f calls [runtime.Goexit], Call does not return, for nothing can stop
// that unwinding. A caller who must answer for the exit starts from
// [policy.ErrGoexit] and answers in a defer of its own:
//
//	err := policy.ErrGoexit
//	defer func() { finish(err) }()
//	err = run.Call(ctx, f, false)
//
// Answering there and not while recovering also keeps the answer off the
// panicking stack, which posting a message on top of would grow.
func Call(ctx context.Context, f func(context.Context) error, crash bool) (err error) {
	defer func() {
		if v := recover(); v != nil {
			if crash {
				panic(v)
			}
			err = policy.NewPanicError(v, callers())
		}
	}()
	return f(ctx)
}

// callers returns the frames that led to the panic being recovered, which
// still stand on the stack below the deferred call. They are put into words
// only when someone reads them: most panics are restarted, not read.
func callers() []uintptr {
	const skip = 3                    // runtime.Callers, callers, the deferred func
	pcs := make([]uintptr, maxFrames) // not on the stack, which would have to grow for it
	return pcs[:runtime.Callers(skip, pcs)]
}
