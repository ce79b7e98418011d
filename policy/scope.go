package policy

import "time"

// DefaultKeepErrors is what a zero KeepErrors means.
const DefaultKeepErrors = 16

// Scope says how a scope treats its children. The zero value is [TaskScope].
// To vary a preset: copy, then change. A Scope is data: it may be copied,
// compared with ==, and used by any number of scopes at once.
type Scope struct {
	OnFailure  OnFailure     // what a child's failure means to the others
	Strategy   Strategy      // under Supervise: whom a restart takes along
	Intensity  Intensity     // under Supervise; zero: DefaultIntensity; NoRestarts says none
	Exhausted  Exhausted     // under Supervise: what follows when Intensity is exceeded
	Backoff    Backoff       // under Supervise: the wait before a restart, for children without one of their own
	End        End           // what ends the scope
	Leave      Leave         // what leaving the body does
	Stop       Stop          // how children are stopped
	Panic      Panic         // what a panic does to the process
	Auto       AutoShutdown  // under Supervise: whether significant children end the scope
	Timeout    time.Duration // from the opening to a hard cancel, without a grace; 0 is none
	OnTimeout  OnTimeout     // what a scope returns that its own deadline cut short
	Limit      int           // tasks and children at once, further ones wait; 0 is no limit
	KeepErrors int           // errors kept of children that cancel together, others are counted; 0: DefaultKeepErrors
}

// TaskGroup cancels all children when one fails and returns the errors; leaving
// the body waits. It is errgroup with every error and no orphan.
var TaskGroup = Scope{OnFailure: CancelTogether, Stop: Stop{Kill: Forever}}

// TaskScope reports a failure at once and lets the siblings go on; leaving the
// body waits. It keeps nothing of a child that has ended.
var TaskScope = Scope{Stop: Stop{Kill: Forever}}

// CancellationScope is a TaskScope that ends when its body leaves: what still
// runs then is canceled and waited for.
var CancellationScope = Scope{End: EndOnShutdown, Leave: LeaveCancel, Stop: Stop{Kill: Forever}}

// SupervisorScope answers each exit by the child's [Restart]. It stays open
// while empty, until Shutdown, Cancel or its parent's end, and drains when the
// body leaves.
var SupervisorScope = Scope{OnFailure: Supervise, End: EndOnShutdown, Leave: LeaveDrain}

// WithDefaults returns s with every zero field replaced by what it means. It is
// the same for a Scope that it returned. NoGrace, Forever, and the zeros of
// Timeout and Limit, which say none, stay as they are.
func (s Scope) WithDefaults() Scope {
	supervised := s.OnFailure == Supervise
	if supervised && s.Intensity == (Intensity{}) {
		s.Intensity = DefaultIntensity
	}
	s.Backoff = s.Backoff.WithDefaults()
	if s.KeepErrors == 0 {
		s.KeepErrors = DefaultKeepErrors
	}
	if s.Stop.Grace == 0 {
		s.Stop.Grace = DefaultGrace
	}
	if s.Stop.Kill == 0 {
		s.Stop.Kill = Forever
		if supervised {
			s.Stop.Kill = DefaultKill
		}
	}
	return s
}
