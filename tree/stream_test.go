package tree_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestTheZeroSpecIsOrderedWithAsManyAtWorkAsProcessorsAndTwiceThatInTheWindow(t *testing.T) {
	const limit = 4
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(limit))
	for stuck, asked := range map[int]int{limit: limit, 1: 2 * limit} { // so many of the first never end
		synctest.Test(t, func(t *testing.T) {
			var got int
			short, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			list := pairs(tree.Stream(short, counting(&got, new(bool)), tree.StreamSpec{}, func(ctx context.Context, n int) (int, error) {
				if n < stuck {
					return n, blocker(ctx)
				}
				return n, nil
			}))
			require.Equal(t, asked, got)
			require.Len(t, list, asked+1)
			for i, p := range list[:asked] {
				require.Equal(t, i, p.value)
			}
		})
	}
}

func TestAFaultInAStreamIsOnePairAndItsSourceIsNotAsked(t *testing.T) {
	var nobody context.Context
	source := func(func(int) bool) { t.Error("asked") }
	never := func(context.Context, int) (int, error) { t.Error("called"); return 0, nil }
	stream := func(spec tree.StreamSpec) iter.Seq2[int, error] { return tree.Stream(t.Context(), source, spec, never) }
	for want, seq := range map[string]iter.Seq2[int, error]{
		"tree.StreamSpec.Limit = -1: must not be negative":                                                       stream(tree.StreamSpec{Limit: -1}),
		"tree.StreamSpec.Window = -2: must not be negative":                                                      stream(tree.StreamSpec{Window: -2}),
		"tree.StreamSpec.Timeout = -1s: must not be negative":                                                    stream(tree.StreamSpec{Timeout: -time.Second}),
		"tree.StreamSpec.Window = 3: must not be less than Limit, which is 4":                                    stream(tree.StreamSpec{Limit: 4, Window: 3}),
		"tree.StreamSpec.Limit = -1: must not be negative\ntree.StreamSpec.Timeout = -1ns: must not be negative": stream(tree.StreamSpec{Limit: -1, Timeout: -1}),
		"tree.Stream.ctx = nil: must not be nil":                                                                 tree.Stream(nobody, source, tree.StreamSpec{}, never),
		"tree.Stream.src = nil: must be a sequence":                                                              tree.Stream(t.Context(), nil, tree.StreamSpec{}, never),
		"tree.Stream.f = nil: must be a function":                                                                tree.Stream[int, int](t.Context(), source, tree.StreamSpec{}, nil),
	} {
		list := pairs(seq)
		require.Len(t, list, 1)
		require.EqualError(t, list[0].err, want)
		var fault *policy.FieldError
		require.ErrorAs(t, list[0].err, &fault)
	}
}

func TestALimitWithoutAnEndCostsNothing(t *testing.T) {
	for _, spec := range []tree.StreamSpec{{Limit: math.MaxInt}, {Limit: 1, Window: math.MaxInt}, {Limit: math.MaxInt, Unordered: true}} {
		synctest.Test(t, func(t *testing.T) {
			require.Len(t, pairs(tree.Stream(t.Context(), slices.Values([]int{2, 1, 3}), spec, lasting)), 3)
		})
	}
}

func TestWhatIsReadyIsYieldedBeforeTheNextItemIsAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var steps trail
		src := func(yield func(int) bool) {
			for i := range 3 {
				steps.add(fmt.Sprint("ask ", i))
				pause(2 * tenth) // so that the one before is ready
				if !yield(i) {
					return
				}
			}
			steps.add("end")
		}
		for v, err := range tree.Stream(t.Context(), src, tree.StreamSpec{Limit: 2, Window: 10},
			func(ctx context.Context, i int) (int, error) { return i, sleep(ctx, tenth) }) {
			require.NoError(t, err)
			steps.add(fmt.Sprint("got ", v))
		}
		require.Equal(t, []string{"ask 0", "ask 1", "got 0", "ask 2", "got 1", "end", "got 2"}, steps.list())
	})
}

func TestSourceAndLoopTakeTurnsOnTheCallersGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here := goroutine()
		src := func(yield func(int) bool) {
			require.Equal(t, here, goroutine())
			yield(1)
		}
		for there, err := range tree.Stream(t.Context(), src, tree.StreamSpec{}, func(context.Context, int) (string, error) { return goroutine(), nil }) {
			require.NoError(t, err)
			require.Equal(t, here, goroutine())
			require.NotEqual(t, here, there)
		}
	})
}

// goroutine names the one that calls it.
func goroutine() string {
	buf := make([]byte, 64)
	var n int
	_, err := fmt.Sscanf(string(buf[:runtime.Stack(buf, false)]), "goroutine %d ", &n)
	return fmt.Sprint(n, err)
}

func TestASlowLoopHoldsTheSourceBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked int
		n := 0
		for range tree.Stream(t.Context(), counting(&asked, new(bool)), tree.StreamSpec{Limit: 2}, echo) {
			pause(time.Hour)
			require.LessOrEqual(t, asked, n+4, "what was yielded, and a window")
			if n++; n == 10 {
				break
			}
		}
	})
}

func TestAnItemsTimeoutIsItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inApp(t, func(ctx context.Context, s *tree.Scope) {
			list := pairs(tree.Stream(ctx, slices.Values([]int{0, 1, 2, 3, 4}), tree.StreamSpec{Limit: 3, Timeout: 3 * tenth},
				func(ctx context.Context, n int) (int, error) {
					switch n {
					case 0: // comes back late, with a value
						return late(tenth, 7, nil)(ctx)
					case 1: // in time
						return gives(2*tenth, 1)(ctx)
					case 2: // says it its own way
						return late(0, 0, errCleanup)(ctx)
					case 3: // began at 2 tenths, has its time from then
						return gives(3*tenth-1, 3)(ctx)
					}
					_, err := gives(time.Second, 4)(ctx) // began at 3 tenths
					return 4, err
				}))
			require.Equal(t, []pair{{7, nil, 4 * tenth}, {1, nil, 4 * tenth}}, list[:2])
			require.EqualError(t, list[2].err, "tree: item 2: tree: timed out after 300ms: cleanup failed")
			require.ErrorIs(t, list[2].err, tree.ErrTimeout)
			require.ErrorIs(t, list[2].err, errCleanup)
			require.Equal(t, pair{3, nil, 5*tenth - 1}, list[3])
			require.ErrorIs(t, list[4].err, tree.ErrTimeout)
			require.Equal(t, 6*tenth, list[4].at)
			require.NoError(t, ctx.Err())
		})
	})
}

func TestTheEndOfTheContextIsNoTimeoutOfAnItem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		short, cancel := context.WithTimeoutCause(t.Context(), tenth, errReason)
		defer cancel()
		list := pairs(tree.Stream(short, slices.Values([]int{9}), tree.StreamSpec{Limit: 1, Timeout: 2 * tenth}, lasting))
		require.Len(t, list, 2)
		require.Equal(t, &tree.ItemError{Err: context.DeadlineExceeded}, list[0].err)
		require.NotErrorIs(t, list[0].err, tree.ErrTimeout)
	})
}

func TestAnItemThatIgnoresItsTimeoutKeepsItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := pairs(tree.Stream(t.Context(), slices.Values([]int{9, 1}), tree.StreamSpec{Limit: 1, Timeout: tenth},
			func(_ context.Context, n int) (int, error) { pause(time.Duration(n) * tenth); return n, nil }))
		require.Equal(t, []pair{{9, nil, 9 * tenth}, {1, nil, 10 * tenth}}, list)
	})
}

func TestWhenTheContextEndsWhatIsAtWorkComesOutAndALastPairSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inApp(t, func(ctx context.Context, s *tree.Scope) {
			short, cancel := context.WithTimeoutCause(ctx, 3*tenth/2, errReason)
			defer cancel()
			var asked int
			var closed bool
			list := pairs(tree.Stream(short, counting(&asked, &closed), tree.StreamSpec{Limit: 2}, func(ctx context.Context, n int) (int, error) {
				if n == 1 {
					return late(tenth, 1, nil)(ctx)
				}
				return lasting(ctx, 1)
			}))
			require.True(t, closed)
			require.Equal(t, 3, asked)
			require.Len(t, list, 4)
			require.Equal(t, []pair{{1, nil, tenth}, {1, nil, 5 * tenth / 2}}, list[:2])
			require.Equal(t, &tree.ItemError{Index: 2, Err: context.DeadlineExceeded}, list[2].err)
			require.EqualError(t, list[3].err, "tree: app: context deadline exceeded: reason")
			var item *tree.ItemError
			require.False(t, errors.As(list[3].err, &item), "it is of no item")
		})
	})
}

func TestAStreamUnderAContextThatHasEndedAsksForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errReason)
		list := pairs(tree.Stream(ctx, func(func(int) bool) { t.Error("asked") }, tree.StreamSpec{}, echo))
		require.Len(t, list, 1)
		require.ErrorIs(t, list[0].err, errReason)
		require.ErrorIs(t, list[0].err, context.Canceled)
	})
}

func TestAStreamWhoseSourceWasThroughWhenTheContextEndedHasNoLastPair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		short, cancel := context.WithTimeout(t.Context(), tenth)
		defer cancel()
		list := pairs(tree.Stream(short, slices.Values([]int{9, 0}), tree.StreamSpec{Limit: 3}, lasting))
		require.Equal(t, []pair{{9, &tree.ItemError{Err: context.DeadlineExceeded}, tenth}, {0, nil, tenth}}, list)
	})
}

func TestALoopLeftAfterTheContextEndedIsToldNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		short, cancel := context.WithTimeout(t.Context(), tenth)
		defer cancel()
		n := 0
		for range tree.Stream(short, counting(new(int), new(bool)), tree.StreamSpec{Limit: 2},
			func(ctx context.Context, n int) (int, error) { return n, blocker(ctx) }) {
			n++
			break
		}
		require.Equal(t, 1, n)
	})
}

func TestOneWhoCancelsAStreamFromInsideEndsItWithThatCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := pairs(tree.Stream(t.Context(), counting(new(int), new(bool)), tree.StreamSpec{Limit: 1}, func(ctx context.Context, n int) (int, error) {
			s, err := tree.From(ctx)
			require.NoError(t, err)
			s.Cancel(errReason)
			<-ctx.Done()
			return n, context.Cause(ctx)
		}))
		require.Equal(t, []pair{{0, &tree.ItemError{Err: errReason}, 0}, {0, errReason, 0}}, list)
	})
}
