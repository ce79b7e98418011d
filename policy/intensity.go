package policy

import (
	"slices"
	"time"
)

// Intensity is how many restarts are still normal. One more than Restarts in
// any stretch of length Within is too many. The zero value, a scope's, is
// DefaultIntensity, and a child's is no budget of its own.
type Intensity struct {
	Restarts int           // most restarts in any window; >= 0
	Within   time.Duration // length of the window, both ends included; > 0 unless Restarts is 0
}

// DefaultIntensity is what a scope's zero Intensity means: Elixir's three restarts
// in five seconds.
var DefaultIntensity = Intensity{Restarts: 3, Within: 5 * time.Second}

// NoRestarts is the intensity of which the first restart is too many.
var NoRestarts = Intensity{Restarts: 0, Within: Forever}

// Window counts restarts against an [Intensity]. It slides: what counts at any
// moment are the restarts of the last Within, to the full precision of the
// clock. One goroutine at a time may use it. Nothing is allocated before the
// first restart, and never more than Restarts stamps are kept.
type Window struct {
	limit  Intensity
	stamps []time.Duration // oldest first; never decreasing; at most limit.Restarts
}

// NewWindow returns an empty window.
func NewWindow(limit Intensity) Window { return Window{limit: limit} }

// Limit returns the intensity that the window counts against.
func (w *Window) Limit() Intensity { return w.limit }

// Full reports whether a restart at now would be one too many.
func (w *Window) Full(now time.Duration) bool {
	expired := 0
	for expired < len(w.stamps) && now-w.stamps[expired] > w.limit.Within {
		expired++
	}
	if expired == len(w.stamps) {
		w.stamps = w.stamps[:0] // with its room: restarts are mostly far apart
	} else {
		// Cutting the front off, instead of moving the rest down, keeps this O(1)
		// over time; append gives the room back when it next grows.
		w.stamps = w.stamps[expired:]
	}
	return len(w.stamps) >= w.limit.Restarts
}

// Record counts a restart at now. A time before the last one recorded counts
// as the last one. When the window is full the oldest restart gives way.
func (w *Window) Record(now time.Duration) {
	if w.limit.Restarts <= 0 {
		return
	}
	if n := len(w.stamps); n > 0 {
		now = max(now, w.stamps[n-1])
	}
	if w.Full(now) {
		w.stamps = w.stamps[1:]
	}
	w.stamps = append(w.stamps, now)
}

// limitTo has the window count against another intensity. Of more restarts than
// that allows the latest are kept.
func (w *Window) limitTo(i Intensity) {
	w.limit = i
	if extra := len(w.stamps) - max(i.Restarts, 0); extra > 0 {
		w.stamps = slices.Clone(w.stamps[extra:])
	}
}

// Reset forgets every restart.
func (w *Window) Reset() { w.stamps = nil }
