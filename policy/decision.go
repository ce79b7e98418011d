package policy

// Decision is what a child's own error says about its restart. [DecisionOf]
// finds it; [Done] and [Fatal] make the errors that say something.
type Decision uint8

const (
	// ByRestart leaves the decision to the child's [Restart].
	ByRestart Decision = iota

	// NoRestart is the decision of [Done]: the child is not started again, not
	// by a group restart either. Only an operator can bring it back.
	NoRestart

	// Escalate is the decision of [Fatal]: the supervisor ends at once, for no
	// restart can help.
	Escalate

	// Retry is ByRestart as a last word: whoever else might be asked about the error
	// is not. No error says it; a [Decider] may.
	Retry
)

var decisionWords = []string{"by_restart", "no_restart", "escalate", "retry"}

// String returns "by_restart", "no_restart", "escalate" or "retry".
func (d Decision) String() string { return nameOf("decision", decisionWords, uint8(d)) }

// Decider says what the error of a child that failed means for its restart. A panic
// is a [*PanicError]. ByRestart is no opinion: the next one is asked, from the child
// outward, and after the last the child's [Restart] decides.
type Decider func(err error) Decision

// decided is an error with a decision around it.
type decided struct {
	decision Decision
	err      error // nil for Done(nil) and Fatal(nil)
}

// Done returns an error that keeps its child from being restarted, whatever
// its [Restart]. errors.Is and errors.As see err through it. Done(nil) is not
// nil, or it would say nothing; it counts as a child that returned nil.
func Done(err error) error { return &decided{NoRestart, err} }

// Fatal returns an error that ends the child's supervisor at once, as if its
// intensity were exceeded. errors.Is and errors.As see err through it.
// Fatal(nil) is not nil and counts as a failure.
func Fatal(err error) error { return &decided{Escalate, err} }

// Error returns the text of the wrapped error, which is what people look for.
func (d *decided) Error() string {
	switch {
	case d.err != nil:
		return d.err.Error()
	case d.decision == Escalate:
		return "policy: fatal"
	}
	return "policy: done"
}

// Unwrap returns the wrapped error.
func (d *decided) Unwrap() error { return d.err }

// IsDone reports whether err is [Done] of nil, and nothing around it: the way to
// end without a failure. It calls no method of err.
func IsDone(err error) bool {
	d, ok := err.(*decided)
	return ok && d.decision == NoRestart && d.err == nil
}

// DecisionOf returns the decision of the outermost [Done] or [Fatal] in err,
// and [ByRestart] when there is none. In a joined error the first branch that
// decides counts. It does not look into a [Settled] error.
func DecisionOf(err error) Decision {
	left := maxErrors
	return decisionOf(err, &left)
}

// decisionOf looks at no more than *left errors.
func decisionOf(err error, left *int) Decision {
	switch e := err.(type) {
	case *decided:
		return e.decision
	case Settled:
		return ByRestart
	}
	for _, e := range unwrap(err) {
		if *left--; *left < 0 {
			break
		}
		if d := decisionOf(e, left); d != ByRestart {
			return d
		}
	}
	return ByRestart
}

// Settled is implemented by errors that tell of a child which its own scope has
// answered already. What the child decided was for that scope: one around it sees
// a failure and nothing else, or a single [Fatal] would end every supervisor up
// to the root.
type Settled interface {
	error

	// Settled does nothing; to have it says it all.
	Settled()
}

// IsIgnored reports whether err is or wraps [ErrIgnored]. It does not look into
// a [Settled] error.
func IsIgnored(err error) bool {
	left := maxErrors
	return isIgnored(err, &left)
}

// isIgnored looks at no more than *left errors.
func isIgnored(err error, left *int) bool {
	if _, ok := err.(Settled); ok || err == ErrIgnored {
		return err == ErrIgnored
	}
	for _, e := range unwrap(err) {
		if *left--; *left < 0 {
			break
		}
		if isIgnored(e, left) {
			return true
		}
	}
	return false
}
