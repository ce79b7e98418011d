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

// A set is a supervisor like any other: what follows is what that means for members.

func TestAMemberThatAnOperatorRestartsKeepsItsKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, r := range []policy.Restart{policy.Permanent, policy.Transient, policy.Temporary} {
			set := openSet[string](t, roomFor(1))
			ch := put(t, set, "a", drainer, r)
			s := scopeOf(t, set.Supervisor())
			require.NoError(t, s.Restart("a"))
			synctest.Wait() // until it has come back
			require.Equal(t, 2, ch.Incarnation())
			require.Equal(t, map[string]*tree.Child{"a": ch}, collected(set))
		}
	})
}

func TestAGroupTakesTheMembersAlongThatAreThere(t *testing.T) {
	for strategy, want := range map[policy.Strategy][]int{policy.OneForAll: {2, 2, 2}, policy.RestForOne: {1, 2, 2}} {
		synctest.Test(t, func(t *testing.T) {
			p := policy.SupervisorScope
			p.Strategy = strategy
			set := openSet[int](t, p)
			ends := make(chan error)
			children := []*tree.Child{put(t, set, 0, drainer, policy.Permanent), put(t, set, 1, obeys(ends), policy.Permanent),
				put(t, set, 2, drainer, policy.Permanent)}
			put(t, set, 3, drainer, policy.Temporary)
			require.NoError(t, put(t, set, 4, oneInTen(1), policy.Transient).Wait(t.Context()))
			ends <- errBoom
			synctest.Wait() // until the group has come back
			require.Equal(t, []int{0, 1, 2}, keys(set), "a Temporary is not started again, and who has finished has left")
			for i, ch := range children {
				require.Equal(t, want[i], ch.Incarnation())
			}
		})
	}
}

func TestAMemberMayBeReplacedWhileItsGroupStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Strategy = policy.OneForAll
		set := openSet[int](t, p)
		ends := make(chan error)
		put(t, set, 0, takesToStop(time.Second), policy.Permanent)
		put(t, set, 1, obeys(ends), policy.Permanent)
		ends <- errBoom
		synctest.Wait() // until the first one is asked to stop
		begun := time.Now()
		replace(t, set, 0, drainer)
		replace(t, set, 1, drainer)
		require.Equal(t, time.Second, time.Since(begun))
		synctest.Wait() // until the group has come back
		require.Equal(t, []string{"0 running", "1 running"}, slots(snapshotOf(t, set.Supervisor())))
	})
}

func TestTheMembersOfASetAreStoppedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := openSet[int](t, policy.SupervisorScope)
		for key := range 10 {
			put(t, set, key, takesToStop(300*ms), policy.Permanent)
		}
		begun := time.Now()
		require.NoError(t, set.Supervisor().Shutdown(t.Context()))
		require.Equal(t, 300*ms, time.Since(begun))
	})
}

func TestASetThatGivesUpComesBackEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := openSet[int](t, policy.SupervisorScope)
		bystander := put(t, set, 0, drainer, policy.Permanent)
		crashes := 0
		put(t, set, 1, func(context.Context) error {
			crashes++
			return errBoom
		}, policy.Permanent)
		synctest.Wait() // until the supervisor has given up and come back
		require.Equal(t, 4, crashes, "3 restarts are allowed")
		require.Equal(t, 2, set.Supervisor().Incarnation())
		require.Equal(t, policy.Returned, exitOf(t, bystander))
		require.Zero(t, set.Len())
	})
}

func TestAStartThatNobodyWaitsForAnyLongerLeavesTheKeyFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := openSet[int](t, roomFor(1))
		soon, cancel := context.WithTimeoutCause(t.Context(), time.Second, errReason)
		defer cancel()
		_, err := set.Put(soon, 1, tree.ChildSpec{WaitReady: true, Run: takesToStop(time.Second)})
		require.ErrorIs(t, err, errReason)
		require.Equal(t, 1, set.Len(), "it has been asked to stop")
		pause(time.Second + ms)
		require.Zero(t, set.Len())
		put(t, set, 2, drainer, policy.Permanent)
		_, err = set.Put(soon, 3, tree.ChildSpec{Run: drainer})
		require.ErrorIs(t, err, errReason)
	})
}

func TestASetThatDrainsTakesOnlyWhatItsOwnNeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		set := openSet[string](t, policy.SupervisorScope)
		put(t, set, "stays", takesToStop(time.Second), policy.Permanent)
		put(t, set, "asks", func(ctx context.Context) error {
			<-tree.Draining(ctx)
			_, err := set.Put(ctx, "helper", tree.ChildSpec{Run: drainer})
			log.add(fmt.Sprint("helper: ", err))
			_, err = set.Replace(ctx, "stays", tree.ChildSpec{Run: drainer})
			log.add(fmt.Sprint("replaced: ", err))
			return nil
		}, policy.Permanent)
		end := make(chan error, 1)
		go func() { end <- set.Supervisor().Shutdown(t.Context()) }()
		synctest.Wait() // until only the one that takes its time is left
		_, err := set.Put(t.Context(), "outsider", tree.ChildSpec{Run: drainer})
		require.ErrorIs(t, err, tree.ErrDraining)
		require.Equal(t, []string{"stays"}, keys(set), "who has ended has left")
		require.NoError(t, <-end)
		require.Equal(t, []string{"helper: <nil>", "replaced: tree: scope draining: app/set"}, log.list())
		require.Zero(t, set.Len())
	})
}

// Supervision 013 for members: what is ignored is not stored, and does not crash the stop.
func TestIgnoredMembersAreInNobodysWayWhenTheSetStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := openFactory(t, policy.SupervisorScope, func(ignored bool) tree.ChildSpec {
			return tree.ChildSpec{WaitReady: true, Run: func(ctx context.Context) error {
				if ignored {
					return policy.ErrIgnored
				}
				return drainerReady(ctx)
			}}
		})
		made(t, f, true)
		stays := made(t, f, false)
		require.Equal(t, []string{"2 running"}, slots(snapshotOf(t, f.Supervisor())))
		require.NoError(t, f.Supervisor().Shutdown(t.Context()))
		require.Equal(t, policy.Returned, exitOf(t, stays))
	})
}

// A member may be a supervisor itself, of members of its own.
func TestSetsMayStandInSets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenants := openSet[string](t, policy.SupervisorScope)
		for _, tenant := range []string{"a", "b"} {
			child, err := tenants.Put(t.Context(), tenant, tree.ChildSpec{Policy: new(policy.SupervisorScope)})
			require.NoError(t, err)
			users, err := tree.SetOf[int](child)
			require.NoError(t, err)
			put(t, users, 1, drainer, policy.Permanent)
		}
		one, err := tree.Find("app/set/b/1")
		require.NoError(t, err)
		require.NoError(t, tenants.Remove(t.Context(), "b"))
		require.Equal(t, policy.Returned, exitOf(t, one))
		_, err = tree.Find("app/set/b/1")
		require.ErrorIs(t, err, tree.ErrNotFound)
		require.Equal(t, []string{"a"}, keys(tenants))
	})
}
