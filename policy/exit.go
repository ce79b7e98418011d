package policy

// Exit says how a child came back. [Classify] finds it from the child's error.
type Exit uint8

const (
	// Returned children returned nil, or Done(nil).
	Returned Exit = iota

	// Canceled children returned after their own context had been canceled, and
	// said nothing but that. It is no failure and no reason to restart.
	Canceled

	// Failed children returned any other error, or called runtime.Goexit.
	Failed

	// Panicked children panicked. Policy treats them as failed; the word is kept
	// because people do not.
	Panicked
)

var exitWords = []string{"returned", "canceled", "failed", "panicked"}

// String returns "returned", "canceled", "failed" or "panicked".
func (e Exit) String() string { return nameOf("exit", exitWords, uint8(e)) }
