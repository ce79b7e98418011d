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

func TestRestartWaitsUntilTheChildIsReadyAgain(t *testing.T) {
	for _, ended := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s, _, log, probes, a := managed(t, policy.Permanent)
			if ended {
				require.NoError(t, a.Shutdown(t.Context()))
			}
			before := len(log.list())
			probes["a"].stopWait, probes["a"].startWait = time.Second, 500*ms
			begun, want := time.Now(), 1500*ms
			if ended {
				want = 500 * ms
			}
			require.NoError(t, a.Restart(t.Context()))
			require.Equal(t, want, time.Since(begun))
			require.Equal(t, policy.SlotRunning, a.State())
			require.Equal(t, 2, a.Incarnation())
			require.Equal(t, []string{"start a#2", "up a"}, log.list()[len(log.list())-2:])
			require.Equal(t, ended, len(log.list())-before == 2, "%v", log.list()[before:])
			require.Equal(t, []string{"a running", "b running"}, slots(s.Snapshot()))
		})
	}
}

func TestRestartOfAChildThatIsUpAtOnceWaitsForItsStopOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, bounded())
		g := &signals{from: time.Now()}
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: g.run(time.Second)})
		require.NoError(t, err)
		require.NoError(t, child.Restart(t.Context()))
		require.Equal(t, 3*time.Second, time.Since(g.from), "the grace, and a second")
		require.Equal(t, 2, child.Incarnation())
		child.Cancel(nil)
		require.NoError(t, child.Wait(t.Context()))
	})
}

func TestARestartThatFailsIsReturnedAsByStartAndNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen, _, probes, a := managed(t, policy.Permanent)
		probes["a"].failing.Store(1)
		err := a.Restart(t.Context())
		var failed *tree.ChildError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, tree.ChildError{Path: "app/a", Exit: policy.Failed, Err: errCrash}, *failed)
		synctest.Wait()
		require.Len(t, seen.failures(), 1)
		require.True(t, seen.failures()[0].Handed, "its asker has it")
		require.NoError(t, sleep(t.Context(), time.Hour))
		require.Equal(t, []string{"a stopped", "b running"}, slots(s.Snapshot()))
		require.NoError(t, a.Restart(t.Context()))
	})
}

// Where nobody is there for the answer, the failure is told as any.
func TestARestartThatFailsAfterItsAskerHasLeftIsReported(t *testing.T) {
	for name, ask := range map[string]func(t *testing.T, s *tree.Scope, ch *tree.Child){
		"by name":   func(t *testing.T, s *tree.Scope, _ *tree.Child) { require.NoError(t, s.Restart("c")) },
		"impatient": func(t *testing.T, _ *tree.Scope, ch *tree.Child) { requireLeaves(t, ch, 100*ms) },
		"two, impatient": func(t *testing.T, _ *tree.Scope, ch *tree.Child) {
			go requireLeaves(t, ch, 100*ms)
			requireLeaves(t, ch, 200*ms)
		},
	} {
		t.Run(name, func(t *testing.T) {
			log := recordLog(t)
			synctest.Test(t, func(t *testing.T) {
				s, err := tree.Open(t.Context(), bounded(), tree.WithName("app"))
				require.NoError(t, err)
				p := startProbes(t, s, &trail{}, policy.Permanent, "c")["c"]
				child, err := s.Child("c")
				require.NoError(t, err)
				p.stopWait = time.Second
				p.failing.Store(1)
				ask(t, s, child)
				require.NoError(t, sleep(t.Context(), time.Minute))
				require.Equal(t, policy.SlotStopped, child.State(), "and not tried again")
				require.NoError(t, s.Close())
			})
			require.Len(t, log.lines("path=app/c", "crash"), 1)
		})
	}
}

// requireLeaves asks for a restart and waits for so long, which is not enough.
func requireLeaves(t *testing.T, ch *tree.Child, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), d, errReason)
	defer cancel()
	require.Equal(t, errReason, ch.Restart(ctx))
}

