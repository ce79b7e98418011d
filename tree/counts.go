package tree

import (
	"sync/atomic"

	"github.com/understudy-go/understudy/policy"
)

// counts are the exits of a scope so far, plain tasks and incarnations alike.
type counts struct {
	returned, canceled, failed, panicked, restarts, refused, deadLetters atomic.Int64
}

func (n *counts) add(e policy.Exit) {
	switch e {
	case policy.Returned:
		n.returned.Add(1)
	case policy.Canceled:
		n.canceled.Add(1)
	case policy.Failed:
		n.failed.Add(1)
	case policy.Panicked:
		n.panicked.Add(1)
	}
}

// Counts are a scope's figures: what runs and waits now, and what has ended and was
// refused so far, of plain tasks and incarnations. The body counts nowhere. They are
// read one after the other: a task that ends just then may be in two of them, or in
// none.
type Counts struct {
	Running     int64 // now
	Waiting     int64 // starts that wait for a place; see policy.Scope's Limit
	Returned    int64 // with nil
	Canceled    int64 // with a cancel, after their context was canceled
	Failed      int64 // with any other error
	Panicked    int64 // by a panic
	Restarts    int64 // incarnations after the first
	Refused     int64 // starts refused
	DeadLetters int64 // messages no actor will handle
}

// ChildCounts are how many children a scope has now. Plain tasks are not among them.
type ChildCounts struct {
	Children    int // that have a place: they run, are going to, or are stopped
	Supervisors int // of these, the scopes of their own; the others are workers
	Active      int // incarnations that run, also those that were abandoned and replaced
}

// CountChildren counts the scope's children, however many, in a moment.
func (s *Scope) CountChildren() (n ChildCounts) {
	if s.core == nil {
		return n
	}
	s.core.inTurn(func() {
		if f := s.core.family; f != nil {
			n = ChildCounts{Children: f.names.len(), Supervisors: f.supervisors, Active: f.live}
		}
	})
	return n
}

// Started returns how many have been started: those that run and all exits.
func (n Counts) Started() int64 {
	return n.Running + n.Returned + n.Canceled + n.Failed + n.Panicked
}

// Counts returns the scope's counts as they are now.
func (s *Scope) Counts() (n Counts) {
	if s.core != nil {
		s.core.inTurn(func() { n = s.core.tallies() })
	}
	return n
}

// tallies reads all counts, within a turn.
func (c *core) tallies() Counts {
	n := c.counts.read()
	n.Running, n.Waiting = int64(c.plainTasks()), int64(c.places.waits())
	if c.family != nil {
		n.Running += int64(c.family.live)
	}
	return n
}

func (n *counts) read() Counts {
	return Counts{Returned: n.returned.Load(), Canceled: n.canceled.Load(), Failed: n.failed.Load(), Panicked: n.panicked.Load(),
		Restarts: n.restarts.Load(), Refused: n.refused.Load(), DeadLetters: n.deadLetters.Load()}
}

// failures is how many exits so far were failures or panics.
func (c *core) failures() int { return int(c.counts.failed.Load() + c.counts.panicked.Load()) }

// tally is how many exits there have been, whatever their kind.
func (c *core) tally() int {
	n := &c.counts
	return int(n.returned.Load() + n.canceled.Load() + n.failed.Load() + n.panicked.Load())
}
