package tree

import (
	"context"
	"fmt"
	"log/slog"
	"math/bits"
	"sync"

	"github.com/understudy-go/understudy/internal/flood"
)

// unmissable are the events that reach [slog.Default] when nobody observes:
// what a user has to know of and may not be told of otherwise.
var unmissable = [numEventKinds]bool{
	ChildStartFailed: true, ChildExited: true, ChildOverdue: true, ChildAbandoned: true, ChildEndedLate: true,
	Exhausted: true, GaveUp: true, Escalated: true, DeadLetter: true, HandlerStuck: true, HandlerCameBack: true,
	ScopeForgotten: true, EventsDropped: true,
}

// mostRepeats bounds how many different lines the logger remembers.
const mostRepeats = 128

// logger is the observer of a tree that was given none. It folds repeats: of a
// line that comes again, the 1st, 2nd, 4th, 8th … are logged, with their count.
//
// Dead letters come in floods, of many actors at once when a scope ends or something all
// of them need is away: of what is left of their lines so many are logged in a second as a
// flood.Gate lets through. That each is counted, and an event, is another matter.
type logger struct {
	mu      sync.Mutex // guards seen and letters
	seen    map[repeat]uint
	letters map[repeat]uint // dead ones; they are not to have the others forgotten
	flood   flood.Gate      // of dead letters
}

// repeat is what makes two log lines the same.
type repeat struct {
	kind       EventKind
	path, text string
}

// Observe implements [Observer].
func (l *logger) Observe(e Event) {
	if (e.Kind == ChildExited || e.Kind == ScopeClosed) && e.Err == nil || e.Handed {
		return
	}
	text := e.Doing
	if e.Err != nil {
		text = clip(e.Err.Error())
	}
	n := l.count(repeat{e.Kind, e.Path, text})
	if bits.OnesCount(n) != 1 {
		return
	}
	level, attrs := slog.LevelError, e.attrs(n)
	switch {
	case e.Kind == DeadLetter:
		inFlood, ok := l.flood.Pass(e.Time)
		if !ok {
			return
		}
		if inFlood > 0 {
			attrs = append(attrs, slog.Uint64("in_this_second", inFlood))
		}
		level = slog.LevelWarn
	case e.Kind == HandlerCameBack, e.Kind == ChildEndedLate && e.Err == nil:
		level = slog.LevelWarn
	}
	slog.Default().LogAttrs(context.Background(), level, "tree: "+e.Kind.String(), attrs...)
}

// count returns how often the line has come. When too many different ones have
// been seen it starts afresh: better to repeat than to grow or to be silent.
func (l *logger) count(r repeat) uint {
	l.mu.Lock()
	defer l.mu.Unlock()
	seen := &l.seen
	if r.kind == DeadLetter {
		seen = &l.letters
	}
	if *seen == nil || len(*seen) >= mostRepeats {
		*seen = make(map[repeat]uint)
	}
	(*seen)[r]++
	return (*seen)[r]
}

// attrs returns the fields that are set, as log attributes.
func (e *Event) attrs(times uint) []slog.Attr {
	a := []slog.Attr{slog.String("path", e.Path)}
	if e.Incarnation > 0 {
		a = append(a, slog.Int("incarnation", e.Incarnation))
	}
	if e.Site != "" {
		a = append(a, slog.String("site", e.Site))
	}
	if e.Message != nil {
		a = append(a, slog.String("message", fmt.Sprintf("%T", e.Message))) // what is in it may be private
	}
	if e.Err != nil {
		a = append(a, slog.Any("error", e.Err))
	}
	if s, ok := e.Err.(interface{ Stack() string }); ok {
		a = append(a, slog.String("stack", s.Stack()))
	}
	if e.Took > 0 {
		a = append(a, slog.Duration("age", e.Took))
	}
	if e.Doing != "" {
		a = append(a, slog.String("doing", e.Doing))
	}
	if e.Count > 0 {
		a = append(a, slog.Int("count", e.Count))
	}
	if e.Stack != "" {
		a = append(a, slog.String("stack", e.Stack))
	}
	if times > 1 {
		a = append(a, slog.Uint64("times", uint64(times)))
	}
	return a
}
