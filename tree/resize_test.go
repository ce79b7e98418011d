package tree_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// spreadProbes opens a root with n partitions that are probes, p0 and so on.
func spreadProbes(t *testing.T, log *trail, n int) (*tree.Partitions, []*probe) {
	t.Helper()
	s, _ := openSupervisor(t, policy.SupervisorScope)
	probes := make([]*probe, n)
	p, err := tree.NewPartitions(t.Context(), s, tree.ChildSpec{Name: "parts", Policy: new(bounded())}, n, func(i int) tree.ChildSpec {
		probes[i] = newProbe(log, fmt.Sprint("p", i))
		return probes[i].spec(policy.Permanent)
	})
	require.NoError(t, err)
	return p, probes
}

// later calls f on a goroutine of its own, and returns when f waits for something.
func later(f func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	synctest.Wait()
	return done
}

func TestPartitionsAreStoppedFromTheLastAndStartedAgainInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		p, probes := spreadProbes(t, log, 4)
		sup := p.Supervisor()
		again, err := tree.PartitionsOf(sup)
		require.NoError(t, err)
		for _, one := range probes {
			one.stopWait, one.startWait = time.Second, 500*ms
		}
		before, begun := len(log.list()), time.Now()
		done := later(func() error { return p.Resize(t.Context(), 1) })
		require.Equal(t, 1, again.Count(), "from the call on")
		require.Equal(t, "p0", partitionOf(t, again, 3).Name())
		require.NoError(t, <-done)
		require.Equal(t, 3*time.Second, time.Since(begun))
		require.Equal(t, []string{"stopping p3", "down p3", "stopping p2", "down p2", "stopping p1", "down p1"}, log.list()[before:])
		require.Equal(t, []string{"p0 running", "p1 stopped", "p2 stopped", "p3 stopped"}, slots(snapshotOf(t, sup)))
		for i, ch := range again.Each() {
			require.Equal(t, []any{0, "p0"}, []any{i, ch.Name()}, "those in use")
		}

		before, begun = len(log.list()), time.Now()
		done = later(func() error { return again.Resize(t.Context(), 3) })
		require.Equal(t, 1, p.Count(), "until all are up")
		require.NoError(t, sleep(t.Context(), time.Second-ms))
		require.Equal(t, 1, p.Count())
		require.NoError(t, <-done)
		require.Equal(t, time.Second, time.Since(begun))
		require.Equal(t, 3, p.Count())
		require.Equal(t, "p2", partitionOf(t, p, 2).Name())
		require.Equal(t, []string{"start p1#2", "up p1", "start p2#2", "up p2"}, log.list()[before:])
		require.NoError(t, p.Resize(t.Context(), 3), "again, and nothing happens")
		require.Equal(t, time.Second, time.Since(begun))
		require.Equal(t, []string{"p0 running", "p1 running", "p2 running", "p3 stopped"}, slots(snapshotOf(t, sup)))
		require.Zero(t, snapshotOf(t, sup).Counts.Failed)
	})
}

func TestARestartOfTheSupervisorBringsAllPartitionsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := spreadProbes(t, &trail{}, 3)
		require.NoError(t, p.Resize(t.Context(), 0))
		require.NoError(t, p.Supervisor().Shutdown(t.Context()))
		require.ErrorIs(t, p.Resize(t.Context(), 3), tree.ErrClosed)
		require.NoError(t, p.Supervisor().Restart(t.Context()))
		require.Equal(t, 3, p.Count())
		require.Equal(t, "p2", partitionOf(t, p, 5).Name())
		require.NoError(t, p.Resize(t.Context(), 2), "and they can be resized again")
		require.Equal(t, []string{"p0 running", "p1 running", "p2 stopped"}, slots(snapshotOf(t, p.Supervisor())))
	})
}

func TestResizeStartsOnlyWhatItHadStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, probes := spreadProbes(t, &trail{}, 5)
		var parts []*tree.Child
		for i := range 5 {
			parts = append(parts, partitionOf(t, p, i))
		}
		require.NoError(t, parts[1].Shutdown(t.Context()), "by an operator")
		probes[2].stopWait = time.Second
		stop := later(func() error { return parts[2].Shutdown(t.Context()) }) // still going on
		probes[3].exits <- policy.Done(nil)
		synctest.Wait() // until it has ended by itself
		require.NoError(t, p.Resize(t.Context(), 0))
		require.NoError(t, <-stop)
		require.NoError(t, parts[4].Restart(t.Context()), "an operator may have it run all the same")
		require.NoError(t, parts[4].Shutdown(t.Context()), "and it is the operator's again")
		require.NoError(t, p.Resize(t.Context(), 5))
		require.Equal(t, []string{"p0 running", "p1 stopped", "p2 stopped", "p3 stopped", "p4 stopped"}, slots(snapshotOf(t, p.Supervisor())))
		require.Same(t, parts[1], partitionOf(t, p, 1), "its keys are its own")

		require.NoError(t, p.Resize(t.Context(), 0))
		require.NoError(t, parts[0].Restart(t.Context()))
		require.NoError(t, p.Resize(t.Context(), 0), "which stops what an operator started")
		require.NoError(t, parts[0].Shutdown(t.Context()), "and it had stopped already")
		require.NoError(t, p.Resize(t.Context(), 1))
		require.Equal(t, policy.SlotRunning, parts[0].State())
	})
}

func TestAPartitionThatWaitsForARestartIsStoppedAndStartedLikeAnyOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		ends := make(chan error)
		p, err := tree.NewPartitions(t.Context(), s, tree.ChildSpec{Name: "parts"}, 1, func(int) tree.ChildSpec {
			return tree.ChildSpec{Backoff: backoff(time.Hour), Run: obeys(ends)}
		})
		require.NoError(t, err)
		one, begun := partitionOf(t, p, 0), time.Now()
		ends <- errBoom
		synctest.Wait() // until its end was answered
		require.Equal(t, policy.SlotDelayed, one.State())
		require.NoError(t, p.Resize(t.Context(), 0))
		require.Equal(t, policy.SlotStopped, one.State())
		require.NoError(t, p.Resize(t.Context(), 1))
		require.Equal(t, policy.SlotRunning, one.State())
		require.Zero(t, time.Since(begun))
	})
}

func TestAPartitionThatIsUpOnlyWhenItIsBeingStoppedIsStartedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		p, probes := spreadProbes(t, log, 1)
		probes[0].startWait = time.Second
		before := len(log.list())
		probes[0].exits <- errBoom
		synctest.Wait() // until it is starting
		require.Equal(t, policy.SlotStarting, partitionOf(t, p, 0).State())
		require.NoError(t, p.Resize(t.Context(), 0))
		require.NoError(t, p.Resize(t.Context(), 1))
		require.Equal(t, []string{"down p0", "start p0#2", "up p0", "stopping p0", "down p0", "start p0#3", "up p0"}, log.list()[before:])
	})
}

func TestAPartitionThatDoesNotStartLeavesTheKeysWhereTheyAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, probes := spreadProbes(t, &trail{}, 4)
		require.NoError(t, p.Resize(t.Context(), 1))
		probes[2].failing.Store(1)
		err := p.Resize(t.Context(), 4)
		require.ErrorIs(t, err, errCrash)
		require.EqualError(t, err, "app/parts/p2: crash")
		require.Equal(t, 1, p.Count())
		require.Equal(t, []string{"p0 running", "p1 running", "p2 stopped", "p3 stopped"}, slots(snapshotOf(t, p.Supervisor())))
		require.NoError(t, p.Resize(t.Context(), 4), "it is tried again")
		require.Equal(t, 4, p.Count())
		require.EqualValues(t, 2, probes[1].starts.Load(), "what was up is left alone")
		require.EqualValues(t, 3, probes[2].starts.Load())
	})
}

