package tree_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// inRetry returns a supervisor of a and c, of which c has crashed and its next
// starts fail, each a second after the one before.
func inRetry(t *testing.T, failing int32) *fixture {
	t.Helper()
	s := superviseAs(t, patient(), func(spec *tree.ChildSpec) { spec.Backoff = backoff(time.Second) }, "a", "c")
	s.probes["c"].failing.Store(failing)
	s.crash("c")
	require.NoError(t, sleep(t.Context(), time.Second))
	synctest.Wait()
	require.Equal(t, []string{"down c", "start c#2"}, s.steps(), "that start has failed")
	return s
}

// OTP refuses to delete a child that is restarting; here that calls the retry off.
func TestSupervision_076_AChildInRetryIsSeenAsSuchAndKeepsItsName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inRetry(t, 1000)
		require.Equal(t, []string{"a running", "c delayed"}, s.slots())
		require.EqualValues(t, 1, s.scope.Counts().Running)
		again := newProbe(s.log, "c")
		_, err := s.scope.Start(t.Context(), again.spec(policy.Permanent))
		require.ErrorIs(t, err, tree.ErrDuplicate)
		require.ErrorIs(t, s.scope.Restart("c"), tree.ErrRestarting)
		_, ended := s.named(t, "c").Exit()
		require.False(t, ended, "it is on its way back")

		require.NoError(t, s.scope.Remove("c"))
		require.Equal(t, []string{"a running"}, s.slots())
		_, err = s.scope.Start(t.Context(), again.spec(policy.Permanent))
		require.NoError(t, err, "the name is free at once")
		require.NoError(t, sleep(t.Context(), time.Hour))
		require.EqualValues(t, 1, again.starts.Load())
		require.EqualValues(t, 2, s.probes["c"].starts.Load())
	})
}

func TestAChildWhoseRestartHasNotComeUpIsRestarting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise(t, patient(), "a", "c")
		s.probes["c"].startWait = time.Minute
		s.crash("c")
		require.Equal(t, []string{"a running", "c starting"}, s.slots())
		require.ErrorIs(t, s.scope.Restart("c"), tree.ErrRestarting)
		_, err := s.scope.Start(t.Context(), newProbe(s.log, "c").spec(policy.Permanent))
		require.ErrorIs(t, err, tree.ErrDuplicate)
		s.crash("a") // which is not held up by it
		require.Equal(t, []string{"c#2 0s", "a#2 0s"}, s.restarts())
		require.NoError(t, sleep(t.Context(), time.Minute))
		synctest.Wait()
		require.Equal(t, []string{"a running", "c running"}, s.slots())
	})
}

func TestSupervision_077_AStopDuringARetryEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inRetry(t, 1)
		begun, c := time.Now(), s.named(t, "c")
		require.NoError(t, c.Shutdown(t.Context()))
		require.Zero(t, time.Since(begun))
		require.Equal(t, []string{"a running", "c stopped"}, s.slots())
		require.NoError(t, c.Shutdown(t.Context()), "again")
		require.NoError(t, sleep(t.Context(), time.Hour))
		require.EqualValues(t, 2, s.probes["c"].starts.Load(), "no start follows")

		require.NoError(t, s.scope.Restart("c"))
		synctest.Wait()
		require.Equal(t, []string{"a running", "c running"}, s.slots())
		s.crash("c")
		require.NoError(t, sleep(t.Context(), time.Second))
		synctest.Wait()
		require.EqualValues(t, 4, s.probes["c"].starts.Load(), "and it is supervised as before")
	})
}

func TestAStopOfTheSupervisorDuringARetryEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inRetry(t, 1000)
		begun := time.Now()
		require.NoError(t, s.child.Shutdown(t.Context()))
		require.Zero(t, time.Since(begun))
		require.NoError(t, s.child.Wait(t.Context()), "what was to be started is no failure")
		require.NoError(t, sleep(t.Context(), time.Hour))
		require.EqualValues(t, 2, s.probes["c"].starts.Load())
	})
}

func TestSupervision_079_StartsThatFailAreRetriedAtOnceOrAfterTheirBackoff(t *testing.T) {
	hot := policy.Backoff{}
	growing := policy.Backoff{Min: 100 * ms, Max: 500 * ms, Jitter: policy.JitterNone}
	for _, c := range []struct {
		backoff  policy.Backoff
		restarts []string
		gaveUp   time.Duration
	}{
		{hot, []string{"c#2 0s", "c#3 0s", "c#4 0s", "c#5 0s"}, 0},
		{growing, []string{"c#2 100ms", "c#3 300ms", "c#4 700ms", "c#5 1.2s"}, 1200 * ms},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := superviseAs(t, intense(4, time.Minute), func(spec *tree.ChildSpec) { spec.Backoff = c.backoff }, "c")
			s.probes["c"].failing.Store(1000)
			s.crash("c")
			s.requireGaveUp(t, "c")
			require.Equal(t, c.gaveUp, time.Since(s.up))
			require.Equal(t, c.restarts, s.restarts())
		})
	}
}

