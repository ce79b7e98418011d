package policy

// OnFailure says what the failure of a child means to its siblings.
type OnFailure uint8

const (
	// Report tells of a failure at once and leaves the siblings alone.
	Report OnFailure = iota

	// CancelTogether cancels the siblings when the first child fails, and the
	// scope ends with the errors: what errgroup and a nursery do.
	CancelTogether

	// Supervise answers each exit by the child's [Restart], within the scope's
	// [Intensity].
	Supervise
)

var onFailureWords = []string{"report", "cancel_together", "supervise"}

// String returns "report", "cancel_together" or "supervise".
func (o OnFailure) String() string { return nameOf("on_failure", onFailureWords, uint8(o)) }
