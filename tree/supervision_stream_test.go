package tree_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/tree"
)

// lasting are items that last as long as they say, in tenths of a second; their
// result is the same number. A canceled one says so.
func lasting(ctx context.Context, tenths int) (int, error) {
	return tenths, sleep(ctx, time.Duration(tenths)*tenth)
}

// counting counts up without an end, and notes in asked how often it was asked and
// in closed that it was left.
func counting(asked *int, closed *bool) iter.Seq[int] {
	return func(yield func(int) bool) {
		defer func() { *closed = true }()
		for i := 0; ; i++ {
			*asked++
			if !yield(i) {
				return
			}
		}
	}
}

// gauge counts who is at work, and keeps the most there were.
type gauge struct {
	mu        sync.Mutex
	now, most int
}

func (g *gauge) add(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now += n
	g.most = max(g.most, g.now)
}

func TestSupervision_158_AnOrderedStreamYieldsInTheOrderOfItsSourceThoughTheSlowestIsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, spec := slices.Values([]int{3, 2, 1}), tree.StreamSpec{Limit: 3}
		require.Equal(t, []pair{{3, nil, 3 * tenth}, {2, nil, 3 * tenth}, {1, nil, 3 * tenth}},
			pairs(tree.Stream(t.Context(), src, spec, lasting)))
		spec.Unordered = true
		require.Equal(t, []pair{{1, nil, tenth}, {2, nil, 2 * tenth}, {3, nil, 3 * tenth}},
			pairs(tree.Stream(t.Context(), src, spec, lasting)))
	})
}

func TestSupervision_160_NeverMoreThanTheLimitAreAtWorkAndAllAreDone(t *testing.T) {
	const items = 6
	for limit, took := range map[int]time.Duration{1: items * tenth, 4: 2 * tenth, items: tenth, 2 * items: tenth} {
		t.Run(fmt.Sprintf("limit=%d", limit), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var busy gauge
				list := pairs(tree.Stream(t.Context(), slices.Values(slices.Repeat([]int{1}, items)), tree.StreamSpec{Limit: limit},
					func(ctx context.Context, n int) (int, error) {
						busy.add(1)
						defer busy.add(-1)
						return lasting(ctx, n)
					}))
				require.Len(t, list, items)
				require.Equal(t, min(limit, items), busy.most)
				require.Equal(t, took, time.Since(start))
			})
		})
	}
}

// The input is not in the error: its index is.
func TestSupervision_161_FailuresAreYieldedInTheirPlacesAndTouchNobody(t *testing.T) {
	for _, unordered := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
				src := []int{1, 2, 3, 4}
				list := pairs(tree.Stream(ctx, slices.Values(src), tree.StreamSpec{Limit: 4, Unordered: unordered},
					func(ctx context.Context, n int) (int, error) {
						switch v, err := lasting(ctx, n); n {
						case 2:
							return -2, errBoom
						case 3:
							panic(errBang)
						default:
							return v, err
						}
					}))
				require.Len(t, list, 4)
				require.Equal(t, []pair{{1, nil, tenth}, {4, nil, 4 * tenth}}, []pair{list[0], list[3]})
				require.Equal(t, pair{-2, &tree.ItemError{Index: 1, Err: errBoom}, 2 * tenth}, list[1])
				require.EqualError(t, list[1].err, "tree: item 1: boom")
				var item *tree.ItemError
				require.ErrorAs(t, list[2].err, &item)
				require.Equal(t, 3, src[item.Index])
				require.ErrorIs(t, item, errBang)
			})
			require.Len(t, logged(rec), 1, "the panic")
			require.Len(t, rec.failures(), 2)
		})
	}
}

