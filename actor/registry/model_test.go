package registry_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/registry"
)

const (
	modelKeys   = 3
	modelActors = 4
)

// cast are the actors of a model. One that has ended is replaced by a new one.
type cast struct {
	list  []*fake
	count int
}

func newCast() *cast {
	c := &cast{}
	for range modelActors {
		c.list = append(c.list, c.next())
	}
	return c
}

func (c *cast) next() *fake {
	c.count++
	return newFake(fmt.Sprint("f", c.count))
}

// model is a registry as its documentation has it: a list of entries, in the order in
// which they came.
type model struct {
	cast    *cast
	entries []modelEntry
	news    []string // what listeners are to be told
	value   int      // each is new
	since   int
}

type modelEntry struct {
	key   int
	owner *fake
	value any
	since int // the order in which its owner got it
}

func (m *model) tell(what string, e modelEntry) {
	m.news = append(m.news, fmt.Sprint(what, " ", e.key, " ", e.owner.name, " ", e.value))
}

func (m *model) add(key int, owner *fake, value any) {
	m.since++
	e := modelEntry{key, owner, value, m.since}
	m.entries = append(m.entries, e)
	m.tell("registered", e)
}

func (m *model) remove(i int) {
	m.tell("unregistered", m.entries[i])
	m.entries = slices.Delete(m.entries, i, i+1)
}

// last returns the place of the latest entry that fits, or -1.
func (m *model) last(fits func(e modelEntry) bool) int {
	for i := len(m.entries) - 1; i >= 0; i-- {
		if fits(m.entries[i]) {
			return i
		}
	}
	return -1
}

// end has an actor end, and another take its place.
func (m *model) end(i int) {
	f := m.cast.list[i]
	for _, e := range m.entriesBy(f) {
		m.remove(slices.Index(m.entries, e))
	}
	m.cast.list[i] = m.cast.next()
	f.end()
}

// entriesBy returns what an actor has, in the order in which it got it.
func (m *model) entriesBy(f *fake) []modelEntry {
	var list []modelEntry
	for _, e := range m.entries {
		if e.owner == f {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b modelEntry) int { return a.since - b.since })
	return list
}

func (m *model) keysOf(f *fake) []int {
	var keys []int
	for _, e := range m.entriesBy(f) {
		keys = append(keys, e.key)
	}
	return keys
}

func (m *model) entriesOf(key int) []registry.Entry[string] {
	var list []registry.Entry[string]
	for _, e := range m.entries {
		if e.key == key {
			list = append(list, registry.Entry[string]{Ref: e.owner.ref(), Value: e.value})
		}
	}
	return list
}

// draw returns a key and an actor, and a value that was never there or nil.
func (m *model) draw(t *rapid.T) (key int, f *fake, value any) {
	m.value++
	if value = any(m.value); rapid.IntRange(0, 3).Draw(t, "nil") == 0 {
		value = nil
	}
	return rapid.IntRange(0, modelKeys-1).Draw(t, "key"), rapid.SampledFrom(m.cast.list).Draw(t, "actor"), value
}

// TestNamesDoAsTheirModel plays random programs beside a list.
func TestNamesDoAsTheirModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			var n registry.Names[int, string]
			var log trail
			m := &model{cast: newCast()}
			_, err := n.Listen(func(e registry.Event[int, string]) { log.add(write(e)) })
			require.NoError(t, err)
			t.Repeat(namesActions(&n, m, &log))
		})
	})
}

