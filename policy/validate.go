package policy

import (
	"errors"
	"math"
	"time"
)

const (
	mustNotBeNegative = "must not be negative"
	needsSupervise    = "has no meaning unless OnFailure is Supervise"
)

// Validate reports everything that is wrong with s, each fault a [*FieldError],
// all joined; nil when s can be used. Zero fields are never wrong.
//
// A contradiction is refused: a field that, beside the others, could have no
// effect. What is only unusual is not. A scope that waits for children which
// nobody ever shuts down (LeaveWait with EndOnShutdown) may be shut down by
// someone yet.
func (s Scope) Validate() error {
	var f faults
	f.enums(s)
	f.restarting(s)
	f.stop("policy.Scope.Stop", s.Stop, s.WithDefaults().Stop.Kill)
	negative(&f, "policy.Scope.Timeout", s.Timeout)
	negative(&f, "policy.Scope.Limit", s.Limit)
	negative(&f, "policy.Scope.KeepErrors", s.KeepErrors)
	return errors.Join(f...)
}

// Validate reports everything that is wrong with s as a child's own, each fault
// a [*FieldError], all joined; nil when s can be used.
func (s Stop) Validate() error {
	var f faults
	f.stop("policy.Stop", s, s.Kill)
	unknown(&f, "policy.Stop.Order", s.Order, orderWords)
	unknown(&f, "policy.Stop.Stuck", s.Stuck, stuckWords)
	return errors.Join(f...)
}

// Validate reports everything that is wrong with i, each fault a [*FieldError],
// all joined; nil when i can be used. The zero Intensity is right: it stands
// for a default.
func (i Intensity) Validate() error {
	var f faults
	f.intensity("policy.Intensity", i)
	return errors.Join(f...)
}

// faults collects what is wrong.
type faults []error

func (f *faults) add(field string, value any, reason string) {
	*f = append(*f, &FieldError{Field: field, Value: value, Reason: reason})
}

// enums finds values that no constant has.
func (f *faults) enums(s Scope) {
	unknown(f, "policy.Scope.OnFailure", s.OnFailure, onFailureWords)
	unknown(f, "policy.Scope.Strategy", s.Strategy, strategyWords)
	unknown(f, "policy.Scope.Exhausted", s.Exhausted, exhaustedWords)
	unknown(f, "policy.Scope.End", s.End, endWords)
	unknown(f, "policy.Scope.Leave", s.Leave, leaveWords)
	unknown(f, "policy.Scope.Stop.Order", s.Stop.Order, orderWords)
	unknown(f, "policy.Scope.Stop.Stuck", s.Stop.Stuck, stuckWords)
	unknown(f, "policy.Scope.Panic", s.Panic, panicWords)
	unknown(f, "policy.Scope.Auto", s.Auto, autoWords)
	unknown(f, "policy.Scope.OnTimeout", s.OnTimeout, onTimeoutWords)
}

// restarting finds what is wrong with the fields that only Supervise gives a
// meaning.
func (f *faults) restarting(s Scope) {
	if s.OnFailure == Supervise {
		f.intensity("policy.Scope.Intensity", s.Intensity)
		f.backoff("policy.Scope.Backoff", s.Backoff)
		if s.Exhausted == ExhaustedCoolDown && s.Intensity.Within == Forever {
			f.add("policy.Scope.Exhausted", s.Exhausted, "would cool down for ever: Intensity.Within is Forever")
		}
		return
	}
	if s.Strategy != 0 {
		f.add("policy.Scope.Strategy", s.Strategy, needsSupervise)
	}
	if s.Intensity != (Intensity{}) {
		f.add("policy.Scope.Intensity", s.Intensity, needsSupervise)
	}
	if s.Exhausted != 0 {
		f.add("policy.Scope.Exhausted", s.Exhausted, needsSupervise)
	}
	if s.Backoff != (Backoff{}) {
		f.add("policy.Scope.Backoff", s.Backoff, needsSupervise)
	}
	if s.Auto != 0 {
		f.add("policy.Scope.Auto", s.Auto, needsSupervise)
	}
}

func (f *faults) intensity(field string, i Intensity) {
	if i == (Intensity{}) {
		return
	}
	negative(f, field+".Restarts", i.Restarts)
	negative(f, field+".Within", i.Within)
	if i.Restarts > 0 && i.Within == 0 {
		f.add(field+".Within", i.Within, "must be positive when restarts are allowed")
	}
}

func (f *faults) backoff(field string, b Backoff) {
	if b == (Backoff{}) || b == NoBackoff {
		return
	}
	negative(f, field+".Min", b.Min)
	negative(f, field+".Max", b.Max)
	negative(f, field+".Reset", b.Reset)
	if b.Max > 0 && b.Max < b.Min {
		f.add(field+".Max", b.Max, "must not be shorter than Min")
	}
	if b.Factor != 0 && !(b.Factor >= 1 && !math.IsInf(b.Factor, 1)) {
		f.add(field+".Factor", b.Factor, "must be a number of at least 1")
	}
	unknown(f, field+".Jitter", b.Jitter, jitterWords)
	if b.Min == 0 {
		f.add(field+".Min", b.Min, "must be set, or nothing else has a meaning")
	}
}

// stop finds what is wrong with s, whose Kill means kill.
func (f *faults) stop(field string, s Stop, kill time.Duration) {
	if s.Grace < 0 && s.Grace != NoGrace {
		f.add(field+".Grace", s.Grace, mustNotBeNegative+": NoGrace says none")
	}
	if s.Kill < 0 {
		f.add(field+".Kill", s.Kill, mustNotBeNegative)
	}
	if (s.Stuck == StuckReplace || s.Stuck == StuckEscalate) && kill == Forever {
		f.add(field+".Stuck", s.Stuck, "has no meaning when Kill is Forever: nobody is abandoned")
	}
}

// negative finds a number or duration below zero.
func negative[N int | time.Duration](f *faults, field string, n N) {
	if n < 0 {
		f.add(field, n, mustNotBeNegative)
	}
}

// unknown finds a value that no constant has.
func unknown[E ~uint8](f *faults, field string, v E, words []string) {
	if int(v) >= len(words) {
		f.add(field, v, "is not a known value")
	}
}
