package tree_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestScope_239_ResultsComeAsCompletedFailuresAtTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
			require.Equal(t, []pair{{2, nil, tenth}, {0, errBoom, 2 * tenth}, {1, nil, 3 * tenth}},
				pairs(tree.AsCompleted(ctx, gives(3*tenth, 1), gives(tenth, 2), refuses(2*tenth, errBoom))))
			require.NoError(t, ctx.Err())
		})
		require.Empty(t, logged(rec))
		require.Len(t, rec.failures(), 1, "observers are told of it")
	})
}

func TestScope_239_ThreeThatFailAtTheSameInstantAllComeOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
			var errs []error
			for _, p := range pairs(tree.AsCompleted(ctx, refuses(tenth, errBoom), refuses(tenth, errBang), refuses(tenth, errBody))) {
				require.Equal(t, tenth, p.at)
				errs = append(errs, p.err)
			}
			require.ElementsMatch(t, []error{errBoom, errBang, errBody}, errs)
		})
		require.Empty(t, logged(rec))
	})
}

// A time-out between two items, or while the consumer works, is the same: the rest
// is canceled, and comes out as it ends.
func TestScope_239_WhenTheContextEndsTheRestIsCanceledAndComesOut(t *testing.T) {
	for name, busy := range map[string]time.Duration{"between items": 0, "while the consumer works": 3 * tenth} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				inApp(t, func(ctx context.Context, s *tree.Scope) {
					short, cancel := context.WithTimeoutCause(ctx, 2*tenth, errReason)
					defer cancel()
					var causes [2]error
					var got []pair
					for v, err := range tree.AsCompleted(short, gives(tenth, 1), told(&causes[0], gives(time.Second, 2)),
						told(&causes[1], gives(time.Second, 3)), late(tenth, 4, nil), late(tenth/2, 0, errCleanup)) {
						got = append(got, pair{v, err, time.Since(start)})
						if v == 1 {
							pause(busy)
						}
					}
					resumed := max(2*tenth, tenth+busy)
					require.Equal(t, []pair{{1, nil, tenth}, {2, context.DeadlineExceeded, resumed}, {3, context.DeadlineExceeded, resumed},
						{0, errCleanup, max(resumed, 2*tenth+tenth/2)}, {4, nil, max(resumed, 3*tenth)}}, sorted(got))
					require.Equal(t, [2]error{errReason, errReason}, causes)
				})
			})
		})
	}
}

// sorted puts the second and third of them in order, which came at once.
func sorted(list []pair) []pair {
	if list[1].value > list[2].value {
		list[1], list[2] = list[2], list[1]
	}
	return list
}

func TestUnderAContextThatHasEndedNothingRunsAndEachHasTheCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errReason)
		called := func(context.Context) (int, error) { t.Error("called"); return 0, nil }
		require.Equal(t, []pair{{err: errReason}, {err: errReason}}, pairs(tree.AsCompleted(ctx, called, called)))
	})
}

func TestScope_241_ALoopThatIsLeftAfterNResultsCancelsTheRestAndWaitsForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var rest [2]error
		rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
			n := 0
			for _, err := range tree.AsCompleted(ctx, gives(tenth, 1), gives(2*tenth, 2), told(&rest[0], gives(3*tenth, 3)),
				told(&rest[1], late(4*tenth, 4, nil)), late(tenth, 0, errCleanup)) {
				require.NoError(t, err)
				if n++; n == 2 {
					require.Equal(t, 2*tenth, time.Since(start))
					break
				}
			}
			require.Equal(t, 6*tenth, time.Since(start))
			require.EqualError(t, rest[0], "tree: loop over the results left")
			require.Equal(t, rest[0], rest[1])
			require.NoError(t, ctx.Err())
			require.Zero(t, s.Snapshot().Counts.Canceled, "the loop's scope was not this one")
			require.Empty(t, s.Snapshot().Scopes)
		})
		require.Equal(t, []error{errCleanup}, logged(rec))
	})
}

func TestAPanicOfTheConsumerCancelsTheRestWaitsForItAndGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var rest error
		rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
			require.PanicsWithValue(t, "fatal", func() {
				for range tree.AsCompleted(ctx, gives(tenth, 1), told(&rest, late(tenth, 2, nil)), late(tenth, 0, errCleanup)) {
					panic("fatal")
				}
			})
			require.Equal(t, 2*tenth, time.Since(start))
			require.EqualError(t, rest, "tree: body panicked or called runtime.Goexit")
		})
		require.Equal(t, []error{errCleanup}, logged(rec), "nobody else would hear of it")
	})
}

func TestReturningFromTheMiddleOfALoopWaitsForTheRestToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		first := func() (int, error) {
			for v, err := range tree.AsCompleted(t.Context(), gives(tenth, 1), late(tenth, 2, nil)) {
				return v, err
			}
			return 0, errors.New("empty")
		}
		v, err := first()
		require.NoError(t, err)
		require.Equal(t, 1, v)
		require.Equal(t, 2*tenth, time.Since(start))
	})
}

func TestALoopOverNothingEndsAtOnce(t *testing.T) {
	require.Empty(t, pairs(tree.AsCompleted[int](t.Context())))
}

func TestEachLoopRunsTheFunctionsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		fs := []number{func(context.Context) (int, error) { n++; return n, nil }}
		seq := tree.AsCompleted(t.Context(), fs...)
		fs[0] = nil // it has its own
		require.Zero(t, n, "nothing runs before the loop")
		require.Equal(t, []pair{{value: 1}}, pairs(seq))
		require.Equal(t, []pair{{value: 2}}, pairs(seq))
	})
}

func TestAPanicComesOutAtItsTurnAndIsReportedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
			list := pairs(tree.AsCompleted(ctx, gives(tenth, 1), func(context.Context) (int, error) { panic("oh") }))
			var p *policy.PanicError
			require.ErrorAs(t, list[0].err, &p)
			require.Equal(t, []pair{list[0], {1, nil, tenth}}, list)
		})
		require.Len(t, logged(rec), 1)
	})
}
