package tree_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// In these scenarios a Set or a Factory stands for OTP's simple_one_for_one and Elixir's
// DynamicSupervisor.

// states counts the children of a snapshot by their state.
func states(s tree.Snapshot) map[policy.SlotState]int {
	n := make(map[policy.SlotState]int)
	for _, ch := range s.Children {
		n[ch.State]++
	}
	return n
}

func TestSupervision_080_ThoseThatWaitForARestartCountAsChildrenThatDoNotRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var probes []*probe
		log := &trail{}
		f := openFactory(t, intense(10, time.Minute), func(name string) tree.ChildSpec {
			p := newProbe(log, name)
			probes = append(probes, p)
			spec := p.spec(policy.Permanent)
			spec.Backoff = backoff(time.Second)
			return spec
		})
		for _, name := range []string{"a", "b", "c"} {
			made(t, f, name)
		}
		for _, p := range probes[:2] {
			p.failing.Store(1) // the first try to come back
			p.exits <- errCrash
		}
		synctest.Wait()
		require.Equal(t, map[policy.SlotState]int{policy.SlotRunning: 1, policy.SlotDelayed: 2}, states(snapshotOf(t, f.Supervisor())))
		require.EqualValues(t, 1, snapshotOf(t, f.Supervisor()).Counts.Running)
		pause(time.Second + ms)
		require.Equal(t, map[policy.SlotState]int{policy.SlotRunning: 1, policy.SlotDelayed: 2}, states(snapshotOf(t, f.Supervisor())), "it failed to start")
		pause(2 * time.Second)
		require.Equal(t, map[policy.SlotState]int{policy.SlotRunning: 3}, states(snapshotOf(t, f.Supervisor())))
		require.EqualValues(t, 3, snapshotOf(t, f.Supervisor()).Counts.Running)
	})
}

// A stop of who is gone is none (OTP), by key it is ErrNotFound (Elixir).
func TestSupervision_113_AChildIsStoppedByItsHandleOrItsKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, foreign := openSet[int](t, policy.SupervisorScope), openSet[int](t, policy.SupervisorScope)
		one, _ := put(t, set, 1, drainer, policy.Permanent), put(t, set, 2, drainer, policy.Permanent)
		stranger := put(t, foreign, 3, drainer, policy.Permanent)
		require.NoError(t, one.Shutdown(t.Context()))
		require.Equal(t, 1, set.Len())
		require.NoError(t, one.Shutdown(t.Context()), "again, and nothing happens")
		require.ErrorIs(t, set.Remove(t.Context(), 1), tree.ErrNotFound)
		require.ErrorIs(t, set.Remove(t.Context(), 3), tree.ErrNotFound, "it is another's")
		require.Equal(t, policy.SlotRunning, stranger.State())
		s := scopeOf(t, set.Supervisor())
		require.ErrorIs(t, s.Restart("1"), tree.ErrNotFound, "who has ended cannot be brought back")
		require.ErrorIs(t, s.Remove("1"), tree.ErrNotFound)
		require.Equal(t, []int{2}, keys(set))
	})
}

func TestSupervision_115_ThousandsOfChildrenAreCountedExactly(t *testing.T) {
	for name, spec := range map[string]tree.ChildSpec{
		"workers":     {Run: drainer, Restart: policy.Temporary},
		"supervisors": {Policy: new(policy.SupervisorScope), Restart: policy.Temporary},
	} {
		t.Run(name, func(t *testing.T) {
			set := openSet[int](t, policy.SupervisorScope)
			for key := range 2000 {
				_, err := set.Put(t.Context(), key, spec)
				require.NoError(t, err)
				if n := key + 1; n%1000 == 0 {
					require.Equal(t, n, set.Len())
					require.Len(t, snapshotOf(t, set.Supervisor()).Children, n)
					require.EqualValues(t, n, snapshotOf(t, set.Supervisor()).Counts.Running)
				}
			}
			for _, ch := range set.Each() {
				ch.Cancel(nil)
			}
			for _, ch := range set.Each() { // those that have not ended yet
				require.NoError(t, ch.Wait(t.Context()))
			}
			require.Zero(t, set.Len())
			require.Empty(t, snapshotOf(t, set.Supervisor()).Children)
			require.Zero(t, snapshotOf(t, set.Supervisor()).Counts.Running)
		})
	}
}

