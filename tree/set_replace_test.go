package tree_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// replace replaces the child under a key, which must work.
func replace[K comparable](t *testing.T, set tree.Set[K], key K, run func(context.Context) error) *tree.Child {
	t.Helper()
	ch, err := set.Replace(t.Context(), key, tree.ChildSpec{Run: run})
	require.NoError(t, err)
	return ch
}

// writes is a child that writes its life down and takes d to end when it is asked to.
func writes(log *trail, name string, d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		log.add("start " + name)
		<-tree.Draining(ctx)
		log.add("stopping " + name)
		pause(d)
		log.add("down " + name)
		return nil
	}
}

func TestReplaceStartsTheNewChildWhenTheOldOneHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		set := openSet[string](t, bounded())
		replace(t, set, "a", writes(log, "1", time.Second))
		put(t, set, "b", drainer, policy.Permanent)
		synctest.Wait() // until the first child has written that it starts
		begun := time.Now()
		second := replace(t, set, "a", writes(log, "2", time.Second))
		require.Equal(t, time.Second, time.Since(begun))
		synctest.Wait() // and the second
		require.Equal(t, []string{"start 1", "stopping 1", "down 1", "start 2"}, log.list())
		got, err := set.Get("a")
		require.NoError(t, err)
		require.Same(t, second, got)
		require.Equal(t, 2, set.Len())
		require.Equal(t, []string{"b", "a"}, keys(set), "it comes last")
		require.Equal(t, 1, second.Incarnation(), "it is another child, not a restart")
	})
}

func TestAKeyIsTakenWhileItsChildIsBeingReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		set := openSet[string](t, bounded())
		old := put(t, set, "a", writes(log, "old", time.Second), policy.Permanent)
		synctest.Wait() // until it has written that it starts
		var all sync.WaitGroup
		all.Go(func() { replace(t, set, "a", writes(log, "new", 0)) })
		synctest.Wait() // until the old one is asked to stop
		_, err := set.Put(t.Context(), "a", tree.ChildSpec{Run: drainer})
		require.ErrorIs(t, err, tree.ErrDuplicate)
		s := scopeOf(t, set.Supervisor())
		require.ErrorIs(t, s.Restart("a"), tree.ErrRestarting, "the old one is not brought back")
		all.Go(func() { require.NoError(t, set.Remove(t.Context(), "a"), "of the old one") })
		require.NoError(t, old.Wait(t.Context()))
		all.Wait()
		synctest.Wait() // until the new one has written that it starts
		require.Equal(t, []string{"start old", "stopping old", "down old", "start new"}, log.list())
		require.Equal(t, []string{"a"}, keys(set))
	})
}

func TestThoseWhoReplaceOneChildDoSoOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		set := openSet[string](t, bounded())
		put(t, set, "a", writes(log, "0", time.Second), policy.Permanent)
		var all sync.WaitGroup
		for i := range 3 {
			all.Go(func() {
				ch, err := set.Replace(t.Context(), "a", tree.ChildSpec{WaitReady: true, Run: func(ctx context.Context) error {
					pause(time.Second) // it is not stopped before it is up
					if err := tree.Ready(ctx); err != nil {
						return err
					}
					return writes(log, fmt.Sprint("next ", i), time.Second)(ctx)
				}})
				require.NoError(t, err)
				require.Equal(t, 1, ch.Incarnation())
			})
		}
		begun := time.Now()
		all.Wait()
		require.Equal(t, 6*time.Second, time.Since(begun), "three stops and three starts")
		synctest.Wait() // until the last one has written that it starts
		steps := log.list()
		require.Len(t, steps, 3*3+1)
		for i, step := range steps { // start, stopping and down of one, and then the next
			require.Contains(t, step, []string{"start", "stopping", "down"}[i%3])
		}
		require.Equal(t, 1, set.Len())
	})
}

