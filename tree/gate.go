package tree

import "sync/atomic"

// A gate counts what is live in a scope and says who may still enter, in one
// word: a plain task that succeeds costs its scope two atomic adds and no
// message.
//
// The count covers the anchor (the body, or the holder of an opened scope),
// tasks, children that run or will run again, nested scopes, and events not
// yet delivered. The scope ends when it is armed and the count is zero.
//
// Invariants:
//
//  1. Who enters holds a unit before it looks at the flags, so the count
//     cannot reach zero between the look and the start.
//  2. close succeeds only on an armed gate with a count of zero, in one step:
//     no unit can slip in between the last look and the end.
type gate struct{ word atomic.Int64 }

const (
	gateArmed    int64 = 1 << (60 + iota) // the scope ends at zero
	gateDraining                          // outsiders are refused
	gateShut                              // everybody is refused
	gateCount    = gateArmed - 1
)

// enter takes a unit and reports whether no flag stands against it. When it
// reports false the unit is held all the same; see [core.admit].
func (g *gate) enter() bool { return g.word.Add(1)&(gateDraining|gateShut) == 0 }

// leave gives a unit back and reports whether the scope may end by that.
func (g *gate) leave() bool { return mayEnd(g.word.Add(-1)) }

// set adds flags.
func (g *gate) set(flags int64) { g.word.Or(flags) }

// has reports whether any of flags is set.
func (g *gate) has(flags int64) bool { return g.word.Load()&flags != 0 }

// count returns how many units are held.
func (g *gate) count() int { return int(g.word.Load() & gateCount) }

// close shuts the gate for good if it is armed and nothing is live.
func (g *gate) close() bool {
	for {
		w := g.word.Load()
		if !mayEnd(w) {
			return false
		}
		if g.word.CompareAndSwap(w, w|gateShut) {
			return true
		}
	}
}

func mayEnd(word int64) bool { return word&gateArmed != 0 && word&gateCount == 0 }
