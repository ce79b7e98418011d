package main

import (
	"fmt"

	"github.com/understudy-go/understudy/tree"
)

// watch observes the tree. Crashes by the thousand are what this program is
// about, so it counts them where the default observer would log them; of what
// should not happen it takes notes.
//
// Events come one at a time, and all have come when the tree has closed: neither
// the observer nor who reads it then needs a lock.
type watch struct {
	restarts int           // of parsers, or of anything else
	crashes  map[cause]int // by kind alone
	missed   int           // events that the tree did not keep for a slow observer
	notes    []string
}

// maxNotes bounds what is kept of a tree in which everything goes wrong.
const maxNotes = 20

func newWatch() *watch { return &watch{crashes: make(map[cause]int)} }

// Observe implements [tree.Observer].
func (w *watch) Observe(e tree.Event) {
	switch e.Kind {
	case tree.ChildStarted:
		if e.Incarnation > 1 {
			w.restarts++
		}
	case tree.ChildExited:
		if e.Err != nil {
			w.crashes[causeOf(e.Err).general()]++
		}
	case tree.GaveUp, tree.Escalated, tree.Exhausted, tree.ChildOverdue, tree.ChildAbandoned, tree.ChildEndedLate:
		if len(w.notes) < maxNotes {
			w.notes = append(w.notes, fmt.Sprintf("%v %s after %v: %v", e.Kind, e.Path, e.Took, e.Err))
		}
	case tree.EventsDropped:
		w.missed += e.Count
	}
}
