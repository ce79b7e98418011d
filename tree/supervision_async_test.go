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

// Any number may wait, any number of times: the one who started it is nobody
// special.
func TestSupervision_146_AnAsyncIsCountedWhileItRunsAndDoneOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inApp(t, func(ctx context.Context, s *tree.Scope) {
			start := time.Now()
			future, err := tree.Async(ctx, s, gives(time.Second, 7))
			require.NoError(t, err)
			select {
			case <-future.Done():
				t.Fatal("done before it is")
			default:
			}
			synctest.Wait() // it sleeps
			require.Equal(t, 1, s.Snapshot().Tasks)
			<-future.Done()
			require.Equal(t, time.Second, time.Since(start))
			v, err := future.Wait(ctx)
			require.NoError(t, err)
			require.Equal(t, 7, v)
			synctest.Wait() // its goroutine has ended
			require.Zero(t, s.Snapshot().Tasks)
			require.Equal(t, int64(1), s.Snapshot().Counts.Returned)
		})
	})
}

// In OTP the link ties a task to its caller. Here its scope does: it dies with the
// caller when the caller's own scope was given, and lives on in one around.
func TestSupervision_148_AnAsyncDiesWithTheCallerWhoseScopeItIsIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var linked, free *tree.Future[int]
		var reason error
		rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
			caller := launch(ctx, t, s, "caller", func(ctx context.Context) error {
				return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, own *tree.Scope) (err error) {
					linked, err = tree.Async(ctx, own, told(&reason, gives(time.Second, 1)))
					require.NoError(t, err)
					free, err = tree.Async(ctx, s, gives(time.Second, 2))
					require.NoError(t, err)
					require.NoError(t, sleep(ctx, tenth))
					return errBoom
				})
			})
			require.ErrorIs(t, caller.Wait(ctx), errBoom)
			require.Equal(t, tenth, time.Since(start))
			_, err := linked.Wait(ctx)
			require.Equal(t, context.Canceled, err)
			require.Equal(t, errBoom, reason, "the caller's reason")
			v, err := free.Wait(ctx)
			require.NoError(t, err)
			require.Equal(t, 2, v)
			require.Equal(t, time.Second, time.Since(start))
		})
		require.Equal(t, []error{errBoom}, logged(rec))
	})
}

// OTP drops the late result. Here it stays with the Future: for a later Wait, or to
// be collected with it.
func TestSupervision_149_AWaitThatTimesOutLosesNothingAndLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		inApp(t, func(ctx context.Context, s *tree.Scope) {
			future, err := tree.Async(ctx, s, gives(time.Second, 7))
			require.NoError(t, err)
			short, cancel := context.WithTimeoutCause(ctx, tenth, errReason)
			defer cancel()
			v, err := future.Wait(short)
			require.Equal(t, errReason, err)
			require.Zero(t, v)
			require.Equal(t, tenth, time.Since(start))
			synctest.Wait() // nobody but the task is there, which does not know
			require.Equal(t, 1, s.Snapshot().Tasks)
			v, err = future.Wait(ctx)
			require.NoError(t, err)
			require.Equal(t, 7, v)
		})
		require.Equal(t, time.Second, time.Since(start))
	})
}

func TestSupervision_151_WaitingForManyKeepsTheirOrderAndEndsAtTheFirstFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		inApp(t, func(ctx context.Context, s *tree.Scope) {
			var waits []number
			for i := range 3 {
				future, err := tree.Async(ctx, s, gives(time.Duration(3-i)*tenth, i))
				require.NoError(t, err)
				waits = append(waits, future.Wait)
			}
			values, err := tree.Gather(ctx, waits...)
			require.NoError(t, err)
			require.Equal(t, []int{0, 1, 2}, values)
			require.Equal(t, 3*tenth, time.Since(start))

			slow, err := tree.Async(ctx, s, gives(time.Second, 1))
			require.NoError(t, err)
			crashing, err := tree.Async(ctx, s, func(ctx context.Context) (int, error) {
				require.NoError(t, sleep(ctx, tenth))
				panic(errBoom)
			})
			require.NoError(t, err)
			values, err = tree.Gather(ctx, slow.Wait, crashing.Wait)
			require.ErrorIs(t, err, errBoom)
			require.Equal(t, []int{0, 0}, values)
			require.Equal(t, 4*tenth, time.Since(start), "the wait for the slow one ended")
			v, err := slow.Wait(ctx)
			require.NoError(t, err, "what was waited for did not")
			require.Equal(t, 1, v)
		})
	})
}

