package tree

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/understudy-go/understudy/policy"
)

// errLoopLeft is what contexts end with when the loop over results is left.
var errLoopLeft = errors.New("tree: loop over the results left")

// AsCompleted runs fs at once, each as a task of a scope that stands where ctx
// stands, and yields what they return in the order in which they come back:
// exactly one pair for each function, the failures at their turn. A failure is the
// function's own error, a [*policy.PanicError] or [policy.ErrGoexit]; it touches
// nobody. Only a panic, and Goexit, is reported as well, at once.
//
// Leaving the loop early, by break, return or a panic, cancels the rest and waits
// for it before the loop ends. Results that had come and were not asked for are
// dropped then; a later failure is reported like that of any plain task. When ctx
// ends the rest is canceled and comes out as it ends, so that a loop that waits for
// all sees all. A function that had not begun is not called, and its error is the
// cause.
//
// The loop's body runs on the caller's goroutine. Each loop over what AsCompleted
// returns runs the functions again. A nil ctx or function is one pair with an
// error, and nothing runs.
func AsCompleted[T any](ctx context.Context, fs ...func(ctx context.Context) (T, error)) iter.Seq2[T, error] {
	fs, site := slices.Clone(fs), callerPC()
	return func(yield func(T, error) bool) {
		if err := checkFunctions(ctx, "AsCompleted", fs); err != nil {
			var none T
			yield(none, err)
			return
		}
		// Each function's part in how the scope ended is in its own pair.
		_ = Run(ctx, collecting(ctx), func(ctx context.Context, s *Scope) error {
			d := newDesk[T](s, never)
			defer d.settle()
			for i, f := range fs {
				d.begin(ctx, i, functionPC(f), f)
			}
			for range fs {
				if r := d.wait(); !yield(r.value, r.err) {
					d.settle()
					s.Cancel(errLoopLeft)
					break
				}
			}
			return nil
		}, at(site))
	}
}

// never says that no exit settles the matter: that is for the loop.
func never(policy.Exit) bool { return false }
