package tree_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// patient is a SupervisorScope that never gives up in a test.
func patient() policy.Scope { return intense(1000, time.Hour) }

// clockwork is a child that lives for as long as it is told each time, fails,
// and notes when it began.
type clockwork struct {
	mu    sync.Mutex
	begun []time.Duration
	from  time.Time
	lives []time.Duration // the last one goes on
}

func newClockwork(lives ...time.Duration) *clockwork {
	return &clockwork{from: time.Now(), lives: lives}
}

func (c *clockwork) run(ctx context.Context) error {
	c.mu.Lock()
	life := c.lives[min(len(c.begun), len(c.lives)-1)]
	c.begun = append(c.begun, time.Since(c.from))
	c.mu.Unlock()
	if err := sleep(ctx, life); err != nil {
		return err
	}
	return errCrash
}

func (c *clockwork) starts() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]time.Duration(nil), c.begun...)
}

const ms = time.Millisecond

func TestTheWaitsDoubleUpToTheMaximum(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, patient())
		c := newClockwork(0)
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: c.run,
			Backoff: policy.Backoff{Min: 100 * ms, Max: time.Second, Jitter: policy.JitterNone, Reset: time.Minute}})
		require.NoError(t, err)
		require.NoError(t, sleep(t.Context(), 4*time.Second))
		require.Equal(t, []time.Duration{0, 100 * ms, 300 * ms, 700 * ms, 1500 * ms, 2500 * ms, 3500 * ms}, c.starts())
		var waits []time.Duration
		for _, e := range seen.of(tree.ChildDelayed) {
			waits = append(waits, e.Delay)
		}
		require.Equal(t, []time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms, time.Second, time.Second, time.Second}, waits)
	})
}

func TestAFactorSetsHowFastTheWaitsGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, patient())
		c := newClockwork(0)
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: c.run,
			Backoff: policy.Backoff{Min: time.Second, Factor: 1, Jitter: policy.JitterNone}})
		require.NoError(t, err)
		require.NoError(t, sleep(t.Context(), 4*time.Second+ms))
		require.Equal(t, []time.Duration{0, time.Second, 2 * time.Second, 3 * time.Second, 4 * time.Second}, c.starts())
	})
}

func TestARunAsLongAsResetStartsTheWaitsAgain(t *testing.T) {
	for _, c := range []struct {
		third time.Duration // how long the third incarnation lives
		wait  time.Duration // before the fourth
	}{{time.Second, 100 * ms}, {time.Second - 1, 400 * ms}} {
		synctest.Test(t, func(t *testing.T) {
			s, _ := openSupervisor(t, patient())
			clock := newClockwork(0, 0, c.third, time.Hour)
			_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: clock.run,
				Backoff: policy.Backoff{Min: 100 * ms, Max: 10 * time.Second, Jitter: policy.JitterNone, Reset: time.Second}})
			require.NoError(t, err)
			require.NoError(t, sleep(t.Context(), time.Minute))
			third := 300 * ms
			require.Equal(t, []time.Duration{0, 100 * ms, third, third + c.third + c.wait}, clock.starts())
		})
	}
}

func TestFullJitterNeverWaitsLongerThanTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, patient())
		c := newClockwork(0)
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: c.run,
			Backoff: policy.Backoff{Min: time.Second, Max: 8 * time.Second}})
		require.NoError(t, err)
		require.NoError(t, sleep(t.Context(), 10*time.Minute))
		s.Cancel(nil)
		require.NoError(t, s.Close())
		delays := seen.of(tree.ChildDelayed)
		require.Greater(t, len(delays), 50)
		distinct := make(map[time.Duration]bool)
		for i, e := range delays {
			require.LessOrEqual(t, e.Delay, min(8*time.Second, time.Second<<min(i, 10)))
			require.GreaterOrEqual(t, e.Delay, time.Duration(0))
			distinct[e.Delay] = true
		}
		require.Greater(t, len(distinct), len(delays)/2)
	})
}

