package tree_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// restarts are the three kinds of children.
var restarts = []policy.Restart{policy.Permanent, policy.Transient, policy.Temporary}

// farewell is a way in which a child may end.
type farewell struct {
	name   string
	err    error // returned, unless it panics
	panics bool
	exit   policy.Exit
	told   string // the failure that observers hear of; "" for none
}

func farewells() []farewell {
	return []farewell{
		{name: "nil"},
		{name: "done", err: policy.Done(nil)},
		{name: "done with an error", err: policy.Done(errBoom), exit: policy.Failed, told: "boom"},
		{name: "error", err: errBoom, exit: policy.Failed, told: "boom"},
		{name: "fatal", err: policy.Fatal(errBoom), exit: policy.Failed, told: "boom"},
		{name: "panic", panics: true, exit: policy.Panicked, told: "panic: boom"},
		{name: "somebody else's cancel", err: context.Canceled, exit: policy.Failed, told: "context canceled"},
	}
}

// end ends as the farewell says.
func (f farewell) end() error {
	if f.panics {
		panic(errBoom)
	}
	return f.err
}

// failures returns how many failures it is.
func (f farewell) failures() int {
	if f.told == "" {
		return 0
	}
	return 1
}

// everyEnd runs a scenario in a bubble for each kind of child and each farewell.
func everyEnd(t *testing.T, scenario func(t *testing.T, r policy.Restart, f farewell)) {
	t.Helper()
	for _, r := range restarts {
		for _, f := range farewells() {
			t.Run(fmt.Sprint(r, "/", f.name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { scenario(t, r, f) })
			})
		}
	}
}

// requireTold checks what observers heard of the failures of a child.
func requireTold(t *testing.T, seen *recorder, path string, f farewell) {
	t.Helper()
	var told []string
	for _, e := range seen.failures() {
		require.Equal(t, path, e.Path)
		require.Equal(t, f.exit, e.Exit)
		require.False(t, e.Handed, "nobody else is told")
		told = append(told, e.Err.Error())
	}
	if f.told == "" {
		require.Empty(t, told)
	} else {
		require.Equal(t, []string{f.told}, told)
	}
}

// The child ends by itself while a later sibling stops, before its own turn.
func TestSupervision_091_WhoEndsByItselfDuringTheStopIsNotRestarted(t *testing.T) {
	everyEnd(t, func(t *testing.T, r policy.Restart, f farewell) {
		s := superviseAs(t, intense(0, time.Minute), func(spec *tree.ChildSpec) {
			if spec.Name == "c" {
				spec.WaitReady, spec.Restart = false, r
				spec.Run = func(ctx context.Context) error {
					pause(time.Second)
					select {
					case <-tree.Draining(ctx):
						t.Error("asked before its turn")
					default:
					}
					return f.end()
				}
			}
		}, "a", "c", "last")
		s.probes["last"].stopWait = 2 * time.Second
		took, err := s.stop(t)
		require.NoError(t, err)
		require.Equal(t, 2*time.Second, took)
		require.Equal(t, []string{"stopping last", "down last", "stopping a", "down a"}, s.steps())
		require.Empty(t, s.restarts())
		require.Empty(t, s.seen.of(tree.GaveUp))
		require.Empty(t, s.seen.of(tree.Escalated))
		requireTold(t, s.seen, "app/sup/c", f)
	})
}

// As the fixed one before, when all are stopped at once.
func TestAddedChildrenThatEndByThemselvesDuringTheStopAreNotRestarted(t *testing.T) {
	everyEnd(t, func(t *testing.T, r policy.Restart, f farewell) {
		s, seen := openSupervisor(t, intense(0, time.Minute))
		for _, name := range []string{"c", "d", "e"} {
			_, err := s.Start(t.Context(), tree.ChildSpec{Name: name, Restart: r, Run: func(context.Context) error {
				pause(time.Second)
				if name == "c" {
					return f.end()
				}
				return nil
			}})
			require.NoError(t, err)
		}
		require.NoError(t, sleep(t.Context(), tenth))
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, time.Second-tenth, report.Took)
		require.NoError(t, s.Close())
		require.Len(t, seen.of(tree.ChildStarted), 3)
		requireTold(t, seen, "app/c", f)
	})
}

// Whoever is first: at worst one is restarted just before the stop, and stopped.
func TestChildrenThatEndAtTheMomentOfTheStopHoldUpNobody(t *testing.T) {
	everyEnd(t, func(t *testing.T, r policy.Restart, f farewell) {
		if f.name == "fatal" {
			f.err = errBoom // the supervisor would end with it if it came first
		}
		s := superviseAs(t, patient(), func(spec *tree.ChildSpec) {
			spec.Restart, spec.WaitReady = r, false
			first := true
			spec.Run = func(ctx context.Context) error {
				if !first {
					return drainer(ctx)
				}
				first = false
				pause(time.Second)
				return f.end()
			}
		}, "a", "b", "c")
		require.NoError(t, sleep(t.Context(), time.Second))
		took, err := s.stop(t)
		require.NoError(t, err)
		require.Zero(t, took)
		require.Zero(t, s.scope.Snapshot().Counts.Running)
		require.LessOrEqual(t, len(s.restarts()), 3)
		require.Len(t, s.seen.failures(), 3*f.failures())
	})
}

