package registry_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/registry"
)

// team makes a group of n actors, each with its number as the value.
func team(t *testing.T, g *groups, n int) []*fake {
	t.Helper()
	list := make([]*fake, n)
	for i := range list {
		list[i] = newFake(fmt.Sprint("f", i))
		require.NoError(t, g.Join("team", list[i].ref(), i))
	}
	return list
}

// sends sends a message of each text and returns how many each of the team got.
func sends(t *testing.T, to ref, list []*fake, texts ...string) []int {
	t.Helper()
	got := make([]int, len(list))
	for i, f := range list {
		got[i] = -len(f.messages())
	}
	for _, m := range texts {
		require.NoError(t, to.Send(t.Context(), m))
	}
	for i, f := range list {
		got[i] += len(f.messages())
	}
	return got
}

// texts returns n different texts.
func texts(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint("key ", i)
	}
	return list
}

func TestRoundRobinGivesEachItsTurn(t *testing.T) {
	var g groups
	list := team(t, &g, 3)
	one := g.One("team", registry.RoundRobin[string]())
	require.Equal(t, []int{4, 3, 3}, sends(t, one, list, texts(10)...))
	require.Equal(t, []int{0, 1, 0}, sends(t, one, list, "11th"))
	other := g.One("team", registry.RoundRobin[string]())
	require.Equal(t, []int{1, 0, 0}, sends(t, other, list, "its own turn"))
	list[0].end()
	require.Equal(t, []int{0, 5, 5}, sends(t, one, list, texts(10)...))
}

func TestRandomPicksAsItDraws(t *testing.T) {
	var g groups
	list := team(t, &g, 4)
	draws := []float64{0, 0.24, 0.25, 0.74, 0.75, 0.9999999999999999}
	one := g.One("team", registry.Random[string](func() float64 {
		next := draws[0]
		draws = draws[1:]
		return next
	}))
	require.Equal(t, []int{2, 1, 1, 2}, sends(t, one, list, texts(6)...))
	for n := range 10_000 { // no product is rounded up to what is too much
		last := registry.Random[string](func() float64 { return 1 - 0x1p-53 })("", make([]registry.Entry[string], n+1))
		require.Equal(t, n, last)
	}
	for i, n := range sends(t, g.One("team", registry.Random[string](nil)), list, texts(4000)...) {
		require.InDelta(t, 1000, n, 200, "%d: seven standard deviations", i)
	}
}

func TestAKeyStaysWithItsActorAndOnlyThoseOfOneWhoLeavesMove(t *testing.T) {
	const keys, size = 4000, 8
	var g groups
	list := team(t, &g, size)
	pick := registry.ByKey(func(m string) string { return m })
	spread := func() map[string]any {
		at := map[string]any{}
		for _, m := range texts(keys) {
			entries := g.Entries("team")
			at[m] = entries[pick(m, entries)].Value
		}
		return at
	}
	before := spread()
	require.Equal(t, before, spread())
	count := map[any]int{}
	for _, at := range before {
		count[at]++
	}
	for i := range size {
		require.InDelta(t, keys/size, count[i], 170, "%d: eight standard deviations", i)
	}

	list[3].end()
	after := spread()
	heirs := map[any]bool{}
	for m, at := range before {
		if at == 3 {
			heirs[after[m]] = true
		} else {
			require.Equal(t, at, after[m])
		}
	}
	require.Len(t, heirs, size-1, "all have got some")

	require.NoError(t, g.Join("team", newRef("new"), "new"))
	moved := 0
	for m, at := range spread() {
		if at != after[m] {
			require.Equal(t, "new", at)
			moved++
		}
	}
	require.InDelta(t, keys/size, moved, 170)
}

func TestAKeyIsPickedByTheActorAndNotByItsPlace(t *testing.T) {
	var g groups
	list := team(t, &g, 5)
	pick := registry.ByKey(func(m string) int { return len(m) })
	who := func() ref { return g.Entries("team")[pick("abc", g.Entries("team"))].Ref }
	before := who()
	for i, f := range list { // all have another place, and some two
		require.NoError(t, g.Keep("team", f.ref(), i))
		require.NoError(t, g.Join("team", list[4-i].ref(), i))
	}
	require.Equal(t, before, who())
}

func TestOneWhoHasEndedIsPassedOver(t *testing.T) {
	var g groups
	list := team(t, &g, 3)
	var asked []int
	one := g.One("team", func(m string, entries []registry.Entry[string]) int {
		asked = append(asked, len(entries))
		return 0
	})
	for _, f := range list {
		require.NoError(t, one.TrySend("hello"))
		f.close() // and the registry does not know yet
	}
	require.Equal(t, []int{3, 3, 2, 3, 2, 1}, asked)
	require.Equal(t, actor.ErrStopped, one.TrySend("hello"))
	require.Equal(t, actor.ErrStopped, one.Send(t.Context(), "hello"))
	require.Equal(t, actor.ErrStopped, g.One("nobody", registry.RoundRobin[string]()).TrySend("hello"))
}

func TestOneWhoIsFullIsNotPassedOver(t *testing.T) {
	var g groups
	list := team(t, &g, 2)
	list[0].takes(0)
	require.Equal(t, actor.ErrFull, g.One("team", registry.RoundRobin[string]()).TrySend("hello"))
}

func TestAPickOfNobodyIsRefused(t *testing.T) {
	var g groups
	team(t, &g, 2)
	for _, i := range []int{-1, 2} {
		one := g.One("team", func(string, []registry.Entry[string]) int { return i })
		require.EqualError(t, one.TrySend("hello"), fmt.Sprintf("registry.Pick = %d: must be the index of one of 2 entries", i))
	}
	require.True(t, g.One("team", nil).IsZero())
}

func TestARefOfOneOfAGroupIsCalledByItsKeyAndHasNoEnd(t *testing.T) {
	var g groups
	list := team(t, &g, 1)
	one := g.One("team", registry.RoundRobin[string]())
	require.Equal(t, "team", one.Path())
	stop := one.AfterEnd(func(error) { panic("a group has no end") })
	list[0].end()
	require.True(t, stop())
}
