package policy

// OnTimeout says what a scope returns that was cut short by its own deadline and
// in which nothing failed.
type OnTimeout uint8

const (
	// TimeoutFails returns an error that says so.
	TimeoutFails OnTimeout = iota

	// TimeoutMovesOn returns nil: the time was a budget, and what was done in it
	// is enough.
	TimeoutMovesOn
)

var onTimeoutWords = []string{"fails", "moves_on"}

// String returns "fails" or "moves_on".
func (o OnTimeout) String() string { return nameOf("on_timeout", onTimeoutWords, uint8(o)) }