// OTP reports a Permanent that ends with normal or {shutdown, _} while it is being
// stopped, although it was asked to end. Here that is no failure for any kind of
// child; every failure is reported, for all kinds, and is no error of the stop.
func TestSupervision_092_FailuresDuringTheStopAreReportedAndCleanEndsAreNot(t *testing.T) {
	everyEnd(t, func(t *testing.T, r policy.Restart, f farewell) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Restart: r, Run: func(ctx context.Context) error {
			<-tree.Draining(ctx)
			return f.end()
		}})
		require.NoError(t, err)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.NoError(t, s.Close())
		synctest.Wait() // until the observer has been told
		requireTold(t, seen, "app/c", f)
		require.Equal(t, f.exit, report.Children[0].Exit)
		require.Equal(t, f.failures(), report.Failed)
		if f.told != "" {
			require.Equal(t, f.told, report.Children[0].Text)
		}
		require.Len(t, seen.of(tree.ChildStarted), 1)
		require.Empty(t, seen.of(tree.Escalated))
	})
}

func TestAFailureDuringTheStopOfOneChildIsGivenToWhoWaitsAndReported(t *testing.T) {
	everyEnd(t, func(t *testing.T, r policy.Restart, f farewell) {
		s, seen := openSupervisor(t, intense(0, time.Minute))
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Restart: r, Run: func(ctx context.Context) error {
			<-tree.Draining(ctx)
			return f.end()
		}})
		require.NoError(t, err)
		require.NoError(t, child.Shutdown(t.Context()), "it has ended, as was asked")
		synctest.Wait() // until the observer has been told
		requireTold(t, seen, "app/c", f)
		require.Equal(t, f.exit, exitOf(t, child))
		if f.name == "fatal" {
			require.Equal(t, []string{"app/c"}, paths(seen.of(tree.Escalated)), "to be stopped is no reason to keep still")
		} else {
			require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
		}
	})
}

// Without an observer they are in the log.
func TestAFailureDuringTheStopIsLogged(t *testing.T) {
	log := recordLog(t)
	synctest.Test(t, func(t *testing.T) {
		s, err := tree.Open(t.Context(), policy.SupervisorScope, tree.WithName("app"))
		require.NoError(t, err)
		for _, f := range farewells() {
			_, err := s.Start(t.Context(), tree.ChildSpec{Name: f.name, Run: func(ctx context.Context) error {
				<-tree.Draining(ctx)
				return f.end()
			}})
			require.NoError(t, err)
		}
		require.NoError(t, s.Close())
	})
	for _, f := range farewells() {
		lines := log.lines(`path="app/` + f.name + `"`)
		if f.told == "" {
			require.Empty(t, append(lines, log.lines("path=app/"+f.name)...))
		} else {
			require.Len(t, append(lines, log.lines("path=app/"+f.name+" ")...), 1, f.name)
		}
	}
}

func TestSupervision_094_AStopWaitsForASlowStartAndStopsThatChildToo(t *testing.T) {
	for _, c := range []struct {
		name        string
		start, stop time.Duration
		took        time.Duration
		err         error
		log         []string
	}{
		{"it comes up within the grace", 3 * time.Second, time.Second, 4 * time.Second, nil,
			[]string{"start slow#1", "up slow", "stopping slow", "down slow"}},
		{"it does not", time.Hour, 0, policy.DefaultGrace, context.Canceled, []string{"start slow#1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, seen := openSupervisor(t, policy.SupervisorScope)
				slow := newProbe(&trail{}, "slow")
				slow.startWait, slow.stopWait = c.start, c.stop
				started := make(chan error, 1)
				go func() {
					_, err := s.Start(t.Context(), slow.spec(policy.Permanent))
					started <- err
				}()
				synctest.Wait() // until its start is under way
				report, err := s.Shutdown(t.Context())
				require.NoError(t, err)
				require.True(t, report.Clean())
				require.Equal(t, c.took, report.Took)
				require.ErrorIs(t, <-started, c.err)
				require.Equal(t, c.log, slow.log.list())
				require.Len(t, seen.of(tree.ChildStarted), 1)
				require.NoError(t, s.Close())
			})
		})
	}
}

func TestAStartThatComesAfterTheStopIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise(t, policy.SupervisorScope, "a")
		s.probes["a"].stopWait = time.Second
		s.scope.Drain(nil)
		late := newProbe(s.log, "late")
		_, err := s.scope.Start(t.Context(), late.spec(policy.Permanent))
		require.ErrorIs(t, err, tree.ErrDraining)
		require.NoError(t, s.scope.Wait(t.Context()))
		_, err = s.scope.Start(t.Context(), late.spec(policy.Permanent))
		require.ErrorIs(t, err, tree.ErrClosed)
		require.ErrorIs(t, s.scope.Restart("a"), tree.ErrClosed)
		require.Zero(t, late.starts.Load())
	})
}

// Stopped by an operator, by an operator to be started again, and with its group.
func TestSupervision_101_ACrashWhileBeingStoppedIsNoRestartAndDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise(t, grouped(policy.RestForOne, 1), "a", "b")
		b := s.probes["b"]
		b.atStop = errors.New("while being stopped")
		for range 3 {
			require.NoError(t, s.named(t, "b").Shutdown(t.Context()))
			require.Equal(t, []string{"a running", "b stopped"}, s.slots())
			require.NoError(t, s.scope.Restart("b"))
			synctest.Wait()
			require.NoError(t, s.scope.Restart("b"))
			synctest.Wait()
			require.Equal(t, []string{"a running", "b running"}, s.slots())
		}
		require.EqualValues(t, 7, b.starts.Load())
		s.crash("a") // which is the one restart; b fails as it is stopped
		require.Equal(t, []string{"a running", "b running"}, s.slots())
		require.EqualValues(t, 8, b.starts.Load())
		require.Len(t, s.seen.failures(), 7+1, "all are reported")
		s.crash("a")
		s.requireGaveUp(t, "a")
	})
}
