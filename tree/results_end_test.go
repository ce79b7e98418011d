package tree_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestAFailureThatHadComeWhenTheLoopWasLeftIsDroppedAndALaterOneIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
			for v, err := range tree.AsCompleted(ctx, gives(tenth, 1), refuses(2*tenth, errBoom), late(tenth, 0, errBang)) {
				require.Equal(t, 1, v)
				require.NoError(t, err)
				pause(2 * tenth) // the next has come
				break
			}
		})
		require.Equal(t, []error{errBang}, logged(rec))
		require.Len(t, rec.failures(), 2)
	})
}

func TestTheLoopOverResultsRunsOnTheCallersGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here := goroutine()
		for there, err := range tree.AsCompleted(t.Context(), func(context.Context) (string, error) { return goroutine(), nil }) {
			require.NoError(t, err)
			require.Equal(t, here, goroutine())
			require.NotEqual(t, here, there)
		}
	})
}

// What a scope around gives up on is waited for here all the same: the values may
// still be written.
func TestAGatherThatIsGivenUpOnStillWaitsForItsFunctions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		gate, back := make(chan struct{}), make(chan time.Duration, 1)
		p := policy.SupervisorScope
		p.Stop = policy.Stop{Grace: policy.NoGrace, Kill: time.Second}
		s, err := tree.Open(t.Context(), p, nobody())
		require.NoError(t, err)
		launch(t.Context(), t, s, "caller", func(ctx context.Context) error {
			values, err := tree.Gather(ctx, gives(0, 1), func(ctx context.Context) (int, error) { return 2, stubborn(gate)(ctx) })
			require.Equal(t, []int{1, 2}, values)
			require.ErrorIs(t, err, tree.ErrAbandoned)
			back <- time.Since(start)
			return err
		})
		synctest.Wait() // they are at work
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, time.Second, time.Since(start))
		require.NotEmpty(t, report.Abandoned)
		pause(time.Second)
		close(gate)
		require.Equal(t, 2*time.Second, <-back)
		require.ErrorIs(t, s.Close(), tree.ErrAbandoned)
	})
}

func TestAFunctionRunsUnderTheValuesOfItsContextAndAFutureUnderThoseOfItsScope(t *testing.T) {
	type key struct{}
	synctest.Test(t, func(t *testing.T) {
		value := func(ctx context.Context) (any, error) { return ctx.Value(key{}), nil }
		inApp(t, func(ctx context.Context, s *tree.Scope) {
			mine := context.WithValue(ctx, key{}, "mine")
			values, err := tree.Gather(mine, value)
			require.NoError(t, err)
			require.Equal(t, []any{"mine"}, values)
			future, err := tree.Async(mine, s, value)
			require.NoError(t, err)
			v, err := future.Wait(ctx)
			require.NoError(t, err)
			require.Nil(t, v)
		})
	})
}