// A child added later is this library's simple_one_for_one: the template is the
// function that makes its spec.
func TestSupervision_080_WhoIsInRetryIsCountedAsAChildButNotAsRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, patient())
		probes := make(map[string]*probe)
		for _, name := range []string{"1", "2", "3"} {
			probes[name] = newProbe(&trail{}, name)
			spec := probes[name].spec(policy.Permanent)
			spec.Backoff = backoff(time.Second)
			_, err := s.Start(t.Context(), spec)
			require.NoError(t, err)
		}
		for _, name := range []string{"1", "3"} {
			probes[name].failing.Store(2)
			probes[name].exits <- errCrash
		}
		for range 3 {
			synctest.Wait() // until all has been done that is to be done at once
			require.EqualValues(t, 1, s.Counts().Running)
			require.Equal(t, []string{"1 delayed", "2 running", "3 delayed"}, slots(s.Snapshot()))
			require.NoError(t, sleep(t.Context(), time.Second))
		}
		synctest.Wait()
		require.EqualValues(t, 3, s.Counts().Running)
		require.Equal(t, []string{"1 running", "2 running", "3 running"}, slots(s.Snapshot()))
	})
}

// errTaken is what a start finds whose name is not free.
var errTaken = errors.New("name taken")

// holder is a child that takes a name while it runs, which is free again some time
// after its end; never, if that is negative.
type holder struct {
	taken atomic.Bool
	frees time.Duration
	exits chan error
}

func (h *holder) run(ctx context.Context) error {
	if !h.taken.CompareAndSwap(false, true) {
		return errTaken
	}
	defer func() {
		if h.frees >= 0 {
			time.AfterFunc(h.frees, func() { h.taken.Store(false) })
		}
	}()
	if err := tree.Ready(ctx); err != nil {
		return err
	}
	select {
	case err := <-h.exits:
		return err
	case <-tree.Draining(ctx):
		return nil
	}
}

func TestSupervision_082_ANameThatIsReleasedLateIsWaitedForByTheBackoff(t *testing.T) {
	never := time.Duration(-1)
	for _, c := range []struct {
		frees   time.Duration
		backoff policy.Backoff
		starts  int // -1: gives up
	}{
		{50 * ms, policy.Backoff{}, -1},
		{never, backoff(50 * ms), -1},
		{50*ms - 1, backoff(50 * ms), 2},
		{50 * ms, backoff(51 * ms), 2},
		{50 * ms, policy.Backoff{Min: 30 * ms, Jitter: policy.JitterNone}, 3}, // after 30 ms and after 90
		{50 * ms, backoff(20 * ms), 4},
	} {
		t.Run(fmt.Sprint(c.frees, c.backoff.Min), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &holder{frees: c.frees, exits: make(chan error)}
				s, seen := openSupervisor(t, intense(3, time.Second))
				child, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: h.run, WaitReady: true, Backoff: c.backoff})
				require.NoError(t, err)
				h.exits <- errCrash
				require.NoError(t, sleep(t.Context(), time.Second))
				synctest.Wait()
				if c.starts < 0 {
					require.ErrorIs(t, s.Wait(t.Context()), tree.ErrGaveUp)
					require.ErrorIs(t, s.Wait(t.Context()), errTaken)
					require.Len(t, seen.of(tree.ChildStarted), 1+3)
					return
				}
				require.Equal(t, policy.SlotRunning, child.State())
				require.Equal(t, c.starts, child.Incarnation())
				require.Empty(t, seen.of(tree.GaveUp))
			})
		})
	}
}

// argued is the key of a value that the scope gives to all its children.
type argued struct{}

// Arguments are what the function of a spec has captured, and what its context
// carries.
func TestSupervision_083_EveryIncarnationIsGivenTheSameArguments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, crash := &trail{}, map[string]chan error{"1": make(chan error), "2": make(chan error)}
		template := func(extra string) tree.ChildSpec {
			return tree.ChildSpec{Name: "c" + extra, Run: func(ctx context.Context) error {
				log.add(fmt.Sprint(extra, " ", ctx.Value(argued{})))
				select {
				case err := <-crash[extra]:
					return err
				case <-tree.Draining(ctx):
					return nil
				}
			}}
		}
		s, err := tree.Open(context.WithValue(t.Context(), argued{}, "injected"), patient(), tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		defer s.Close()
		for _, extra := range []string{"1", "2"} {
			spec := template(extra)
			_, err := s.Start(context.WithValue(t.Context(), argued{}, "the starter's"), spec)
			require.NoError(t, err)
			spec.Name, spec.Run, spec.Restart = "other", nil, policy.Temporary // it has been copied
			synctest.Wait()
		}
		for _, extra := range []string{"2", "1", "2"} {
			crash[extra] <- errCrash
			synctest.Wait()
		}
		require.Equal(t, []string{"1 injected", "2 injected", "2 injected", "1 injected", "2 injected"}, log.list())
		require.Equal(t, []string{"c1 running", "c2 running"}, slots(s.Snapshot()))
	})
}

