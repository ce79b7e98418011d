package tree_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// startDelayed returns a child that has crashed, and comes back in a minute.
func startDelayed(t *testing.T, s *tree.Scope) (*tree.Child, *clockwork) {
	t.Helper()
	c := newClockwork(0, time.Hour)
	child, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: c.run,
		Backoff: backoff(time.Minute)})
	require.NoError(t, err)
	synctest.Wait()
	require.Equal(t, policy.SlotDelayed, child.State())
	return child, c
}

func TestADelayedChildIsVisible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, patient())
		child, c := startDelayed(t, s)
		require.NoError(t, sleep(t.Context(), 10*time.Second))
		snap := s.Snapshot().Children[0]
		require.Equal(t, policy.SlotDelayed, snap.State)
		require.Equal(t, 1, snap.Incarnation)
		require.Equal(t, policy.Failed, snap.LastExit)
		require.Equal(t, "crash", snap.LastError)
		_, ended := child.Exit()
		require.False(t, ended, "it will be back")
		require.NoError(t, sleep(t.Context(), 50*time.Second))
		synctest.Wait()
		require.Equal(t, policy.SlotRunning, child.State())
		require.Equal(t, []time.Duration{0, time.Minute}, c.starts())
	})
}

func TestADelayedChildHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		s, _ := openSupervisor(t, patient())
		startDelayed(t, s)
		begun := time.Now()
		a := startProbes(t, s, log, policy.Permanent, "a", "b")["a"]
		a.exits <- errCrash
		synctest.Wait()
		b, err := s.Child("b")
		require.NoError(t, err)
		require.NoError(t, b.Shutdown(t.Context()))
		require.NoError(t, s.Go(t.Context(), drainer))
		require.Equal(t, []string{"c delayed", "a running", "b stopped"}, slots(s.Snapshot()))

		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.True(t, report.Clean())
		require.Equal(t, 2, report.Drained, "a and the task; c did not run")
		require.Zero(t, time.Since(begun))
		require.NoError(t, s.Close())
	})
}

func TestADelayedChildIsCalledOff(t *testing.T) {
	for name, c := range map[string]struct {
		off   func(t *testing.T, s *tree.Scope, ch *tree.Child)
		slots []string
	}{
		"Shutdown": {func(t *testing.T, _ *tree.Scope, ch *tree.Child) { require.NoError(t, ch.Shutdown(t.Context())) }, []string{"c stopped"}},
		"Cancel":   {func(_ *testing.T, _ *tree.Scope, ch *tree.Child) { ch.Cancel(errors.New("enough")) }, []string{"c stopped"}},
		"Remove":   {func(t *testing.T, s *tree.Scope, _ *tree.Child) { require.NoError(t, s.Remove("c")) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := openSupervisor(t, patient())
				child, clock := startDelayed(t, s)
				begun := time.Now()
				c.off(t, s, child)
				require.ErrorContains(t, child.Wait(t.Context()), "crash", "its last incarnation's")
				require.Zero(t, time.Since(begun))
				require.Equal(t, c.slots, slots(s.Snapshot()))
				require.NoError(t, sleep(t.Context(), time.Hour))
				require.Len(t, clock.starts(), 1)
			})
		})
	}
}

func TestTheNameOfADelayedChildIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, patient())
		startDelayed(t, s)
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: drainer})
		require.ErrorIs(t, err, tree.ErrDuplicate)
		require.NoError(t, s.Remove("c"))
		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: drainer})
		require.NoError(t, err)
		require.NoError(t, sleep(t.Context(), time.Hour))
		require.Equal(t, []string{"c running"}, slots(s.Snapshot()))
		require.Equal(t, 1, s.Snapshot().Children[0].Incarnation, "the wait of the old one starts nobody")
	})
}

// A scope that ends when empty is not empty while a child waits to come back.
func TestADelayedChildKeepsItsScopeOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := patient()
		p.End, p.Leave = policy.EndWhenEmpty, policy.LeaveWait
		begun := time.Now()
		starts := 0
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			_, err := s.Start(ctx, tree.ChildSpec{Name: "c", Restart: policy.Transient,
				Backoff: backoff(time.Minute),
				Run: func(context.Context) error {
					if starts++; starts < 3 {
						return errCrash
					}
					return nil
				}})
			return err
		}, tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		require.Equal(t, 3, starts)
		require.Equal(t, 2*time.Minute, time.Since(begun))
	})
}

func TestAnOperatorsRestartOfADelayedChildIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, patient())
		child, clock := startDelayed(t, s)
		require.ErrorIs(t, s.Restart("c"), tree.ErrRestarting)
		require.NoError(t, child.Shutdown(t.Context()), "the wait is called off")
		require.NoError(t, sleep(t.Context(), time.Second))
		require.NoError(t, s.Restart("c"))
		synctest.Wait()
		require.Equal(t, policy.SlotRunning, child.State())
		require.NoError(t, sleep(t.Context(), 10*time.Minute))
		require.Equal(t, []time.Duration{0, time.Second}, clock.starts(), "the old wait starts nobody")
	})
}

func TestADelayedGroupIsCalledOffByAShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		p := patient()
		p.Strategy = policy.OneForAll
		s, _ := openSupervisor(t, p)
		startProbes(t, s, log, policy.Permanent, "a", "b")
		c := newProbe(log, "c")
		spec := c.spec(policy.Permanent)
		spec.Backoff = backoff(time.Minute)
		_, err := s.Start(t.Context(), spec)
		require.NoError(t, err)
		before := len(log.list())
		c.exits <- errCrash
		synctest.Wait()
		require.Equal(t, []string{"a delayed", "b delayed", "c delayed"}, slots(s.Snapshot()))
		begun := time.Now()
		_, err = s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Zero(t, time.Since(begun))
		require.Equal(t, []string{"down c", "stopping b", "down b", "stopping a", "down a"}, log.list()[before:])
		require.NoError(t, sleep(t.Context(), time.Hour))
	})
}

// startHeavy starts a child that fails, waits for an hour, and holds a kilobyte.
func startHeavy(t *testing.T, s *tree.Scope) weak.Pointer[[1 << 10]byte] {
	t.Helper()
	state := new([1 << 10]byte)
	_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Backoff: backoff(time.Hour),
		Run: func(context.Context) error { return fmt.Errorf("%d is too few", state[0]) }})
	require.NoError(t, err)
	return weak.Make(state)
}

func TestAChildThatIsRemovedWhileItWaitsIsNotKeptByItsTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		held := startHeavy(t, s)
		synctest.Wait() // it has failed
		require.Equal(t, time.Hour, s.Snapshot().Children[0].Due)
		runtime.GC()
		require.True(t, held.Value() != nil)
		require.NoError(t, s.Remove("c"))
		synctest.Wait() // the observer has been told
		runtime.GC()
		require.True(t, held.Value() == nil)
	})
}

func TestAllOfAGroupThatWaitsAreDueTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := patient()
		p.Strategy, p.Backoff = policy.OneForAll, policy.Backoff{Min: time.Minute, Jitter: policy.JitterNone}
		s, _ := openSupervisor(t, p)
		probes := startProbes(t, s, &trail{}, policy.Permanent, "a", "b")
		probes["b"].exits <- errCrash
		require.NoError(t, sleep(t.Context(), 10*time.Second))
		for _, ch := range s.Snapshot().Children {
			require.Equal(t, policy.SlotDelayed, ch.State, ch.Name)
			require.Equal(t, 50*time.Second, ch.Due, ch.Name)
		}
	})
}
