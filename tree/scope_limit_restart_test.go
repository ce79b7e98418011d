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

// requireFull checks that nobody gets in.
func requireFull(t *testing.T, s *tree.Scope) {
	t.Helper()
	require.ErrorIs(t, s.TryGo(t.Context(), blocker), tree.ErrFull)
}

// requireRoom checks that so many get in and no more.
func requireRoom(t *testing.T, s *tree.Scope, n int) {
	t.Helper()
	for range n {
		require.NoError(t, s.TryGo(t.Context(), blocker))
	}
	requireFull(t, s)
}

func TestAChildKeepsItsPlaceWhileItIsRestartedAndWhileItWaitsForThat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, limited(policy.SupervisorScope, 1))
		lives := newClockwork(tenth, tenth, time.Hour)
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: lives.run, Backoff: policy.Backoff{Min: 10 * tenth, Max: 10 * tenth, Jitter: policy.JitterNone}})
		require.NoError(t, err)
		requireFull(t, s)
		waiting := answerOf(func() error { return s.Go(impatient(t, time.Minute), blocker) })
		for range 10 {
			pause(2 * tenth)
			requireFull(t, s)
		}
		require.Equal(t, 2, child.Incarnation())
		require.Equal(t, policy.SlotDelayed, child.State())
		require.Equal(t, int64(1), s.Counts().Waiting)
		require.Zero(t, s.Counts().Running)
		require.NoError(t, child.Shutdown(t.Context()))
		require.NoError(t, <-waiting, "now that it is not restarted any more")
		require.Equal(t, int64(1), s.Counts().Running)
	})
}

func TestAChildThatRestsGivesItsPlaceBackAndAnOperatorsRestartTakesOneIfThereIsOne(t *testing.T) {
	ends := map[string]func(t *testing.T, s *tree.Scope, child *tree.Child, p *probe){
		"it finished": func(_ *testing.T, _ *tree.Scope, _ *tree.Child, p *probe) { p.exits <- nil },
		"it was stopped": func(t *testing.T, _ *tree.Scope, child *tree.Child, _ *probe) {
			require.NoError(t, child.Shutdown(t.Context()))
		},
		"it was canceled": func(_ *testing.T, _ *tree.Scope, child *tree.Child, _ *probe) { child.Cancel(errReason) },
		"its budget was spent": func(_ *testing.T, _ *tree.Scope, _ *tree.Child, p *probe) {
			p.exits <- errCrash
			p.exits <- errCrash
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := limited(policy.SupervisorScope, 2)
				p.Intensity, p.Exhausted = policy.Intensity{Restarts: 1, Within: time.Minute}, policy.ExhaustedStopChild
				s, seen := openSupervisor(t, p)
				c := startProbes(t, s, &trail{}, policy.Transient, "c")["c"]
				child, err := s.Child("c")
				require.NoError(t, err)
				end(t, s, child, c)
				synctest.Wait() // it has ended
				require.Equal(t, policy.SlotStopped, child.State())

				require.NoError(t, s.Restart("c"), "there is a place")
				synctest.Wait() // it is up
				requireRoom(t, s, 1)
				require.NoError(t, s.Restart("c"), "who runs has one")
				synctest.Wait() // it is up again
				require.Equal(t, policy.SlotRunning, child.State())
				requireFull(t, s)

				require.NoError(t, child.Shutdown(t.Context()))
				requireRoom(t, s, 1)
				refused := s.Counts().Refused
				require.EqualError(t, s.Restart("c"), "tree: scope full: app")
				require.Equal(t, policy.SlotStopped, child.State())
				require.Equal(t, refused+1, s.Counts().Refused)
				synctest.Wait() // all has been told
				require.Len(t, seen.of(tree.SpawnRefused), int(refused+1))
			})
		})
	}
}

// A start that is asked for and fails gives back what it took.
func TestAStartThatFailsGivesItsPlaceBack(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		s, _ := openSupervisor(t, limited(p, 1))
		fails := failsAfter(tenth, errBoom)
		for _, spec := range []tree.ChildSpec{
			{Name: "c", Run: fails, WaitReady: true},
			{Name: "c", Run: readyAfter(time.Hour, nil, blocker), WaitReady: true},
			{Name: "c", Run: func(context.Context) error { return policy.ErrIgnored }, WaitReady: true},
		} {
			child, err := s.Start(impatient(t, 2*tenth), spec)
			if err == nil { // it need not run
				_, over := child.Exit()
				require.True(t, over)
			}
			pause(time.Minute) // it has ended
			if child, err := s.Child("c"); err == nil {
				require.Equal(t, policy.SlotStopped, child.State())
				require.NoError(t, s.Remove("c"))
			}
			require.NoError(t, s.TryGo(t.Context(), takes(tenth)))
			pause(2 * tenth)
		}
		launch(t.Context(), t, s, "c", drainer)
		require.NoError(t, s.Remove("c"))
		synctest.Wait() // it has gone
		requireRoom(t, s, 1)
		_, err := s.Start(impatient(t, tenth), tree.ChildSpec{Name: "d", Run: blocker})
		require.Equal(t, errEnough, err)
		require.NoError(t, func() error { s.Cancel(nil); return s.Close() }())
	})
}

func TestANameThatIsTakenTakesNoPlace(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		s, _ := openSupervisor(t, limited(p, 3))
		launch(t.Context(), t, s, "c", blocker)
		for _, way := range spawnings[1:] {
			for range 3 {
				require.ErrorIs(t, way.spawn(t.Context(), s, "c", blocker), tree.ErrDuplicate)
			}
		}
		requireRoom(t, s, 2)
		s.Cancel(nil)
	})
}

