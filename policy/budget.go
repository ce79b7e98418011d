package policy

import "time"

// Two budgets bound the restarts of a child: its own, if it has one, and the
// scope's. A group restart is one restart, charged to the child that ended. Each
// budget has its own answer to being exceeded, and the child's comes first: what the
// child is kept from costs the scope nothing, and a child that cools down does not
// end the scope by that.

// own returns what s has spent of its own budget, and nil if it has none.
func (m *Machine) own(s *Slot) *Window {
	if s.Intensity == (Intensity{}) {
		return nil
	}
	w := m.spent[s]
	if w == nil {
		w = new(NewWindow(s.Intensity))
		note(&m.spent, s, w)
	}
	return w
}

// ownFull reports whether s has a budget of its own of which nothing is left.
func (m *Machine) ownFull(s *Slot, at time.Duration) bool {
	w := m.own(s)
	return w != nil && w.Full(at)
}

// spend takes one restart of s, which ended at, from its budgets. When one of them
// is spent it takes nothing, and returns what is to follow.
func (m *Machine) spend(s *Slot, at time.Duration) (answer Exhausted, spent bool) {
	switch {
	case m.ownFull(s, at):
		return s.Exhausted, true
	case m.window.Full(at):
		return m.scope.Exhausted, true
	}
	m.charge(s, at)
	return 0, false
}

// coolDown has s wait until the budget that is spent has recovered, and returns how
// long that takes.
func (m *Machine) coolDown(s *Slot, at time.Duration) time.Duration {
	if m.ownFull(s, at) {
		s.cools = coolsOwn
		return s.Intensity.Within
	}
	s.cools = coolsScope
	return m.window.limit.Within
}

// refill makes the budget that s cooled down for whole again, and takes the restart
// that follows from both. The other one pays whether it can or not.
func (m *Machine) refill(s *Slot) {
	at := m.clock()
	switch {
	case s.cools == coolsNone:
		return
	case s.cools == coolsScope && m.window.Full(at):
		m.window.Reset()
	case s.cools == coolsOwn && m.ownFull(s, at):
		m.own(s).Reset()
	}
	s.cools = coolsNone
	m.charge(s, at)
}

// charge takes one restart of s from its budgets, spent or not.
func (m *Machine) charge(s *Slot, at time.Duration) {
	m.window.Record(at)
	if w := m.own(s); w != nil {
		w.Record(at)
	}
}
