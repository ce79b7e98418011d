package policy

// End says what ends a scope besides Shutdown, Cancel and its parent's end,
// which always do.
type End uint8

const (
	// EndWhenEmpty ends the scope when its body has returned and no child is
	// left, none waiting to be restarted either.
	EndWhenEmpty End = iota

	// EndOnShutdown keeps the scope open while it is empty: for services, whose
	// next child comes later. Leaving the body ends it under [LeaveCancel] and
	// [LeaveDrain].
	EndOnShutdown
)

var endWords = []string{"when_empty", "on_shutdown"}

// String returns "when_empty" or "on_shutdown".
func (e End) String() string { return nameOf("end", endWords, uint8(e)) }

// Leave says what happens to the children when the scope's body returns nil. A
// body that fails cancels them, but for LeaveDrain, which drains them then too.
type Leave uint8

const (
	// LeaveWait waits until the scope ends. Under [EndOnShutdown] that is until
	// someone shuts it down.
	LeaveWait Leave = iota

	// LeaveCancel cancels the children, then waits for them.
	LeaveCancel

	// LeaveDrain shuts the scope down: the children are asked to finish, given
	// their grace, then canceled.
	LeaveDrain
)

var leaveWords = []string{"wait", "cancel", "drain"}

// String returns "wait", "cancel" or "drain".
func (l Leave) String() string { return nameOf("leave", leaveWords, uint8(l)) }

// AutoShutdown says when a supervisor shuts itself down because significant
// children have ended (EEP 56). Only a child that ended by itself and is not
// restarted counts; being stopped, by an operator or with its group, does not.
type AutoShutdown uint8

const (
	// AutoNever leaves the supervisor up; significant children are then an error.
	AutoNever AutoShutdown = iota

	// AutoAnySignificant ends it with the first significant child that ends.
	AutoAnySignificant

	// AutoAllSignificant ends it with the last significant child that ends.
	AutoAllSignificant
)

var autoWords = []string{"never", "any_significant", "all_significant"}

// String returns "never", "any_significant" or "all_significant".
func (a AutoShutdown) String() string { return nameOf("auto", autoWords, uint8(a)) }
