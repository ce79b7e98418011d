package tree_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestSupervision_040_OneForAllStopsTheOthersInReverseAndStartsAllInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise(t, grouped(policy.OneForAll, 1), "a", "b", "c")
		s.crash("b")
		require.Equal(t, []string{"down b", "stopping c", "down c", "stopping a", "down a",
			"start a#2", "up a", "start b#2", "up b", "start c#2", "up c"}, s.steps())
		require.Equal(t, []string{"a running", "b running", "c running"}, s.slots())
	})
}

func TestAGroupIsStoppedAndStartedOneChildAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise(t, grouped(policy.OneForAll, 1), "a", "b", "c")
		s.probes["a"].stopWait, s.probes["c"].stopWait = 2*time.Second, time.Second
		for _, p := range s.probes {
			p.startWait = 10 * time.Second
		}
		s.crash("b")
		require.Equal(t, []string{"a running", "b delayed", "c stopping"}, s.slots())
		require.NoError(t, sleep(t.Context(), time.Second))
		synctest.Wait()
		require.Equal(t, []string{"a stopping", "b delayed", "c delayed"}, s.slots(), "c has ended first")
		require.NoError(t, sleep(t.Context(), 2*time.Second))
		synctest.Wait()
		require.Equal(t, []string{"a starting", "b delayed", "c delayed"}, s.slots())
		require.NoError(t, sleep(t.Context(), time.Minute))
		require.Equal(t, []string{"a#2 3s", "b#2 13s", "c#2 23s"}, s.restarts(), "each when the one before is up")
	})
}

func TestSupervision_041_AGroupRestartIsOneRestart(t *testing.T) {
	inGroups(t, func(t *testing.T, strategy policy.Strategy) {
		s := supervise(t, grouped(strategy, 1), "a", "b", "c")
		s.crash("a")
		require.Equal(t, tree.PhaseOpen, s.scope.Snapshot().Phase)
		require.Equal(t, []string{"a running", "b running", "c running"}, s.slots())
		require.NoError(t, sleep(t.Context(), time.Minute)) // the window includes both ends
		s.probes["c"].exits <- errCrash
		s.requireGaveUp(t, "c")
		require.EqualError(t, s.child.Wait(t.Context()), "tree: restart intensity exceeded: app/sup/c: crash")
		steps := s.steps()
		require.Equal(t, []string{"down c", "stopping b", "down b", "stopping a", "down a"}, steps[len(steps)-5:])
	})
}

func TestGroupRestartsFartherApartThanTheWindowNeverGiveUp(t *testing.T) {
	inGroups(t, func(t *testing.T, strategy policy.Strategy) {
		s := supervise(t, grouped(strategy, 1), "a", "b", "c")
		for range 5 {
			s.crash("a")
			require.NoError(t, sleep(t.Context(), time.Minute+1))
		}
		require.Equal(t, []string{"a running", "b running", "c running"}, s.slots())
		require.EqualValues(t, 15, s.scope.Snapshot().Counts.Restarts, "of children, not of the group")
	})
}

// What stops does not count, or children that are slow to stop would hide that the
// group crashes all the time: OTP's supervisor, which measures it, never gives up.
func TestATimeThatTheGroupTakesToStopDoesNotStretchTheWindow(t *testing.T) {
	inGroups(t, func(t *testing.T, strategy policy.Strategy) {
		p := grouped(strategy, 1)
		p.Intensity.Within = time.Second
		s := supervise(t, p, "a", "slow")
		s.probes["slow"].stopWait = 2 * time.Second
		s.crash("a")
		require.NoError(t, sleep(t.Context(), 2*time.Second))
		synctest.Wait()
		require.Equal(t, []string{"a#2 2s", "slow#2 2s"}, s.restarts())
		s.crash("a")
		s.requireGaveUp(t, "a")
		require.Equal(t, 4*time.Second, time.Since(s.up))
	})
}

// OTP starts both of them. Here a finished Transient comes back with its group, as
// in OTP; what an operator has stopped stays so until an operator starts it.
func TestSupervision_043_AGroupBringsBackWhatHadFinishedButNotWhatAnOperatorStopped(t *testing.T) {
	inGroups(t, func(t *testing.T, strategy policy.Strategy) {
		s := superviseAs(t, grouped(strategy, 1), func(spec *tree.ChildSpec) {
			if spec.Name == "finished" {
				spec.Restart = policy.Transient
			}
		}, "a", "finished", "stopped", "b")
		s.probes["finished"].exits <- nil
		require.NoError(t, s.named(t, "stopped").Shutdown(t.Context()))
		synctest.Wait()
		require.Equal(t, []string{"a running", "finished stopped", "stopped stopped", "b running"}, s.slots())
		before := len(s.steps())
		s.crash("a")
		require.Equal(t, []string{"down a", "stopping b", "down b",
			"start a#2", "up a", "start finished#2", "up finished", "start b#2", "up b"}, s.steps()[before:])
		require.Equal(t, []string{"a running", "finished running", "stopped stopped", "b running"}, s.slots())

		require.NoError(t, s.scope.Restart("stopped"))
		synctest.Wait()
		require.EqualValues(t, 2, s.probes["stopped"].starts.Load())
	})
}