func TestAPartitionThatOutlivesItsStopDoesNotKeepTheOthersFromTheirs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		s, _ := openSupervisor(t, policy.SupervisorScope)
		p, err := tree.NewPartitions(t.Context(), s, tree.ChildSpec{Name: "parts", Policy: new(bounded())}, 3, func(i int) tree.ChildSpec {
			if i == 2 {
				return tree.ChildSpec{Run: stubborn(gate)}
			}
			return tree.ChildSpec{Run: drainer}
		})
		require.NoError(t, err)
		begun := time.Now()
		err = p.Resize(t.Context(), 1)
		require.ErrorIs(t, err, tree.ErrAbandoned)
		require.ErrorContains(t, err, "app/parts/2")
		require.Equal(t, 5*time.Second, time.Since(begun), "the grace and the kill wait")
		require.Equal(t, []string{"0 running", "1 stopped", "2 abandoned"}, slots(snapshotOf(t, p.Supervisor())))
		require.ErrorIs(t, p.Resize(t.Context(), 3), tree.ErrAbandoned, "it cannot be started beside itself")
		require.Equal(t, 1, p.Count())
		close(gate)
		synctest.Wait() // until it has ended
		require.NoError(t, p.Resize(t.Context(), 3))
		require.Equal(t, []string{"0 running", "1 running", "2 running"}, slots(snapshotOf(t, p.Supervisor())))
	})
}

func TestAnImpatientCallerOfResizeLeavesTheStopsToGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, probes := spreadProbes(t, &trail{}, 3)
		for _, one := range probes {
			one.stopWait, one.startWait = time.Second, time.Second
		}
		impatient, cancel := context.WithTimeoutCause(t.Context(), 100*ms, errors.New("enough"))
		defer cancel()
		begun := time.Now()
		require.EqualError(t, p.Resize(impatient, 1), "enough")
		require.Equal(t, 100*ms, time.Since(begun))
		require.Equal(t, 1, p.Count())
		require.Equal(t, []string{"p0 running", "p1 stopping", "p2 stopping"}, slots(snapshotOf(t, p.Supervisor())))
		require.NoError(t, p.Resize(t.Context(), 3), "what is being stopped comes back when it has ended")
		require.Equal(t, 3100*ms, time.Since(begun), "p1 was asked to stop after 100 ms, and one comes after the other")
		require.Equal(t, 3, p.Count())
	})
}

func TestResizesFollowEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		p, probes := spreadProbes(t, log, 2)
		probes[1].stopWait = time.Second
		before, begun := len(log.list()), time.Now()
		first := later(func() error { return p.Resize(t.Context(), 1) })
		second := later(func() error { return p.Resize(t.Context(), 2) })
		impatient, cancel := context.WithTimeoutCause(t.Context(), 100*ms, errors.New("enough"))
		defer cancel()
		require.EqualError(t, p.Resize(impatient, 0), "enough")
		require.Equal(t, 100*ms, time.Since(begun))
		require.Equal(t, 1, p.Count(), "it has changed nothing")
		require.NoError(t, errors.Join(<-first, <-second))
		require.Equal(t, time.Second, time.Since(begun))
		require.Equal(t, []string{"stopping p1", "down p1", "start p1#2", "up p1"}, log.list()[before:])
		require.Equal(t, 2, p.Count())
	})
}

func TestAPartitionMayResizeButNotStopItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		wishes, answers := make([]chan int, 3), make(chan error)
		p, err := tree.NewPartitions(t.Context(), s, tree.ChildSpec{Name: "parts"}, 3, func(i int) tree.ChildSpec {
			wishes[i] = make(chan int)
			return tree.ChildSpec{Run: func(ctx context.Context) error {
				self, err := tree.Find("app/parts")
				require.NoError(t, err)
				p, err := tree.PartitionsOf(self)
				require.NoError(t, err)
				for drained := tree.Draining(ctx); ; {
					select {
					case n := <-wishes[i]:
						answers <- tree.Run(ctx, policy.TaskScope, func(ctx context.Context, _ *tree.Scope) error { return p.Resize(ctx, n) })
					case <-drained:
						if i < 2 {
							return nil
						}
						drained = nil
						if sleep(ctx, time.Second) == nil {
							answers <- p.Resize(ctx, 3) // while another Resize waits for it
							return nil
						}
					}
				}
			}}
		})
		require.NoError(t, err)
		wishes[1] <- 1
		err = <-answers
		require.ErrorIs(t, err, tree.ErrSelfWait)
		require.EqualError(t, err, "tree: waits for itself: Resize to 1 by app/parts/1")
		require.Equal(t, 3, p.Count(), "nothing changes")
		wishes[1] <- 2
		require.ErrorIs(t, <-answers, tree.ErrSelfWait, "of partition 2, for partition 1 waits for it")
		require.NoError(t, <-answers)
		require.Equal(t, 2, p.Count())
		require.Equal(t, []string{"0 running", "1 running", "2 stopped"}, slots(snapshotOf(t, p.Supervisor())))
		wishes[0] <- 3
		require.NoError(t, <-answers)
		require.Equal(t, 3, p.Count())
		done := later(func() error { return p.Resize(t.Context(), 2) })
		require.ErrorIs(t, <-answers, tree.ErrSelfWait)
		require.NoError(t, <-done)
	})
}

func TestSizesThatCannotBeAreRefusedAndNothingChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := spread(t, 3)
		var none context.Context
		requireFaults(t, p.Resize(t.Context(), -1), fault{"tree.Partitions.Resize.n", -1})
		requireFaults(t, p.Resize(t.Context(), 4), fault{"tree.Partitions.Resize.n", 4})
		requireFaults(t, p.Resize(none, 1), fault{"tree.Partitions.Resize.ctx", nil})
		require.Equal(t, 3, p.Count())
		require.Equal(t, []string{"0 running", "1 running", "2 running"}, slots(snapshotOf(t, p.Supervisor())))
		for _, closed := range []*tree.Partitions{nil, {}} {
			require.ErrorIs(t, closed.Resize(t.Context(), 0), tree.ErrClosed)
		}
	})
}

func TestPartitionsThatLoseTheirPlaceAreNotStartedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		p, err := tree.NewPartitions(t.Context(), s, tree.ChildSpec{Name: "parts"}, 3, func(i int) tree.ChildSpec {
			return tree.ChildSpec{Run: drainer, Restart: []policy.Restart{policy.Permanent, policy.Permanent, policy.Temporary}[i]}
		})
		require.NoError(t, err)
		require.NoError(t, partitionOf(t, p, 1).Remove(t.Context()))
		require.NoError(t, p.Resize(t.Context(), 0))
		require.NoError(t, p.Resize(t.Context(), 3))
		require.Equal(t, []string{"0 running"}, slots(snapshotOf(t, p.Supervisor())))
		_, err = p.For(2)
		require.ErrorIs(t, err, tree.ErrNotFound)
	})
}

func TestPartitionsMayBeAskedForWhileTheyAreResized(t *testing.T) {
	p := spread(t, 4)
	var askers, resizers sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		askers.Go(func() {
			for key := 0; ; key++ {
				select {
				case <-stop:
					return
				default:
				}
				switch ch, err := p.For(key); {
				case errors.Is(err, tree.ErrNotFound): // when none is in use
				case err != nil || ch.Name() > "3":
					t.Errorf("%d: %v %v", key, ch, err)
				}
				for range p.Each() {
				}
			}
		})
		resizers.Go(func() {
			for n := range 100 {
				if err := p.Resize(t.Context(), n%5); err != nil {
					t.Error(n, err)
				}
			}
		})
	}
	resizers.Wait()
	close(stop)
	askers.Wait()
	if err := p.Resize(t.Context(), 4); err != nil || p.Count() != 4 {
		t.Error(p.Count(), err)
	}
}
