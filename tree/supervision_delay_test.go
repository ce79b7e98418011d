package tree_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// delayed varies the spec of one probe: it comes back after d.
func delayed(name string, d time.Duration) func(*tree.ChildSpec) {
	return func(spec *tree.ChildSpec) {
		if spec.Name == name {
			spec.Backoff = backoff(d)
		}
	}
}

// delays returns the waits that were announced for a child.
func (s *fixture) delays(name string) []time.Duration {
	var list []time.Duration
	for _, e := range s.seen.of(tree.ChildDelayed) {
		if e.Path == "app/sup/"+name {
			list = append(list, e.Delay)
		}
	}
	return list
}

func TestSupervision_221_TheWaitGrowsWithEachRestartAndAStableRunResetsIt(t *testing.T) {
	const reset = 10 * time.Second
	synctest.Test(t, func(t *testing.T) {
		s := superviseAs(t, patient(), func(spec *tree.ChildSpec) {
			spec.Backoff = policy.Backoff{Min: time.Second, Max: 20 * time.Second, Factor: 3, Jitter: policy.JitterNone, Reset: reset}
		}, "c")
		at, want := time.Duration(0), []string{}
		for i, life := range []struct {
			ran, wait time.Duration
			again     string
		}{
			{0, time.Second, "c#2 1s"},
			{0, 3 * time.Second, "c#3 4s"},
			{time.Second, 9 * time.Second, "c#4 14s"},
			{reset - 1, 20 * time.Second, "c#5 43.999999999s"}, // not quite stable; and 27 s is capped
			{0, 20 * time.Second, "c#6 1m3.999999999s"},
			{reset, time.Second, "c#7 1m14.999999999s"}, // stable
			{0, 3 * time.Second, "c#8 1m17.999999999s"},
		} {
			require.NoError(t, sleep(t.Context(), life.ran))
			s.crash("c")
			require.Equal(t, []string{"c delayed"}, s.slots())
			require.Equal(t, life.wait, s.delays("c")[i])
			require.NoError(t, sleep(t.Context(), life.wait-1))
			synctest.Wait()
			require.Equal(t, []string{"c delayed"}, s.slots(), "not before")
			require.NoError(t, sleep(t.Context(), 1))
			synctest.Wait()
			require.Equal(t, []string{"c running"}, s.slots())
			at += life.ran + life.wait
			want = append(want, life.again)
			require.Equal(t, want, s.restarts())
			require.Equal(t, at, time.Since(s.up))
		}
	})
}

// A start that fails is a restart in a row like any other.
func TestAFailedStartMakesTheNextWaitLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := superviseAs(t, patient(), func(spec *tree.ChildSpec) {
			spec.Backoff = policy.Backoff{Min: time.Second, Jitter: policy.JitterNone}
		}, "c")
		s.probes["c"].failing.Store(2)
		s.crash("c")
		require.NoError(t, sleep(t.Context(), 7*time.Second))
		s.crash("c")
		require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}, s.delays("c"))
		require.Equal(t, []string{"c#2 1s", "c#3 3s", "c#4 7s"}, s.restarts())
	})
}

func TestEachChildHasWaitsOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := superviseAs(t, patient(), func(spec *tree.ChildSpec) {
			spec.Backoff = policy.Backoff{Min: time.Second, Jitter: policy.JitterNone}
		}, "a", "b")
		s.crash("a")
		require.NoError(t, sleep(t.Context(), time.Second))
		s.crash("a")
		s.crash("b")
		require.NoError(t, sleep(t.Context(), time.Minute))
		require.Equal(t, []string{"a#2 1s", "b#2 2s", "a#3 3s"}, s.restarts())
	})
}

// A wait that had begun is not cut short, and the longer of the two holds.
func TestSupervision_223_AnEarlierCrashDuringADelayIsMergedIntoOneRestart(t *testing.T) {
	for _, c := range []struct {
		of   string
		wait time.Duration // of a
		at   string
	}{{"at once", 0, "10s"}, {"sooner", time.Second, "10s"}, {"later", 20 * time.Second, "23s"}} {
		t.Run(c.of, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := superviseAs(t, grouped(policy.RestForOne, 1), func(spec *tree.ChildSpec) {
					delayed("b", 10*time.Second)(spec)
					if c.wait > 0 {
						delayed("a", c.wait)(spec)
					}
				}, "z", "a", "b", "c")
				s.crash("b")
				require.Equal(t, []string{"z running", "a running", "b delayed", "c delayed"}, s.slots())
				require.NoError(t, sleep(t.Context(), 3*time.Second))
				s.crash("a")
				require.Equal(t, []string{"z running", "a delayed", "b delayed", "c delayed"}, s.slots())
				require.NoError(t, sleep(t.Context(), 40*time.Second))
				synctest.Wait()
				require.Equal(t, []string{"a#2 " + c.at, "b#2 " + c.at, "c#2 " + c.at}, s.restarts())
				require.Equal(t, []string{"z running", "a running", "b running", "c running"}, s.slots())
				s.crash("z")
				s.requireGaveUp(t, "z") // the merged ones were one restart
			})
		})
	}
}

