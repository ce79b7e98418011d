package registry

import "maps"

// table is a map that gives back the room that a crowd has left, for a map keeps as
// much as it ever needed. It keeps room for no more than four times as many as there are,
// and a few; each entry that leaves pays for less than one to be copied.
type table[K comparable, V any] struct {
	in   map[K]V // nil when it was never needed, or no more
	most int     // how many were in it since it was made
}

func (t *table[K, V]) put(key K, v V) {
	if t.in == nil {
		t.in = map[K]V{}
	}
	t.in[key] = v
	t.most = max(t.most, len(t.in))
}

const (
	fewest  = 8  // entries; the least that a map has room for
	minMove = 64 // entries; the room of fewer is not worth a copy
)

func (t *table[K, V]) delete(key K) {
	delete(t.in, key)
	switch n := len(t.in); {
	case n == 0 && t.most > fewest:
		t.in, t.most = nil, 0
	case t.most > minMove && n < t.most/4:
		t.in, t.most = maps.Collect(maps.All(t.in)), n
	}
}
