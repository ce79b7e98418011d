package tree

import (
	"context"
	"errors"
	"math"

	"github.com/understudy-go/understudy/policy"
)

// ErrNothing is returned by [Race] and [Any] when there are no functions: nobody
// would ever be first.
var ErrNothing = errors.New("tree: nothing to run")

// errNotFirst is what the losers' contexts end with.
var errNotFirst = errors.New("tree: another came first")

// Race runs fs at once, each as a task of a scope that stands where ctx stands,
// and returns what the first one to finish returns, its value or its error. The
// others are canceled and waited for. With no functions it returns [ErrNothing].
//
// The cancel of a loser is no error; any other failure of a loser is reported like
// that of a plain task, and so is each panic, at once. When ctx ends all
// are canceled: one that finishes all the same, with a value or a failure, may
// still be first; if none does, the error wraps ctx's error and cause.
func Race[T any](ctx context.Context, fs ...func(ctx context.Context) (T, error)) (T, error) {
	var first result[T]
	if err := checkRunners(ctx, "Race", fs); err != nil {
		return first.value, err
	}
	over := false
	err := collect(ctx, callerPC(), fs, finished, func(_ *Scope, r result[T]) (cause error) {
		if !r.open || !finished(r.exit) {
			return nil
		}
		first, over = r, true
		return errNotFirst
	})
	if over {
		err = first.err
	}
	return first.value, err
}

// Any runs fs at once, each as a task of a scope that stands where ctx stands, and
// returns the value of the first one to succeed. The others are canceled and
// waited for. With no functions it returns [ErrNothing].
//
// A failure cancels nobody, and those before the first success are dropped:
// observers are told of them, and panics are reported, at once. When all fail, Any
// returns an [*Errors] with a [ChildError] of each, the first one first, and how
// ctx cut the others short if it did. After a success all is as in [Race].
func Any[T any](ctx context.Context, fs ...func(ctx context.Context) (T, error)) (T, error) {
	var won result[T]
	if err := checkRunners(ctx, "Any", fs); err != nil {
		return won.value, err
	}
	over := false
	var failures Errors
	err := collect(ctx, callerPC(), fs, succeeded, func(s *Scope, r result[T]) (cause error) {
		switch {
		case !r.open || r.exit == policy.Canceled:
		case succeeded(r.exit):
			won, over = r, true
			return errNotFirst
		default:
			failures.add(r.failure(s, fs[r.index]), leavesOf(r.err), math.MaxInt)
		}
		return nil
	})
	switch {
	case over:
		return won.value, nil
	case len(failures.errs) == 0:
		return won.value, err
	case err != nil:
		failures.add(err, 1, math.MaxInt)
	}
	return won.value, &failures
}

// finished reports whether an exit settles a Race.
func finished(e policy.Exit) bool { return e != policy.Canceled }

// succeeded reports whether an exit settles an Any.
func succeeded(e policy.Exit) bool { return e == policy.Returned }

// checkRunners refuses what [Race] and [Any] cannot run.
func checkRunners[T any](ctx context.Context, caller string, fs []func(context.Context) (T, error)) error {
	if err := checkFunctions(ctx, caller, fs); err != nil || len(fs) > 0 {
		return err
	}
	return ErrNothing
}