func TestReplaceInAFullSetKeepsThePlaceOfTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := bounded()
		p.Limit = 1
		set := openSet[string](t, p)
		put(t, set, "a", takesToStop(time.Second), policy.Permanent)
		var all sync.WaitGroup
		all.Go(func() { replace(t, set, "a", drainer) })
		for range 20 { // also while the old one ends
			pause(tenth)
			_, err := set.Put(t.Context(), "b", tree.ChildSpec{Run: drainer})
			require.ErrorIs(t, err, tree.ErrFull)
		}
		all.Wait()
		require.Equal(t, []string{"a"}, keys(set))
		require.NoError(t, set.Remove(t.Context(), "a"))
		put(t, set, "b", drainer, policy.Permanent)
	})
}

// takesToStop is a child that takes d to end when it is asked to.
func takesToStop(d time.Duration) func(context.Context) error {
	return writes(&trail{}, "", d)
}

func TestAReplaceThatIsCalledOffLeavesTheKeyFreeOnceTheOldOneHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := bounded()
		p.Limit = 1
		set := openSet[string](t, p)
		old := put(t, set, "a", takesToStop(time.Second), policy.Permanent)
		soon, cancel := context.WithTimeoutCause(t.Context(), tenth, errReason)
		defer cancel()
		_, err := set.Replace(soon, "a", tree.ChildSpec{Run: drainer})
		require.ErrorIs(t, err, errReason)
		require.Equal(t, 1, set.Len())
		require.NoError(t, old.Wait(t.Context()))
		require.Zero(t, set.Len())
		put(t, set, "b", drainer, policy.Permanent)

		_, err = set.Replace(soon, "b", tree.ChildSpec{Run: drainer})
		require.ErrorIs(t, err, errReason)
		require.Equal(t, []string{"b"}, keys(set), "a ctx that has ended asks for nothing")
	})
}

func TestAReplaceThatWaitsForAnotherMayBeCalledOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := openSet[string](t, bounded())
		put(t, set, "a", takesToStop(time.Second), policy.Permanent)
		var all sync.WaitGroup
		var first *tree.Child
		all.Go(func() { first = replace(t, set, "a", drainer) })
		synctest.Wait() // until the old one is asked to stop
		soon, cancel := context.WithTimeoutCause(t.Context(), tenth, errReason)
		defer cancel()
		_, err := set.Replace(soon, "a", tree.ChildSpec{Run: drainer})
		require.ErrorIs(t, err, errReason)
		all.Wait()
		require.Equal(t, policy.SlotRunning, first.State())
	})
}

func TestAnAbandonedChildKeepsItsKeyUntilItHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		set := openSet[string](t, bounded())
		put(t, set, "a", stubborn(gate), policy.Permanent)
		begun := time.Now()
		_, err := set.Replace(t.Context(), "a", tree.ChildSpec{Run: drainer})
		require.ErrorIs(t, err, tree.ErrAbandoned)
		require.Equal(t, 5*time.Second, time.Since(begun))
		require.Equal(t, []string{"a"}, keys(set))
		_, err = set.Put(t.Context(), "a", tree.ChildSpec{Run: drainer})
		require.ErrorIs(t, err, tree.ErrDuplicate)
		_, err = set.Replace(t.Context(), "a", tree.ChildSpec{Run: drainer})
		require.ErrorIs(t, err, tree.ErrAbandoned)
		require.ErrorIs(t, set.Remove(t.Context(), "a"), tree.ErrAbandoned)
		require.Equal(t, 5*time.Second, time.Since(begun), "at once")
		close(gate)
		synctest.Wait()
		require.Zero(t, set.Len())
		put(t, set, "a", drainer, policy.Permanent)
	})
}

