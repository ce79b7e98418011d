package tree_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// connection is what programs have a pointer to, and change.
type connection struct{ read int }

func TestAPointerIsAKeyByWhatItIsAndNotByWhatItPointsTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		set, err := tree.NewSet[*connection](t.Context(), s, tree.ChildSpec{Name: "connections"})
		require.NoError(t, err)
		one, other := &connection{}, &connection{}
		ch, err := set.Put(t.Context(), one, tree.ChildSpec{Run: drainer})
		require.NoError(t, err)
		_, err = set.Put(t.Context(), other, tree.ChildSpec{Run: drainer})
		require.NoError(t, err, "another key, though both read the same")

		one.read++
		found, err := set.Get(one)
		require.NoError(t, err, "the same key as before")
		require.Same(t, ch, found)
		_, err = set.Put(t.Context(), one, tree.ChildSpec{Run: drainer})
		require.ErrorIs(t, err, tree.ErrDuplicate)
	})
}

func TestAPointerInAnInterfaceIsAKeyLikeAnyPointer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		set, err := tree.NewSet[any](t.Context(), s, tree.ChildSpec{Name: "connections"})
		require.NoError(t, err)
		one := &connection{}
		ch, err := set.Put(t.Context(), one, tree.ChildSpec{Run: drainer})
		require.NoError(t, err)
		one.read++
		found, err := set.Get(one)
		require.NoError(t, err)
		require.Same(t, ch, found)
	})
}

func TestBothZerosOfAFloatAreOneKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		set, err := tree.NewSet[float64](t.Context(), s, tree.ChildSpec{Name: "levels"})
		require.NoError(t, err)
		zero := 0.0
		_, err = set.Put(t.Context(), zero, tree.ChildSpec{Run: drainer})
		require.NoError(t, err)
		_, err = set.Put(t.Context(), -1*zero, tree.ChildSpec{Run: drainer})
		require.ErrorIs(t, err, tree.ErrDuplicate)
	})
}
