package main

import (
	"fmt"
	"sync"

	"github.com/understudy-go/understudy/tree"
)

// watch observes the tree. Crashes by the thousand are what this program is
// about, so it counts them where the default observer would log them; of what
// should not happen it takes notes.
//
// Events come one at a time, and all have come when the tree has closed, but
// for those about a child that was abandoned: it may end any time later.
type watch struct {
	mu       sync.Mutex    // guards what follows
	restarts int           // of parsers, or of anything else
	crashes  map[cause]int // without detail
	missed   int           // events that the tree did not keep for a slow observer
	notes    []string
}

// maxNotes bounds what is kept of a tree in which everything goes wrong.
const maxNotes = 20

func newWatch() *watch { return &watch{crashes: make(map[cause]int)} }

// Observe implements [tree.Observer].
func (w *watch) Observe(e tree.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e.Kind {
	case tree.ChildStarted:
		if e.Incarnation > 1 {
			w.restarts++
		}
	case tree.ChildExited, tree.ChildStartFailed:
		if e.Err != nil {
			w.crashes[causeOf(e.Err).general()]++
		}
	case tree.GaveUp, tree.Escalated, tree.Exhausted, tree.ChildOverdue, tree.ChildAbandoned, tree.ChildEndedLate:
		if len(w.notes) < maxNotes {
			w.notes = append(w.notes, noteOf(e))
		}
	case tree.EventsDropped:
		w.missed += e.Count
	}
}

func noteOf(e tree.Event) string {
	note := fmt.Sprintf("%s: %v", e.Path, e.Kind)
	if e.Took > 0 {
		note += fmt.Sprintf(" after %v", e.Took)
	}
	if e.Err != nil {
		note += fmt.Sprintf(": %v", e.Err)
	}
	return note
}
