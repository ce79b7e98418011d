package tree_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// Where peers disagree: all errors are returned, the first one first, not one
// with the others suppressed.
func TestScope_034_TheErrorsOfAFailureAndOfASiblingsCleanUpAreBothReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "b", cleansUp(tenth, errCleanup))
			launch(ctx, t, s, "a", failsAfter(tenth, errBoom))
			return nil
		}, tree.WithName("app"))
		require.EqualError(t, err, "tree: 2 failures\n\tapp/a: boom\n\tapp/b: cleanup failed")
		require.ErrorIs(t, err, errBoom)
		require.ErrorIs(t, err, errCleanup)
		require.Equal(t, 2*tenth, time.Since(start))
	})
}

func TestScope_035_TwoFailuresAtTheSameInstantAreBothReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 100 { // in any order, and truly at once
			start := time.Now()
			err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
				launch(ctx, t, s, "a", failsAfter(tenth, errBoom))
				launch(ctx, t, s, "b", failsAfter(tenth, errBang))
				return nil
			}, tree.WithName("app"))
			var texts []string
			for _, leaf := range leavesOf(t, err) {
				texts = append(texts, leaf.Error())
			}
			require.ElementsMatch(t, []string{"app/a: boom", "app/b: bang"}, texts)
			require.Equal(t, tenth, time.Since(start))
		}
	})
}

// The body's own error is the first: it is what the caller's code said.
func TestScope_037_AChildsFailureAndTheErrorOfTheBodyThatItWokeAreBothReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "worker", failsAfter(tenth, errBoom))
			<-ctx.Done()
			return errBody
		}, tree.WithName("app"))
		require.EqualError(t, err, "tree: 2 failures\n\tbody failed\n\tapp/worker: boom")
		require.ErrorIs(t, err, errBoom)
		require.ErrorIs(t, err, errBody)
		require.Equal(t, tenth, time.Since(start))
	})
}

func TestScope_038_ABodyThatReturnsItsCancellationHidesNoChildsError(t *testing.T) {
	returns := map[string]func(ctx context.Context, s *tree.Scope) error{
		"plain":         func(ctx context.Context, _ *tree.Scope) error { return ctx.Err() },
		"wrapped":       func(ctx context.Context, _ *tree.Scope) error { return fmt.Errorf("acquire: %w", ctx.Err()) },
		"cause":         func(ctx context.Context, _ *tree.Scope) error { return context.Cause(ctx) },
		"wrapped cause": func(ctx context.Context, _ *tree.Scope) error { return fmt.Errorf("acquire: %w", context.Cause(ctx)) },
		"both":          func(ctx context.Context, _ *tree.Scope) error { return errors.Join(ctx.Err(), context.Cause(ctx)) },
		"nested":        func(ctx context.Context, _ *tree.Scope) error { return tree.Run(ctx, policy.TaskGroup, waiting) },
		"derived": func(ctx context.Context, _ *tree.Scope) error {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			return ctx.Err()
		},
	}
	for name, ending := range returns {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
					launch(ctx, t, s, "worker", failsAfter(tenth, errBoom))
					<-ctx.Done()
					return ending(ctx, s)
				}, tree.WithName("app"))
				require.EqualError(t, err, "app/worker: boom")
				require.Len(t, leavesOf(t, err), 1)
			})
		})
	}
}

// waiting is a body that waits for its cancel.
func waiting(ctx context.Context, _ *tree.Scope) error { return blocker(ctx) }

func TestScope_040_ALaterFailureDoesNotReplaceTheRecordedCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var causes []error
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "a", failsAfter(tenth, errBoom))
			b := launch(ctx, t, s, "b", failsAfter(2*tenth, errBang))
			<-ctx.Done()
			causes = append(causes, context.Cause(ctx))
			require.Same(t, errBang, b.Wait(t.Context()))
			s.Cancel(errReason) // nor does a cancel on purpose
			causes = append(causes, context.Cause(ctx))
			return nil
		}, tree.WithName("app"))
		require.EqualError(t, causes[0], "app/a: boom")
		require.Same(t, causes[0], causes[1])
		require.EqualError(t, err, "tree: 2 failures\n\tapp/a: boom\n\tapp/b: bang")
		require.Same(t, causes[0], leavesOf(t, err)[0])
	})
}

