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

// managed opens a supervisor with probes a and b, and returns the child a.
func managed(t *testing.T, r policy.Restart) (*tree.Scope, *recorder, *trail, map[string]*probe, *tree.Child) {
	t.Helper()
	log := &trail{}
	s, seen := openSupervisor(t, bounded())
	probes := startProbes(t, s, log, r, "a", "b")
	child, err := s.Child("a")
	require.NoError(t, err)
	return s, seen, log, probes, child
}

func TestAStoppedChildKeepsItsPlaceUntilItIsRestarted(t *testing.T) {
	for _, r := range []policy.Restart{policy.Permanent, policy.Transient} {
		synctest.Test(t, func(t *testing.T) {
			s, seen, log, probes, a := managed(t, r)
			probes["a"].stopWait = time.Second
			begun := time.Now()
			require.NoError(t, a.Shutdown(t.Context()))
			require.Equal(t, time.Second, time.Since(begun), "it waits until the child has ended")
			require.Equal(t, []string{"a stopped", "b running"}, slots(s.Snapshot()))
			exit, ended := a.Exit()
			require.True(t, ended)
			require.Equal(t, policy.Returned, exit)
			require.NoError(t, a.Shutdown(t.Context()), "again, and nothing happens")
			require.Equal(t, time.Second, time.Since(begun))
			_, err := s.Start(t.Context(), probes["a"].spec(r))
			require.ErrorIs(t, err, tree.ErrDuplicate)

			require.NoError(t, s.Restart("a"))
			synctest.Wait()
			require.Equal(t, policy.SlotRunning, a.State())
			require.Equal(t, 2, a.Incarnation())
			_, ended = a.Exit()
			require.False(t, ended, "the old handle is on the new incarnation")
			require.Equal(t, []string{"start a#1", "up a", "start b#1", "up b", "stopping a", "down a", "start a#2", "up a"}, log.list())
			require.Empty(t, seen.failures())
		})
	}
}

func TestAStoppedTemporaryIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _, _, a := managed(t, policy.Temporary)
		require.NoError(t, a.Shutdown(t.Context()))
		require.Equal(t, []string{"b running"}, slots(s.Snapshot()))
		require.ErrorIs(t, s.Restart("a"), tree.ErrNotFound)
		require.Equal(t, policy.SlotForgotten, a.State())
		require.NoError(t, a.Wait(t.Context()))
		a.Cancel(nil) // a handle on what is gone does no harm
		require.NoError(t, a.Shutdown(t.Context()))
	})
}

func TestRestartOfARunningChildStopsItFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, log, probes, a := managed(t, policy.Permanent)
		probes["a"].stopWait = time.Second
		before := len(log.list())
		begun := time.Now()
		require.NoError(t, s.Restart("a"))
		require.NoError(t, s.Restart("a"), "one that is on its way is not doubled")
		require.Zero(t, time.Since(begun), "it does not wait")
		require.Equal(t, policy.SlotStopping, a.State())
		require.NoError(t, sleep(t.Context(), time.Second+ms))
		require.Equal(t, policy.SlotRunning, a.State())
		require.Equal(t, []string{"stopping a", "down a", "start a#2", "up a"}, log.list()[before:])
		require.EqualValues(t, 1, s.Snapshot().Counts.Restarts)
	})
}

func TestRemoveStopsAChildAndFreesItsName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, log, probes, a := managed(t, policy.Permanent)
		probes["a"].stopWait = time.Second
		before := len(log.list())
		require.NoError(t, s.Remove("a"))
		_, err := s.Start(t.Context(), probes["a"].spec(policy.Permanent))
		require.ErrorIs(t, err, tree.ErrDuplicate, "not before it has ended")
		require.NoError(t, a.Wait(t.Context()))
		require.Equal(t, []string{"b running"}, slots(s.Snapshot()))
		require.ErrorIs(t, s.Remove("a"), tree.ErrNotFound)
		require.ErrorIs(t, s.Restart("a"), tree.ErrNotFound)
		again, err := s.Start(t.Context(), probes["a"].spec(policy.Permanent))
		require.NoError(t, err)
		require.NotSame(t, a, again)
		require.Equal(t, []string{"b running", "a running"}, slots(s.Snapshot()), "at the end of the order")
		require.Equal(t, []string{"stopping a", "down a", "start a#2", "up a"}, log.list()[before:])
	})
}

func TestNobodyOfThatNameIsNotFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		require.EqualError(t, s.Restart("x"), `tree: no such child: "x" in app`)
		require.EqualError(t, s.Remove("x"), `tree: no such child: "x" in app`)
		require.ErrorIs(t, s.Restart(""), tree.ErrNotFound)
		require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
	})
}