func TestWhatAnOperatorStopsAfterItHadFinishedStaysDownInAGroup(t *testing.T) {
	inGroups(t, func(t *testing.T, strategy policy.Strategy) {
		s := superviseAs(t, grouped(strategy, 1), func(spec *tree.ChildSpec) { spec.Restart = policy.Transient }, "a", "finished")
		s.probes["finished"].exits <- nil
		synctest.Wait() // until that has been taken note of
		require.NoError(t, s.named(t, "finished").Shutdown(t.Context()))
		s.crash("a")
		require.Equal(t, []string{"a#2 0s"}, s.restarts())
		require.Equal(t, []string{"a running", "finished stopped"}, s.slots())
	})
}

func TestSupervision_044_AFailedStartBeginsTheGroupAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise(t, grouped(policy.OneForAll, 2), "a", "b", "c")
		s.probes["b"].failing.Store(1)
		s.crash("a")
		require.Equal(t, []string{"down a", "stopping c", "down c", "stopping b", "down b",
			"start a#2", "up a", "start b#2", "stopping a", "down a",
			"start a#3", "up a", "start b#3", "up b", "start c#2", "up c"}, s.steps())
		require.Equal(t, []string{"a running", "b running", "c running"}, s.slots())
		s.crash("c")
		s.requireGaveUp(t, "c") // the crash and the failed start were two restarts
	})
}

func TestAFailedStartInAGroupIsARestartMore(t *testing.T) {
	inGroups(t, func(t *testing.T, strategy policy.Strategy) {
		s := supervise(t, grouped(strategy, 1), "a", "b", "c")
		s.probes["b"].failing.Store(1)
		s.crash("a")
		s.requireGaveUp(t, "b")
		require.Equal(t, []string{"down a", "stopping c", "down c", "stopping b", "down b",
			"start a#2", "up a", "start b#2", "stopping a", "down a"}, s.steps())
	})
}

func TestAGroupWhoseStartAlwaysFailsGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise(t, grouped(policy.OneForAll, 3), "a", "b", "c")
		s.probes["b"].failing.Store(1000)
		s.crash("c")
		s.requireGaveUp(t, "b")
		require.EqualValues(t, 1+3, s.probes["a"].starts.Load())
		require.EqualValues(t, 1+3, s.probes["b"].starts.Load())
		require.EqualValues(t, 1, s.probes["c"].starts.Load())
		require.Zero(t, time.Since(s.up))
	})
}

func TestSupervision_046_OneForAllWithASingleChildIsOneForOne(t *testing.T) {
	var logs [][]string
	for _, strategy := range policy.Strategies() {
		synctest.Test(t, func(t *testing.T) {
			s := superviseAs(t, grouped(strategy, 3), func(spec *tree.ChildSpec) { spec.Backoff = backoff(time.Second) }, "only")
			s.probes["only"].failing.Store(1) // of the starts that follow
			s.probes["only"].stopWait = time.Second
			s.crash("only")
			require.Equal(t, []string{"only delayed"}, s.slots())
			require.NoError(t, sleep(t.Context(), 2*time.Second))
			s.crash("only")
			require.NoError(t, sleep(t.Context(), time.Second))
			synctest.Wait()
			require.Equal(t, []string{"only#2 1s", "only#3 2s", "only#4 3s"}, s.restarts())
			s.crash("only")
			s.requireGaveUp(t, "only")
			logs = append(logs, s.steps())
		})
	}
	require.Equal(t, []string{"down only", "start only#2", "start only#3", "up only",
		"down only", "start only#4", "up only", "down only"}, logs[0])
	require.Equal(t, [][]string{logs[0], logs[0], logs[0]}, logs)
}

