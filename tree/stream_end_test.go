package tree_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestAPanicOfSourceOrLoopCancelsWhatIsAtWorkWaitsForItAndGoesOn(t *testing.T) {
	for _, who := range []string{"source", "loop"} {
		t.Run(who, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				src := func(yield func(int) bool) {
					for i := range 3 {
						if i == 2 && who == "source" {
							panic("fatal")
						}
						if !yield(i) {
							return
						}
					}
				}
				rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
					require.PanicsWithValue(t, "fatal", func() {
						for range tree.Stream(ctx, src, tree.StreamSpec{Limit: 3}, func(ctx context.Context, n int) (int, error) {
							if n == 0 {
								return gives(tenth, 0)(ctx)
							}
							return late(tenth, 0, errCleanup)(ctx)
						}) {
							panic("fatal")
						}
					})
					require.Empty(t, s.Snapshot().Scopes)
				})
				require.NotEmpty(t, logged(rec), "nobody else would hear of it")
				require.Equal(t, map[string]time.Duration{"source": tenth, "loop": 2 * tenth}[who], time.Since(start))
			})
		})
	}
}

func TestASourceThatIsEmptyYieldsNothing(t *testing.T) {
	require.Empty(t, pairs(tree.Stream(t.Context(), slices.Values([]int{}), tree.StreamSpec{}, echo)))
}

func TestEachLoopOverAStreamAsksItsSourceAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seq := tree.Stream(t.Context(), slices.Values([]int{2, 1}), tree.StreamSpec{Limit: 2}, lasting)
		want := []pair{{2, nil, 2 * tenth}, {1, nil, 2 * tenth}}
		require.Equal(t, want, pairs(seq))
		require.Equal(t, want, pairs(seq))
	})
}

func TestAnItemThatIsDoneHasNoError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		require.Equal(t, []pair{{value: 1}}, pairs(tree.Stream(t.Context(), slices.Values([]int{1}), tree.StreamSpec{},
			func(_ context.Context, n int) (int, error) { return n, policy.Done(nil) })))
	})
}

func TestAStreamGoesOnThroughTheGraceOfTheScopeAround(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.TaskScope
		p.Stop.Grace = 25 * tenth
		require.NoError(t, tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			s.Drain(errReason)
			var done int
			var last error
			for v, err := range tree.Stream(ctx, counting(new(int), new(bool)), tree.StreamSpec{Limit: 1},
				func(ctx context.Context, n int) (int, error) { return lasting(ctx, 10) }) {
				if last = err; err == nil {
					require.Equal(t, 10, v)
					done++
				}
			}
			require.Equal(t, 2, done)
			require.ErrorIs(t, last, context.Canceled)
			require.ErrorIs(t, last, errReason)
			return nil
		}))
	})
}

func TestAStreamStandsWhereItsContextStandsOrIsCalledAfterItsCaller(t *testing.T) {
	where := func(ctx context.Context, _ int) (string, error) {
		s, err := tree.From(ctx)
		return s.Path(), err
	}
	one := slices.Values([]int{1})
	synctest.Test(t, func(t *testing.T) {
		inApp(t, func(ctx context.Context, s *tree.Scope) {
			for path, err := range tree.Stream(ctx, one, tree.StreamSpec{}, where) {
				require.NoError(t, err)
				require.Equal(t, "app", path)
			}
		})
		for path, err := range tree.Stream(t.Context(), one, tree.StreamSpec{}, where) {
			require.NoError(t, err)
			require.Equal(t, "tree_test.TestAStreamStandsWhereItsContextStandsOrIsCalledAfterItsCaller.func2", path)
		}
	})
}

func TestTheSiteOfAFailingItemIsItsFunctions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
			for _, err := range tree.Stream(ctx, slices.Values([]int{1}), tree.StreamSpec{Timeout: time.Second},
				func(context.Context, int) (int, error) { return 0, errBoom }) {
				require.ErrorIs(t, err, errBoom)
			}
		})
		require.Len(t, rec.failures(), 1)
		e := rec.failures()[0]
		require.Contains(t, e.Site, "stream_end_test.go:")
		require.Equal(t, "app", e.Path)
		require.True(t, e.Handed)
		require.Equal(t, errBoom, e.Err)
	})
}

// A scope around that crashes on panics does so in these too.
func TestAScopeOfResultsAnswersAPanicAsTheOneAroundDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, want := range []policy.Panic{policy.PanicRecover, policy.PanicCrash} {
			p := policy.TaskScope
			p.Panic = want
			require.NoError(t, tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
				_, err := tree.Gather(ctx, func(ctx context.Context) (int, error) {
					own, err := tree.From(ctx)
					require.NotEqual(t, s, own)
					require.Equal(t, want, own.Snapshot().Policy.Panic)
					return 0, err
				})
				return err
			}))
		}
	})
}