func TestSupervision_116_AStoppedSupervisorIsStillAmongTheChildren(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		for _, name := range []string{"a", "b", "c"} {
			_, err := s.Start(t.Context(), tree.ChildSpec{Name: name, Policy: new(policy.SupervisorScope)})
			require.NoError(t, err)
		}
		b, err := s.Child("b")
		require.NoError(t, err)
		require.NoError(t, b.Shutdown(t.Context()))
		require.Equal(t, []string{"a running", "b stopped", "c running"}, slots(s.Snapshot()))
		require.EqualValues(t, 2, s.Counts().Running)
		for ch := range s.Children() {
			require.NotNil(t, ch.Spec().Policy, "none of them is a worker")
		}
	})
}

// In the scenario auto shutdown is OTP's; Elixir's DynamicSupervisor has none.
func TestSupervision_131_ASignificantMemberEndsTheSetByEndingItself(t *testing.T) {
	for auto, left := range map[policy.AutoShutdown]int{policy.AutoAnySignificant: 1, policy.AutoAllSignificant: 0} {
		for _, r := range []policy.Restart{policy.Transient, policy.Temporary} {
			synctest.Test(t, func(t *testing.T) {
				p := policy.SupervisorScope
				p.Auto = auto
				s, _ := openSupervisor(t, policy.SupervisorScope)
				set, err := tree.NewSet[int](t.Context(), s, tree.ChildSpec{Name: "set", Policy: &p, Restart: policy.Transient})
				require.NoError(t, err)
				log := &trail{}
				ends := []chan error{make(chan error), make(chan error)}
				for key := range ends {
					_, err := set.Put(t.Context(), key, tree.ChildSpec{Significant: true, Restart: r, Run: func(ctx context.Context) error {
						err := obeys(ends[key])(ctx)
						log.add(fmt.Sprint("down ", key))
						return err
					}})
					require.NoError(t, err)
				}
				stopped, err := set.Put(t.Context(), 2, tree.ChildSpec{Significant: true, Restart: r, Run: drainer})
				require.NoError(t, err)
				require.NoError(t, stopped.Shutdown(t.Context()))
				require.Equal(t, policy.SlotRunning, set.Supervisor().State(), "an operator's stop ends nobody")
				ends[0] <- nil
				if left == 0 {
					synctest.Wait()
					require.Equal(t, []int{1}, keys(set))
					require.Equal(t, policy.SlotRunning, set.Supervisor().State())
					ends[1] <- nil
				}
				require.NoError(t, set.Supervisor().Wait(t.Context()))
				require.Equal(t, []string{"down 0", "down 1"}, log.list())
			})
		}
	}
}

// OTP's max_children of 0 has no counterpart: a Limit of 0 is none.
func TestSupervision_137_AFullSetRefusesUntilAChildHasEndedForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		set := openSet[string](t, roomFor(1))
		c := newProbe(log, "c")
		spec := c.spec(policy.Permanent)
		spec.Name, spec.Backoff = "", backoff(time.Second)
		_, err := set.Put(t.Context(), "c", spec)
		require.NoError(t, err)
		full := func() {
			t.Helper()
			_, err := set.Put(t.Context(), "d", tree.ChildSpec{Run: drainer})
			require.ErrorIs(t, err, tree.ErrFull)
		}
		full()
		c.failing.Store(1)
		c.exits <- errCrash
		synctest.Wait()
		full() // it waits for its restart
		pause(time.Second + ms)
		full() // which failed
		pause(2 * time.Second)
		full() // it has come back
		require.NoError(t, set.Remove(t.Context(), "c"))
		put(t, set, "d", drainer, policy.Permanent)
	})
}

