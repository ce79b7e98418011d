package registry_test

import (
	"fmt"
	"maps"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/registry"
	"github.com/understudy-go/understudy/policy"
)

func TestAnOwnerMayKeepItsNameAndNobodyElse(t *testing.T) {
	var n names
	owner, other := newRef("app/owner"), newRef("app/other")
	require.NoError(t, n.Keep("db", owner, 1), "a name that nobody has")
	require.NoError(t, n.Keep("db", owner, 2))
	require.ErrorIs(t, n.Keep("db", other, 3), registry.ErrTaken)
	_, value, err := n.Lookup("db")
	require.NoError(t, err)
	require.Equal(t, 2, value)
	require.Equal(t, []string{"db"}, n.Keys(owner))
}

func TestOnlyItsOwnerGivesANameBack(t *testing.T) {
	var n names
	owner, other := newRef("app/owner"), newRef("app/other")
	require.NoError(t, n.Register("db", owner, nil))
	require.ErrorIs(t, n.Unregister("db", other), registry.ErrNotOwner)
	require.ErrorIs(t, n.Unregister("cache", owner), registry.ErrNotFound)
	require.NoError(t, n.Unregister("db", owner))
	require.ErrorIs(t, n.Unregister("db", owner), registry.ErrNotFound)
	require.NoError(t, n.Register("db", other, nil))
}

func TestOneWhoHasEndedGetsNothing(t *testing.T) {
	var n names
	var g groups
	f := newFake("app/ended")
	tell := f.close()
	for range 2 {
		require.Equal(t, actor.ErrStopped, n.Register("db", f.ref(), nil))
		require.Equal(t, actor.ErrStopped, n.Keep("db", f.ref(), nil))
		require.Equal(t, actor.ErrStopped, g.Join("news", f.ref(), nil))
		require.Equal(t, actor.ErrStopped, g.Keep("news", f.ref(), nil))
		tell()
	}
	require.Zero(t, n.Len())
	require.Zero(t, g.Len())
}

func TestOneWhoEndsWhileItRegistersIsLeftWithNothing(t *testing.T) {
	var n names
	f := newFake("app/ending")
	ending := endsWhenWatched{f}
	require.Equal(t, actor.ErrStopped, n.Register("db", actor.NewRef[string](ending), nil))
	require.Zero(t, n.Len())
}

// endsWhenWatched is a target whose end is waited for just in time.
type endsWhenWatched struct{ *fake }

func (e endsWhenWatched) AfterEnd(told func(error)) (stop func() bool) {
	stop = e.fake.AfterEnd(told)
	e.end()
	return stop
}

func TestOneWhoRegistersWhileItRegistersIsWatchedOnce(t *testing.T) {
	var n names
	f := newFake("app/hasty")
	hasty := actor.NewRef[string](&registersWhenWatched{fake: f, names: &n})
	require.NoError(t, n.Register("db", hasty, nil))
	require.Equal(t, []string{"cache", "db"}, n.Keys(hasty))
	require.Equal(t, 1, f.watchers())
}

// registersWhenWatched is a target that gets another name, once, while it gets one.
type registersWhenWatched struct {
	*fake
	names *names
	again bool
}

func (r *registersWhenWatched) AfterEnd(told func(error)) (stop func() bool) {
	if !r.again {
		r.again = true
		_ = r.names.Register("cache", actor.NewRef[string](r), nil)
	}
	return r.fake.AfterEnd(told)
}

// An actor that has ended is started again by an operator, and registers again before
// the registry has heard of the end.
func TestTheEndOfAnEarlierTimeTakesNothingFromWhoWasStartedAgain(t *testing.T) {
	var n names
	f := newFake("app/again")
	require.NoError(t, n.Register("db", f.ref(), nil))
	tell := f.close()
	require.NoError(t, n.Unregister("db", f.ref()))
	f.reopen()
	require.NoError(t, n.Register("db", f.ref(), nil))
	tell()
	require.Equal(t, []string{"db"}, n.Keys(f.ref()))
	require.Equal(t, 1, f.watchers())
}

