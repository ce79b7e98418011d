package tree_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestGatherReturnsValuesInTheOrderOfItsFunctions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		values, err := tree.Gather(t.Context(), gives(3*tenth, 1), gives(tenth, 2), gives(2*tenth, 3))
		require.NoError(t, err)
		require.Equal(t, []int{1, 2, 3}, values)
		require.Equal(t, 3*tenth, time.Since(start))
	})
}

func TestAGatherOfNothingHasNoValues(t *testing.T) {
	values, err := tree.Gather[int](t.Context())
	require.NoError(t, err)
	require.Equal(t, []int{}, values)
}

func TestTheFirstFailureCancelsAGatherAndIsReturnedWhenAllAreBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var cause error
		rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
			values, err := tree.Gather(ctx, gives(tenth, 1), refuses(2*tenth, errBoom), told(&cause, gives(time.Second, 3)),
				late(tenth, 4, nil), late(2*tenth, 5, errCleanup))
			require.Equal(t, errBoom, err, "as the function returned it")
			require.Equal(t, []int{1, 0, 0, 4, 0}, values)
			var by *tree.ChildError
			require.ErrorAs(t, cause, &by)
			require.Equal(t, errBoom, by.Err)
			require.Equal(t, "app", by.Path)
			require.Contains(t, by.Site, "results_helpers_test.go:")
			require.Equal(t, 4*tenth, time.Since(start))
			require.NoError(t, ctx.Err())
		})
		require.Equal(t, []error{errCleanup}, logged(rec))
		require.Len(t, rec.failures(), 2)
	})
}

// Asyncio has no way to retrieve a partial result. Here it is returned beside the
// error.
func TestScope_238_AGatherCutFromOutsideReturnsWhatFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
			short, cancel := context.WithTimeoutCause(ctx, 350*time.Millisecond, errReason)
			defer cancel()
			var causes [3]error
			values, err := tree.Gather(short, gives(tenth, 1), gives(2*tenth, 2), gives(3*tenth, 3),
				told(&causes[0], gives(4*tenth, 4)), told(&causes[1], gives(5*tenth, 5)), told(&causes[2], gives(6*tenth, 6)))
			require.EqualError(t, err, "tree: app: context deadline exceeded: reason")
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, []int{1, 2, 3, 0, 0, 0}, values)
			require.Equal(t, [3]error{errReason, errReason, errReason}, causes)
			require.Equal(t, 350*time.Millisecond, time.Since(start))
		})
		require.Empty(t, rec.failures())
	})
}

func TestAGatherUnderAContextThatHasEndedCallsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errReason)
		called := func(context.Context) (int, error) { t.Error("called"); return 0, nil }
		values, err := tree.Gather(ctx, called, called)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, errReason)
		require.Equal(t, []int{0, 0}, values)
	})
}

func TestAGatherThatFinishesAllTheSameHasLostNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		short, cancel := context.WithTimeout(t.Context(), tenth)
		defer cancel()
		values, err := tree.Gather(short, late(tenth, 1, nil), gives(0, 2))
		require.NoError(t, err)
		require.Equal(t, []int{1, 2}, values)
	})
}

func TestAFailureAfterTheContextEndedIsWhatAGatherReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		short, cancel := context.WithTimeout(t.Context(), tenth)
		defer cancel()
		values, err := tree.Gather(short, gives(time.Second, 1), late(tenth, 0, errCleanup), gives(0, 3))
		require.Equal(t, errCleanup, err)
		require.Equal(t, []int{0, 0, 3}, values)
	})
}

func TestScope_242_ACanceledFunctionIsNoFailureOfItsGather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
			values, err := tree.Gather(ctx, late(tenth, 7, context.Canceled), refuses(tenth, errBoom), gives(0, 3))
			require.Equal(t, errBoom, err)
			require.Equal(t, []int{0, 0, 3}, values, "the place of a canceled one is empty")
		})
		require.Len(t, rec.failures(), 1)
	})
}

func TestPanicAndGoexitFailAGatherAndAreReportedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
			_, err := tree.Gather(ctx, func(context.Context) (int, error) { panic("oh") }, late(0, 0, context.Canceled))
			var p *policy.PanicError
			require.ErrorAs(t, err, &p)
			require.Equal(t, "oh", p.Value)
			require.Contains(t, p.Stack(), "scope_gather_test.go")

			_, err = tree.Gather(ctx, func(context.Context) (int, error) { runtime.Goexit(); return 1, nil }, late(0, 0, context.Canceled))
			require.Equal(t, policy.ErrGoexit, err)
		})
		require.Len(t, logged(rec), 2)
		require.Contains(t, rec.failures()[0].Site, "scope_gather_test.go:")
		require.Contains(t, rec.failures()[1].Site, "scope_gather_test.go:")
	})
}

func TestWhatAGatheredFunctionDecidedIsForItsCaller(t *testing.T) {
	fatal := policy.Fatal(errBoom)
	synctest.Test(t, func(t *testing.T) {
		_, err := tree.Gather(t.Context(), gives(0, 1), refuses(0, fatal))
		require.Equal(t, fatal, err)
		values, err := tree.Gather(t.Context(), func(context.Context) (int, error) { return 1, policy.Done(nil) })
		require.NoError(t, err, "Done(nil) is no failure")
		require.Equal(t, []int{1}, values)
	})
}

func TestAGatherStandsWhereItsContextStandsOrIsCalledAfterItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		where := func(ctx context.Context) (string, error) {
			s, err := tree.From(ctx)
			return s.Path(), err
		}
		inApp(t, func(ctx context.Context, s *tree.Scope) {
			paths, err := tree.Gather(ctx, where)
			require.NoError(t, err)
			require.Equal(t, []string{"app"}, paths)
		})
		paths, err := tree.Gather(t.Context(), where)
		require.NoError(t, err)
		require.Equal(t, []string{"tree_test.TestAGatherStandsWhereItsContextStandsOrIsCalledAfterItsCaller.func1"}, paths)
		path, err := tree.Race(t.Context(), where)
		require.NoError(t, err)
		require.Equal(t, paths[0], path)
		path, err = tree.Any(t.Context(), where)
		require.NoError(t, err)
		require.Equal(t, paths[0], path)
		for path, err := range tree.AsCompleted(t.Context(), where) {
			require.NoError(t, err)
			require.Equal(t, paths[0], path)
		}
	})
}

func TestAGatherHasTheGraceOfTheScopeAround(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.TaskScope
		p.Stop.Grace = time.Minute
		start := time.Now()
		var canceled time.Duration
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			_, err := s.Shutdown(ctx)
			require.NoError(t, err)
			_, err = tree.Gather(ctx, gives(30*time.Second, 1), func(ctx context.Context) (int, error) {
				<-tree.Draining(ctx)
				require.Zero(t, time.Since(start))
				return 0, nil
			})
			require.NoError(t, err, "longer than the default grace")
			_, err = tree.Gather(ctx, gives(time.Hour, 1))
			canceled = time.Since(start)
			require.ErrorIs(t, err, context.Canceled)
			return nil
		}, tree.WithObserver(new(recorder)))
		require.NoError(t, err)
		require.Equal(t, time.Minute, canceled)
	})
}
