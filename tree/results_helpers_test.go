package tree_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// number is a function with a result.
type number = func(context.Context) (int, error)

// gives returns v after d, unless it is canceled before.
func gives(d time.Duration, v int) number {
	return func(ctx context.Context) (int, error) { return v, sleep(ctx, d) }
}

// refuses returns err after d, unless it is canceled before.
func refuses(d time.Duration, err error) number {
	return func(ctx context.Context) (int, error) {
		if cut := sleep(ctx, d); cut != nil {
			return 0, cut
		}
		return 0, err
	}
}

// late waits for its cancel, needs d more, and returns v and err.
func late(d time.Duration, v int, err error) number {
	return func(ctx context.Context) (int, error) {
		<-ctx.Done()
		pause(d)
		return v, err
	}
}

// told is a function that reports the cause of its cancel, if it is canceled.
func told(cause *error, f number) number {
	return func(ctx context.Context) (int, error) {
		v, err := f(ctx)
		*cause = context.Cause(ctx)
		return v, err
	}
}

// inApp runs f as the body of a root scope called "app", which must end well, and
// returns what an observer of it was told.
func inApp(t *testing.T, f func(ctx context.Context, s *tree.Scope)) *recorder {
	t.Helper()
	rec := new(recorder)
	require.NoError(t, tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
		f(ctx, s)
		return nil
	}, tree.WithName("app"), tree.WithObserver(rec)))
	return rec
}

// logged returns the errors of failures that nobody was handed.
func logged(rec *recorder) []error {
	var list []error
	for _, e := range rec.failures() {
		if !e.Handed {
			list = append(list, e.Err)
		}
	}
	return list
}

// pair is what a loop was given.
type pair struct {
	value int
	err   error
	at    time.Duration // since the loop began
}

// pairs loops over all.
func pairs(seq iter.Seq2[int, error]) []pair {
	var list []pair
	start := time.Now()
	for v, err := range seq {
		list = append(list, pair{v, err, time.Since(start)})
	}
	return list
}