func TestSeveralWhoAskForARestartGetOneAndTheSameAnswer(t *testing.T) {
	for _, fails := range []int32{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			_, seen, _, probes, a := managed(t, policy.Permanent)
			probes["a"].stopWait = time.Second
			probes["a"].failing.Store(fails)
			answers := make(chan error, 3)
			for range 3 {
				go func() { answers <- a.Restart(t.Context()) }()
			}
			synctest.Wait()
			requireLeaves(t, a, 500*ms) // and takes no answer from the others
			for range 3 {
				require.Equal(t, fails > 0, errors.Is(<-answers, errCrash))
			}
			synctest.Wait()
			require.Equal(t, 2, a.Incarnation())
			require.Len(t, seen.failures(), int(fails))
		})
	}
}

func TestAChildThatRestartsItselfDoesNotWait(t *testing.T) {
	log := recordLog(t)
	synctest.Test(t, func(t *testing.T) {
		s, err := tree.Open(t.Context(), bounded(), tree.WithName("app"))
		require.NoError(t, err)
		lives := 0
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", WaitReady: true, Run: func(ctx context.Context) error {
			if lives++; lives == 2 {
				return errBoom
			}
			if err := tree.Ready(ctx); err != nil {
				return err
			}
			self, err := tree.Self(ctx)
			return errors.Join(err, self.Restart(ctx), drainer(ctx))
		}})
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, 2, lives)
		require.Equal(t, policy.SlotStopped, child.State(), "nor is it tried again")
		require.NoError(t, s.Close())
	})
	require.Len(t, log.lines("path=app/c", "boom"), 1, "it is nobody's answer")
}

func TestARestartMeetsAStop(t *testing.T) {
	for name, c := range map[string]struct {
		stop  func(ctx context.Context, ch *tree.Child) error
		slots []string
	}{
		"Shutdown": {func(ctx context.Context, ch *tree.Child) error { return ch.Shutdown(ctx) }, []string{"a stopped", "b running"}},
		"Remove":   {func(ctx context.Context, ch *tree.Child) error { return ch.Remove(ctx) }, []string{"b running"}},
		"Cancel":   {func(ctx context.Context, ch *tree.Child) error { ch.Cancel(nil); return ch.Wait(ctx) }, []string{"a stopped", "b running"}},
	} {
		t.Run(name+" comes later", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _, _, probes, a := managed(t, policy.Permanent)
				probes["a"].stopWait = time.Second
				answer := make(chan error, 1)
				go func() { answer <- a.Restart(t.Context()) }()
				synctest.Wait()
				require.NoError(t, c.stop(t.Context(), a))
				require.ErrorIs(t, <-answer, tree.ErrNotReady)
				require.Equal(t, c.slots, slots(s.Snapshot()))
				require.EqualValues(t, 1, probes["a"].starts.Load())
			})
		})
		t.Run(name+" comes first", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _, _, probes, a := managed(t, policy.Permanent)
				probes["a"].stopWait = time.Second
				begun, stopped := time.Now(), make(chan error, 1)
				go func() { stopped <- c.stop(t.Context(), a) }()
				synctest.Wait()
				err := a.Restart(t.Context())
				if name == "Cancel" { // it waits for the end for good
					require.NoError(t, a.Shutdown(t.Context()))
					require.NoError(t, <-stopped)
					return
				}
				require.NoError(t, <-stopped, "it has ended")
				require.Equal(t, time.Second, time.Since(begun))
				if name == "Remove" {
					require.ErrorIs(t, err, tree.ErrNotReady)
					require.ErrorIs(t, a.Restart(t.Context()), tree.ErrNotFound)
					return
				}
				require.NoError(t, err)
				require.Equal(t, []string{"a running", "b running"}, slots(s.Snapshot()))
			})
		})
	}
}

