package registry

// group is the entries of one key, in the order in which they came.
//
// Whoever reads them takes the slice and no copy. So an entry that is there is never
// changed: new ones are appended behind what readers have, and those that are gone stay
// in their place until the next sweep, which makes a new slice. All that come and all
// that go so cost a time that does not depend on how many there are; a reader pays for
// the sweep if some have gone since the last one.
type group[K comparable, M any] struct {
	entries  []Entry[M]
	holdings []*holding[K, M] // whose the entries are; nil for one that is gone
	gone     int              // entries that are gone
}

// size returns how many entries there are, and 0 for no group.
func (g *group[K, M]) size() int {
	if g == nil {
		return 0
	}
	return len(g.entries) - g.gone
}

// all returns the entries of a group that was swept.
func (g *group[K, M]) all() []Entry[M] {
	if g == nil {
		return nil
	}
	return g.entries[:len(g.entries):len(g.entries)]
}

func (g *group[K, M]) add(h *holding[K, M]) {
	h.at = len(g.entries)
	g.entries = append(g.entries, Entry[M]{h.owner.ref, h.value})
	g.holdings = append(g.holdings, h)
}

// move puts the entry of a holding that has changed at the end: readers may have the one
// that is there.
func (g *group[K, M]) move(h *holding[K, M]) {
	g.remove(h)
	g.add(h)
}

// remove lets an entry go. What is gone is kept from the collector by no more than a
// quarter of what is there, and a few.
func (g *group[K, M]) remove(h *holding[K, M]) {
	const few = 8
	g.holdings[h.at] = nil
	g.gone++
	if g.gone > few+g.size()/4 {
		g.sweep()
	}
}

// sweep makes the slices anew, without what is gone.
func (g *group[K, M]) sweep() {
	if g == nil || g.gone == 0 {
		return
	}
	old := *g
	*g = group[K, M]{make([]Entry[M], 0, old.size()), make([]*holding[K, M], 0, old.size()), 0}
	for i, h := range old.holdings {
		if h != nil {
			h.at = len(g.entries)
			g.entries = append(g.entries, old.entries[i])
			g.holdings = append(g.holdings, h)
		}
	}
}
