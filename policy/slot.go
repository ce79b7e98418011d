package policy

import "time"

// Slot is a child's place in its supervisor's order. Its owner fills in the
// exported fields before it hands the Slot to a [Machine]; from then until
// DoForget or DoEnd the machine owns it and the fields do not change.
type Slot struct {
	Child       any     // whatever the owner wants to find again
	Own         *Window // the child's own budget beside the scope's; nil is none
	Restart     Restart // under other than Supervise every child is Temporary
	Significant bool    // its end counts for AutoShutdown
	Stuck       Stuck   // whether it may be restarted after it was abandoned

	state      SlotState
	until      time.Duration
	prev, next *Slot
}

// State returns where the child stands.
func (s *Slot) State() SlotState { return s.state }

// SlotState is where a child stands.
type SlotState uint8

const (
	// SlotNew belongs to no machine yet.
	SlotNew SlotState = iota

	// SlotStarting has been begun and is not up yet.
	SlotStarting

	// SlotRunning is up.
	SlotRunning

	// SlotExited has ended, and its exit waits behind a boot or a group restart.
	SlotExited

	// SlotDelayed is going to be started: when its wait is over, or in its turn.
	SlotDelayed

	// SlotStopping has been asked to stop.
	SlotStopping

	// SlotStopped has a place but no incarnation, and none is due.
	SlotStopped

	// SlotAbandoned has outlived its kill wait and not ended yet.
	SlotAbandoned

	// SlotForgotten has no place any more. It may not be added again.
	SlotForgotten
)
