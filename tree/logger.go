package tree

import (
	"context"
	"log/slog"
	"math/bits"
	"sync"
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
type logger struct {
	mu   sync.Mutex // guards seen
	seen map[repeat]uint
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
	level := slog.LevelError
	if e.Kind == DeadLetter || e.Kind == HandlerCameBack || e.Kind == ChildEndedLate && e.Err == nil {
		level = slog.LevelWarn
	}
	slog.Default().LogAttrs(context.Background(), level, "tree: "+e.Kind.String(), e.attrs(n)...)
}

// count returns how often the line has come. When too many different ones have
// been seen it starts afresh: better to repeat than to grow or to be silent.
func (l *logger) count(r repeat) uint {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen == nil || len(l.seen) >= mostRepeats {
		l.seen = make(map[repeat]uint)
	}
	l.seen[r]++
	return l.seen[r]
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
