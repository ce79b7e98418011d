package policy

import (
	"iter"
	"time"
)

// Machine decides for one supervisor. It is told what happened and answers what
// to do; equal inputs give equal answers. It starts nothing, waits for nothing
// and reads no clock: now is the time on its owner's monotonic clock, and never
// decreases. One goroutine at a time may use it.
//
// The answer of an input is valid until the next one. Its actions are to be
// begun in order; what comes of them is told by later inputs.
type Machine struct {
	out []Action
}

// NewMachine returns the machine of a scope, which must be valid and have its
// defaults. It accepts children at once; Boot is for those that start with it.
func NewMachine(s Scope) *Machine { return &Machine{} }

// Boot starts the fixed children in order, each when the one before is up.
// DoBooted follows when all are, or DoBootFailed, or DoEnd when the supervisor
// was ended first.
func (m *Machine) Boot(fixed []*Slot) []Action { return m.out }

// Add starts a child at the end of the order. DoForget in the answer refuses it,
// because the supervisor is ending.
func (m *Machine) Add(s *Slot) []Action { return m.out }

// Started tells that s is up.
func (m *Machine) Started(s *Slot) []Action { return m.out }

// StartFailed tells that s ended before it was up. delay is the wait should the
// start be tried again; d what its error decided.
func (m *Machine) StartFailed(s *Slot, d Decision, delay, now time.Duration) []Action { return m.out }

// Ignored tells that s said, before it was up, that it need not run.
func (m *Machine) Ignored(s *Slot, now time.Duration) []Action { return m.out }

// Exited tells that s ended after it was up, asked to or not. delay is the wait
// should it be started again.
func (m *Machine) Exited(s *Slot, e Exit, d Decision, delay, now time.Duration) []Action {
	return m.out
}

// Elapsed tells that the wait asked for by DoWait for s is over.
func (m *Machine) Elapsed(s *Slot, now time.Duration) []Action { return m.out }

// Abandoned tells that s, having been asked to stop, outlived its kill wait.
func (m *Machine) Abandoned(s *Slot, now time.Duration) []Action { return m.out }

// StopChild stops s for an operator, and keeps it stopped.
func (m *Machine) StopChild(s *Slot) []Action { return m.out }

// RestartChild starts s for an operator; one that runs is stopped first.
func (m *Machine) RestartChild(s *Slot) []Action { return m.out }

// RemoveChild forgets s for an operator; one that runs is stopped first.
func (m *Machine) RemoveChild(s *Slot) []Action { return m.out }

// Shutdown stops everything; DoEnd follows.
func (m *Machine) Shutdown(now time.Duration) []Action { return m.out }

// Empty reports whether no child runs and none is going to.
func (m *Machine) Empty() bool { return false }

// Ending reports whether the supervisor is ending or has ended.
func (m *Machine) Ending() bool { return false }

// Slots returns the children in their order.
func (m *Machine) Slots() iter.Seq[*Slot] { return func(func(*Slot) bool) {} }