func TestAChildThatBearsCompanyIsReplacedWhenItIsAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		p := bounded()
		p.Stop.Stuck = policy.StuckReplace
		set := openSet[string](t, p)
		put(t, set, "a", stubborn(gate), policy.Permanent)
		begun := time.Now()
		second := replace(t, set, "a", drainer)
		require.Equal(t, 5*time.Second, time.Since(begun))
		require.Equal(t, map[string]*tree.Child{"a": second}, collected(set))
		close(gate)
		synctest.Wait() // until the first one has ended
		require.Equal(t, map[string]*tree.Child{"a": second}, collected(set))
	})
}

// collected returns a set as a map, each key of which must come once.
func collected[K comparable](set tree.Set[K]) map[K]*tree.Child {
	m := make(map[K]*tree.Child)
	for key, ch := range set.Each() {
		if m[key] != nil {
			panic(fmt.Sprint("twice: ", key))
		}
		m[key] = ch
	}
	return m
}

func TestAChildThatWaitsForARestartIsReplacedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := openSet[string](t, roomFor(1))
		old, err := set.Put(t.Context(), "a", tree.ChildSpec{Run: failsAfter(0, errBoom), Backoff: policy.Backoff{Min: time.Hour, Max: time.Hour, Jitter: policy.JitterNone}})
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, policy.SlotDelayed, old.State())
		begun := time.Now()
		replace(t, set, "a", drainer)
		require.Zero(t, time.Since(begun))
		require.ErrorIs(t, old.Wait(t.Context()), errBoom)
		pause(2 * time.Hour)
		require.Equal(t, 1, old.Incarnation(), "it does not come back")
		require.Equal(t, []string{"a"}, keys(set))
	})
}

func TestNobodyReplacesHimself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := openSet[string](t, policy.SupervisorScope)
		refused := make(chan error, 2)
		put(t, set, "a", func(ctx context.Context) error {
			_, err := set.Replace(ctx, "a", tree.ChildSpec{Run: drainer})
			refused <- err
			refused <- tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, _ *tree.Scope) error {
				_, err := set.Replace(ctx, "a", tree.ChildSpec{Run: drainer})
				return err
			})
			_, err = set.Replace(ctx, "b", tree.ChildSpec{Run: drainer})
			return err
		}, policy.Temporary)
		require.ErrorIs(t, <-refused, tree.ErrSelfWait)
		require.ErrorIs(t, <-refused, tree.ErrSelfWait)
		synctest.Wait()
		require.Equal(t, []string{"b"}, keys(set))
	})
}

func TestTheEndOfTheSetIsTheEndOfThoseWhoReplace(t *testing.T) {
	for _, r := range []policy.Restart{policy.Permanent, policy.Temporary} {
		for name, run := range map[string]func(gate <-chan struct{}) func(context.Context) error{
			"ends":     func(<-chan struct{}) func(context.Context) error { return takesToStop(time.Second) },
			"is stuck": stubborn,
		} {
			t.Run(r.String()+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					gate := make(chan struct{})
					set := openSet[string](t, bounded())
					put(t, set, "a", run(gate), r)
					var all sync.WaitGroup
					all.Go(func() {
						_, err := set.Replace(t.Context(), "a", tree.ChildSpec{Run: func(context.Context) error { panic("must not run") }})
						require.Error(t, err)
					})
					synctest.Wait() // until the child is asked to stop
					require.NoError(t, set.Supervisor().Shutdown(t.Context()))
					all.Wait()
					_, err := set.Replace(t.Context(), "a", tree.ChildSpec{Run: drainer})
					require.ErrorIs(t, err, tree.ErrClosed)
					close(gate)
				})
			})
		}
	}
}

func TestAReplacementThatFailsToStartLeavesTheKeyFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := openSet[string](t, roomFor(1))
		put(t, set, "a", drainer, policy.Permanent)
		_, err := set.Replace(t.Context(), "a", tree.ChildSpec{WaitReady: true, Run: failsAfter(0, errBoom)})
		require.ErrorIs(t, err, errBoom)
		require.Zero(t, set.Len())
		put(t, set, "b", drainer, policy.Permanent)
	})
}
