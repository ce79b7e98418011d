package policy

import (
	"math"
	"time"
)

const (
	// Forever is a wait without an end.
	Forever time.Duration = math.MaxInt64

	// NoGrace is a Grace that is over at once: children are canceled without
	// being asked to finish first.
	NoGrace time.Duration = math.MinInt64

	// DefaultGrace is what a zero Grace means.
	DefaultGrace = 5 * time.Second

	// DefaultKill is what a zero Kill means under [Supervise]. Task scopes, whose
	// children may write what their caller still holds, wait [Forever].
	DefaultKill = 30 * time.Second
)

// Stop says how children are stopped: asked to finish, after Grace canceled,
// and after Kill more given up on. The zero value takes every default.
type Stop struct {
	Grace time.Duration // from being asked to being canceled; zero: DefaultGrace; NoGrace: at once
	Kill  time.Duration // from being canceled to being abandoned; zero: DefaultKill under Supervise, else Forever
	Order Order         // in which a scope stops its children
	Stuck Stuck         // what becomes of a child that outlived Kill
}

// Or returns s, a child's, inside its scope: what s leaves zero is the scope's,
// and no bound is longer than the scope's. Both may be unset.
func (s Stop) Or(scope Stop) Stop {
	s.Grace = shorter(s.Grace, scope.Grace)
	s.Kill = shorter(s.Kill, scope.Kill)
	if s.Order == OrderByKind {
		s.Order = scope.Order
	}
	if s.Stuck == StuckAbandon {
		s.Stuck = scope.Stuck
	}
	return s
}

// shorter returns the shorter of two bounds, of which zero is unset.
func shorter(a, b time.Duration) time.Duration {
	switch {
	case a == 0:
		return b
	case b == 0:
		return a
	}
	return min(a, b)
}

// Order says in which order a scope stops its children.
type Order uint8

const (
	// OrderByKind stops the children added later all together, waits for them,
	// and then stops the fixed ones, given when the scope was made, one at a time
	// in reverse. Fixed children depend on each other; later ones on the fixed.
	OrderByKind Order = iota

	// OrderReverse stops all children one at a time, the last one first. One that is
	// added while the scope drains is asked to stop at once, and is in nobody's way.
	OrderReverse

	// OrderTogether stops all children at once.
	OrderTogether
)

var orderWords = []string{"by_kind", "reverse", "together"}

// String returns "by_kind", "reverse" or "together".
func (o Order) String() string { return nameOf("order", orderWords, uint8(o)) }

// Stuck says what becomes of a child that still runs when its grace and kill
// wait are over. Go cannot kill it.
type Stuck uint8

const (
	// StuckAbandon reports the child, no longer waits for it, keeps it visible
	// until it ends after all, and does not restart it before.
	StuckAbandon Stuck = iota

	// StuckReplace abandons it too, but lets a restart run a new incarnation
	// beside it: for children that can bear company.
	StuckReplace

	// StuckEscalate abandons it too, and ends the supervisor when that happens while
	// a group waits for it to restart: what others depend on is neither gone nor
	// there. What an operator stops ends no supervisor.
	StuckEscalate
)

var stuckWords = []string{"abandon", "replace", "escalate"}

// String returns "abandon", "replace" or "escalate".
func (s Stuck) String() string { return nameOf("stuck", stuckWords, uint8(s)) }
