package tree_test

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestSupervision_142_EveryKeyReachesTheSamePartitionEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := spread(t, 0)
		n := runtime.GOMAXPROCS(0)
		require.Equal(t, n, p.Count(), "as many as can run at once")
		for i := range 100 {
			key := fmt.Sprint("key ", i)
			s := scopeOf(t, partitionOf(t, p, key))
			_, err := s.Start(t.Context(), tree.ChildSpec{Name: key, Run: drainer})
			require.NoError(t, err)
		}
		for i := range 100 {
			key := fmt.Sprint("key ", i)
			s := scopeOf(t, partitionOf(t, p, key))
			_, err := s.Child(key)
			require.NoError(t, err)
		}
		union, partitions := 0, 0
		for i, part := range p.Each() {
			require.Equal(t, fmt.Sprint(i), part.Name())
			s := scopeOf(t, part)
			union += len(s.Snapshot().Children)
			partitions++
		}
		require.Equal(t, 100, union)
		require.Equal(t, n, partitions)
	})
}

// Elixir's PartitionSupervisor.resize!: keys go to the partitions in use.
func TestSupervision_142_EveryKeyReachesOneOfThePartitionsInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := spread(t, 4)
		for _, n := range []int{4, 2, 1, 3, 4} {
			require.NoError(t, p.Resize(t.Context(), n))
			require.Equal(t, n, p.Count())
			used := make(map[*tree.Child]bool)
			for i := range 100 {
				require.Equal(t, fmt.Sprint(i%n), partitionOf(t, p, i).Name())
				part := partitionOf(t, p, fmt.Sprint("key ", i))
				require.Equal(t, policy.SlotRunning, part.State())
				require.Same(t, part, partitionOf(t, p, fmt.Sprint("key ", i)))
				used[part] = true
			}
			require.Len(t, used, n)
		}
		require.NoError(t, p.Resize(t.Context(), 0))
		_, err := p.For(1)
		require.ErrorIs(t, err, tree.ErrNotFound)
		require.EqualError(t, err, "tree: no such child: no partition of app/parts is in use")
	})
}

func TestSupervision_143_AnIntegerBelongsToItsRemainder(t *testing.T) {
	type id int8
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		seen := make([]int, 3)
		p, err := tree.NewPartitions(t.Context(), s, tree.ChildSpec{Name: "parts"}, len(seen), func(i int) tree.ChildSpec {
			return tree.ChildSpec{WaitReady: true, Run: func(ctx context.Context) error {
				seen[i] = i + 1 // its own number
				return drainerReady(ctx)
			}}
		})
		require.NoError(t, err)
		require.Equal(t, []int{1, 2, 3}, seen, "all are up")
		for _, c := range []struct {
			key  any
			name string
		}{
			{0, "0"}, {1, "1"}, {2, "2"}, {3, "0"}, {4, "1"}, {-1, "1"}, {-2, "2"}, {-3, "0"}, {-4, "1"},
			{math.MaxInt, "1"}, {math.MinInt, "2"}, {int64(math.MinInt64), "2"}, {int8(-128), "2"}, {id(-5), "2"},
			{uint64(math.MaxUint64), "0"}, {uint8(255), "0"}, {uintptr(7), "1"}, {'c', "0"},
		} {
			require.Equal(t, c.name, partitionOf(t, p, c.key).Name(), "%T %v", c.key, c.key)
		}
	})
}

