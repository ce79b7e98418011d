package registry_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/registry"
)

func TestSupervision_169_ANameHasOneOwnerAndTheErrorSaysWho(t *testing.T) {
	var n names
	first, second := newRef("app/first"), newRef("app/second")
	require.NoError(t, n.Register("db", first, nil))
	require.Equal(t, []string{"db"}, n.Keys(first))

	for who, want := range map[ref]registry.TakenError[string]{
		first:  {Key: "db", Owner: first, Self: true},
		second: {Key: "db", Owner: first},
	} {
		err := n.Register("db", who, nil)
		require.ErrorIs(t, err, registry.ErrTaken)
		var taken *registry.TakenError[string]
		require.ErrorAs(t, err, &taken)
		require.Equal(t, want, *taken)
	}
	require.EqualError(t, n.Register("db", second, nil), `registry: name is taken: "db", by app/first`)
	require.EqualError(t, n.Register("db", first, nil), `registry: name is taken: "db", by app/first itself, which may Keep it`)

	require.NoError(t, n.Register("cache", first, nil))
	require.NoError(t, n.Register("log", second, nil))
	require.Equal(t, []string{"db", "cache"}, n.Keys(first))
	require.Equal(t, []string{"log"}, n.Keys(second))
	require.Equal(t, 3, n.Len())
}

func TestSupervision_170_ANameIsGoneWithItsOwner(t *testing.T) {
	var n names
	owner, other := newFake("app/owner"), newRef("app/other")
	require.NoError(t, n.Register("db", owner.ref(), nil))
	require.NoError(t, n.Register("cache", owner.ref(), nil))
	require.NoError(t, n.Register("log", other, nil))
	owner.end()
	require.Equal(t, 1, n.Len())
	require.Empty(t, n.Keys(owner.ref()))
	_, _, err := n.Lookup("db")
	require.ErrorIs(t, err, registry.ErrNotFound)
	require.EqualError(t, err, `registry: not found: "db"`)
	require.NoError(t, n.Register("db", other, nil))
	require.Equal(t, []string{"log", "db"}, n.Keys(other))
}

// Whoever is told of an end before the registry is may use its names already, and what
// the registry does later takes nothing from them.
func TestSupervision_170_ANameOfOneWhoHasEndedIsFreeBeforeTheCleanUpRan(t *testing.T) {
	var n names
	owner, heir := newFake("app/owner"), newRef("app/heir")
	require.NoError(t, n.Register("db", owner.ref(), nil))
	require.NoError(t, n.Register("cache", owner.ref(), nil))
	tell := owner.close()
	require.Equal(t, 2, n.Len(), "nobody has cleaned up")
	require.NoError(t, n.Register("db", heir, "new"))
	tell()
	require.Equal(t, []string{"db"}, n.Keys(heir))
	got, value, err := n.Lookup("db")
	require.NoError(t, err)
	require.Equal(t, heir, got)
	require.Equal(t, "new", value)
	require.Equal(t, 1, n.Len())
}

func TestSupervision_172_TheValueIsTheOwnersToChange(t *testing.T) {
	var n names
	owner, other := newRef("app/owner"), newRef("app/other")
	require.NoError(t, n.Register("db", owner, 1))
	got, value, err := n.Lookup("db")
	require.NoError(t, err)
	require.Equal(t, owner, got)
	require.Equal(t, 1, value)

	double := func(old any) any { return old.(int) * 2 }
	require.NoError(t, n.Update("db", owner, double))
	err = n.Update("db", other, double)
	require.ErrorIs(t, err, registry.ErrNotOwner)
	require.EqualError(t, err, `registry: name is another's: "db"`)
	require.ErrorIs(t, n.Update("cache", owner, double), registry.ErrNotFound)
	_, value, err = n.Lookup("db")
	require.NoError(t, err)
	require.Equal(t, 2, value)
}

func TestSupervision_178_ARefOfANameFindsItsOwnerWithAndWithoutAValue(t *testing.T) {
	var n names
	via := n.Via("db")
	require.ErrorIs(t, via.TrySend("nobody"), actor.ErrStopped)
	require.ErrorIs(t, via.Send(t.Context(), "nobody"), actor.ErrStopped)
	require.True(t, via.ID() == actor.ID{})

	first, second := newFake("app/first"), newFake("app/second")
	require.NoError(t, n.Register("db", first.ref(), nil))
	require.NoError(t, via.Send(t.Context(), "without"))
	require.NoError(t, n.Update("db", first.ref(), func(any) any { return "metadata" }))
	require.NoError(t, via.TrySend("with"))
	require.Equal(t, "app/first", via.Path())
	require.Equal(t, []string{"without", "with"}, first.messages())

	first.end()
	require.ErrorIs(t, via.TrySend("nobody"), actor.ErrStopped)
	require.NoError(t, n.Register("db", second.ref(), nil))
	require.NoError(t, via.TrySend("successor"))
	require.Equal(t, []string{"successor"}, second.messages())
	require.True(t, via == n.Via("db"))
	require.False(t, via == n.Via("cache"))
}

// An actor may be given its name with a value, or without, where it is described.
func TestSupervision_178_AnActorMayBeDescribedWithItsName(t *testing.T) {
	var n names
	self, other := newRef("app/self"), newRef("app/other")
	none := actor.ReceiverFunc[string](func(context.Context, string) error { return nil })
	create := func(_ context.Context, self ref) (actor.Receiver[string], error) {
		require.Contains(t, n.Keys(self), "db", "it has the name by then")
		return none, nil
	}
	for range 2 { // it is started and restarted
		got, err := n.As("db", "metadata", create)(t.Context(), self)
		require.NoError(t, err)
		require.NotNil(t, got)
	}
	got, value, err := n.Lookup("db")
	require.NoError(t, err)
	require.Equal(t, self, got)
	require.Equal(t, "metadata", value)
	_, err = n.As("db", nil, create)(t.Context(), other)
	require.ErrorIs(t, err, registry.ErrTaken)
	require.Nil(t, n.As("db", nil, nil))
}
