package tree_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// big returns a value of 64 kB, or one time in ten an error of that size.
func big(i int) ([]byte, error) {
	if i%10 == 0 {
		return nil, newBigError()
	}
	return make([]byte, 64<<10), nil
}

func TestFuturesThatNobodyHasLeaveNothingBehind(t *testing.T) {
	s := opened(t, policy.TaskScope, nobody())
	flat(t, crowd(10_000), func(n int) {
		for i := range n {
			future, err := tree.Async(t.Context(), s, func(context.Context) ([]byte, error) { return big(i) })
			require.NoError(t, err)
			require.Equal(t, i%10 == 0, second(future.Wait(t.Context())) != nil)
		}
		settled(t, s)
	})
}

func TestAFutureKeepsItsResultAndNothingElseDoes(t *testing.T) {
	collected := make(chan struct{})
	s, err := tree.Open(t.Context(), policy.TaskScope)
	require.NoError(t, err)
	future, err := tree.Async(t.Context(), s, func(context.Context) (*[64]byte, error) { return gone(collected), nil })
	require.NoError(t, err)
	<-future.Done()
	runtime.GC()
	runtime.GC()
	select {
	case <-collected:
		t.Fatal("collected while there is a Future")
	default:
	}
	v, err := future.Wait(t.Context())
	require.NoError(t, err)
	require.NotNil(t, v)
	runtime.KeepAlive(future)
	collect(t, collected) // while the scope lives
	require.NoError(t, s.Close())
}

func TestGatherAndItsLikeLeaveNothingBehind(t *testing.T) {
	require.NoError(t, tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
		flat(t, crowd(2000), func(n int) {
			for i := range n {
				bigOfAll(ctx, t, i)
			}
		})
		return nil
	}, nobody()))
}

// bigOfAll has big results, or failures, of all but Stream.
func bigOfAll(ctx context.Context, t *testing.T, i int) {
	f := func(context.Context) ([]byte, error) { return big(i) }
	fails := func(err error) { require.Equal(t, i%10 == 0, err != nil) }
	values, err := tree.Gather(ctx, f, f)
	require.Len(t, values, 2)
	fails(err)
	fails(second(tree.Race(ctx, f, f)))
	fails(second(tree.Any(ctx, f, f)))
	for _, err := range tree.AsCompleted(ctx, f, f) {
		fails(err)
		if i%2 == 0 {
			break
		}
	}
}

func TestAStreamKeepsNothingOfTheItemsItHasYielded(t *testing.T) {
	n := max(crowd(10_000), 500)
	for _, unordered := range []bool{false, true} {
		require.NoError(t, tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			var before live
			i := 0
			for range tree.Stream(ctx, counting(new(int), new(bool)), tree.StreamSpec{Limit: 4, Unordered: unordered},
				func(_ context.Context, i int) ([]byte, error) { return big(i) }) {
				switch i++; i {
				case n: // what is made once is made
					before = liveNow()
				case 2 * n:
					require.Less(t, liveNow().minus(before).bytes, int64(2*8*64<<10), "a window is on its way")
				}
				if i == 2*n {
					break
				}
			}
			return nil
		}, nobody()))
	}
}