func TestSupervision_139_WhatAStartReturnsDecidesWhetherThereIsAChild(t *testing.T) {
	starts := map[string]func(context.Context) error{
		"ok":       drainerReady,
		"ok, info": func(ctx context.Context) error { return readyWith(ctx, "info") },
		"ignore":   func(context.Context) error { return policy.ErrIgnored },
		"error":    failsAfter(0, errBoom),
		"garbage":  func(context.Context) error { return nil }, // not ready, and no error
		"panic":    func(context.Context) error { panic(errBoom) },
	}
	for name, start := range starts {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				set := openSet[string](t, policy.SupervisorScope)
				ch, err := set.Put(t.Context(), "c", tree.ChildSpec{WaitReady: true, Run: start})
				switch name {
				case "ok":
					require.NoError(t, err)
					require.Nil(t, ch.Info())
				case "ok, info":
					require.NoError(t, err)
					require.Equal(t, "info", ch.Info())
				case "ignore":
					require.NoError(t, err)
					require.Equal(t, policy.Returned, exitOf(t, ch))
				case "garbage":
					require.ErrorIs(t, err, tree.ErrNotReady)
				default:
					require.ErrorIs(t, err, errBoom)
				}
				require.Equal(t, name == "ok" || name == "ok, info", set.Len() == 1)
			})
		})
		t.Run("restart, "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				set := openSet[string](t, policy.SupervisorScope)
				ends, run := make(chan error), readyAndObeys
				ch, err := set.Put(t.Context(), "c", tree.ChildSpec{WaitReady: true, Backoff: backoff(time.Second),
					Run: func(ctx context.Context) error { return run(ctx, ends) }})
				require.NoError(t, err)
				run = func(ctx context.Context, _ <-chan error) error { return start(ctx) }
				ends <- errCrash
				pause(time.Second + ms)
				switch name {
				case "ok", "ok, info":
					require.Equal(t, []string{"c running"}, slots(snapshotOf(t, set.Supervisor())))
					require.Equal(t, 2, ch.Incarnation())
				case "ignore":
					require.Empty(t, slots(snapshotOf(t, set.Supervisor())), "it is removed")
					put(t, set, "c", drainer, policy.Permanent)
				default:
					require.Equal(t, []string{"c delayed"}, slots(snapshotOf(t, set.Supervisor())), "it is tried again")
				}
			})
		})
	}
}

// readyWith is a drainer that says it is up, with info.
func readyWith(ctx context.Context, info any) error {
	if err := tree.ReadyWith(ctx, info); err != nil {
		return err
	}
	return drainer(ctx)
}

// readyAndObeys says it is up and ends as it is told.
func readyAndObeys(ctx context.Context, ends <-chan error) error {
	if err := tree.Ready(ctx); err != nil {
		return err
	}
	return obeys(ends)(ctx)
}

// Policy.Done stands for OTP's shutdown and {shutdown, _}: to end without a failure, and
// not to come back. Who ends for good leaves the set, where OTP keeps a Transient in a
// supervisor with a specification of each child.
func TestSupervision_140_HowAChildEndedSaysWhetherItIsStillThere(t *testing.T) {
	for _, c := range []struct {
		restart policy.Restart
		end     error
		stays   int
	}{
		{policy.Temporary, nil, 0}, {policy.Temporary, policy.Done(nil), 0}, {policy.Temporary, policy.Done(errBoom), 0}, {policy.Temporary, errBoom, 0},
		{policy.Transient, nil, 0}, {policy.Transient, policy.Done(nil), 0}, {policy.Transient, policy.Done(errBoom), 0}, {policy.Transient, errBoom, 1},
		{policy.Permanent, nil, 1}, {policy.Permanent, policy.Done(nil), 0}, {policy.Permanent, policy.Done(errBoom), 0}, {policy.Permanent, errBoom, 1},
	} {
		t.Run(fmt.Sprint(c.restart, " ", c.end), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				set := openSet[int](t, policy.SupervisorScope)
				ends := make(chan error)
				ch := put(t, set, 1, obeys(ends), c.restart)
				ends <- c.end
				synctest.Wait()
				require.Equal(t, c.stays, set.Len())
				require.Len(t, snapshotOf(t, set.Supervisor()).Children, c.stays)
				require.EqualValues(t, c.stays, snapshotOf(t, set.Supervisor()).Counts.Running)
				require.Equal(t, 1+c.stays, ch.Incarnation())
			})
		})
	}
}
