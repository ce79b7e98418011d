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

func TestAFullSetRefusesAtOnceAndCountsTheRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := openSet[int](t, roomFor(2))
		put(t, set, 1, drainer, policy.Permanent)
		put(t, set, 2, drainer, policy.Permanent)
		begun := time.Now()
		_, err := set.Put(t.Context(), 3, tree.ChildSpec{Run: drainer})
		require.ErrorIs(t, err, tree.ErrFull)
		require.EqualError(t, err, "tree: scope full: app/set")
		_, err = set.Put(t.Context(), 2, tree.ChildSpec{Run: drainer})
		require.ErrorIs(t, err, tree.ErrDuplicate, "which says more than that it is full")
		_, err = set.Replace(t.Context(), 3, tree.ChildSpec{Run: drainer})
		require.ErrorIs(t, err, tree.ErrFull)
		require.Zero(t, time.Since(begun))
		s := scopeOf(t, set.Supervisor())
		require.EqualValues(t, 2, s.Counts().Refused)
		require.Zero(t, s.Counts().Waiting)
	})
}

// A child of a full Scope.Start waits; here the starter is refused, so one who is in
// the set may ask too, who could never wait for a place.
func TestAChildOfAFullSetMayAskForASibling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := openSet[int](t, roomFor(1))
		ch := put(t, set, 1, func(ctx context.Context) error {
			_, err := set.Put(ctx, 2, tree.ChildSpec{Run: drainer})
			return err
		}, policy.Temporary)
		require.ErrorIs(t, ch.Wait(t.Context()), tree.ErrFull)
	})
}

func TestBackgroundChildrenOfASetTakeNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := openSet[int](t, roomFor(1))
		for key := range 3 {
			_, err := set.Put(t.Context(), key, tree.ChildSpec{Run: drainer, Background: true})
			require.NoError(t, err)
		}
		put(t, set, 4, drainer, policy.Permanent)
		_, err := set.Replace(t.Context(), 1, tree.ChildSpec{Run: drainer})
		require.ErrorIs(t, err, tree.ErrFull, "the old one has no place to leave it")
		require.Equal(t, []int{0, 2, 4}, keys(set))
	})
}

func TestAChildThatCrashesAndComesBackKeepsItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := openSet[int](t, roomFor(1))
		ends := make(chan error)
		spec := tree.ChildSpec{Run: obeys(ends), Backoff: backoff(time.Second)}
		ch, err := set.Put(t.Context(), 1, spec)
		require.NoError(t, err)
		full := func(why string) {
			t.Helper()
			_, err := set.Put(t.Context(), 2, tree.ChildSpec{Run: drainer})
			require.ErrorIs(t, err, tree.ErrFull, why)
		}
		ends <- errBoom
		synctest.Wait()
		require.Equal(t, policy.SlotDelayed, ch.State())
		full("it waits for its restart")
		pause(time.Second + ms)
		require.Equal(t, 2, ch.Incarnation())
		full("it has come back")
		ends <- errBoom
		synctest.Wait() // until it waits for its restart
		require.NoError(t, set.Remove(t.Context(), 1), "in vain: it is removed")
		put(t, set, 2, drainer, policy.Permanent)
	})
}

// OTP's max_children of 0 lets nobody in. Here 0 is what a field that nobody has
// filled in says: no limit.
func TestASetWithoutALimitHasRoomForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := openSet[int](t, roomFor(0))
		for key := range 1000 {
			put(t, set, key, drainer, policy.Temporary)
		}
		require.Equal(t, 1000, set.Len())
	})
}
