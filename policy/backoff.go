package policy

import "time"

// Backoff is the wait before a child is started again. The zero value restarts
// at once.
type Backoff struct {
	Min    time.Duration // the first wait, before jitter; zero: no wait at all
	Max    time.Duration // no wait is longer; zero: DefaultMaxBackoff, or Min if that is longer
	Factor float64       // how much longer each wait is than the one before; zero: 2
	Jitter Jitter        // how much of a wait is left to chance
	Reset  time.Duration // an incarnation that ran this long starts the count again; zero: Max
}

// DefaultMaxBackoff is what a zero Backoff.Max means.
const DefaultMaxBackoff = 30 * time.Second

// Jitter says how much of a wait is left to chance, so that children which
// failed together do not come back together.
type Jitter uint8

const (
	// JitterFull waits anything between nothing and the whole wait.
	JitterFull Jitter = iota

	// JitterNone waits the whole wait.
	JitterNone
)

// Delay returns the wait before restart number attempt, of which 1 is the first.
func (b Backoff) Delay(attempt int, random func() float64) time.Duration { return 0 }

// Stable reports whether an incarnation that ran this long starts the count of
// attempts again.
func (b Backoff) Stable(ran time.Duration) bool { return false }

// Validate reports everything that is wrong with b.
func (b Backoff) Validate() error { return nil }
