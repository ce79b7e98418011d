package tree_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// budgeted starts a probe with a budget of its own.
func budgeted(t *testing.T, s *tree.Scope, name string, restarts int, within time.Duration, e policy.Exhausted) (*tree.Child, *probe) {
	t.Helper()
	p := newProbe(&trail{}, name)
	spec := p.spec(policy.Permanent)
	spec.Intensity, spec.Exhausted = policy.Intensity{Restarts: restarts, Within: within}, e
	child, err := s.Start(t.Context(), spec)
	require.NoError(t, err)
	return child, p
}

func TestSupervision_074_ANoisyChildWithALimitOfItsOwnIsStoppedAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, intense(2, time.Minute))
		noisy, p := budgeted(t, s, "noisy", 1, time.Second, policy.ExhaustedStopChild)
		calm := startProbes(t, s, &trail{}, policy.Permanent, "calm")["calm"]
		p.exits <- errCrash
		p.exits <- errors.New("last words")
		synctest.Wait()
		require.Equal(t, []string{"noisy stopped", "calm running"}, slots(s.Snapshot()))
		require.Equal(t, []string{"app/noisy"}, paths(seen.of(tree.Exhausted)))
		require.EqualError(t, seen.of(tree.Exhausted)[0].Err, "last words")
		var left *tree.ExitError
		require.ErrorAs(t, noisy.Wait(t.Context()), &left)
		require.Equal(t, tree.ExitError{Path: "app/noisy", Exit: policy.Failed, Text: "last words"}, *left)
		require.Equal(t, "last words", s.Snapshot().Children[0].LastError)
		require.EqualValues(t, 1, calm.starts.Load())
		calm.exits <- errCrash // the scope has one restart left: it pays for none that is not made
		synctest.Wait()
		require.EqualValues(t, 2, calm.starts.Load())
		require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
	})
}

func TestSupervision_074_ANoisyChildWithALimitOfItsOwnEscalatesIfItSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := patient()
		p.Exhausted = policy.ExhaustedStopChild // the scope's own answer is for the scope's own budget
		s, seen := openSupervisor(t, p)
		_, noisy := budgeted(t, s, "noisy", 1, time.Second, policy.ExhaustedEscalate)
		calm := startProbes(t, s, &trail{}, policy.Permanent, "calm")["calm"]
		noisy.exits <- errCrash
		noisy.exits <- errors.New("last words")
		err := s.Wait(t.Context())
		require.ErrorIs(t, err, tree.ErrGaveUp)
		require.EqualError(t, err, "tree: restart intensity exceeded: app/noisy: last words")
		require.Equal(t, []string{"app/noisy"}, paths(seen.of(tree.GaveUp)))
		require.EqualValues(t, 1, calm.starts.Load())
		require.Equal(t, "last words", s.Snapshot().Children[0].LastError)
	})
}

func TestTheWindowOfAChildsOwnLimitIncludesBothEnds(t *testing.T) {
	const within = 5 * time.Second
	for _, c := range []struct {
		at      []time.Duration // two restarts are allowed
		stopped bool
	}{
		{[]time.Duration{0, time.Second, within}, true},
		{[]time.Duration{0, time.Second, within + 1}, false},
		{[]time.Duration{0, time.Second, within + 1, within + 2}, true},
		{[]time.Duration{0, within, 2 * within, 3 * within}, false},
	} {
		t.Run(fmt.Sprint(c.at), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, seen := openSupervisor(t, patient())
				child, p := budgeted(t, s, "c", 2, within, policy.ExhaustedStopChild)
				begun := time.Now()
				crashAt(t, p, c.at...)
				if !c.stopped {
					require.Equal(t, len(c.at)+1, child.Incarnation())
					require.Equal(t, policy.SlotRunning, child.State())
					return
				}
				require.Equal(t, len(c.at), child.Incarnation())
				require.Equal(t, c.at[len(c.at)-1], seen.of(tree.Exhausted)[0].Time.Sub(begun))
				require.Equal(t, policy.SlotStopped, child.State())
			})
		})
	}
}

func TestAChildCoolsDownByItsOwnWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, patient())
		child, c := clocked(t, s, tree.ChildSpec{Intensity: policy.Intensity{Restarts: 2, Within: time.Minute},
			Exhausted: policy.ExhaustedCoolDown, Backoff: policy.Backoff{Min: time.Second, Factor: 1, Jitter: policy.JitterNone}}, 0, 0, 0, 0, 0, time.Hour)
		require.NoError(t, sleep(t.Context(), 2500*ms))
		require.Equal(t, policy.SlotDelayed, child.State())
		require.Equal(t, time.Minute-500*ms, s.Snapshot().Children[0].Due, "the cool-down is in place of the Backoff")
		require.Equal(t, "crash", s.Snapshot().Children[0].LastError)
		require.NoError(t, sleep(t.Context(), 2*time.Minute+5*time.Second))
		// Two restarts, then a minute; that restart and another one, then a minute.
		require.Equal(t, []time.Duration{0, time.Second, 2 * time.Second, 62 * time.Second, 63 * time.Second, 123 * time.Second}, c.starts())
		require.Len(t, seen.of(tree.Exhausted), 2)
		require.Equal(t, policy.SlotRunning, child.State())
	})
}

func TestAChildThatCoolsDownHoldsUpNobodyAndCanBeCalledOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, patient())
		child, p := budgeted(t, s, "c", 0, time.Minute, policy.ExhaustedCoolDown)
		other := startProbes(t, s, &trail{}, policy.Permanent, "other")["other"]
		p.exits <- errCrash
		other.exits <- errCrash
		synctest.Wait()
		require.Equal(t, []string{"c delayed", "other running"}, slots(s.Snapshot()))
		require.ErrorIs(t, child.Restart(t.Context()), tree.ErrRestarting)
		require.NoError(t, child.Shutdown(t.Context()))
		require.NoError(t, sleep(t.Context(), time.Hour))
		require.EqualValues(t, 1, p.starts.Load())
		require.NoError(t, child.Restart(t.Context()))
		require.EqualValues(t, 2, p.starts.Load())
	})
}

// The time that a group takes to stop is left out of every window.
func TestTheStopOfAGroupIsNoTimeInAChildsOwnWindow(t *testing.T) {
	for _, c := range []struct {
		apart   time.Duration // of the two failures, beside 3 s for the stop
		stopped bool
	}{{5 * time.Second, true}, {5*time.Second + 1, false}} {
		synctest.Test(t, func(t *testing.T) {
			p := patient()
			p.Strategy = policy.OneForAll
			s, _ := openSupervisor(t, p)
			child, noisy := budgeted(t, s, "noisy", 1, 5*time.Second, policy.ExhaustedStopChild)
			slow := startProbes(t, s, &trail{}, policy.Permanent, "slow")["slow"]
			slow.stopWait = 3 * time.Second
			crashAt(t, noisy, 0)
			require.NoError(t, sleep(t.Context(), 3*time.Second+c.apart))
			crashAt(t, noisy, 0)
			require.Equal(t, c.stopped, child.State() == policy.SlotStopped)
		})
	}
}

func TestNoRestartsOfItsOwnMeansThatTheFirstIsTooMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, patient())
		child, p := budgeted(t, s, "c", policy.NoRestarts.Restarts, policy.NoRestarts.Within, policy.ExhaustedStopChild)
		require.NoError(t, child.Restart(t.Context()), "an operator's costs nothing")
		p.exits <- errCrash
		require.ErrorIs(t, child.Wait(t.Context()), errCrash)
		synctest.Wait()
		require.Len(t, seen.of(tree.Exhausted), 1)
		require.NoError(t, child.Restart(t.Context()), "and is what brings it back")
		require.EqualValues(t, 3, p.starts.Load())
	})
}

func TestStartsThatFailSpendTheChildsOwnBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, patient())
		child, p := budgeted(t, s, "c", 3, time.Minute, policy.ExhaustedStopChild)
		p.failing.Store(1000)
		p.exits <- errBoom
		require.ErrorIs(t, child.Wait(t.Context()), errCrash)
		require.EqualValues(t, 4, p.starts.Load())
		synctest.Wait()
		require.Len(t, seen.of(tree.Exhausted), 1)
	})
}

// Significant, it ends its supervisor by being stopped for good, and by no failure.
func TestASignificantChildThatSpentItsBudgetHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := patient()
		p.Auto = policy.AutoAnySignificant
		s, _ := openSupervisor(t, p)
		c := newProbe(&trail{}, "c")
		spec := c.spec(policy.Transient)
		spec.Significant, spec.Intensity, spec.Exhausted = true, policy.NoRestarts, policy.ExhaustedStopChild
		_, err := s.Start(t.Context(), spec)
		require.NoError(t, err)
		c.exits <- errCrash
		require.NoError(t, s.Wait(t.Context()))
	})
}
