package registry_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor/registry"
)

func TestAnActorThatKeepsItsPlaceInAGroupHasOne(t *testing.T) {
	var g groups
	first, second := newRef("first"), newRef("second")
	require.NoError(t, g.Keep("news", first, nil))
	require.NoError(t, g.Keep("news", second, 2))
	before := g.Entries("news")
	require.NoError(t, g.Keep("news", first, nil))
	require.Equal(t, before, g.Entries("news"))
	require.NoError(t, g.Keep("news", first, 3))
	require.Equal(t, []any{2, 3}, values(g.Entries("news")), "with a new value it is the last")
	require.Equal(t, []any{nil, 2}, values(before), "what was read does not change")
	require.Equal(t, []string{"news"}, g.Keys(first))
}

func TestAnActorLeavesAGroupAsOftenAsItJoined(t *testing.T) {
	var g groups
	member, other := newRef("member"), newRef("other")
	require.NoError(t, g.Join("news", other, nil))
	for range 2 {
		require.NoError(t, g.Join("news", member, nil))
	}
	for range 2 {
		require.NoError(t, g.Leave("news", member))
	}
	err := g.Leave("news", member)
	require.ErrorIs(t, err, registry.ErrNotFound)
	require.EqualError(t, err, `registry: not found: "news"`)
	require.Equal(t, 1, g.Size("news"))
	require.NoError(t, g.Leave("news", other))
	require.Zero(t, g.Len())
	require.Empty(t, g.Entries("news"))
}

// Entries that are gone are swept out now and then, which nobody sees.
func TestTheOrderOfAGroupIsThatInWhichItsEntriesCame(t *testing.T) {
	var g groups
	var want []any
	refs := map[any]*fake{}
	for i := range 200 {
		f := newFake(fmt.Sprint(i))
		require.NoError(t, g.Join("news", f.ref(), i))
		refs[i] = f
		want = append(want, i)
		if i%3 == 2 {
			gone := want[(i*7)%len(want)]
			refs[gone].end()
			want = without(want, gone)
		}
		if i%16 == 0 {
			require.Equal(t, want, values(g.Entries("news")))
		}
		require.Equal(t, len(want), g.Size("news"))
	}
	for len(want) > 0 {
		last := want[len(want)-1]
		refs[last].end()
		want = without(want, last)
		require.Equal(t, want, append([]any{}, values(g.Entries("news"))...))
	}
}

func without(list []any, v any) []any {
	rest := []any{}
	for _, other := range list {
		if other != v {
			rest = append(rest, other)
		}
	}
	return rest
}

func TestAllGroupsComeWithTheirEntries(t *testing.T) {
	var g groups
	want := map[string][]any{"a": {0, 1}, "b": {2}}
	for key, list := range want {
		for _, v := range list {
			require.NoError(t, g.Join(key, newRef("app"), v))
		}
	}
	got := map[string][]any{}
	for key, entries := range g.All() {
		got[key] = values(entries)
		entries[0].Value = "the caller's own"
	}
	require.Equal(t, want, got)
	gone := newFake("gone")
	require.NoError(t, g.Join("c", gone.ref(), 3))
	var seen []string
	for key := range g.All() {
		gone.end()
		seen = append(seen, key)
	}
	require.NotContains(t, seen[1:], "c", "a group that is gone by then is left out")
	for range g.All() {
		break
	}
}