// OTP's supervisor keeps the place, its DynamicSupervisor does not.
func TestARestartThatNeedNotRunKeepsItsPlaceAndIsStartedByAnOperator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise(t, patient(), "a", "c")
		s.probes["c"].failing.Store(1)
		s.probes["c"].startFail = policy.ErrIgnored
		s.crash("c")
		require.Equal(t, []string{"a running", "c stopped"}, s.slots())
		require.NoError(t, sleep(t.Context(), time.Hour))
		require.EqualValues(t, 2, s.probes["c"].starts.Load(), "it is not retried")
		require.Equal(t, []string{"app/sup/c"}, paths(s.seen.failures()), "the crash is all that failed")
		require.NoError(t, s.scope.Restart("c"))
		synctest.Wait()
		require.Equal(t, []string{"a running", "c running"}, s.slots())
	})
}

func TestARestartThatPanicsBeforeItIsUpIsRetriedLikeOneThatFails(t *testing.T) {
	for _, end := range []func(){func() { panic("no start") }, runtime.Goexit} {
		synctest.Test(t, func(t *testing.T) {
			starts := 0
			s := superviseAs(t, intense(3, time.Minute), func(spec *tree.ChildSpec) {
				run := spec.Run
				spec.Run = func(ctx context.Context) error {
					if starts++; starts == 2 || starts == 3 {
						end()
					}
					return run(ctx)
				}
			}, "c")
			s.crash("c")
			require.Equal(t, []string{"c#2 0s", "c#3 0s", "c#4 0s"}, s.restarts())
			require.Equal(t, []string{"c running"}, s.slots())
			s.crash("c")
			s.requireGaveUp(t, "c")
			require.Equal(t, 4, starts)
		})
	}
}

// Nobody has asked for it, so nobody is handed its error.
func TestARestartWhoseStartFailsIsLogged(t *testing.T) {
	log := recordLog(t)
	synctest.Test(t, func(t *testing.T) {
		s, err := tree.Open(t.Context(), patient(), tree.WithName("app"))
		require.NoError(t, err)
		c := startProbes(t, s, &trail{}, policy.Permanent, "c")["c"]
		c.startFail = errBang
		c.failing.Store(1)
		c.exits <- errCrash
		synctest.Wait() // until it is up again
		require.EqualValues(t, 3, c.starts.Load())
		require.NoError(t, s.Close())
	})
	require.Len(t, log.lines("path=app/c ", "error=crash"), 1)
	require.Len(t, log.lines("path=app/c ", "error=bang"), 1)
}

func TestAnotherCrashDuringARetryIsAnsweredAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inRetry(t, 3)
		s.probes["a"].failing.Store(1)
		require.NoError(t, sleep(t.Context(), 500*ms))
		s.crash("a")
		require.NoError(t, sleep(t.Context(), time.Minute))
		require.Equal(t, []string{"c#2 1s", "c#3 2s", "a#2 2.5s", "c#4 3s", "a#3 3.5s", "c#5 4s"}, s.restarts())
		require.Equal(t, []string{"a running", "c running"}, s.slots())
	})
}

// Only a stop ends a start that never comes to an end: to be slow is no failure.
func TestARestartThatHangsIsEndedByAStop(t *testing.T) {
	for _, heeds := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			gate, _ := newGate(t)
			starts := 0
			s := superviseAs(t, patient(), func(spec *tree.ChildSpec) {
				run := spec.Run
				spec.Stop = policy.Stop{Grace: time.Second, Kill: 2 * time.Second}
				spec.Run = func(ctx context.Context) error {
					if starts++; starts == 1 {
						return run(ctx)
					}
					if heeds {
						return blocker(ctx)
					}
					return stubborn(gate)(ctx)
				}
			}, "c")
			s.crash("c")
			require.Equal(t, []string{"c starting"}, s.slots())
			begun := time.Now()
			err := s.named(t, "c").Shutdown(t.Context())
			if heeds {
				require.NoError(t, err)
				require.Equal(t, time.Second, time.Since(begun))
				require.Equal(t, []string{"c stopped"}, s.slots())
			} else {
				require.ErrorIs(t, err, tree.ErrAbandoned)
				require.Equal(t, 3*time.Second, time.Since(begun))
				require.Equal(t, []string{"c abandoned"}, s.slots())
			}
			require.NoError(t, sleep(t.Context(), time.Hour))
			require.Equal(t, 2, starts)
		})
	}
}
