package policy

// Restart says after which exits a child is started again. It is OTP's restart
// type; the table in the package documentation has every combination.
type Restart uint8

const (
	// Permanent children are always started again, even when they returned nil.
	// It is the zero value: a service that ends is a service that is missing.
	Permanent Restart = iota

	// Transient children are started again only when they failed or panicked;
	// to return nil means that the work is done. The child keeps its place and
	// its name, and comes back when a group restart takes it along.
	Transient

	// Temporary children are never started again. When one has ended, its place
	// is forgotten and its name is free.
	Temporary
)

var restartWords = []string{"permanent", "transient", "temporary"}

// String returns "permanent", "transient" or "temporary".
func (r Restart) String() string { return nameOf("restart", restartWords, uint8(r)) }

// Wants reports whether a child of this kind is to be started again after it
// ended with e, its error having asked for d. It is the whole decision for a
// child on its own; budgets and groups are the [Machine]'s. A canceled child is
// never wanted back: somebody asked it to end.
func (r Restart) Wants(e Exit, d Decision) bool {
	if d == NoRestart || d == Escalate || e == Canceled {
		return false
	}
	switch r {
	case Permanent:
		return true
	case Transient:
		return e == Failed || e == Panicked
	}
	return false
}
