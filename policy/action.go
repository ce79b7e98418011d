package policy

import (
	"fmt"
	"time"
)

// Do is what an [Action] asks its owner to do.
type Do uint8

const (
	// DoStart begins an incarnation of Slot. Started, StartFailed, Ignored or
	// Exited follows.
	DoStart Do = iota + 1

	// DoWait arms a timer of After and tells Elapsed(Slot), in place of one that was
	// armed for Slot before. Timers are never called back: one that has lost its meaning
	// is ignored when it tells; Awaits says which have not.
	DoWait

	// DoStop asks Slot to stop, by its grace and kill wait. Exited or Abandoned
	// follows, or StartFailed or Ignored when it was still starting.
	DoStop

	// DoForget drops Slot: it is no longer a child and its name is free.
	DoForget

	// DoCancelAll cancels every child, because Slot failed under CancelTogether.
	DoCancelAll

	// DoExhausted reports that Slot exceeded the intensity and stays stopped, or
	// cools down: a DoWait follows then.
	DoExhausted

	// DoGiveUp reports that Slot exceeded the intensity and that the supervisor
	// therefore ends: stops follow, then DoEnd.
	DoGiveUp

	// DoEscalate reports that the supervisor ends because Slot's error meant
	// [Escalate], or because it is stuck under [StuckEscalate]: stops follow, then
	// DoEnd.
	DoEscalate

	// DoAutoShutdown reports that Slot's end, it being significant, ends the
	// supervisor: stops follow, then DoEnd.
	DoAutoShutdown

	// DoBooted reports that every fixed child is up.
	DoBooted

	// DoBootFailed reports that Slot failed to start during Boot and that what had
	// been started has been stopped again, but for background children. DoEnd
	// follows in the same answer.
	DoBootFailed

	// DoEnd reports that everything has ended, but for background children. It is
	// said once; what is done afterwards is about these and who is added late.
	DoEnd
)

// Action is one thing to do for a supervisor.
type Action struct {
	Do    Do            // what is to be done
	Slot  *Slot         // whom it is about; nil for DoBooted and DoEnd
	After time.Duration // of DoWait: how long; > 0
}

var doWords = []string{
	"nothing", "start", "wait", "stop", "forget", "cancel all", "exhausted", "give up", "escalate",
	"auto shutdown", "booted", "boot failed", "end",
}

// String returns the action in words, such as "start" or "give up".
func (d Do) String() string { return nameOf("do", doWords, uint8(d)) }

// String returns the action and whom it is about, such as "stop reader" or
// "wait reader 1s", the child being named by its Slot.Child.
func (a Action) String() string {
	switch {
	case a.Slot == nil:
		return a.Do.String()
	case a.Do == DoWait:
		return fmt.Sprintf("%v %v %v", a.Do, a.Slot.Child, a.After)
	}
	return fmt.Sprintf("%v %v", a.Do, a.Slot.Child)
}