// Elixir has an option that fails the whole stream at the first time-out. Here a
// time-out is a failure in its place, and the loop that is left on it does that.
func TestSupervision_163_ALoopLeftOnATimeoutEndsTheWholeStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var causes [11]error // of an item's end, by its length
		var failure error
		rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
			for _, err := range tree.Stream(ctx, slices.Values([]int{1, 10, 2, 4}), tree.StreamSpec{Limit: 3, Timeout: 3 * tenth},
				func(ctx context.Context, n int) (int, error) {
					v, err := lasting(ctx, n)
					causes[n] = context.Cause(ctx)
					return v, err
				}) {
				if err != nil {
					failure = err
					break
				}
			}
			require.Empty(t, s.Snapshot().Scopes)
		})
		require.EqualError(t, failure, "tree: item 1: tree: timed out after 300ms: context deadline exceeded")
		require.ErrorIs(t, failure, tree.ErrTimeout)
		require.ErrorIs(t, failure, context.DeadlineExceeded)
		require.Equal(t, 3*tenth, time.Since(start))
		require.Equal(t, tree.ErrTimeout, causes[10])
		require.EqualError(t, causes[4], "tree: loop over the results left", "a tenth before its own timeout")
		require.NoError(t, errors.Join(causes[1], causes[2]))
		require.Empty(t, logged(rec))
	})
}

func TestSupervision_164_ALoopLeftAfterOneResultCancelsAndAwaitsWhatIsAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var asked int
		var closed bool
		var rest [2]error
		rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
			for v, err := range tree.Stream(ctx, counting(&asked, &closed), tree.StreamSpec{Limit: 3}, func(ctx context.Context, n int) (int, error) {
				switch n {
				case 0:
					return gives(tenth, 0)(ctx)
				case 1:
					return told(&rest[0], late(tenth, 1, nil))(ctx)
				}
				return told(&rest[1], late(2*tenth, 0, errCleanup))(ctx)
			}) {
				require.NoError(t, err)
				require.Zero(t, v)
				require.False(t, closed)
				synctest.Wait() // the first is gone
				require.Equal(t, 2, s.Snapshot().Scopes[0].Tasks)
				break
			}
			require.Equal(t, 3*tenth, time.Since(start))
			require.EqualError(t, rest[0], "tree: loop over the results left")
			require.EqualError(t, rest[1], "tree: loop over the results left")
			require.Empty(t, s.Snapshot().Scopes, "nothing of it is left")
			require.True(t, closed, "the source's own clean-up ran")
			require.Equal(t, 3, asked)
		})
		require.Equal(t, []error{errCleanup}, logged(rec))
	})
}

func TestSupervision_166_ASourceWithoutAnEndIsTakenFromAsOftenAsAskedFor(t *testing.T) {
	for _, unordered := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var asked int
			var closed bool
			var got []int
			for v, err := range tree.Stream(t.Context(), counting(&asked, &closed), tree.StreamSpec{Limit: 2, Unordered: unordered}, echo) {
				require.NoError(t, err)
				if got = append(got, v); len(got) == 5 {
					break
				}
			}
			slices.Sort(got)
			require.Len(t, slices.Compact(got), 5)
			require.True(t, closed)
			require.LessOrEqual(t, asked, 5+4, "what was asked for, and a window")
		})
	}
}

// echo returns its item at once.
func echo(_ context.Context, n int) (int, error) { return n, nil }

// OTP goes on without a bound while the head of the line is slow.
func TestSupervision_167_ASlowHeadOfTheLineHoldsTheSourceBackAtTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked int
		var closed bool
		start := time.Now()
		for v, err := range tree.Stream(t.Context(), counting(&asked, &closed), tree.StreamSpec{Limit: 2, Window: 5},
			func(ctx context.Context, n int) (int, error) {
				if n == 0 {
					return gives(time.Hour, 0)(ctx)
				}
				return n, nil
			}) {
			require.NoError(t, err)
			require.Zero(t, v)
			require.Equal(t, time.Hour, time.Since(start))
			require.Equal(t, 5, asked, "the head, and four that are ready behind it")
			break
		}
	})
	synctest.Test(t, func(t *testing.T) {
		var asked int
		var closed bool
		n := 0
		for _, err := range tree.Stream(t.Context(), counting(&asked, &closed), tree.StreamSpec{Limit: 2, Window: 5, Unordered: true},
			func(ctx context.Context, n int) (int, error) {
				if n == 0 {
					return 0, errors.Join(sleep(ctx, time.Hour))
				}
				return n, nil
			}) {
			require.NoError(t, err)
			if n++; n == 1000 {
				break
			}
		}
		require.LessOrEqual(t, asked, 1000+2, "without an order nobody waits for the slow one")
	})
}