func TestStartsThatFailWaitLikeCrashes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		s, seen := openSupervisor(t, patient())
		c := newProbe(log, "c")
		spec := c.spec(policy.Permanent)
		spec.Backoff = policy.Backoff{Min: time.Second, Jitter: policy.JitterNone}
		_, err := s.Start(t.Context(), spec)
		require.NoError(t, err)
		c.failing.Store(2)
		begun := time.Now()
		c.exits <- errCrash
		require.NoError(t, sleep(t.Context(), 7*time.Second+ms))
		require.Equal(t, []string{"start c#1", "up c", "down c", "start c#2", "start c#3", "start c#4", "up c"}, log.list())
		var at []time.Duration
		for _, e := range seen.of(tree.ChildStarted)[1:] {
			at = append(at, e.Time.Sub(begun))
		}
		require.Equal(t, []time.Duration{time.Second, 3 * time.Second, 7 * time.Second}, at)
	})
}

func TestAPanicIsRestartedAndKeepsItsStack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		s, seen := openSupervisor(t, policy.SupervisorScope)
		c := startProbes(t, s, log, policy.Transient, "c")["c"]
		c.panics <- "boom"
		synctest.Wait()
		require.Equal(t, []string{"start c#1", "up c", "down c", "start c#2", "up c"}, log.list())
		exits := seen.failures()
		require.Len(t, exits, 1)
		require.Equal(t, policy.Panicked, exits[0].Exit)
		panicked := new(policy.PanicError)
		require.ErrorAs(t, exits[0].Err, &panicked)
		require.Contains(t, panicked.Stack(), "tree_test.(*probe).run")
		require.EqualValues(t, 1, s.Snapshot().Counts.Panicked)
	})
}

func TestAGoexitIsAFailureAndIsRestarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		starts := 0
		s, seen := openSupervisor(t, policy.SupervisorScope)
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Restart: policy.Transient, Run: func(context.Context) error {
			if starts++; starts == 1 {
				runtime.Goexit()
			}
			return nil
		}})
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, 2, starts)
		require.ErrorIs(t, seen.failures()[0].Err, policy.ErrGoexit)
		require.Equal(t, policy.Failed, seen.failures()[0].Exit)
		require.Equal(t, []string{"c stopped"}, slots(s.Snapshot()))
	})
}

func TestDoneKeepsAPermanentChildFromComingBack(t *testing.T) {
	for _, c := range []struct {
		err  error
		exit policy.Exit
		text string
	}{{policy.Done(nil), policy.Returned, ""}, {fmt.Errorf("around: %w", policy.Done(errCrash)), policy.Failed, "around: crash"}} {
		synctest.Test(t, func(t *testing.T) {
			s, _ := openSupervisor(t, policy.SupervisorScope)
			p := startProbes(t, s, &trail{}, policy.Permanent, "c")["c"]
			child, err := s.Child("c")
			require.NoError(t, err)
			p.exits <- c.err
			synctest.Wait()
			exit, ended := child.Exit()
			require.True(t, ended)
			require.Equal(t, c.exit, exit)
			require.Equal(t, policy.SlotStopped, child.State())
			require.Equal(t, c.text, s.Snapshot().Children[0].LastError)
			require.EqualValues(t, 1, p.starts.Load())
		})
	}
}

func TestDoneKeepsAChildDownInAGroupRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Strategy = policy.OneForAll
		s, _ := openSupervisor(t, p)
		probes := startProbes(t, s, &trail{}, policy.Permanent, "a", "b")
		probes["b"].exits <- policy.Done(nil)
		probes["a"].exits <- errCrash
		synctest.Wait()
		require.Equal(t, []string{"a running", "b stopped"}, slots(s.Snapshot()))
		require.EqualValues(t, 1, probes["b"].starts.Load())
	})
}

func TestFatalEndsTheSupervisorAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		s, seen := openSupervisor(t, patient())
		probes := startProbes(t, s, log, policy.Permanent, "a", "b")
		broken := errors.New("disk gone")
		probes["a"].exits <- policy.Fatal(broken)
		err := s.Wait(t.Context())
		require.ErrorIs(t, err, tree.ErrEscalated)
		require.ErrorIs(t, err, broken)
		require.NotErrorIs(t, err, tree.ErrGaveUp)
		require.EqualError(t, err, "tree: child escalated: app/a: disk gone")
		require.Equal(t, []string{"start a#1", "up a", "start b#1", "up b", "down a", "stopping b", "down b"}, log.list())
		require.Len(t, seen.of(tree.Escalated), 1)
		require.Equal(t, "app/a", seen.of(tree.Escalated)[0].Path)
		require.Equal(t, err, s.Close())
	})
}

// Fatal ends the child's supervisor as if its intensity were exceeded: what
// becomes of the supervisor is decided by its own Restart.
func TestFatalEndsOneSupervisorAndTheOneAboveDecides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leaf := newProbe(&trail{}, "leaf")
		s, _ := openSupervisor(t, patient())
		sup, err := s.Start(t.Context(), supervisorSpec(leaf.spec(policy.Permanent)))
		require.NoError(t, err)
		leaf.exits <- policy.Fatal(errCrash)
		synctest.Wait()
		require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
		require.Equal(t, 2, sup.Incarnation())
		require.EqualValues(t, 2, leaf.starts.Load())
	})
}

func TestAFailureOfTheSupervisorsOwnChildIsVisibleThroughTwoLevels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		none := intense(0, policy.Forever)
		leaf := newProbe(&trail{}, "leaf")
		s, seen := openSupervisor(t, none)
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "mid", Policy: &none, Children: []tree.ChildSpec{
			{Name: "low", Policy: &none, Children: []tree.ChildSpec{leaf.spec(policy.Permanent)}}}})
		require.NoError(t, err)
		broken := &net{addr: ":80"}
		leaf.exits <- broken
		err = s.Wait(t.Context())
		require.ErrorIs(t, err, tree.ErrGaveUp)
		found := new(net)
		require.ErrorAs(t, err, &found)
		require.Same(t, broken, found)
		var paths []string
		for _, e := range seen.of(tree.GaveUp) {
			paths = append(paths, e.Path)
		}
		require.Equal(t, []string{"app/mid/low/leaf", "app/mid/low", "app/mid"}, paths)
	})
}

// net is an error with data.
type net struct{ addr string }

func (e *net) Error() string { return "no route to " + e.addr }

// Nobody asked for it to stay down: it was only stopped to be started again.
func TestAChildAbandonedOnItsWayToARestartComesBackWhenItHasEnded(t *testing.T) {
	for _, how := range []string{"group", "operator"} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gate := make(chan struct{})
				p := bounded()
				p.Strategy = policy.OneForAll
				s, _ := openSupervisor(t, p)
				a := startProbes(t, s, &trail{}, policy.Permanent, "a")["a"]
				starts := make(chan int, 10)
				stuck, err := s.Start(t.Context(), tree.ChildSpec{Name: "stuck", Run: stubbornOnce(gate, starts)})
				require.NoError(t, err)
				if how == "group" {
					a.exits <- errCrash
				} else {
					require.NoError(t, s.Restart("stuck"))
				}
				require.NoError(t, sleep(t.Context(), time.Minute))
				require.Equal(t, policy.SlotAbandoned, stuck.State())
				close(gate)
				synctest.Wait()
				require.Equal(t, policy.SlotRunning, stuck.State())
				require.Len(t, starts, 2)
			})
		})
	}
}

// stubbornOnce is stubborn in its first incarnation and drains in later ones.
func stubbornOnce(gate <-chan struct{}, starts chan int) func(context.Context) error {
	return func(ctx context.Context) error {
		starts <- 1
		if len(starts) == 1 {
			<-gate
			return nil
		}
		return drainer(ctx)
	}
}