// Where peers disagree: a cancel without a cause is not upgraded by one with a
// cause. The first stands, and the scope ends cleanly as it was told to.
func TestScope_041_ACancelAfterACleanOneChangesNothing(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		var causes []error
		var handle *tree.Scope
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			handle = s
			require.NoError(t, s.Go(ctx, blocker))
			s.Cancel(nil)
			causes = append(causes, context.Cause(ctx))
			s.Cancel(errReason)
			causes = append(causes, context.Cause(ctx))
			return nil
		})
		require.NoError(t, err)
		require.EqualError(t, causes[0], "tree: canceled")
		require.Same(t, causes[0], causes[1])
		report, err := handle.Shutdown(t.Context())
		require.NoError(t, err)
		require.Same(t, causes[0], report.Reason)
	})
}

func TestScope_043_AFailureInANestedGroupCancelsTheOuterSiblings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var sibling *tree.Child
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			sibling = launch(ctx, t, s, "sibling", takes(10*time.Second))
			launch(ctx, t, s, "nested", func(ctx context.Context) error {
				return tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
					launch(ctx, t, s, "worker", failsAfter(tenth, errBoom))
					return nil
				})
			})
			return nil
		}, tree.WithName("app"))
		require.Equal(t, tenth, time.Since(start))
		require.Equal(t, policy.Canceled, exitOf(t, sibling))
		require.EqualError(t, err, "app/nested: app/nested/worker: boom")
		outer := leavesOf(t, err)
		require.Len(t, outer, 1)
		nested, ok := outer[0].(*tree.ChildError)
		require.True(t, ok)
		require.Equal(t, "app/nested", nested.Path)
		inner := leavesOf(t, nested.Err)
		require.Len(t, inner, 1)
		require.Equal(t, &tree.ChildError{Path: "app/nested/worker", Exit: policy.Failed, Err: errBoom}, inner[0])
	})
}

func TestScope_044_ASpawnInTheCleanUpAfterAFailureIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var spawned, started error
		ran := func(context.Context) error { return errBang }
		var handle *tree.Scope
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			handle = s
			launch(ctx, t, s, "b", func(ctx context.Context) error {
				<-ctx.Done()
				spawned = s.Go(ctx, ran)
				_, started = s.Start(context.WithoutCancel(ctx), tree.ChildSpec{Name: "late", Run: ran})
				return ctx.Err()
			})
			launch(ctx, t, s, "a", failsAfter(tenth, errBoom))
			return nil
		}, tree.WithName("app"))
		require.ErrorIs(t, spawned, tree.ErrClosed)
		require.ErrorIs(t, started, tree.ErrClosed)
		require.EqualError(t, err, "app/a: boom")
		require.Equal(t, tree.Counts{Canceled: 1, Failed: 1, Refused: 2}, handle.Snapshot().Counts)
	})
}

// There is no first-error mode of its own: it is KeepErrors of 1, the others are
// counted and go to the handler.
func TestScope_046_WithOneErrorKeptTheFirstFailureIsReturnedAndTheOthersCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rec recorder
		p := policy.TaskGroup
		p.KeepErrors = 1
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "third", failsAfter(3*tenth, errCleanup))
			launch(ctx, t, s, "second", failsAfter(2*tenth, errBang))
			launch(ctx, t, s, "first", failsAfter(tenth, errBoom))
			return nil
		}, tree.WithName("app"), tree.WithObserver(&rec))
		var all *tree.Errors
		require.ErrorAs(t, err, &all)
		require.Len(t, all.Unwrap(), 1)
		require.EqualError(t, all.Unwrap()[0], "app/first: boom")
		require.Equal(t, 2, all.Dropped())
		require.EqualError(t, err, "tree: 3 failures\n\tapp/first: boom\n\tand 2 more")
		require.NotErrorIs(t, err, errBang)
		require.Equal(t, []string{"app/first", "app/second", "app/third"}, paths(rec.failures()))
		var returned []bool
		for _, e := range rec.failures() {
			returned = append(returned, e.Handed)
		}
		require.Equal(t, []bool{true, false, false}, returned)
	})
}

func TestScope_049_TheScopeReturnsAfterASiblingsLongCleanUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var cleaned bool
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "sibling", func(ctx context.Context) error {
				<-ctx.Done()
				pause(time.Second)
				cleaned = true
				return ctx.Err()
			})
			launch(ctx, t, s, "worker", failsAfter(tenth, errBoom))
			return nil
		}, tree.WithName("app"))
		require.EqualError(t, err, "app/worker: boom")
		require.True(t, cleaned)
		require.Equal(t, tenth+time.Second, time.Since(start))
	})
}