func namesActions(n *registry.Names[int, string], m *model, log *trail) map[string]func(*rapid.T) {
	holder := func(key int) int { return m.last(func(e modelEntry) bool { return e.key == key }) }
	register := func(t *rapid.T, again bool, do func(int, ref, any) error) {
		key, f, value := m.draw(t)
		err := do(key, f.ref(), value)
		switch i := holder(key); {
		case i < 0:
			require.NoError(t, err)
			m.add(key, f, value)
		case again && m.entries[i].owner == f:
			require.NoError(t, err)
			m.entries[i].value = value
			m.tell("updated", m.entries[i])
		default:
			require.Equal(t, &registry.TakenError[string]{Key: key, Owner: m.entries[i].owner.ref(), Self: m.entries[i].owner == f}, err)
		}
	}
	mine := func(t *rapid.T, do func(int, ref, any) error, then func(i int, value any)) {
		key, f, value := m.draw(t)
		err := do(key, f.ref(), value)
		switch i := holder(key); {
		case i < 0:
			require.ErrorIs(t, err, registry.ErrNotFound)
		case m.entries[i].owner != f:
			require.ErrorIs(t, err, registry.ErrNotOwner)
		default:
			require.NoError(t, err)
			then(i, value)
		}
	}
	return map[string]func(*rapid.T){
		"register": func(t *rapid.T) { register(t, false, n.Register) },
		"keep":     func(t *rapid.T) { register(t, true, n.Keep) },
		"unregister": func(t *rapid.T) {
			mine(t, func(key int, r ref, _ any) error { return n.Unregister(key, r) }, func(i int, _ any) { m.remove(i) })
		},
		"update": func(t *rapid.T) {
			mine(t, func(key int, r ref, v any) error { return n.Update(key, r, func(any) any { return v }) }, func(i int, value any) {
				m.entries[i].value = value
				m.tell("updated", m.entries[i])
			})
		},
		"end": func(t *rapid.T) { m.end(rapid.IntRange(0, modelActors-1).Draw(t, "actor")) },
		"": func(t *rapid.T) {
			synctest.Wait() // the listener has been told
			require.Equal(t, m.news, log.list())
			require.Equal(t, len(m.entries), n.Len())
			all := map[int]registry.Entry[string]{}
			for key, e := range n.All() {
				all[key] = e
			}
			require.Len(t, all, len(m.entries))
			for key := range modelKeys {
				r, value, err := n.Lookup(key)
				require.Equal(t, r, all[key].Ref)
				require.Equal(t, value, all[key].Value)
				if i := holder(key); i >= 0 {
					require.Equal(t, []any{m.entries[i].owner.ref(), m.entries[i].value, nil}, []any{r, value, err})
				} else {
					require.ErrorIs(t, err, registry.ErrNotFound)
				}
				checkVia(t, n.Via(key), r)
			}
			for _, f := range m.cast.list {
				require.Equal(t, m.keysOf(f), n.Keys(f.ref()))
				require.Equal(t, len(m.keysOf(f)) > 0, f.watchers() == 1)
			}
		},
	}
}

// checkVia checks where a Ref of a name leads.
func checkVia(t *rapid.T, via, owner ref) {
	require.Equal(t, owner.ID(), via.ID())
	if err := via.TrySend("hello"); owner.IsZero() {
		require.Equal(t, actor.ErrStopped, err)
	} else {
		require.NoError(t, err)
	}
}

// TestGroupsDoAsTheirModel plays random programs beside a list.
func TestGroupsDoAsTheirModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			var g registry.Groups[int, string]
			var log trail
			m := &model{cast: newCast()}
			_, err := g.Listen(func(e registry.Event[int, string]) { log.add(write(e)) })
			require.NoError(t, err)
			t.Repeat(groupsActions(&g, m, &log))
		})
	})
}

func groupsActions(g *registry.Groups[int, string], m *model, log *trail) map[string]func(*rapid.T) {
	latest := func(key int, f *fake) int {
		return m.last(func(e modelEntry) bool { return e.key == key && e.owner == f })
	}
	return map[string]func(*rapid.T){
		"join": func(t *rapid.T) {
			key, f, value := m.draw(t)
			require.NoError(t, g.Join(key, f.ref(), value))
			m.add(key, f, value)
		},
		"keep": func(t *rapid.T) {
			key, f, value := m.draw(t)
			require.NoError(t, g.Keep(key, f.ref(), value))
			switch i := latest(key, f); {
			case i < 0:
				m.add(key, f, value)
			case value != nil || m.entries[i].value != nil:
				e := m.entries[i]
				e.value = value
				m.entries = append(slices.Delete(m.entries, i, i+1), e)
				m.tell("updated", e)
			}
		},
		"leave": func(t *rapid.T) {
			key, f, _ := m.draw(t)
			err := g.Leave(key, f.ref())
			if i := latest(key, f); i < 0 {
				require.ErrorIs(t, err, registry.ErrNotFound)
			} else {
				require.NoError(t, err)
				m.remove(i)
			}
		},
		"end": func(t *rapid.T) { m.end(rapid.IntRange(0, modelActors-1).Draw(t, "actor")) },
		"publish": func(t *rapid.T) {
			key, _, _ := m.draw(t)
			took, err := g.Publish(t.Context(), key, "hello")
			require.NoError(t, err)
			require.Equal(t, len(m.entriesOf(key)), took)
		},
		"": func(t *rapid.T) {
			synctest.Wait() // the listener has been told
			require.Equal(t, m.news, log.list())
			all, some := map[int][]registry.Entry[string]{}, 0
			for key, entries := range g.All() {
				all[key] = entries
			}
			for key := range modelKeys {
				want := m.entriesOf(key)
				require.Equal(t, want, g.Entries(key))
				require.Equal(t, want, all[key])
				require.Equal(t, len(want), g.Size(key))
				some += min(1, len(want))
			}
			require.Equal(t, some, g.Len())
			for _, f := range m.cast.list {
				require.Equal(t, m.keysOf(f), g.Keys(f.ref()))
				require.Equal(t, len(m.keysOf(f)) > 0, f.watchers() == 1)
			}
		},
	}
}