func TestAnAbandonedChildKeepsItsPlaceUntilItEnds(t *testing.T) {
	ends := map[string]func(t *testing.T, s *tree.Scope, child *tree.Child){
		"stopped": func(t *testing.T, _ *tree.Scope, child *tree.Child) {
			require.ErrorIs(t, child.Shutdown(t.Context()), tree.ErrAbandoned)
		},
		"removed": func(t *testing.T, s *tree.Scope, child *tree.Child) {
			require.NoError(t, s.Remove("c"))
			require.ErrorIs(t, child.Wait(t.Context()), tree.ErrAbandoned)
		},
		"restarted": func(t *testing.T, s *tree.Scope, child *tree.Child) {
			require.NoError(t, s.Restart("c"))
			require.ErrorIs(t, child.Wait(t.Context()), tree.ErrAbandoned)
			require.ErrorIs(t, s.Restart("c"), tree.ErrAbandoned)
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := limited(bounded(), 1)
				s, _ := openSupervisor(t, p)
				gate := make(chan struct{})
				first := true
				child := launch(t.Context(), t, s, "c", func(ctx context.Context) error {
					if !first {
						return blocker(ctx)
					}
					first = false
					<-gate
					return nil
				})
				end(t, s, child)
				requireFull(t, s)
				waiting := answerOf(func() error { return s.Go(impatient(t, time.Minute), blocker) })
				pause(tenth)
				close(gate)
				synctest.Wait() // it has ended after all
				if name == "restarted" {
					require.Equal(t, policy.SlotRunning, child.State(), "its restart was paid for")
					require.Equal(t, errEnough, <-waiting)
					requireFull(t, s)
					return
				}
				require.NoError(t, <-waiting)
				requireFull(t, s)
			})
		})
	}
}

// The one that is replaced runs on without a place: it is the child that has one.
func TestAChildThatIsReplacedWhileItRunsOnHasOnePlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := limited(bounded(), 2)
		p.Stop.Stuck = policy.StuckReplace
		s, _ := openSupervisor(t, p)
		gate, starts := make(chan struct{}), make(chan int, 2)
		child := launch(t.Context(), t, s, "c", stubbornOnce(gate, starts))
		require.NoError(t, s.Restart("c"))
		pause(time.Minute)
		require.Equal(t, 2, child.Incarnation())
		requireRoom(t, s, 1)
		close(gate)
		synctest.Wait() // the first has ended
		requireFull(t, s)
		require.NoError(t, child.Shutdown(t.Context()))
		requireRoom(t, s, 1)
	})
}

// What is restarted with its group comes back even if its place went to another:
// then there are more than the limit, and nobody gets in until there are fewer.
func TestAGroupRestartBringsBackWhoHadFinishedAlsoOverTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := limited(policy.SupervisorScope, 2)
		p.Strategy = policy.OneForAll
		s, _ := openSupervisor(t, p)
		probes := startProbes(t, s, &trail{}, policy.Transient, "a", "b")
		requireFull(t, s)
		probes["a"].exits <- nil
		synctest.Wait() // it rests
		require.NoError(t, s.Go(t.Context(), takes(10*tenth)))
		probes["b"].exits <- errCrash
		synctest.Wait() // both are up
		require.Equal(t, []string{"a running", "b running"}, slots(s.Snapshot()))
		require.Equal(t, int64(3), s.Counts().Running)
		requireFull(t, s)
		pause(10 * tenth)
		synctest.Wait() // the task has ended
		require.Equal(t, int64(2), s.Counts().Running)
		requireFull(t, s)
		probes["b"].exits <- nil
		synctest.Wait() // it rests
		requireRoom(t, s, 1)
	})
}

func TestChildrenThatTheirGroupRestartsKeepTheirPlaces(t *testing.T) {
	inGroups(t, func(t *testing.T, strategy policy.Strategy) {
		p := limited(policy.SupervisorScope, 3)
		p.Strategy = strategy
		s, _ := openSupervisor(t, p)
		probes := startProbes(t, s, &trail{}, policy.Permanent, "a", "b", "c")
		probes["c"].stopWait, probes["b"].startWait = 10*tenth, 10*tenth
		waiting := answerOf(func() error { return s.Go(impatient(t, time.Minute), blocker) })
		probes["a"].exits <- errCrash
		for range 30 {
			pause(tenth)
			requireFull(t, s)
		}
		require.Equal(t, []string{"a running", "b running", "c running"}, slots(s.Snapshot()))
		require.Equal(t, errEnough, <-waiting)
	})
}

// A temporary one does not come back with its group, so its place is free.
func TestATemporaryChildThatItsGroupStopsGivesItsPlaceBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := limited(policy.SupervisorScope, 2)
		p.Strategy = policy.OneForAll
		s, _ := openSupervisor(t, p)
		probes := startProbes(t, s, &trail{}, policy.Permanent, "a")
		startProbes(t, s, &trail{}, policy.Temporary, "t")
		waiting := answerOf(func() error { return s.Go(t.Context(), blocker) })
		synctest.Wait() // it waits
		probes["a"].exits <- errCrash
		require.NoError(t, <-waiting)
		synctest.Wait() // a is up
		require.Equal(t, []string{"a running"}, slots(s.Snapshot()))
		requireFull(t, s)
	})
}