func TestSupervision_145_PartitionsWithoutANameOrWithABadCountAreRefused(t *testing.T) {
	run := func(context.Context) error { panic("must not run") }
	worker := func(int) tree.ChildSpec { return tree.ChildSpec{Run: run} }
	var none context.Context
	for name, c := range map[string]struct {
		ctx   context.Context
		spec  tree.ChildSpec
		count int
		part  func(int) tree.ChildSpec
		want  []fault
	}{
		"no name":       {t.Context(), tree.ChildSpec{}, 2, worker, []fault{{"tree.ChildSpec.Name", ""}}},
		"bad name":      {t.Context(), tree.ChildSpec{Name: "a/b"}, 2, worker, []fault{{"tree.ChildSpec.Name", "a/b"}}},
		"count":         {t.Context(), tree.ChildSpec{Name: "p"}, -1, worker, []fault{{"tree.NewPartitions.count", -1}}},
		"count and all": {t.Context(), tree.ChildSpec{Name: "p"}, math.MinInt, worker, []fault{{"tree.NewPartitions.count", math.MinInt}}},
		"no function":   {t.Context(), tree.ChildSpec{Name: "p"}, 2, nil, []fault{{"tree.NewPartitions.partition", nil}}},
		"no ctx":        {none, tree.ChildSpec{Name: "p"}, 2, worker, []fault{{"tree.NewPartitions.ctx", nil}}},
		"runs itself":   {t.Context(), tree.ChildSpec{Name: "p", Run: run}, 2, worker, []fault{{"tree.ChildSpec.Policy", policy.SupervisorScope}}},
		"children": {t.Context(), tree.ChildSpec{Name: "p", Children: []tree.ChildSpec{{Name: "c", Run: run}}}, 2, worker,
			[]fault{{"tree.NewPartitions.spec.Children", 1}}},
		"a bad partition": {t.Context(), tree.ChildSpec{Name: "p"}, 2, func(i int) tree.ChildSpec {
			return tree.ChildSpec{Name: []string{"", "x/y"}[i], Run: run}
		}, []fault{{"tree.ChildSpec.Children[1].Name", "x/y"}}},
		"policy": {t.Context(), tree.ChildSpec{Name: "p", Policy: new(roomFor(1))}, 2, worker, []fault{{"tree.ChildSpec.Policy.Limit", 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			nothingStarts(t, policy.SupervisorScope, func(s *tree.Scope) error {
				p, err := tree.NewPartitions(c.ctx, s, c.spec, c.count, c.part)
				require.Nil(t, p)
				return err
			}, c.want...)
		})
	}
	_, err := tree.NewPartitions(t.Context(), nil, tree.ChildSpec{Name: "p"}, 2, worker)
	requireFaults(t, err, fault{"tree.NewPartitions.s", nil})
	_, err = tree.NewPartitions(t.Context(), new(tree.Scope), tree.ChildSpec{Name: "p"}, 2, worker)
	require.ErrorIs(t, err, tree.ErrClosed)
	_, err = tree.PartitionsOf(nil)
	requireFaults(t, err, fault{"tree.PartitionsOf.child", nil})
}

func TestPartitionsOfOneNameAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		_, err := tree.NewPartitions(t.Context(), s, tree.ChildSpec{Name: "p"}, 2, func(int) tree.ChildSpec {
			return tree.ChildSpec{Name: "same", Run: drainer}
		})
		require.ErrorIs(t, err, tree.ErrDuplicate)
		sup, err := s.Start(t.Context(), supervisorSpec())
		require.NoError(t, err)
		_, err = tree.PartitionsOf(sup)
		requireFaults(t, err, fault{"tree.PartitionsOf.child", "app/sup"})
		worker := launch(t.Context(), t, s, "worker", drainer)
		_, err = tree.PartitionsOf(worker)
		requireFaults(t, err, fault{"tree.PartitionsOf.child", "app/worker"})
		synctest.Wait() // until the observer was told
		require.Len(t, seen.of(tree.ChildStarted), 2)
	})
}

// Elixir's PartitionSupervisor: one that fails to start fails all.
func TestAPartitionThatDoesNotStartFailsTheStartOfAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		s, _ := openSupervisor(t, policy.SupervisorScope)
		_, err := tree.NewPartitions(t.Context(), s, tree.ChildSpec{Name: "p"}, 3, func(i int) tree.ChildSpec {
			p := newProbe(log, fmt.Sprint("p", i))
			if i == 2 {
				p.failing.Store(1)
			}
			return p.spec(policy.Permanent)
		})
		require.ErrorIs(t, err, errCrash)
		require.Equal(t, []string{"start p0#1", "up p0", "start p1#1", "up p1", "start p2#1",
			"stopping p1", "down p1", "stopping p0", "down p0"}, log.list())
		require.Empty(t, s.Snapshot().Children)
	})
}

// Like any supervisor it has a strategy, one for one unless it says otherwise.
func TestPartitionsAreRestartedByTheStrategyOfTheirSupervisor(t *testing.T) {
	for strategy, want := range map[policy.Strategy][]int{policy.OneForOne: {1, 2, 1}, policy.OneForAll: {2, 2, 2}, policy.RestForOne: {1, 2, 2}} {
		synctest.Test(t, func(t *testing.T) {
			s, _ := openSupervisor(t, policy.SupervisorScope)
			ends := make([]chan error, 3)
			q := policy.SupervisorScope
			q.Strategy = strategy
			p, err := tree.NewPartitions(t.Context(), s, tree.ChildSpec{Name: "p", Policy: &q}, 3, func(i int) tree.ChildSpec {
				ends[i] = make(chan error)
				return tree.ChildSpec{Run: obeys(ends[i])}
			})
			require.NoError(t, err)
			ends[1] <- errBoom
			synctest.Wait()
			for i, n := range want {
				require.Equal(t, n, partitionOf(t, p, i).Incarnation())
			}
		})
	}
}