// It is the next incarnation that a restart waits for, not the one that is stopped.
func TestARestartOfAChildThatIsStoppedBeforeItWasReadyWaitsForTheNextIncarnation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen, log, probes, a := managed(t, policy.Permanent)
		failing := launch(t.Context(), t, s, "failing", drainer)
		require.NoError(t, s.Replace(tree.ChildSpec{Name: "failing", WaitReady: true, Run: cleansUp(0, errBoom)}))
		require.NoError(t, s.Restart("failing"))
		probes["a"].startWait = time.Hour
		require.NoError(t, s.Restart("a"))
		synctest.Wait()
		require.Equal(t, policy.SlotStarting, a.State())
		require.ErrorIs(t, a.Restart(t.Context()), tree.ErrRestarting)
		go func() { _ = a.Shutdown(t.Context()) }()
		synctest.Wait()
		probes["a"].startWait = time.Second
		begun := time.Now()
		require.NoError(t, a.Restart(t.Context()))
		require.Equal(t, 3*time.Second, time.Since(begun), "the grace of the second, and the start of the third")
		require.Equal(t, 3, a.Incarnation())
		require.Equal(t, []string{"start a#3", "up a"}, log.list()[len(log.list())-2:])
		require.Empty(t, seen.failures())

		go func() { _ = failing.Shutdown(t.Context()) }()
		synctest.Wait()
		require.NoError(t, s.Replace(tree.ChildSpec{Name: "failing", Run: drainer}))
		require.NoError(t, failing.Restart(t.Context()))
		synctest.Wait()
		require.Len(t, seen.failures(), 1)
		require.False(t, seen.failures()[0].Handed, "nobody was given what it failed with")
	})
}

func TestTheEndOfTheScopeAnswersWhoWaitsForARestart(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(s *tree.Scope, b *probe)
		want error
	}{
		"Shutdown": {func(s *tree.Scope, _ *probe) { s.Drain(nil) }, tree.ErrDraining},
		"Cancel":   {func(s *tree.Scope, _ *probe) { s.Cancel(nil) }, tree.ErrClosed},
		"Fatal":    {func(_ *tree.Scope, b *probe) { b.exits <- policy.Fatal(errCrash) }, tree.ErrClosed},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _, _, probes, a := managed(t, policy.Permanent)
				probes["a"].stopWait = time.Second
				answer := make(chan error, 1)
				go func() { answer <- a.Restart(t.Context()) }()
				synctest.Wait()
				c.end(s, probes["b"])
				require.ErrorIs(t, <-answer, c.want)
				_ = s.Close()
				require.ErrorIs(t, a.Restart(t.Context()), tree.ErrClosed)
				require.EqualValues(t, 1, probes["a"].starts.Load())
			})
		})
	}
}

func TestARestartOfWhatIsStuckSaysSoAndHappensWhenItHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		s, _ := openSupervisor(t, bounded())
		starts := make(chan int, 9)
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "stuck", Run: stubbornOnce(gate, starts)})
		require.NoError(t, err)
		begun := time.Now()
		require.ErrorIs(t, child.Restart(t.Context()), tree.ErrAbandoned)
		require.Equal(t, 5*time.Second, time.Since(begun), "the grace and the kill wait")
		require.ErrorIs(t, child.Restart(t.Context()), tree.ErrAbandoned)
		open()
		synctest.Wait()
		require.Equal(t, policy.SlotRunning, child.State())
	})
}

func TestARestartOfWhatMayBeReplacedReturnsWithTheNewOneBesideTheOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, _ := newGate(t)
		p := bounded()
		p.Stop.Stuck = policy.StuckReplace
		s, _ := openSupervisor(t, p)
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "stuck", Run: stubbornOnce(gate, make(chan int, 9))})
		require.NoError(t, err)
		begun := time.Now()
		require.NoError(t, child.Restart(t.Context()))
		require.Equal(t, 5*time.Second, time.Since(begun))
		require.Equal(t, tree.ChildCounts{Children: 1, Active: 2}, s.CountChildren())
	})
}

func TestARestartDuringAGroupComesWithTheGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := doubling()
		p.Strategy = policy.OneForAll
		s, _ := openSupervisor(t, p)
		probes := startProbes(t, s, &trail{}, policy.Permanent, "a", "b")
		b, err := s.Child("b")
		require.NoError(t, err)
		require.NoError(t, b.Shutdown(t.Context()))
		begun := time.Now()
		probes["a"].exits <- errCrash
		synctest.Wait()
		require.NoError(t, b.Restart(t.Context()), "it was stopped, and does not overtake those before it")
		require.Equal(t, time.Second, time.Since(begun))
		require.Equal(t, []string{"a running", "b running"}, slots(s.Snapshot()))
	})
}

func TestRemoveReturnsWhenTheNameIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _, probes, a := managed(t, policy.Transient)
		probes["a"].stopWait = time.Second
		begun := time.Now()
		require.NoError(t, a.Remove(t.Context()))
		require.Equal(t, time.Second, time.Since(begun))
		require.Equal(t, []string{"b running"}, slots(s.Snapshot()))
		require.NoError(t, a.Remove(t.Context()), "again, and nothing happens")
		startProbes(t, s, &trail{}, policy.Transient, "a")
		require.NoError(t, a.Remove(t.Context()), "nor to the one that has the name now")
		require.Equal(t, []string{"b running", "a running"}, slots(s.Snapshot()))
		require.ErrorIs(t, a.Restart(t.Context()), tree.ErrNotFound)
	})
}

func TestRemoveOfWhatIsStuckFreesTheNameAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, _ := newGate(t)
		s, _ := openSupervisor(t, bounded())
		child := launch(t.Context(), t, s, "stuck", stubborn(gate))
		begun := time.Now()
		require.ErrorIs(t, child.Remove(t.Context()), tree.ErrAbandoned)
		require.Equal(t, 5*time.Second, time.Since(begun))
		launch(t.Context(), t, s, "stuck", drainer)
		require.Equal(t, tree.ChildCounts{Children: 1, Active: 2}, s.CountChildren())
	})
}

// It has lost its place before its turn in the group came.
func TestARestartOfATemporaryThatComesToNothingIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := doubling()
		p.Strategy = policy.OneForAll
		s, _ := openSupervisor(t, p)
		a := startProbes(t, s, &trail{}, policy.Permanent, "a")["a"]
		tmp := startProbes(t, s, &trail{}, policy.Temporary, "tmp")["tmp"]
		tmp.stopWait = time.Second
		child, err := s.Child("tmp")
		require.NoError(t, err)
		answer := make(chan error, 1)
		go func() { answer <- child.Restart(t.Context()) }()
		synctest.Wait()
		a.exits <- errCrash
		require.NoError(t, sleep(t.Context(), 1500*ms))
		require.Equal(t, []string{"a delayed", "tmp delayed"}, slots(s.Snapshot()))
		s.Drain(nil)
		require.ErrorIs(t, <-answer, tree.ErrDraining)
		require.NoError(t, s.Close())
	})
}

// What is stopped may say that it is ready; that is not what is waited for.
func TestARestartIsNotAnsweredByTheReadyOfTheOneThatIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, bounded())
		lives := 0
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", WaitReady: true, Run: func(ctx context.Context) error {
			if lives++; lives != 2 {
				return errors.Join(tree.Ready(ctx), drainer(ctx))
			}
			<-tree.Draining(ctx)
			err := errors.Join(sleep(ctx, 500*ms), tree.Ready(ctx))
			return errors.Join(err, sleep(ctx, 500*ms))
		}})
		require.NoError(t, err)
		require.NoError(t, s.Restart("c"))
		synctest.Wait()
		go func() { _ = child.Shutdown(t.Context()) }()
		synctest.Wait()
		begun := time.Now()
		require.NoError(t, child.Restart(t.Context()))
		require.Equal(t, time.Second, time.Since(begun))
		require.Equal(t, 3, lives)
	})
}
