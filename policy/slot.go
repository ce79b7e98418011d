package policy

import "time"

// Slot is a child's place in its supervisor's order. Its owner fills in the
// exported fields before it hands the Slot to a [Machine]; from then on only
// [Machine.Describe] changes them, and until DoForget, or its end after DoEnd, the
// Slot belongs to that machine.
//
// There may be a million, most of which only run. What one needs beside that while it
// waits, or once it was restarted, the machine keeps elsewhere.
type Slot struct {
	Child  any // whatever the owner wants to find again
	*Terms     // nil: the zero Terms

	rank       uint64 // grows along the order; never changes
	prev, next *Slot

	state SlotState // set by Machine.become only
	fresh bool      // added and never up yet: without a start it has no place
	asked bool      // somebody waits for this start: a failure is their answer, not a restart
	held  bool      // only an operator brings it back
	block bool      // what it left behind still runs, and nothing is started beside that
	cools cools     // whose cool-down its start ends
	aim   aim       // in SlotStopping: what becomes of it
}

// Terms are how one child is supervised. They never change, so alike children may
// share them.
type Terms struct {
	OnFailure   *OnFailure // what its failure means; nil: what the scope says; Supervise only if the scope does
	Intensity   Intensity  // its budget beside the scope's; zero is none
	Exhausted   Exhausted  // what follows when that is exceeded
	Restart     Restart    // where its failure is not supervised, a child is Temporary
	Significant bool       // its end counts for AutoShutdown
	Stuck       Stuck      // what follows when it was abandoned
	Background  bool       // Shutdown leaves it alone, until StopBackground
	Apart       bool       // no group takes it along or delays its start; for what is not restarted
}

// exit is all that is known of a child's end.
type exit struct {
	kind     Exit
	decision Decision
	delay    time.Duration // wait before a restart
	at       time.Duration // when, on the clock of the intensity
}

// final reports whether no group brings a child back that ended like this. One
// that was canceled, and not by the group, is stopped because somebody wanted so.
func (x exit) final() bool { return x.kind == Canceled || x.decision == NoRestart }

// cools is the budget that cools down until a child is started.
type cools uint8

const (
	coolsNone cools = iota
	coolsOwn
	coolsScope
)

// aim is what becomes of a child that is being stopped.
type aim uint8

const (
	aimReturn aim = iota // it comes back with its group, unless it is Temporary
	aimRest              // it stays stopped, for an operator said so
	aimAgain             // it is started again, for an operator said so
	aimForget            // it loses its place, for an operator said so
)

// Blocked reports whether what the child left behind keeps it from being started.
func (s *Slot) Blocked() bool { return s.block }

// StaysDown reports whether nothing but an operator or a group brings the child back:
// it has stopped, or is being stopped for that.
func (s *Slot) StaysDown() bool {
	switch s.state {
	case SlotStopping:
		return s.aim == aimRest || s.aim == aimForget
	case SlotAbandoned:
		return s.held
	}
	return s.state == SlotStopped || s.state == SlotForgotten
}

// State returns where the child stands.
func (s *Slot) State() SlotState { return s.state }

// SlotState is where a child stands. The table says what each input makes of
// it; an empty cell is an input that is ignored. For DELAYED and STOPPED the outcome
// depends on Restart, budget, group and operator, and may be a start at once; a
// Temporary child becomes Forgotten where the table says Stopped.
//
//	from \ input  Started  StartFailed  Ignored  Exited         Abandoned  StopChild  Elapsed
//	Starting      Running  DELAYED      Stopped  as if Running             Stopping
//	Running                                      Exited                    Stopping
//	Exited                                                                 Stopped
//	Delayed                                                                Stopped    Starting
//	Stopping      (noted)  STOPPED      STOPPED  STOPPED        Abandoned  (noted)
//	Stopped                                                                (noted)
//	Abandoned                                    STOPPED                   (noted)
//
// Exited becomes DELAYED or STOPPED in the same answer, unless a boot or group
// restart is under way.
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

	// SlotStopping has been asked to stop and has not ended yet.
	SlotStopping

	// SlotStopped has a place but no incarnation, and none is due.
	SlotStopped

	// SlotAbandoned has outlived its kill wait and has not ended yet, or was due and is
	// blocked by what it left behind. Nobody waits for it, and nothing is started
	// beside it.
	SlotAbandoned

	// SlotForgotten has no place any more, and cannot be added again.
	SlotForgotten
)

var slotWords = []string{
	"new", "starting", "running", "exited", "delayed", "stopping", "stopped", "abandoned", "forgotten",
}

// String returns "new", "starting", "running", "exited", "delayed", "stopping",
// "stopped", "abandoned" or "forgotten".
func (s SlotState) String() string { return nameOf("slot", slotWords, uint8(s)) }