func TestSupervision_152_AskingAgainLaterHasTheResultAndSomeOfManyAreEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inApp(t, func(ctx context.Context, s *tree.Scope) {
			var waits []number
			for i := range 3 {
				future, err := tree.Async(ctx, s, gives(time.Duration(i+1)*time.Second, i))
				require.NoError(t, err)
				waits = append(waits, future.Wait)
			}
			asked, cancel := context.WithCancel(ctx)
			cancel()
			_, err := waits[0](asked) // is it there?
			require.Equal(t, context.Canceled, err)

			start, limit := time.Now(), 2
			for v, err := range tree.AsCompleted(ctx, waits...) {
				require.NoError(t, err)
				require.Less(t, v, 2)
				if limit--; limit == 0 {
					break
				}
			}
			require.Equal(t, 2*time.Second, time.Since(start), "with the second of three")
			v, err := waits[0](asked)
			require.NoError(t, err)
			require.Zero(t, v)
		})
	})
}

// To ignore a task is to drop its Future: there is no call for it. Its failure is
// still the scope's business.
func TestSupervision_154_TheResultOfAFutureNobodyHasIsCollectedWhenItComes(t *testing.T) {
	collected, release, returned := make(chan struct{}), make(chan struct{}), make(chan struct{})
	s, err := tree.Open(t.Context(), policy.TaskScope, nobody())
	require.NoError(t, err)
	future, err := tree.Async(t.Context(), s, func(context.Context) (*[64]byte, error) {
		<-release
		defer close(returned)
		return gone(collected), nil
	})
	require.NoError(t, err)
	runtime.KeepAlive(future)
	close(release)
	<-returned
	collect(t, collected) // while the scope lives
	require.NoError(t, s.Close())
}

func TestSupervision_155_AFullScopeRefusesAnAsyncClearlyAndAStreamCutByItLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.TaskScope
		p.Limit = 1
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			holder, err := tree.Async(ctx, s, func(ctx context.Context) (int, error) {
				_, err := tree.Async(ctx, s, gives(0, 1)) // it would wait for itself
				require.ErrorIs(t, err, tree.ErrFull)
				require.ErrorContains(t, err, "app")
				return lasting(ctx, 10)
			})
			require.NoError(t, err)
			short, cancel := context.WithTimeoutCause(ctx, tenth, errReason)
			defer cancel()
			_, err = tree.Async(short, s, gives(0, 1))
			require.Equal(t, errReason, err, "the place was not free in time")

			// A stream whose items need a place of the scope has failures, and ends.
			n := 0
			for _, err := range tree.Stream(ctx, counting(new(int), new(bool)), tree.StreamSpec{Limit: 2, Timeout: tenth},
				func(ctx context.Context, n int) (int, error) {
					future, err := tree.Async(ctx, s, gives(0, n))
					if err != nil {
						return 0, err
					}
					return future.Wait(ctx)
				}) {
				require.ErrorIs(t, err, tree.ErrTimeout)
				if n++; n == 3 {
					break
				}
			}
			require.Empty(t, s.Snapshot().Scopes)
			require.Equal(t, 1, s.Snapshot().Tasks)
			v, err := holder.Wait(ctx)
			require.Equal(t, 10, v)
			return err
		}, tree.WithName("app"), tree.WithObserver(new(recorder)))
		require.NoError(t, err)
	})
}

// Go cannot kill: what a brutal end kills in OTP is abandoned here, and its Future
// has the result if it ever comes.
func TestSupervision_157_AnAsyncThatOutlivesTheKillWaitIsAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.TaskScope
		p.Stop = policy.Stop{Grace: policy.NoGrace, Kill: time.Second}
		gate := make(chan struct{})
		start := time.Now()
		s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(new(recorder)))
		require.NoError(t, err)
		future, err := tree.Async(t.Context(), s, func(ctx context.Context) (int, error) { return 7, stubborn(gate)(ctx) })
		require.NoError(t, err)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, time.Second, time.Since(start))
		require.Len(t, report.Abandoned, 1)
		require.Equal(t, 1, report.Abandoned[0].Tasks)
		require.ErrorIs(t, s.Close(), tree.ErrAbandoned)

		short, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err = future.Wait(short)
		require.Equal(t, context.DeadlineExceeded, err)
		close(gate)
		v, err := future.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 7, v)
	})
}
