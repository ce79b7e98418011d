package policy

import "time"

// Two budgets bound the restarts of a child: its own, if it has one, and the
// scope's. A group restart is one restart, charged to the child that ended.

// spend takes one restart of s, which ended at, from its budgets. It reports
// false, and takes nothing, when one of them is spent.
func (m *Machine) spend(s *Slot, at time.Duration) bool {
	if m.window.Full(at) || s.Own != nil && s.Own.Full(at) {
		return false
	}
	m.record(s, at)
	return true
}

// record takes one restart of s from its budgets, spent or not.
func (m *Machine) record(s *Slot, at time.Duration) {
	m.window.Record(at)
	if s.Own != nil {
		s.Own.Record(at)
	}
}

// coolDown returns how long the budgets of s that are spent take to recover.
func (m *Machine) coolDown(s *Slot, at time.Duration) time.Duration {
	var wait time.Duration
	if m.window.Full(at) {
		wait = m.window.limit.Within
	}
	if s.Own != nil && s.Own.Full(at) {
		wait = max(wait, s.Own.limit.Within)
	}
	return wait
}

// refill makes the spent budgets of s whole after a cool-down and takes the
// restart that follows from them.
func (m *Machine) refill(s *Slot) {
	at := m.clock()
	if m.window.Full(at) {
		m.window.Reset()
	}
	if s.Own != nil && s.Own.Full(at) {
		s.Own.Reset()
	}
	m.record(s, at)
}
