package policy

import (
	"errors"
	"math"
	"time"
)

// DefaultMaxBackoff is what a zero Backoff.Max means.
const DefaultMaxBackoff = 30 * time.Second

// NoBackoff restarts at once, also where the scope has a Backoff.
var NoBackoff = Backoff{Min: math.MinInt64}

// BackoffSource says how long to wait before each restart of one child, in place
// of a [Backoff]. It has no state but its own, and is asked by one goroutine at a
// time. A wait below zero says that the child is not to be started again.
//
// If it also has a method Reset(), that is called where a Backoff would count from
// one again.
type BackoffSource interface {
	// NextBackOff returns the wait before the next restart.
	NextBackOff() time.Duration
}

// Backoff is the wait before a child is started again. It grows with every
// restart in a row, up to Max. The zero value, a child's, is that of its scope, and
// the scope's restarts at once.
type Backoff struct {
	Min    time.Duration // the first wait, before jitter; zero: no wait at all
	Max    time.Duration // no wait is longer, jitter included; zero: DefaultMaxBackoff, or Min if that is longer
	Factor float64       // how many times as long as the one before a wait is; >= 1; zero: 2
	Jitter Jitter        // how much of a wait is left to chance
	Reset  time.Duration // an incarnation that ran this long starts the count again; zero: Max
}

// Jitter says how much of a wait is left to chance, so that children which
// failed together do not come back together.
type Jitter uint8

const (
	// JitterFull waits anything between nothing and the whole wait. The wait is
	// capped before chance has its say, and cannot be longer after it; capped
	// later only, waits that have grown far past Max would all be Max again.
	JitterFull Jitter = iota

	// JitterNone waits the whole wait.
	JitterNone
)

var jitterWords = []string{"full", "none"}

// String returns "full" or "none".
func (j Jitter) String() string { return nameOf("jitter", jitterWords, uint8(j)) }

// Or returns b, a child's, inside its scope: that of the scope if b is zero.
func (b Backoff) Or(scope Backoff) Backoff {
	if b == (Backoff{}) {
		return scope
	}
	return b
}

// WithDefaults returns b with every zero field replaced by what it means. The
// zero Backoff and NoBackoff stay as they are.
func (b Backoff) WithDefaults() Backoff {
	if b.Min <= 0 {
		return b
	}
	if b.Max == 0 {
		b.Max = max(DefaultMaxBackoff, b.Min)
	}
	if b.Factor == 0 {
		b.Factor = 2
	}
	if b.Reset == 0 {
		b.Reset = b.Max
	}
	return b
}

// Delay returns the wait before a restart, of which attempt counts those in a
// row from 1. It is between 0 and Max, for any attempt. random returns numbers
// in [0, 1); without one nothing is left to chance.
func (b Backoff) Delay(attempt int, random func() float64) time.Duration {
	if b.Min <= 0 {
		return 0
	}
	b = b.WithDefaults()
	wait := float64(b.Min) * math.Pow(b.Factor, float64(max(attempt, 1)-1))
	if b.Jitter == JitterFull && random != nil {
		r := random()
		if r < 1 { // false for NaN too
			return time.Duration(max(r, 0) * float64(b.capped(wait)))
		}
	}
	return b.capped(wait)
}

// capped returns wait, which may be infinite, as a duration of at most Max.
func (b Backoff) capped(wait float64) time.Duration {
	if wait < float64(b.Max) {
		return time.Duration(wait)
	}
	return b.Max
}

// Stable reports whether an incarnation that ran this long starts the count of
// restarts in a row again. With a Reset shorter than a child takes to fail, its
// waits never grow; the default cannot be shorter than any of them.
func (b Backoff) Stable(ran time.Duration) bool { return ran >= b.WithDefaults().Reset }

// Validate reports everything that is wrong with b, each fault a [*FieldError],
// all joined; nil when b can be used.
func (b Backoff) Validate() error {
	var f faults
	f.backoff("policy.Backoff", b)
	return errors.Join(f...)
}