// Under OneForOne each of them would be a restart.
func TestAChildThatCrashesWhileItsGroupStopsIsNoFurtherRestart(t *testing.T) {
	inGroups(t, func(t *testing.T, strategy policy.Strategy) {
		s := supervise(t, grouped(strategy, 1), "a", "b", "c")
		s.probes["c"].stopWait = time.Second
		s.crash("a")
		require.Equal(t, []string{"a delayed", "b running", "c stopping"}, s.slots(), "b has not been asked yet")
		s.probes["b"].exits <- errors.New("by itself")
		require.NoError(t, sleep(t.Context(), time.Second))
		synctest.Wait()
		require.Equal(t, []string{"down a", "stopping c", "down b", "down c",
			"start a#2", "up a", "start b#2", "up b", "start c#2", "up c"}, s.steps())
		failed := s.seen.failures()
		require.Equal(t, []string{"app/sup/a", "app/sup/b"}, paths(failed), "it is reported all the same")
		require.EqualError(t, failed[1].Err, "by itself")
	})
}

func TestAPermanentThatFinishesTakesItsGroupAlong(t *testing.T) {
	inGroups(t, func(t *testing.T, strategy policy.Strategy) {
		s := supervise(t, grouped(strategy, 1), "a", "b")
		s.probes["a"].exits <- nil
		synctest.Wait()
		require.Equal(t, []string{"a#2 0s", "b#2 0s"}, s.restarts())
	})
}

// Children added later come last in the order, and belong to the group like the others.
func TestAChildAddedLaterIsRestartedWithItsGroup(t *testing.T) {
	inGroups(t, func(t *testing.T, strategy policy.Strategy) {
		s := supervise(t, grouped(strategy, 9), "a", "b")
		added := newProbe(s.log, "0") // not by name
		_, err := s.scope.Start(t.Context(), added.spec(policy.Permanent))
		require.NoError(t, err)
		before := len(s.steps())
		s.crash("a")
		require.Equal(t, []string{"down a", "stopping 0", "down 0", "stopping b", "down b",
			"start a#2", "up a", "start b#2", "up b", "start 0#2", "up 0"}, s.steps()[before:])
	})
}

func TestAChildThatNeedNotRunIsPassedOverInItsGroup(t *testing.T) {
	inGroups(t, func(t *testing.T, strategy policy.Strategy) {
		s := supervise(t, grouped(strategy, 1), "a", "b", "c")
		s.probes["b"].failing.Store(1)
		s.probes["b"].startFail = policy.ErrIgnored
		s.crash("a")
		require.Equal(t, []string{"a#2 0s", "b#2 0s", "c#2 0s"}, s.restarts())
		require.Equal(t, []string{"a running", "b stopped", "c running"}, s.slots())
	})
}

func TestAGroupWaitsForAChildThatAnOperatorIsStopping(t *testing.T) {
	inGroups(t, func(t *testing.T, strategy policy.Strategy) {
		s := supervise(t, grouped(strategy, 1), "a", "b", "c")
		s.probes["c"].stopWait = time.Second
		stopped := make(chan error, 1)
		go func() { stopped <- s.named(t, "c").Shutdown(t.Context()) }()
		synctest.Wait() // until it has been asked
		s.crash("a")
		require.Equal(t, []string{"a delayed", "b running", "c stopping"}, s.slots(), "b may be what c needs to stop")
		require.NoError(t, <-stopped)
		synctest.Wait()
		require.Equal(t, []string{"a#2 1s", "b#2 1s"}, s.restarts())
		require.Equal(t, []string{"a running", "b running", "c stopped"}, s.slots())
	})
}

// Nothing kills a goroutine, so it is not started beside itself either.
func TestAGroupGoesOnWithoutAChildThatOutlivesItsStop(t *testing.T) {
	inGroups(t, func(t *testing.T, strategy policy.Strategy) {
		gate, open := newGate(t)
		starts := make(chan int, 10)
		s := superviseAs(t, grouped(strategy, 1), func(spec *tree.ChildSpec) {
			if spec.Name == "stuck" {
				spec.Run, spec.WaitReady = stubbornOnce(gate, starts), false
				spec.Stop = policy.Stop{Grace: time.Second, Kill: 2 * time.Second}
			}
		}, "a", "stuck", "b")
		s.crash("a")
		require.NoError(t, sleep(t.Context(), 3*time.Second))
		synctest.Wait()
		require.Equal(t, []string{"a#2 3s", "b#2 3s"}, s.restarts())
		require.Equal(t, []string{"a running", "stuck abandoned", "b running"}, s.slots())
		require.Equal(t, []string{"app/sup/stuck"}, paths(s.seen.of(tree.ChildAbandoned)))
		require.NoError(t, sleep(t.Context(), time.Second))
		open()
		synctest.Wait()
		require.Equal(t, []string{"a#2 3s", "b#2 3s", "stuck#2 4s"}, s.restarts(), "and costs no restart")
		require.Equal(t, []string{"a running", "stuck running", "b running"}, s.slots())
	})
}