func TestAnOwnerIsWatchedOnceAndOnlyWhileItHasSomething(t *testing.T) {
	var n names
	var g groups
	f, other := newFake("app/owner"), newRef("app/other")
	for range 2 {
		require.NoError(t, n.Register("db", f.ref(), nil))
		require.NoError(t, n.Register("cache", f.ref(), nil))
		require.Equal(t, 1, f.watchers())
		require.NoError(t, n.Unregister("db", f.ref()))
		require.Equal(t, 1, f.watchers())
		require.NoError(t, n.Unregister("cache", f.ref()))
		require.Zero(t, f.watchers())

		require.NoError(t, g.Join("news", f.ref(), nil))
		require.NoError(t, g.Join("news", f.ref(), nil))
		require.Equal(t, 1, f.watchers())
		require.NoError(t, g.Leave("news", f.ref()))
		require.Equal(t, 1, f.watchers())
		require.ErrorIs(t, g.Leave("sport", f.ref()), registry.ErrNotFound)
		require.NoError(t, g.Leave("news", f.ref()))
		require.Zero(t, f.watchers())
	}
	require.NoError(t, n.Register("db", other, nil))
	require.ErrorIs(t, n.Register("db", f.ref(), nil), registry.ErrTaken)
	require.Zero(t, f.watchers(), "a name it did not get")
}

func TestAllNamesAreThoseOfTheMomentWhenTheyWereAskedFor(t *testing.T) {
	var n names
	owner := newRef("app/owner")
	want := map[string]registry.Entry[string]{}
	for i, key := range []string{"a", "b", "c"} {
		require.NoError(t, n.Register(key, owner, i))
		want[key] = registry.Entry[string]{Ref: owner, Value: i}
	}
	got := map[string]registry.Entry[string]{}
	for key, e := range n.All() {
		if len(got) == 0 {
			for key := range want {
				require.NoError(t, n.Unregister(key, owner))
			}
		}
		got[key] = e
	}
	require.Equal(t, want, got)
	require.Empty(t, maps.Collect(n.All()))
	require.NoError(t, n.Register("a", owner, nil))
	for range n.All() {
		break
	}
}

func TestAnUpdateThatAnotherCameInBetweenIsMadeAgain(t *testing.T) {
	var n names
	owner := newRef("app/owner")
	require.NoError(t, n.Register("db", owner, 1))
	calls := 0
	require.NoError(t, n.Update("db", owner, func(old any) any {
		if calls++; calls == 1 {
			require.NoError(t, n.Update("db", owner, func(old any) any { return old.(int) * 10 }))
		}
		return old.(int) + 1
	}))
	_, value, err := n.Lookup("db")
	require.NoError(t, err)
	require.Equal(t, 11, value)
	require.Equal(t, 2, calls)
}

func TestAnUpdateOfANameThatWasGivenAwayMeanwhileChangesNothing(t *testing.T) {
	var n names
	owner, heir := newRef("app/owner"), newRef("app/heir")
	require.NoError(t, n.Register("db", owner, "old"))
	err := n.Update("db", owner, func(any) any {
		require.NoError(t, n.Unregister("db", owner))
		require.NoError(t, n.Register("db", heir, "heir's"))
		return "owner's"
	})
	require.ErrorIs(t, err, registry.ErrNotOwner)
	calls := 0
	err = n.Update("db", heir, func(old any) any {
		if calls++; calls == 1 {
			require.NoError(t, n.Unregister("db", heir))
			require.NoError(t, n.Register("db", heir, "again"))
		}
		return fmt.Sprint(old, " and again")
	})
	require.NoError(t, err)
	_, value, err := n.Lookup("db")
	require.NoError(t, err)
	require.Equal(t, "again and again", value, "it is the owner, and was asked twice")
}