func TestCancelEndsAChildWithoutAGraceAndKeepsItDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, bounded())
		g := &signals{from: time.Now()}
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: g.run(time.Second)})
		require.NoError(t, err)
		enough := errors.New("enough")
		child.Cancel(enough)
		child.Cancel(errors.New("later"))
		require.NoError(t, child.Wait(t.Context()), "to end by a cancel is no failure")
		require.Equal(t, time.Second, time.Since(g.from))
		require.Zero(t, g.canceled)
		require.Equal(t, enough, g.cause)
		exit, ended := child.Exit()
		require.True(t, ended)
		require.Equal(t, policy.Canceled, exit)
		require.Equal(t, []string{"c stopped"}, slots(s.Snapshot()))
		require.Empty(t, seen.failures())

		require.NoError(t, s.Restart("c"))
		synctest.Wait()
		require.Equal(t, policy.SlotRunning, child.State())
		child.Cancel(nil)
		require.NoError(t, child.Wait(t.Context()))
		require.EqualError(t, g.cause, "tree: canceled")
	})
}

func TestACancelCutsAStopShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, bounded())
		g := &signals{from: time.Now()}
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: g.run(0), Stop: policy.Stop{Grace: time.Minute}})
		require.NoError(t, err)
		go func() {
			if sleep(t.Context(), time.Second) == nil {
				child.Cancel(nil)
			}
		}()
		require.NoError(t, child.Shutdown(t.Context()))
		require.Equal(t, []time.Duration{0, time.Second}, []time.Duration{g.asked, g.canceled})
	})
}

func TestACancelDuringTheGraceBeginsTheKillWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		defer func() { close(gate); synctest.Wait() }()
		s, _ := openSupervisor(t, bounded())
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "stuck", Run: stubborn(gate)})
		require.NoError(t, err)
		begun := time.Now()
		go func() {
			if sleep(t.Context(), 500*ms) == nil {
				child.Cancel(nil)
			}
		}()
		_ = child.Shutdown(t.Context())
		require.Equal(t, 3500*ms, time.Since(begun), "the kill wait is 3 s from the cancel")
		require.Equal(t, policy.SlotAbandoned, child.State())
	})
}

func TestACanceledChildThatReturnsAnotherErrorHasFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, bounded())
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: func(ctx context.Context) error {
			<-ctx.Done()
			return errors.Join(ctx.Err(), errCrash)
		}})
		require.NoError(t, err)
		child.Cancel(nil)
		synctest.Wait()
		exit, ended := child.Exit()
		require.True(t, ended)
		require.Equal(t, policy.Failed, exit)
		require.ErrorContains(t, child.Wait(t.Context()), "crash")
		require.Len(t, seen.failures(), 1)
		require.Equal(t, []string{"c stopped"}, slots(s.Snapshot()), "and is not restarted: somebody asked it to end")
		require.Zero(t, s.Snapshot().Counts.Restarts)
	})
}

func TestAnImpatientCallerOfShutdownLeavesTheStopToGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _, probes, a := managed(t, policy.Permanent)
		probes["a"].stopWait = time.Second
		impatient, cancel := context.WithTimeoutCause(t.Context(), 100*ms, errors.New("enough"))
		defer cancel()
		begun := time.Now()
		require.EqualError(t, a.Shutdown(impatient), "enough")
		require.Equal(t, 100*ms, time.Since(begun))
		require.Equal(t, policy.SlotStopping, a.State())
		require.NoError(t, a.Shutdown(t.Context()))
		require.Equal(t, time.Second, time.Since(begun))
		require.Equal(t, []string{"a stopped", "b running"}, slots(s.Snapshot()))
	})
}

func TestAnImpatientWaiterTouchesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _, _, a := managed(t, policy.Permanent)
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, a.Wait(impatient), context.DeadlineExceeded)
		require.Equal(t, []string{"a running", "b running"}, slots(s.Snapshot()))
		require.Equal(t, 1, a.Incarnation())
	})
}

func TestWaitLastsThroughRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, patient())
		begun := time.Now()
		runs := 0
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Restart: policy.Transient,
			Backoff: policy.Backoff{Min: time.Second, Factor: 1, Jitter: policy.JitterNone},
			Run: func(ctx context.Context) error {
				if runs++; runs < 4 {
					return errCrash
				}
				return sleep(ctx, time.Second)
			}})
		require.NoError(t, err)
		require.NoError(t, child.Wait(t.Context()))
		require.Equal(t, 4*time.Second, time.Since(begun))
		require.Equal(t, 4, child.Incarnation())
	})
}

func TestThoseWhoWaitWhileAChildEndsGetTheErrorItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		p := startProbes(t, s, &trail{}, policy.Transient, "c")["c"]
		child, err := s.Child("c")
		require.NoError(t, err)
		early := make(chan error, 1)
		go func() { early <- child.Wait(t.Context()) }()
		synctest.Wait()
		p.exits <- policy.Done(errCrash)
		require.ErrorIs(t, <-early, errCrash)
		var text *tree.ExitError
		require.ErrorAs(t, child.Wait(t.Context()), &text)
		require.Equal(t, tree.ExitError{Path: "app/c", Exit: policy.Failed, Text: "crash"}, *text)
	})
}

func TestAChildMayStopAndRemoveItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, bounded())
		starts := 0
		begun := time.Now()
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: func(ctx context.Context) error {
			starts++
			self, err := tree.Self(ctx)
			if err != nil {
				return err
			}
			if err := self.Shutdown(ctx); err != nil {
				return err
			}
			<-tree.Draining(ctx)
			return errors.Join(sleep(ctx, time.Second), s.Remove("c"))
		}})
		require.NoError(t, err)
		require.NoError(t, child.Wait(t.Context()))
		require.Equal(t, time.Second, time.Since(begun))
		require.Empty(t, s.Snapshot().Children)
		require.Equal(t, 1, starts)
	})
}

// Siblings may stop each other; nobody waits for the other's turn.
func TestSlowStopsOfTwoChildrenRunSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, log, probes, a := managed(t, policy.Permanent)
		c := startProbes(t, s, log, policy.Permanent, "c")["c"]
		probes["a"].stopWait, probes["b"].stopWait = time.Second, time.Second
		b, err := s.Child("b")
		require.NoError(t, err)
		begun := time.Now()
		done := make(chan error, 2)
		for _, ch := range []*tree.Child{a, b} {
			go func() { done <- ch.Shutdown(t.Context()) }()
		}
		synctest.Wait()
		c.exits <- errCrash
		synctest.Wait()
		require.EqualValues(t, 2, c.starts.Load(), "a restart meanwhile is not held up")
		require.Zero(t, time.Since(begun))
		require.NoError(t, errors.Join(<-done, <-done))
		require.Equal(t, time.Second, time.Since(begun))
	})
}

func TestWhatAnOperatorStoppedStaysDownInAGroupRestart(t *testing.T) {
	inGroups(t, func(t *testing.T, strategy policy.Strategy) {
		p := bounded()
		p.Strategy = strategy
		s, _ := openSupervisor(t, p)
		probes := startProbes(t, s, &trail{}, policy.Permanent, "a", "b", "c")
		b, err := s.Child("b")
		require.NoError(t, err)
		require.NoError(t, b.Shutdown(t.Context()))
		probes["a"].exits <- errCrash
		synctest.Wait()
		require.Equal(t, []string{"a running", "b stopped", "c running"}, slots(s.Snapshot()))
		require.EqualValues(t, 1, probes["b"].starts.Load())
		require.EqualValues(t, 2, probes["c"].starts.Load())
	})
}

func TestStoppingASupervisorStopsWhatIsBelowAndRestartingItStartsItAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		s, _ := openSupervisor(t, policy.SupervisorScope)
		a, b := newProbe(log, "a"), newProbe(log, "b")
		sup, err := s.Start(t.Context(), supervisorSpec(a.spec(policy.Permanent), b.spec(policy.Transient)))
		require.NoError(t, err)
		require.NoError(t, sup.Shutdown(t.Context()))
		require.Equal(t, []string{"sup stopped"}, slots(s.Snapshot()))
		require.Empty(t, s.Snapshot().Children[0].Scopes)
		require.NoError(t, s.Restart("sup"))
		synctest.Wait()
		require.Equal(t, []string{"start a#1", "up a", "start b#1", "up b", "stopping b", "down b", "stopping a", "down a",
			"start a#2", "up a", "start b#2", "up b"}, log.list())
		require.Equal(t, []string{"a running", "b running"}, slots(below(t, s, "sup")))
		for _, ch := range below(t, s, "sup").Children {
			require.Equal(t, 1, ch.Incarnation, "of a new scope")
		}
	})
}

// One whose turn to stop has not come, or that is left alone as background children
// are, can be asked by itself while its scope drains.
func TestAChildOfADrainingScopeCanBeStoppedBeforeItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Stop.Order = policy.OrderReverse
		s, _ := openSupervisor(t, p)
		first := launch(t.Context(), t, s, "first", drainer)
		aside, err := s.Start(t.Context(), tree.ChildSpec{Name: "aside", Background: true, Run: drainer})
		require.NoError(t, err)
		launch(t.Context(), t, s, "last", func(ctx context.Context) error {
			<-tree.Draining(ctx)
			return sleep(ctx, time.Second)
		})
		start := time.Now()
		s.Drain(nil)
		require.NoError(t, first.Shutdown(t.Context()))
		require.NoError(t, aside.Shutdown(t.Context()))
		require.Zero(t, time.Since(start))
		require.NoError(t, s.Close())
		require.Equal(t, time.Second, time.Since(start))
	})
}
