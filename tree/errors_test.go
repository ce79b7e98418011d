package tree_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// failures is a child that runs a scope of n children that all fail, a step apart,
// deaf to the cancel, and returns its error.
func failures(n, keep int) func(context.Context) error {
	return func(ctx context.Context) error {
		p := policy.TaskGroup
		p.KeepErrors = keep
		return tree.Run(ctx, p, func(ctx context.Context, s *tree.Scope) error {
			for i := range n {
				if _, err := s.Start(ctx, tree.ChildSpec{Name: fmt.Sprint(i), Run: failsAfter(time.Duration(i+1)*tenth/100, fmt.Errorf("e%d", i))}); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// errorsOf runs a cancel-together scope of these children, one after the other,
// and returns what it kept.
func errorsOf(t *testing.T, keep int, children ...func(context.Context) error) *tree.Errors {
	t.Helper()
	p := policy.TaskGroup
	p.KeepErrors = keep
	err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
		for i, run := range children {
			launch(ctx, t, s, string(rune('a'+i)), func(ctx context.Context) error {
				pause(time.Duration(i+1) * tenth)
				return run(context.WithoutCancel(ctx))
			})
		}
		return nil
	}, tree.WithName("app"), tree.WithObserver(&recorder{}))
	var all *tree.Errors
	require.ErrorAs(t, err, &all)
	return all
}

func TestAScopeKeepsTheFirstFailuresAndCountsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct{ fail, keep, kept, dropped int }{
			{1, 0, 1, 0}, {16, 0, 16, 0}, {17, 0, 16, 1}, {20, 0, policy.DefaultKeepErrors, 4}, {5, 1, 1, 4}, {5, 5, 5, 0}, {5, 100, 5, 0},
		} {
			all := errorsOf(t, c.keep, slices.Repeat([]func(context.Context) error{failsAfter(0, errBoom)}, c.fail)...)
			require.Len(t, all.Unwrap(), c.kept, c)
			require.Equal(t, c.dropped, all.Dropped(), c)
			for i, err := range all.Unwrap() {
				require.ErrorContains(t, err, fmt.Sprintf("app/%c: ", 'a'+i))
			}
		}
	})
}

// A nested group's error counts for as many as it keeps, in what is kept and in
// what is dropped.
func TestNestedErrorsCountForTheirLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := failsAfter(0, errBoom)
		for name, c := range map[string]struct {
			keep     int
			children []func(context.Context) error
			kept     int // branches
			dropped  int // leaves
		}{
			"they fill it up":            {4, []func(context.Context) error{failures(3, 0), one, one, one}, 2, 2},
			"the last one is whole":      {4, []func(context.Context) error{one, failures(5, 0), one}, 2, 1},
			"it comes too late":          {2, []func(context.Context) error{one, one, failures(5, 0)}, 2, 5},
			"one is one":                 {2, []func(context.Context) error{failures(1, 0), one, one}, 2, 1},
			"what it dropped is its own": {3, []func(context.Context) error{failures(10, 2), one, one}, 2, 1},
		} {
			all := errorsOf(t, c.keep, c.children...)
			require.Len(t, all.Unwrap(), c.kept, name)
			require.Equal(t, c.dropped, all.Dropped(), name)
		}
	})
}

// However deep: the leaves of what is below are those of what is above.
func TestLeavesAreCountedAtAnyDepthAndThroughWrapping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deep := func(ctx context.Context) error {
			return tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
				launch(ctx, t, s, "mid", failures(3, 0))
				return nil
			})
		}
		wrapped := func(ctx context.Context) error { return fmt.Errorf("wrapped: %w", deep(ctx)) }
		done := func(ctx context.Context) error { return policy.Done(deep(ctx)) }
		for _, run := range []func(context.Context) error{deep, wrapped, done} {
			all := errorsOf(t, 4, run, failsAfter(0, errBoom), failsAfter(0, errBang))
			require.Len(t, all.Unwrap(), 2)
			require.Equal(t, 1, all.Dropped())
			require.ErrorIs(t, all, errBoom)
			require.NotErrorIs(t, all, errBang)
			require.ErrorContains(t, all, "tree: 3 failures\n")
			require.ErrorContains(t, all, "e2")
		}
	})
}

