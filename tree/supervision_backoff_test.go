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

// OTP has no waits: it restarts hot, and so does a scope without a Backoff.
func TestSupervision_079_RestartsThatFailAreAsFarApartAsTheBackoffSays(t *testing.T) {
	for name, c := range map[string]struct {
		scope, child policy.Backoff
		source       func() policy.BackoffSource
		starts       []time.Duration
	}{
		"none":        {policy.Backoff{}, policy.Backoff{}, nil, []time.Duration{0, 0, 0, 0, 0}},
		"the scope's": {doubling().Backoff, policy.Backoff{}, nil, []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second, 11 * time.Second}},
		"its own":     {doubling().Backoff, policy.Backoff{Min: 10 * ms, Factor: 3, Jitter: policy.JitterNone}, nil, []time.Duration{0, 10 * ms, 40 * ms, 130 * ms, 400 * ms}},
		"a function": {policy.Backoff{}, policy.Backoff{}, func() policy.BackoffSource { return plain(7 * ms) },
			[]time.Duration{0, 7 * ms, 14 * ms, 21 * ms, 28 * ms}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := intense(4, time.Hour)
				p.Backoff = c.scope
				s, _ := openSupervisor(t, p)
				_, clock := clocked(t, s, tree.ChildSpec{Backoff: c.child, NewBackoff: c.source}, 0)
				require.ErrorIs(t, s.Wait(t.Context()), tree.ErrGaveUp)
				require.Equal(t, c.starts, clock.starts())
			})
		})
	}
}

// A name that the last incarnation gives back a little later than it ends.
func TestSupervision_082_ARestartThatFindsItsNameTakenSucceedsOnceItIsFree(t *testing.T) {
	for _, c := range []struct {
		backoff policy.Backoff
		gaveUp  bool
		starts  []time.Duration
	}{
		{policy.Backoff{}, true, []time.Duration{0, time.Second, time.Second}},
		{policy.Backoff{Min: 50 * ms, Jitter: policy.JitterNone}, false, []time.Duration{0, time.Second + 50*ms}},
		{policy.Backoff{Min: 20 * ms, Jitter: policy.JitterNone}, false, []time.Duration{0, time.Second + 20*ms, time.Second + 60*ms}},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := intense(2, time.Minute)
			p.Backoff = c.backoff
			s, _ := openSupervisor(t, p)
			free := make(chan struct{}, 1)
			free <- struct{}{}
			begun, starts := time.Now(), []time.Duration(nil)
			child, err := s.Start(t.Context(), tree.ChildSpec{Name: "listener", WaitReady: true, Run: func(ctx context.Context) error {
				starts = append(starts, time.Since(begun))
				select {
				case <-free:
				default:
					return errors.New("address already in use")
				}
				time.AfterFunc(time.Second+50*ms-1, func() { free <- struct{}{} })
				if err := tree.Ready(ctx); err != nil {
					return err
				}
				if len(starts) > 1 {
					return drainer(ctx)
				}
				return failsAfter(time.Second, errCrash)(ctx)
			}})
			require.NoError(t, err)
			require.NoError(t, sleep(t.Context(), time.Minute))
			synctest.Wait() // the child, which wrote starts, is at rest
			require.Equal(t, c.starts, starts)
			if c.gaveUp {
				require.EqualError(t, s.Close(), "tree: restart intensity exceeded: app/listener: address already in use")
				return
			}
			require.Equal(t, policy.SlotRunning, child.State())
		})
	}
}

func TestSupervision_221_TheKthWaitIsWhatAFunctionSaysAndBeginsAgainAfterAStableRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, patient())
		from := &source{} // the k-th wait is k seconds
		clocked(t, s, tree.ChildSpec{NewBackoff: from.made, Backoff: policy.Backoff{Reset: 10 * time.Second}},
			0, 0, 9*time.Second, 10*time.Second, 0, time.Hour)
		require.NoError(t, sleep(t.Context(), time.Minute))
		require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 3 * time.Second, time.Second, 2 * time.Second}, delays(seen))
	})
}

func TestSupervision_221_TheKthWaitIsABackoffsAndBeginsAgainAfterAStableRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := patient()
		p.Backoff = policy.Backoff{Min: time.Second, Max: 8 * time.Second, Jitter: policy.JitterNone} // stable after Max
		s, seen := openSupervisor(t, p)
		clocked(t, s, tree.ChildSpec{}, 0, 0, 8*time.Second-1, 8*time.Second, 0, time.Hour)
		require.NoError(t, sleep(t.Context(), time.Minute))
		require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, time.Second, 2 * time.Second}, delays(seen))
	})
}

// The wait is that of the child that failed; the others of its group wait with it.
func TestAGroupWaitsAsTheBackoffOfItsScopeSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := doubling()
		p.Strategy = policy.OneForAll
		s, seen := openSupervisor(t, p)
		probes := startProbes(t, s, &trail{}, policy.Permanent, "a", "b")
		probes["b"].exits <- errCrash
		synctest.Wait()
		require.Equal(t, []string{"a delayed", "b delayed"}, slots(s.Snapshot()))
		require.Equal(t, time.Second, s.Snapshot().Children[1].Due)
		require.NoError(t, sleep(t.Context(), time.Second))
		synctest.Wait()
		require.Equal(t, []string{"a running", "b running"}, slots(s.Snapshot()))
		require.Equal(t, []time.Duration{time.Second}, delays(seen))
	})
}
