package actor

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
)

// ErrAskCycle means that an actor asked one who waits for the asker's own answer, by
// whatever number of others: all of them would wait for ever. The message was not queued.
// It is found, by errors.Is, in an [*AskCycleError], which says who.
var ErrAskCycle = errors.New("actor: asks in a cycle")

// AskCycleError is the error of an [Ask] that would have closed a cycle.
type AskCycleError struct {
	// Path has the paths of those in the cycle: first who asked, then each whom the one
	// before it asks. The last one asks the first.
	Path []string
}

// Error returns the path, with its first one again at the end.
func (e *AskCycleError) Error() string {
	return ErrAskCycle.Error() + ": " + strings.Join(append(slices.Clone(e.Path), e.Path[:1]...), " → ")
}

// Is reports whether target is [ErrAskCycle].
func (e *AskCycleError) Is(target error) bool { return target == ErrAskCycle }

// asker is an actor as those see it who look for cycles, whatever its messages are.
type asker interface {
	ID() ID
	busy() bool // its own code runs, and may be what asks

	// asking returns whom its code asks now, newest first; nil for nobody yet, unless
	// somebody is to be added.
	asking(add bool) *atomic.Pointer[edge]
}

// inquiry is an ask by the code of an actor.
type inquiry struct {
	by    asker
	ask   *ask
	to    atomic.Pointer[edge] // where the message went; nil before, and when nobody waits any more
	first edge
}

// edge says that one actor asks another. All of it is written before it is in the list
// of the one who asks.
//
// To see a cycle is to have seen each of its edges, one after the other, and then each
// once more: what was there both times was there in between, all of it at one time. For
// an edge comes and goes once, and so does that its ask is open. Who closes a cycle puts
// its own edge in before it looks, so the last of several who do it at once sees all.
// (TestOfTwoWhoAskEachOtherAtOnceOneIsToldAtLeast)
type edge struct {
	of    *inquiry
	to    asker
	older *edge
}

// live reports whether its asker still waits. Once false it stays so.
func (e *edge) live() bool { return e.of.to.Load() == e && e.of.ask.open() }

// firstLive returns the first live one of e and those older.
func (e *edge) firstLive() *edge {
	for e != nil && !e.live() {
		e = e.older
	}
	return e
}

// aim notes that the message goes to an actor, and says whether it may.
func (q *inquiry) aim(to asker) error {
	if to == q.by {
		return ErrSelfAsk
	}
	e := &q.first
	if e.of != nil {
		e = &edge{} // it went elsewhere before, and came back
	}
	e.of, e.to = q, to
	q.to.Store(e)
	for list := q.by.asking(true); ; {
		newest := list.Load()
		e.older = newest.firstLive()
		if list.CompareAndSwap(newest, e) {
			break
		}
	}
	if path := e.cycle(); path != nil {
		q.leave()
		return &AskCycleError{Path: path}
	}
	return nil
}

// leave notes that nobody waits any more, and drops what the list need not keep.
func (q *inquiry) leave() {
	if q.to.Swap(nil) == nil {
		return
	}
	for list := q.by.asking(true); ; {
		newest := list.Load()
		if first := newest.firstLive(); first == newest || list.CompareAndSwap(newest, first) {
			return
		}
	}
}

// cycle returns the paths of a cycle that e is part of, or nil.
func (e *edge) cycle() []string {
	for e.of.by.busy() && e.to.asking(false) != nil {
		s := search{home: e.of.by}
		if !s.follow(e) {
			return nil
		}
		path := make([]string, 0, len(s.way))
		for _, e := range s.way {
			if e.live() && e.of.by.busy() {
				path = append(path, e.of.by.ID().Path)
			}
		}
		if len(path) == len(s.way) {
			return path
		}
		// Somebody has gone on since.
	}
	return nil
}

// search is a search for a way home.
type search struct {
	home asker
	way  []*edge
	seen []asker
}

// follow reports whether e leads home.
func (s *search) follow(e *edge) bool {
	s.way = append(s.way, e)
	if e.to == s.home {
		return true
	}
	if list := e.to.asking(false); list != nil && !slices.Contains(s.seen, e.to) && e.to.busy() {
		s.seen = append(s.seen, e.to)
		for next := list.Load().firstLive(); next != nil; next = next.older.firstLive() {
			if s.follow(next) {
				return true
			}
		}
	}
	s.way = s.way[:len(s.way)-1]
	return false
}

// asking implements [asker].
func (a *Actor[M]) asking(add bool) *atomic.Pointer[edge] {
	x := a.more.Load()
	if x == nil {
		if !add {
			return nil
		}
		x = a.extra()
	}
	return &x.asking
}

// busy implements [asker].
func (a *Actor[M]) busy() bool {
	s := a.word.Load() & stateMask
	return s == starting || s == active
}