func TestThePageOfManyFailuresSaysHowManyAreLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		boom := failsAfter(0, errBoom)
		require.EqualError(t, errorsOf(t, 2, boom, boom, boom, boom), "tree: 4 failures\n\tapp/a: boom\n\tapp/b: boom\n\tand 2 more")
		require.EqualError(t, errorsOf(t, 1, boom, boom), "tree: 2 failures\n\tapp/a: boom\n\tand 1 more")
		require.EqualError(t, errorsOf(t, 2, boom, boom), "tree: 2 failures\n\tapp/a: boom\n\tapp/b: boom")
		require.EqualError(t, errorsOf(t, 1, boom), "app/a: boom")
	})
}

// The body's own error comes first and is never dropped.
func TestTheErrorOfTheBodyIsKeptBesideThoseOfChildren(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.TaskGroup
		p.KeepErrors = 1
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			for range 3 {
				require.NoError(t, s.Go(ctx, cleansUp(0, errCleanup)))
			}
			return errBody
		}, tree.WithName("app"), tree.WithObserver(&recorder{}))
		kept := leavesOf(t, err)
		require.Len(t, kept, 2)
		require.Equal(t, errBody, kept[0])
		require.ErrorIs(t, kept[1], errCleanup)
		var all *tree.Errors
		require.ErrorAs(t, err, &all)
		require.Equal(t, 2, all.Dropped())
	})
}

// A failure that will be dropped is not returned, and so is told as one to log.
func TestAFailureThatIsDroppedIsToldAsNotReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, seen := policy.TaskGroup, &recorder{}
		p.KeepErrors = 2
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			for i := range 4 {
				require.NoError(t, s.Go(ctx, failsAfter(time.Duration(i+1)*tenth, errBoom)))
			}
			return nil
		}, tree.WithObserver(seen))
		require.ErrorIs(t, err, errBoom)
		var returned []bool
		for _, e := range seen.failures() {
			returned = append(returned, e.Handed)
		}
		require.Equal(t, []bool{true, true, false, false}, returned)
	})
}

func TestTheNameOfAFailedChildIsTheLastElementOfItsPath(t *testing.T) {
	for path, name := range map[string]string{"app/ingest/reader": "reader", "app/x": "x", "x": "x", "": ""} {
		require.Equal(t, name, (&tree.ChildError{Path: path}).Name(), path)
		require.Empty(t, (&tree.ChildError{Path: path, Site: "a_test.go:1"}).Name(), "a task has none")
	}
	synctest.Test(t, func(t *testing.T) {
		var names []string
		for _, err := range errorsOf(t, 0, failsAfter(0, errBoom), failures(1, 0)).Unwrap() {
			for {
				var failed *tree.ChildError
				if !errors.As(err, &failed) {
					break
				}
				names = append(names, failed.Name())
				err = failed.Err
			}
		}
		require.Equal(t, []string{"a", "b", "0"}, names)
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			return s.Go(ctx, failsAfter(0, errBoom))
		})
		failed := new(tree.ChildError)
		require.ErrorAs(t, err, &failed)
		require.Empty(t, failed.Name())
		require.NotEmpty(t, failed.Site)
	})
}

func TestAListOfErrorsWithinAListGoesInDeeper(t *testing.T) {
	fail := func(err error) func(context.Context) error { return func(context.Context) error { return err } }
	err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
		launch(ctx, t, s, "inner", func(ctx context.Context) error {
			return tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
				launch(ctx, t, s, "x", fail(errBoom))
				launch(ctx, t, s, "y", cleansUp(0, errBang))
				return nil
			})
		})
		launch(ctx, t, s, "z", cleansUp(0, errCleanup))
		return nil
	}, tree.WithName("app"))
	require.EqualError(t, err, "tree: 2 failures\n"+
		"\tapp/inner: tree: 2 failures\n"+
		"\t\tapp/inner/x: boom\n"+
		"\t\tapp/inner/y: bang\n"+
		"\tapp/z: cleanup failed")
}
