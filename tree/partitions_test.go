package tree_test

import (
	"context"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// spread opens a root with n partitions that are supervisors.
func spread(t *testing.T, n int) *tree.Partitions {
	t.Helper()
	s, _ := openSupervisor(t, policy.SupervisorScope)
	p, err := tree.NewPartitions(t.Context(), s, tree.ChildSpec{Name: "parts"}, n, func(int) tree.ChildSpec {
		return tree.ChildSpec{Policy: new(policy.SupervisorScope)}
	})
	require.NoError(t, err)
	return p
}

// partitionOf returns the partition of a key, which there must be.
func partitionOf(t *testing.T, p *tree.Partitions, key any) *tree.Child {
	t.Helper()
	ch, err := p.For(key)
	require.NoError(t, err, "%#v", key)
	return ch
}

func TestAllPartitionsOfOneSupervisorAgree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := spread(t, 7)
		again, err := tree.PartitionsOf(p.Supervisor())
		require.NoError(t, err)
		require.Equal(t, 7, again.Count())
		used := make(map[*tree.Child]bool)
		for key := range 100 {
			for _, key := range []any{key, float64(key), [1]int{key}, string(rune('a' + key))} {
				require.Same(t, partitionOf(t, p, key), partitionOf(t, again, key))
				used[partitionOf(t, p, key)] = true
			}
		}
		require.Len(t, used, 7)
	})
}

func TestAPartitionIsFoundAgainAfterRestartsOfItAndOfItsSupervisor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		ends := make(chan error)
		p, err := tree.NewPartitions(t.Context(), s, tree.ChildSpec{Name: "parts", Backoff: backoff(time.Second)}, 2, func(int) tree.ChildSpec {
			return tree.ChildSpec{Run: obeys(ends)}
		})
		require.NoError(t, err)
		one, other := partitionOf(t, p, 0), partitionOf(t, p, 1)
		ends <- errBoom
		synctest.Wait()
		require.Equal(t, 3, one.Incarnation()+other.Incarnation(), "one of them has come back")
		require.Same(t, one, partitionOf(t, p, 0), "as the same child")
		ends <- policy.Fatal(errBoom)
		synctest.Wait()
		require.Equal(t, policy.SlotDelayed, p.Supervisor().State())
		pause(time.Second + ms)
		require.NotSame(t, one, partitionOf(t, p, 0))
		require.Equal(t, policy.SlotRunning, partitionOf(t, p, 0).State())
		require.LessOrEqual(t, testing.AllocsPerRun(100, func() { _, _ = p.For(1) }), 1.0, "it asks the supervisor no more, which takes a message")
		for i, ch := range p.Each() {
			require.Same(t, ch, partitionOf(t, p, i))
		}
	})
}

func TestAPartitionThatWasRemovedIsNotFoundUntilItIsStartedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := spread(t, 3)
		s := scopeOf(t, p.Supervisor())
		partitionOf(t, p, 1)
		require.NoError(t, s.Remove("1"))
		synctest.Wait()
		_, err := p.For(4)
		require.ErrorIs(t, err, tree.ErrNotFound)
		var left []int
		for i := range p.Each() {
			left = append(left, i)
		}
		require.Equal(t, []int{0, 2}, left)
		again, err := s.Start(t.Context(), tree.ChildSpec{Name: "1", Policy: new(policy.SupervisorScope)})
		require.NoError(t, err)
		require.Same(t, again, partitionOf(t, p, 4))

		two := partitionOf(t, p, 2)
		require.NoError(t, two.Shutdown(t.Context()))
		require.Same(t, two, partitionOf(t, p, 2), "one that is stopped has its place")
		for range p.Each() {
			break // early
		}
	})
}

// Also the sets of one key stay together, and each partition has a turn of its own.
func TestASetOfEachPartitionTakesTheChildrenOfItsKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := spread(t, 4)
		for key := range 100 {
			set, err := tree.SetOf[int](partitionOf(t, p, key))
			require.NoError(t, err)
			put(t, set, key, drainer, policy.Temporary)
		}
		var all []int
		for i, ch := range p.Each() {
			set, err := tree.SetOf[int](ch)
			require.NoError(t, err)
			require.Equal(t, 25, set.Len())
			for key := range set.Each() {
				require.Equal(t, i, key%4)
				all = append(all, key)
			}
		}
		slices.Sort(all)
		require.Len(t, slices.Compact(all), 100)
	})
}

func TestPartitionsMayBeAskedForByManyAtOnce(t *testing.T) {
	p := spread(t, 8)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for key := range 1000 {
				ch, err := p.For(key)
				if err != nil || ch.Name() != string(rune('0'+key%8)) {
					t.Errorf("%d: %v %v", key, ch, err)
				}
			}
		})
	}
	all.Wait()
}

func TestAPartitionAsksForPartitionsWhileTheyStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var early atomic.Value
		s, _ := openSupervisor(t, policy.SupervisorScope)
		_, err := tree.NewPartitions(t.Context(), s, tree.ChildSpec{Name: "parts"}, 2, func(i int) tree.ChildSpec {
			return tree.ChildSpec{WaitReady: true, Run: func(ctx context.Context) error {
				sup, err := tree.Find("app/parts")
				require.NoError(t, err)
				p, err := tree.PartitionsOf(sup)
				require.NoError(t, err)
				if i == 0 {
					ch, err := p.For(1)
					require.NoError(t, err)
					early.Store(ch.State())
				}
				return drainerReady(ctx)
			}}
		})
		require.NoError(t, err)
		require.Equal(t, policy.SlotDelayed, early.Load(), "it has a place, and its turn to start comes")
	})
}

// drainerReady is a drainer that says it is up.
func drainerReady(ctx context.Context) error {
	if err := tree.Ready(ctx); err != nil {
		return err
	}
	return drainer(ctx)
}

func TestClosedPartitionsHaveNobody(t *testing.T) {
	var none *tree.Partitions
	for _, p := range []*tree.Partitions{none, {}} {
		_, err := p.For(1)
		require.ErrorIs(t, err, tree.ErrClosed)
		require.Zero(t, p.Count())
		require.Nil(t, p.Supervisor())
		for range p.Each() {
			t.Fatal("nobody is there")
		}
	}
}

func TestKeysWithoutAPartitionAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := spread(t, 3)
		for _, key := range []any{nil, []int{1}, math.NaN(), map[int]int{}, func() {}} {
			_, err := p.For(key)
			var f *policy.FieldError
			require.ErrorAs(t, err, &f)
			require.Equal(t, "tree.Partitions.For.key", f.Field)
		}
	})
}
