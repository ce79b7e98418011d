package tree

import "sync/atomic"

// A gate counts what is live in a scope and says who may still enter, in one
// word: a plain task that succeeds costs its scope two atomic adds and no
// message.
//
// The units are those of tasks, the body of Run among them, and of others: the
// holder of an opened scope, the children as one, scopes opened below, starts that
// wait for a place, and events not yet observed. The scope ends when it is armed
// and no unit is left. Background children hold none until they are canceled.
//
// Invariants:
//
//  1. Who enters holds a unit before it looks at the flags, so the count
//     cannot reach zero between the look and the start.
//  2. close succeeds only on an armed gate with a count of zero, in one step:
//     no unit can slip in between the last look and the end.
//  3. One load tells tasks from the rest: a unit that is no task adds to both counts
//     in one step.
type gate struct{ word atomic.Int64 }

const (
	gateTask     int64 = 1                // bits 0 to 29 count all units
	gateOther          = gateTask | 1<<30 // bits 30 to 59 those that are no tasks
	gateCount    int64 = 1<<30 - 1
	gateArmed    int64 = 1 << 60 // the scope ends at zero
	gateDraining int64 = 1 << 61 // outsiders are refused
	gateShut     int64 = 1 << 62 // everybody is refused
)

// enter takes a unit and reports whether no flag stands against it. When it
// reports false the unit is held all the same; see [core.admit].
func (g *gate) enter(unit int64) bool { return g.word.Add(unit)&(gateDraining|gateShut) == 0 }

// leave gives a unit back and reports whether the scope may end by that.
func (g *gate) leave(unit int64) bool { return mayEnd(g.word.Add(-unit)) }

// become makes a unit of one kind one of the other, in one step.
func (g *gate) become(from, to int64) { g.word.Add(to - from) }

// set adds flags.
func (g *gate) set(flags int64) { g.word.Or(flags) }

// has reports whether any of flags is set.
func (g *gate) has(flags int64) bool { return g.word.Load()&flags != 0 }

// count returns how many units are held.
func (g *gate) count() int { return int(g.word.Load() & gateCount) }

// tasks returns how many of them are tasks.
func (g *gate) tasks() int {
	w := g.word.Load()
	return int(w&gateCount - w>>30&gateCount)
}

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
