package policy

// Reconfigure changes the rules by which a supervisor goes on: its Strategy,
// Intensity, Exhausted and Auto become those of to, which must be valid and have its
// defaults. Restarts that were counted still count. What is under way, a
// group or a wait, goes on as it began. It is ignored while the supervisor ends.
func (m *Machine) Reconfigure(to Scope) {
	if m.Ending() {
		return
	}
	s := &m.scope
	s.Strategy, s.Intensity, s.Exhausted, s.Auto = to.Strategy, to.Intensity, to.Exhausted, to.Auto
	m.window.limitTo(to.Intensity)
}

// List gives s a place at the end of the order without starting it: an operator
// does that. It is ignored while the supervisor ends.
func (m *Machine) List(s *Slot) {
	if !m.Ending() && m.append(s) {
		s.held = true
		m.become(s, SlotStopped)
	}
}

// Describe gives s other terms, of which Background and Apart must be those that it
// has. What s has spent of a budget that stays the same is still spent.
func (m *Machine) Describe(s *Slot, to *Terms) {
	m.count(s, -1)
	if s.Intensity != to.Intensity {
		delete(m.spent, s)
	}
	s.Terms = to
	m.count(s, 1)
}
