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

// Describe has s be treated from now on as to would be: by its Own, OnFailure,
// Restart, Significant and Stuck. Its other fields are what they were. What s has
// spent of a budget that stays the same is still spent.
func (m *Machine) Describe(s *Slot, to Slot) {
	m.count(s, -1)
	if s.Own == nil || to.Own == nil || s.Own.Limit() != to.Own.Limit() {
		s.Own = to.Own
	} else {
		s.Own.Exhausted = to.Own.Exhausted
	}
	s.OnFailure, s.Restart, s.Significant, s.Stuck = to.OnFailure, to.Restart, to.Significant, to.Stuck
	m.count(s, 1)
}
