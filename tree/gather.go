package tree

import (
	"context"

	"github.com/understudy-go/understudy/policy"
)

// Gather runs fs at once, each as a task of a scope that stands where ctx stands,
// and returns their values in the order of fs when all have come back. With no
// functions it returns no values and nil.
//
// The first failure cancels the rest, whose cause is a [ChildError] of it, and is
// what Gather returns: the function's own error, a [*policy.PanicError] or
// [policy.ErrGoexit]. The cancel of the others is no failure. A failure after the
// first is reported like that of any plain task, and so is each panic, at once.
// When ctx ends, the functions are canceled and waited for; those that had not
// begun are not called. If any was cut short by that the error wraps ctx's error
// and cause.
//
// There are always len(fs) values. Beside an error, those of functions that
// finished are in their places and the others are zero.
//
// As all functions that return the results of several, Gather waits as long as
// the functions need to come back. What the scope around ctx says of a panic
// holds in it too.
func Gather[T any](ctx context.Context, fs ...func(ctx context.Context) (T, error)) ([]T, error) {
	values := make([]T, len(fs))
	if err := checkFunctions(ctx, "Gather", fs); err != nil {
		return values, err
	}
	var failure error
	err := collect(ctx, callerPC(), fs, failed, func(s *Scope, r result[T]) (cause error) {
		switch {
		case r.exit == policy.Returned:
			values[r.index] = r.value
		case r.open && failed(r.exit):
			failure = r.err
			return r.failure(s, fs[r.index]) // its own error would read as a cancel of itself
		}
		return nil
	})
	if failure != nil {
		return values, failure
	}
	return values, err
}

// failed reports whether an exit settles a Gather.
func failed(e policy.Exit) bool { return e == policy.Failed || e == policy.Panicked }
