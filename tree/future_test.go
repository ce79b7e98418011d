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

func TestAFutureIsWaitedForByAnyNumberAnyNumberOfTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		inApp(t, func(ctx context.Context, s *tree.Scope) {
			future, err := tree.Async(ctx, s, gives(time.Second, 7))
			require.NoError(t, err)
			wait := func(ctx context.Context) (int, error) { return future.Wait(ctx) }
			for range 2 {
				values, err := tree.Gather(ctx, wait, wait, wait)
				require.NoError(t, err)
				require.Equal(t, []int{7, 7, 7}, values)
				require.Equal(t, time.Second, time.Since(start))
			}
		})
	})
}

func TestTheFailureOfAFutureIsTheScopesBusinessAsWithGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var failed, sibling *tree.Future[int]
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) (err error) {
			failed, err = tree.Async(ctx, s, refuses(tenth, errBoom))
			require.NoError(t, err)
			sibling, err = tree.Async(ctx, s, gives(time.Second, 1))
			return err
		}, tree.WithName("app"))
		require.ErrorIs(t, err, errBoom)
		var failure *tree.ChildError
		require.ErrorAs(t, err, &failure)
		require.Contains(t, failure.Site, "results_helpers_test.go:", "of the function, not of a wrapper")
		_, err = failed.Wait(t.Context())
		require.Equal(t, errBoom, err, "as the function returned it")
		_, err = sibling.Wait(t.Context())
		require.Equal(t, context.Canceled, err)
	})
}

func TestAFutureWhoseFailureIsOnlyReportedHasTheErrorToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
			future, err := tree.Async(ctx, s, refuses(tenth, errBoom))
			require.NoError(t, err)
			_, err = future.Wait(ctx)
			require.Equal(t, errBoom, err)
			require.NoError(t, ctx.Err())
		})
		require.Equal(t, []error{errBoom}, logged(rec))
	})
}

func TestPanicAndGoexitComeOutOfAFuture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
			future, err := tree.Async(ctx, s, func(context.Context) (int, error) { panic(errBoom) })
			require.NoError(t, err)
			v, err := future.Wait(ctx)
			var p *policy.PanicError
			require.ErrorAs(t, err, &p)
			require.ErrorIs(t, err, errBoom)
			require.Zero(t, v)

			future, err = tree.Async(ctx, s, func(context.Context) (int, error) { runtime.Goexit(); return 1, nil })
			require.NoError(t, err)
			_, err = future.Wait(ctx)
			require.Equal(t, policy.ErrGoexit, err)
		})
		require.Len(t, logged(rec), 2)
		require.Contains(t, rec.failures()[1].Site, "future_test.go:")
	})
}

func TestTheValueBesideAnErrorIsWhatTheFunctionReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inApp(t, func(ctx context.Context, s *tree.Scope) {
			future, err := tree.Async(ctx, s, func(context.Context) (int, error) { return 3, errBoom })
			require.NoError(t, err)
			v, err := future.Wait(ctx)
			require.Equal(t, 3, v)
			require.Equal(t, errBoom, err)
		})
	})
}

func TestAResultThatIsThereIsWorthMoreThanAContextThatHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inApp(t, func(ctx context.Context, s *tree.Scope) {
			ended, cancel := context.WithCancel(ctx)
			cancel()
			future, err := tree.Async(ended, s, gives(tenth, 7))
			require.NoError(t, err, "the asker's context bounds no lifetime")
			_, err = future.Wait(ended)
			require.Equal(t, context.Canceled, err)
			<-future.Done()
			v, err := future.Wait(ended)
			require.NoError(t, err)
			require.Equal(t, 7, v)
		})
	})
}

func TestAFutureThatCannotBeStartedIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		s, err := tree.Open(ctx, policy.TaskScope)
		require.NoError(t, err)
		never := func(context.Context) (int, error) { t.Error("called"); return 0, nil }
		var none context.Context
		for want, err := range map[string]error{
			"tree.Async.f = nil: must be a function":      second(tree.Async[int](ctx, s, nil)),
			"tree.Async.ctx = nil: must not be nil":       second(tree.Async(none, s, never)),
			"tree.Async.s = nil: must be a scope":         second(tree.Async(ctx, nil, never)),
			"tree: scope closed":                          second(tree.Async(ctx, new(tree.Scope), never)),
			"tree.Future.Wait.ctx = nil: must not be nil": second(new(tree.Future[int]).Wait(none)),
		} {
			require.EqualError(t, err, want)
		}
		require.NoError(t, s.Close())
		future, err := tree.Async(ctx, s, never)
		require.ErrorIs(t, err, tree.ErrClosed)
		require.Nil(t, future)
	})
}

func TestTheZeroFutureNeverComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Hour, errReason)
		defer cancel()
		_, err := new(tree.Future[string]).Wait(ctx)
		require.Equal(t, errReason, err)
	})
}
