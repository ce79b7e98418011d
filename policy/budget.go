package policy

import "time"

// Two budgets bound the restarts of a child: its own, if it has one, and the
// scope's. A group restart is one restart, charged to the child that ended. Each
// budget has its own answer to being exceeded. The child's comes first where it
// keeps the child from being restarted, for then the scope pays nothing.

// Budget is what a child has of its own: how many restarts are normal for it, and
// what follows when there is one more.
type Budget struct {
	Window              // what is spent of it
	Exhausted Exhausted // what follows when that is all
}

// NewBudget returns a budget of which nothing is spent.
func NewBudget(limit Intensity, e Exhausted) *Budget { return &Budget{NewWindow(limit), e} }

// spend takes one restart of s, which ended at, from its budgets. When one of them
// is spent it takes nothing, and returns what is to follow.
func (m *Machine) spend(s *Slot, at time.Duration) (answer Exhausted, spent bool) {
	own, scope := s.ownFull(at), m.window.Full(at)
	switch {
	case own && s.Own.Exhausted != ExhaustedCoolDown:
		return s.Own.Exhausted, true
	case scope:
		return m.scope.Exhausted, true
	case own:
		return ExhaustedCoolDown, true
	}
	m.window.Record(at)
	s.recordOwn(at)
	return 0, false
}

// coolDown has s wait until the budgets that are spent have recovered, and returns
// how long that takes. A budget that is not spent pays now.
func (m *Machine) coolDown(s *Slot, at time.Duration) time.Duration {
	var wait time.Duration
	s.cools = 0
	if m.window.Full(at) {
		s.cools |= coolsScope
		wait = m.window.limit.Within
	} else {
		m.window.Record(at)
	}
	if s.ownFull(at) {
		s.cools |= coolsOwn
		wait = max(wait, s.Own.limit.Within)
	} else {
		s.recordOwn(at)
	}
	return wait
}

// refill makes the budgets that s cooled down for whole again, and takes the
// restart that follows from them.
func (m *Machine) refill(s *Slot) {
	at := m.clock()
	if s.cools&coolsScope != 0 {
		if m.window.Full(at) {
			m.window.Reset()
		}
		m.window.Record(at)
	}
	if s.cools&coolsOwn != 0 {
		if s.ownFull(at) {
			s.Own.Reset()
		}
		s.recordOwn(at)
	}
	s.cools = 0
}

// ownFull reports whether the child's own budget, if it has one, is spent.
func (s *Slot) ownFull(at time.Duration) bool { return s.Own != nil && s.Own.Full(at) }

// recordOwn takes a restart from the child's own budget, if it has one.
func (s *Slot) recordOwn(at time.Duration) {
	if s.Own != nil {
		s.Own.Record(at)
	}
}
