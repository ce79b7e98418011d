package policy

import "time"

// Two budgets bound the restarts of a child: its own, if it has one, and the
// scope's. A group restart is one restart, charged to the child that ended. Each
// budget has its own answer to being exceeded, and the child's comes first: what the
// child is kept from costs the scope nothing, and a child that cools down does not
// end the scope by that.

// Budget is what a child has of its own: how many restarts are normal for it, and
// what follows when there is one more. It is made by NewBudget and belongs to one
// [Slot], which one goroutine at a time may use.
type Budget struct {
	Window              // what is spent of it
	Exhausted Exhausted // what follows when that is all
}

// NewBudget returns a budget of which nothing is spent.
func NewBudget(limit Intensity, e Exhausted) *Budget { return &Budget{NewWindow(limit), e} }

// spend takes one restart of s, which ended at, from its budgets. When one of them
// is spent it takes nothing, and returns what is to follow.
func (m *Machine) spend(s *Slot, at time.Duration) (answer Exhausted, spent bool) {
	switch {
	case s.Own != nil && s.Own.Full(at):
		return s.Own.Exhausted, true
	case m.window.Full(at):
		return m.scope.Exhausted, true
	}
	m.charge(s, at)
	return 0, false
}

// coolDown has s wait until the budget that is spent has recovered, and returns how
// long that takes.
func (m *Machine) coolDown(s *Slot, at time.Duration) time.Duration {
	if s.Own != nil && s.Own.Full(at) {
		s.cools = coolsOwn
		return s.Own.limit.Within
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
	case s.cools == coolsOwn && s.Own != nil && s.Own.Full(at):
		s.Own.Reset()
	}
	s.cools = coolsNone
	m.charge(s, at)
}

// charge takes one restart of s from its budgets, spent or not.
func (m *Machine) charge(s *Slot, at time.Duration) {
	m.window.Record(at)
	if s.Own != nil {
		s.Own.Record(at)
	}
}
