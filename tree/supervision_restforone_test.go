package tree_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestSupervision_047_RestForOneRestartsTheOneThatCrashedAndThoseAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise(t, grouped(policy.RestForOne, 1), "a", "b", "c")
		s.crash("b")
		require.Equal(t, []string{"down b", "stopping c", "down c", "start b#2", "up b", "start c#2", "up c"}, s.steps())
		require.EqualValues(t, 1, s.probes["a"].starts.Load())
		require.Equal(t, 1, s.named(t, "a").Incarnation())
		require.Equal(t, []string{"a running", "b running", "c running"}, s.slots())
	})
}

func TestTheLastOfRestForOneTakesNobodyAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise(t, grouped(policy.RestForOne, 1), "a", "b", "c")
		s.crash("c")
		require.Equal(t, []string{"down c", "start c#2", "up c"}, s.steps())
	})
}

func TestSupervision_049_TheFirstOfRestForOneTakesAllAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise(t, grouped(policy.RestForOne, 1), "a", "b", "c")
		s.crash("a")
		require.Equal(t, []string{"down a", "stopping c", "down c", "stopping b", "down b",
			"start a#2", "up a", "start b#2", "up b", "start c#2", "up c"}, s.steps())
	})
}

func TestSupervision_050_TheOrderIsThatOfTheStartWhateverTheNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise(t, grouped(policy.RestForOne, 1), "7", "3", "10", "2", "5")
		s.crash("10")
		require.Equal(t, []string{"down 10", "stopping 5", "down 5", "stopping 2", "down 2",
			"start 10#2", "up 10", "start 2#2", "up 2", "start 5#2", "up 5"}, s.steps())
		before := len(s.steps())
		require.NoError(t, s.child.Shutdown(t.Context()))
		require.Equal(t, []string{"stopping 5", "down 5", "stopping 2", "down 2", "stopping 10", "down 10",
			"stopping 3", "down 3", "stopping 7", "down 7"}, s.steps()[before:])
	})
}

func TestSupervision_052_AFailedStartOfRestForOneKeepsWhoIsUpAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise(t, grouped(policy.RestForOne, 2), "a", "b", "c")
		s.probes["b"].failing.Store(1)
		s.crash("a")
		require.Equal(t, []string{"down a", "stopping c", "down c", "stopping b", "down b",
			"start a#2", "up a", "start b#2", "start b#3", "up b", "start c#2", "up c"}, s.steps())
		require.Equal(t, []string{"a running", "b running", "c running"}, s.slots())
		s.crash("c")
		s.requireGaveUp(t, "c") // the crash and the failed start were two restarts
	})
}

func TestSupervision_053_AStartThatAlwaysFailsGivesUpAndStopsWhoIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise(t, grouped(policy.RestForOne, 3), "z", "a", "b", "c")
		s.probes["b"].failing.Store(1000)
		s.crash("a")
		s.requireGaveUp(t, "b")
		require.Equal(t, []string{"down a", "stopping c", "down c", "stopping b", "down b", "start a#2", "up a",
			"start b#2", "start b#3", "start b#4", "stopping a", "down a", "stopping z", "down z"}, s.steps())
		require.EqualError(t, s.child.Wait(t.Context()), "tree: restart intensity exceeded: app/sup/b: crash")
		require.Zero(t, time.Since(s.up))
	})
}

// OTP starts e too. Here what an operator has stopped stays so, wherever it stands.
func TestSupervision_055_WhatAnOperatorStoppedStaysDownWhereverItStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise(t, grouped(policy.RestForOne, 1), "a", "b", "c", "d", "e")
		require.NoError(t, s.named(t, "a").Shutdown(t.Context()))
		require.NoError(t, s.named(t, "e").Shutdown(t.Context()))
		before := len(s.steps())
		s.crash("c")
		require.Equal(t, []string{"down c", "stopping d", "down d", "start c#2", "up c", "start d#2", "up d"}, s.steps()[before:])
		require.Equal(t, []string{"a stopped", "b running", "c running", "d running", "e stopped"}, s.slots())
		require.Equal(t, 1, s.named(t, "b").Incarnation())
	})
}

// As in OTP: to have finished is no wish to stay down.
func TestWhatHadFinishedComesBackWithTheRestAndNotBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := superviseAs(t, grouped(policy.RestForOne, 1), func(spec *tree.ChildSpec) {
			if spec.Name == "a" || spec.Name == "e" {
				spec.Restart = policy.Transient
			}
		}, "a", "c", "e")
		s.probes["a"].exits <- nil
		s.probes["e"].exits <- nil
		s.crash("c")
		require.Equal(t, []string{"c#2 0s", "e#2 0s"}, s.restarts())
		require.Equal(t, []string{"a stopped", "c running", "e running"}, s.slots())
	})
}

