package tree_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// Who comes first is served first, whichever way it asks; who leaves the line
// holds nobody up.
func TestPlacesAreGivenInTheOrderInWhichTheyWereAskedFor(t *testing.T) {
	for round := range 20 {
		under(t, allPresets(), func(t *testing.T, p policy.Scope) {
			dice := rand.New(rand.NewPCG(uint64(round), 0))
			s, _ := openSupervisor(t, limited(p, 2))
			for range 2 {
				require.NoError(t, s.Go(t.Context(), takes(tenth)))
			}
			var order trail
			var want []string
			var all sync.WaitGroup
			for i := range 30 {
				ctx, leave := context.WithCancelCause(t.Context())
				defer leave(nil)
				stays := dice.IntN(3) > 0
				if stays {
					want = append(want, fmt.Sprint(i))
				} else {
					time.AfterFunc(time.Duration(dice.IntN(10))*tenth/10, func() { leave(errEnough) })
				}
				way := spawnings[dice.IntN(2)]
				all.Go(func() {
					err := way.spawn(ctx, s, fmt.Sprint("c", i), func(context.Context) error {
						order.add(fmt.Sprint(i))
						pause(tenth)
						return nil
					})
					if stays {
						require.NoError(t, err)
					} else {
						require.Equal(t, errEnough, err)
					}
				})
				synctest.Wait() // it is in line
			}
			all.Wait()
			pause(tenth) // the last ones have ended
			got := order.list()
			for i := range got { // two begin at once
				if i%2 == 1 && slices.Index(want, got[i-1]) > slices.Index(want, got[i]) {
					got[i-1], got[i] = got[i], got[i-1]
				}
			}
			require.Equal(t, want, got)
			require.Zero(t, s.Counts().Waiting)
		})
	}
}

// bodyWaits has the body of a full scope wait for a place while end comes, and
// returns its answer, Run's result, and how long all of it took.
func bodyWaits(t *testing.T, p policy.Scope, end func(s *tree.Scope, outside context.CancelCauseFunc)) (took time.Duration, answer, result error) {
	outside, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	start := time.Now()
	run, ran := ranTimes()
	result = tree.Run(outside, limited(p, 2), func(ctx context.Context, s *tree.Scope) error {
		require.NoError(t, s.Go(ctx, blocker))
		launch(ctx, t, s, "blocker", blocker)
		time.AfterFunc(tenth, func() { end(s, cancel) })
		answer = s.Go(context.WithoutCancel(ctx), run)
		return ctx.Err()
	}, tree.WithName("app"), tree.WithObserver(&recorder{}))
	require.Zero(t, ran())
	return time.Since(start), answer, result
}

func TestABodyThatWaitsForAPlaceIsToldWhenItsScopeIsCanceled(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		took, answer, result := bodyWaits(t, p, func(s *tree.Scope, _ context.CancelCauseFunc) { s.Cancel(errReason) })
		require.EqualError(t, answer, "tree: scope closed: app")
		require.ErrorIs(t, answer, tree.ErrClosed)
		require.NoError(t, result)
		require.Equal(t, tenth, took)
	})
}

func TestABodyThatWaitsForAPlaceIsToldWhenItsScopeIsCutFromOutside(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		took, answer, result := bodyWaits(t, p, func(_ *tree.Scope, outside context.CancelCauseFunc) { outside(errReason) })
		require.ErrorIs(t, answer, tree.ErrClosed)
		require.ErrorIs(t, result, errReason)
		require.ErrorIs(t, result, context.Canceled)
		require.Equal(t, tenth, took)
	})
}

func TestABodyThatWaitsForAPlaceIsToldWhenTheTimeOfItsScopeIsOver(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Timeout = 3 * tenth
		took, answer, result := bodyWaits(t, p, func(*tree.Scope, context.CancelCauseFunc) {})
		require.ErrorIs(t, answer, tree.ErrClosed)
		require.ErrorIs(t, result, tree.ErrTimeout)
		require.Equal(t, 3*tenth, took)
	})
}

// A drain asks the others to end; a body that waits for one of their places is no
// outsider, and waits on until the grace is over.
func TestABodyThatWaitsForAPlaceWaitsOnWhileItsScopeDrains(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace = 5 * tenth
		took, answer, result := bodyWaits(t, p, func(s *tree.Scope, _ context.CancelCauseFunc) { s.Drain(errReason) })
		require.ErrorIs(t, answer, tree.ErrClosed)
		require.NoError(t, result)
		require.Equal(t, 6*tenth, took)
	})
}

// What holds for many who wait at once, whatever ends the wait: each gets one
// answer, and what it says is so.
func TestAWaitThatEndsTogetherWithItsContextAndItsScopeIsEitherARunOrAnError(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		for range 50 {
			s, err := tree.Open(t.Context(), limited(p, 1), tree.WithObserver(&recorder{}))
			require.NoError(t, err)
			require.NoError(t, s.Go(t.Context(), takes(tenth)))
			var all sync.WaitGroup
			var accepted trail
			run, ran := ranTimes()
			for i := range 8 {
				ctx, cancel := context.WithTimeoutCause(t.Context(), tenth, errEnough)
				defer cancel()
				all.Go(func() {
					err := spawnings[i%3].spawn(ctx, s, fmt.Sprint("c", i), run)
					if err == nil {
						accepted.add("yes")
					}
				})
			}
			all.Go(func() {
				pause(tenth)
				s.Cancel(errReason)
			})
			all.Wait()
			require.NoError(t, s.Close())
			require.GreaterOrEqual(t, ran(), int64(len(accepted.list())))
			require.LessOrEqual(t, ran(), int64(len(accepted.list())+2), "an actor whose starter has left")
			require.Zero(t, s.Counts().Waiting)
			require.Zero(t, s.Counts().Running)
		}
	})
}

// What waits behind nothing but a nested scope's places waits there only.
func TestPlacesOfANestedScopeAreItsOwn(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		err := tree.Run(t.Context(), limited(p, 1), func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "c", func(ctx context.Context) error {
				defer s.Cancel(nil)
				return tree.Run(ctx, limited(policy.TaskScope, 2), func(ctx context.Context, inner *tree.Scope) error {
					for range 6 {
						require.NoError(t, inner.Go(ctx, takes(tenth)), "the body of the inner one has no place in it")
					}
					require.ErrorIs(t, s.Go(ctx, blocker), tree.ErrFull)
					return nil
				})
			})
			<-ctx.Done()
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, 3*tenth, time.Since(start))
	})
}