func TestAGroupWaitsOnceForTheOneThatFailed(t *testing.T) {
	inGroups(t, func(t *testing.T, strategy policy.Strategy) {
		s := superviseAs(t, grouped(strategy, 1), func(spec *tree.ChildSpec) {
			delayed("b", 10*time.Second)(spec)
			delayed("c", time.Minute)(spec) // which does not fail
		}, "b", "c")
		s.probes["c"].stopWait = time.Second
		s.crash("b")
		require.NoError(t, sleep(t.Context(), time.Minute))
		require.Equal(t, []string{"b#2 11s", "c#2 11s"}, s.restarts(), "ten seconds after all have stopped")
		require.Equal(t, []time.Duration{10 * time.Second}, s.delays("b"))
		require.Empty(t, s.delays("c"))
	})
}

func TestSupervision_224_ADelayHoldsUpNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := superviseAs(t, patient(), delayed("b", time.Minute), "a", "b", "c", "d")
		s.crash("b")
		require.NoError(t, sleep(t.Context(), time.Second))
		s.crash("a")
		require.NoError(t, s.named(t, "c").Shutdown(t.Context()))
		require.NoError(t, s.scope.Restart("c"))
		require.NoError(t, s.scope.Remove("d"))
		added := newProbe(s.log, "e")
		_, err := s.scope.Start(t.Context(), added.spec(policy.Permanent))
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, []string{"a running", "b delayed", "c running", "e running"}, s.slots())
		require.Equal(t, time.Second, time.Since(s.up))
		require.NoError(t, sleep(t.Context(), time.Minute))
		require.Equal(t, []string{"a#2 1s", "c#2 1s", "b#2 1m0s"}, s.restarts())
	})
}

// In a group only those wait who belong to it: a is before the one that failed.
func TestADelayOfTheRestHoldsUpNobodyBeforeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := superviseAs(t, grouped(policy.RestForOne, 2), func(spec *tree.ChildSpec) {
			delayed("b", time.Minute)(spec)
			if spec.Name == "t" {
				spec.Restart = policy.Transient
			}
		}, "t", "a", "b", "c")
		s.crash("b")
		s.probes["t"].exits <- nil
		synctest.Wait() // until that has been taken note of
		require.NoError(t, s.named(t, "a").Shutdown(t.Context()))
		require.Equal(t, []string{"t stopped", "a stopped", "b delayed", "c delayed"}, s.slots())
		require.NoError(t, s.scope.Restart("a"))
		require.NoError(t, s.scope.Restart("t"))
		synctest.Wait()
		require.Equal(t, []string{"t running", "a running", "b delayed", "c delayed"}, s.slots())
		require.Zero(t, time.Since(s.up))

		// Who is added comes after them, and with them; to wait is up to its starter.
		bound, cancel := context.WithTimeoutCause(t.Context(), time.Second, errReason)
		defer cancel()
		impatient := newProbe(s.log, "impatient")
		_, err := s.scope.Start(bound, impatient.spec(policy.Permanent))
		require.ErrorIs(t, err, errReason)
		willing := newProbe(s.log, "willing")
		_, err = s.scope.Start(t.Context(), willing.spec(policy.Permanent))
		require.NoError(t, err)
		require.Equal(t, time.Minute, time.Since(s.up))
		require.Equal(t, []string{"t running", "a running", "b running", "c running", "willing running"}, s.slots())
		require.Zero(t, impatient.starts.Load())
	})
}

// Whom the group waits for, and one that only waits with it.
func TestAnOperatorsStopDuringADelayLeavesTheOthersToComeBack(t *testing.T) {
	for _, off := range []string{"b", "c"} {
		for _, how := range []string{"Shutdown", "Remove"} {
			t.Run(how+" "+off, func(t *testing.T) {
				inGroups(t, func(t *testing.T, strategy policy.Strategy) {
					s := superviseAs(t, grouped(strategy, 1), delayed("b", time.Minute), "b", "c", "d")
					s.crash("b")
					if how == "Remove" {
						require.NoError(t, s.scope.Remove(off))
					} else {
						require.NoError(t, s.named(t, off).Shutdown(t.Context()))
					}
					require.Zero(t, time.Since(s.up))
					require.NoError(t, sleep(t.Context(), time.Hour))
					require.EqualValues(t, 1, s.probes[off].starts.Load())
					other := map[string]string{"b": "c", "c": "b"}[off]
					require.Equal(t, []string{other + "#2 1m0s", "d#2 1m0s"}, s.restarts())
				})
			})
		}
	}
}

func TestAWaitThatWasCalledOffDoesNotCutALaterOneShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := superviseAs(t, patient(), delayed("c", time.Minute), "c")
		s.crash("c")
		require.NoError(t, sleep(t.Context(), 10*time.Second))
		require.NoError(t, s.named(t, "c").Shutdown(t.Context()))
		require.NoError(t, s.scope.Restart("c"))
		synctest.Wait()
		s.crash("c")
		require.NoError(t, sleep(t.Context(), time.Hour))
		require.Equal(t, []string{"c#2 10s", "c#3 1m10s"}, s.restarts())
	})
}

// What counts for the intensity is when a child failed, not when it comes back.
func TestADelayDoesNotMoveTheRestartInTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := superviseAs(t, intense(1, 10*time.Second), delayed("b", 8*time.Second), "a", "b")
		s.crash("b")
		require.NoError(t, sleep(t.Context(), 10*time.Second+1)) // 2 s after it came back
		s.crash("a")
		require.Equal(t, []string{"b#2 8s", "a#2 10.000000001s"}, s.restarts())
		s.probes["b"].exits <- errCrash
		s.requireGaveUp(t, "b")
	})
}