// In OTP the retry begins at once, here after the back-off of b; either way it is
// a's restart that starts b, and once.
func TestSupervision_056_AnEarlierCrashTakesAlongWhoIsInRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := superviseAs(t, grouped(policy.RestForOne, 2), func(spec *tree.ChildSpec) {
			if spec.Name == "b" {
				spec.Backoff = backoff(10 * time.Second)
			}
		}, "a", "b", "c")
		s.probes["b"].failing.Store(1)
		s.crash("b")
		require.NoError(t, sleep(t.Context(), 10*time.Second))
		synctest.Wait()
		require.Equal(t, []string{"a running", "b delayed", "c delayed"}, s.slots(), "its start has failed")
		require.NoError(t, sleep(t.Context(), time.Second))
		before := len(s.steps())
		s.crash("a")
		require.NoError(t, sleep(t.Context(), time.Hour))
		require.Equal(t, []string{"down a", "start a#2", "up a", "start b#3", "up b", "start c#2", "up c"}, s.steps()[before:])
		require.Equal(t, []string{"b#2 10s", "a#2 20s", "b#3 20s", "c#2 20s"}, s.restarts(), "a wait that had begun is not cut short")
		require.Equal(t, []string{"a running", "b running", "c running"}, s.slots())
	})
}

func TestAnEarlierCrashWhileTheRestStopsIsTheNextGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise(t, grouped(policy.RestForOne, 2), "a", "b", "c")
		s.probes["c"].stopWait = time.Second
		s.crash("b")
		s.crash("a") // it is not of the rest
		require.Equal(t, []string{"a exited", "b delayed", "c stopping"}, s.slots())
		require.NoError(t, sleep(t.Context(), time.Second))
		synctest.Wait()
		require.NoError(t, sleep(t.Context(), time.Second)) // c stops a second time
		synctest.Wait()
		require.Equal(t, []string{"b#2 1s", "c#2 1s", "a#2 2s", "b#3 2s", "c#3 2s"}, s.restarts())
		s.crash("c")
		s.requireGaveUp(t, "c") // they were two restarts
	})
}

func TestAnEarlierCrashWhileTheRestStartsIsTheNextGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise(t, grouped(policy.RestForOne, 2), "a", "b", "c")
		s.probes["b"].startWait, s.probes["c"].startWait = time.Second, time.Second
		s.crash("b")
		s.crash("a")
		require.Equal(t, []string{"a exited", "b starting", "c delayed"}, s.slots())
		require.NoError(t, sleep(t.Context(), 4*time.Second))
		synctest.Wait()
		require.Equal(t, []string{"b#2 0s", "c#2 1s", "a#2 2s", "b#3 2s", "c#3 3s"}, s.restarts(), "the group is completed first")
		require.Equal(t, []string{"a running", "b running", "c running"}, s.slots())
	})
}

// It was up for the group, and so is a crash of its own.
func TestAChildThatCrashesAgainWhileTheRestStartsIsTheNextGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise(t, grouped(policy.RestForOne, 2), "a", "b", "c")
		s.probes["c"].startWait = time.Second
		s.crash("b")
		s.crash("b")
		require.Equal(t, []string{"a running", "b exited", "c starting"}, s.slots())
		require.NoError(t, sleep(t.Context(), 2*time.Second))
		synctest.Wait()
		require.Equal(t, []string{"b#2 0s", "c#2 0s", "b#3 1s", "c#3 1s"}, s.restarts())
		require.Equal(t, []string{"a running", "b running", "c running"}, s.slots())
	})
}

func TestATemporaryOfTheRestIsForgottenAndOneBeforeItStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := superviseAs(t, grouped(policy.RestForOne, 1), func(spec *tree.ChildSpec) {
			if spec.Name == "x" || spec.Name == "y" {
				spec.Restart = policy.Temporary
			}
		}, "x", "b", "y", "c")
		s.crash("b")
		require.Equal(t, []string{"down b", "stopping c", "down c", "stopping y", "down y",
			"start b#2", "up b", "start c#2", "up c"}, s.steps())
		require.Equal(t, []string{"x running", "b running", "c running"}, s.slots())
		s.crash("x")
		require.Equal(t, []string{"b running", "c running"}, s.slots(), "a Temporary takes nobody along")
		require.Equal(t, []string{"b#2 0s", "c#2 0s"}, s.restarts())
	})
}

func TestAStopOfTheSupervisorEndsAGroupRestart(t *testing.T) {
	inGroups(t, func(t *testing.T, strategy policy.Strategy) {
		for _, stage := range []string{"stopping", "waiting", "starting"} {
			s := superviseAs(t, grouped(strategy, 1), func(spec *tree.ChildSpec) {
				if stage == "waiting" {
					spec.Backoff = backoff(time.Minute)
				}
			}, "a", "b", "c")
			if stage == "stopping" {
				s.probes["c"].stopWait = time.Second
			}
			if stage == "starting" {
				s.probes["a"].startWait = time.Second
			}
			s.crash("a")
			begun := time.Now()
			require.NoError(t, s.child.Shutdown(t.Context()))
			took := map[string]time.Duration{"stopping": time.Second, "waiting": 0, "starting": time.Second}
			require.Equal(t, took[stage], time.Since(begun), stage)
			require.NoError(t, sleep(t.Context(), time.Hour))
			for _, name := range []string{"b", "c"} {
				require.EqualValues(t, 1, s.probes[name].starts.Load(), stage)
			}
			require.NoError(t, s.child.Wait(t.Context()), stage)
			require.NoError(t, s.app.Close())
		}
	})
}