func TestAKeyThatCannotBeFoundAgainIsRefusedByName(t *testing.T) {
	var n registry.Names[any, string]
	var g registry.Groups[any, string]
	owner := newRef("app/owner")
	for want, key := range map[string]any{
		"key = nil: must not be nil": nil, "key = [1]: cannot be compared": []int{1},
		"key = {[1]}: cannot be compared": struct{ any }{[]int{1}}, "key = NaN: is not equal to itself": math.NaN(),
	} {
		for caller, err := range map[string]error{
			"Names.Register":          n.Register(key, owner, nil),
			"Names.Keep":              n.Keep(key, owner, nil),
			"Names.Lock":              n.Lock(t.Context(), key, nothing),
			"Groups.Join":             g.Join(key, owner, nil),
			"Groups.Keep":             g.Keep(key, owner, nil),
			"Groups.Publish":          second(g.Publish(t.Context(), key, "")),
			"Groups.TryPublish":       second(g.TryPublish(key, "")),
			"Groups.Dispatch":         g.Dispatch(key, nobody),
			"Groups.DispatchParallel": g.DispatchParallel(key, 0, nobody),
		} {
			require.EqualError(t, err, "registry."+caller+"."+want)
		}
		_, _, err := n.Lookup(key)
		for _, err := range []error{err, n.Unregister(key, owner), n.Update(key, owner, same), g.Leave(key, owner)} {
			require.ErrorIs(t, err, registry.ErrNotFound)
		}
		require.True(t, n.Via(key).IsZero())
		require.True(t, g.One(key, registry.RoundRobin[string]()).IsZero())
		require.Empty(t, g.Entries(key))
		require.Zero(t, g.Size(key))
	}
	require.Zero(t, n.Len())
	for _, key := range []any{0, "", -1.5, [2]int{}, struct{ a, b any }{1, "x"}, (*int)(nil)} {
		require.NoError(t, n.Register(key, owner, nil))
		got, _, err := n.Lookup(key)
		require.NoError(t, err)
		require.Equal(t, owner, got)
	}
}

func TestARefThatCannotHaveANameIsRefusedByName(t *testing.T) {
	var n names
	var g groups
	for want, r := range map[string]*ref{
		"ref = (no actor): must not be the zero Ref":                      {},
		"ref = app/sliced: stands on a target that cannot be compared":    new(actor.NewRef[string](sliced{newFake("app/sliced"), nil})),
		"ref = : must be an actor's own, not that of a name or group":     new(n.Via("db")),
		"ref = news: must be an actor's own, not that of a name or group": new(g.One("news", registry.RoundRobin[string]())),
	} {
		for caller, err := range map[string]error{
			"Names.Register": n.Register("db", *r, nil), "Names.Keep": n.Keep("db", *r, nil),
			"Groups.Join": g.Join("news", *r, nil), "Groups.Keep": g.Keep("news", *r, nil),
		} {
			var fault *policy.FieldError
			require.ErrorAs(t, err, &fault)
			require.EqualError(t, err, "registry."+caller+"."+want)
		}
		require.Empty(t, n.Keys(*r))
		require.ErrorIs(t, g.Leave("news", *r), registry.ErrNotFound)
	}
}

// sliced is a target that cannot be compared.
type sliced struct {
	*fake
	_ []int
}

func TestAMissingFunctionOrContextIsRefusedByName(t *testing.T) {
	var n names
	var g groups
	for want, err := range map[string]error{
		"Names.Update.change = nil: must be a function":        n.Update("db", newRef("app"), nil),
		"Names.Lock.f = nil: must be a function":               n.Lock(t.Context(), "db", nil),
		"Names.Lock.ctx = nil: must not be nil":                n.Lock(nil, "db", nothing), //lint:ignore SA1012 it is refused
		"Names.Listen.f = nil: must be a function":             second(n.Listen(nil)),
		"Groups.Listen.f = nil: must be a function":            second(g.Listen(nil)),
		"Groups.Publish.ctx = nil: must not be nil":            second(g.Publish(nil, "news", "")), //lint:ignore SA1012 it is refused
		"Groups.Dispatch.f = nil: must be a function":          g.Dispatch("news", nil),
		"Groups.DispatchParallel.f = nil: must be a function":  g.DispatchParallel("news", 1, nil),
		"Groups.DispatchParallel.n = -1: must not be negative": g.DispatchParallel("news", -1, nobody),
	} {
		require.EqualError(t, err, "registry."+want)
	}
}
