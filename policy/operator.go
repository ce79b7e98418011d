package policy

// What a person, or code in a person's place, may ask about one child. None of
// it is a failure: it counts against no intensity and ends no supervisor. While
// the supervisor is ending all it does is to have a child stopped before its turn.

// StopChild stops s and keeps it stopped: no group restart brings it back. One
// that is Temporary, or was never up, is forgotten.
func (m *Machine) StopChild(s *Slot) []Action {
	m.begin()
	if m.Ending() {
		return m.stopSooner(s)
	}
	switch s.state {
	case SlotStarting, SlotRunning:
		s.held = true
		m.stop(s, aimRest)
	case SlotStopping:
		s.held = true
		if s.aim != aimForget {
			m.reaim(s, aimRest)
		}
	case SlotDelayed, SlotExited:
		s.held = true
		m.rest(s)
	case SlotStopped, SlotAbandoned:
		s.held = true
	}
	return m.answer()
}

// RestartChild starts s, and stops it first when it runs. It is ignored for a
// child that is starting, or waits to be; and for one that was abandoned, which
// must end first. A start that fails is not tried again; until one succeeds, a
// child that an operator had stopped counts as stopped.
func (m *Machine) RestartChild(s *Slot) []Action {
	m.begin()
	if m.Ending() {
		return m.out
	}
	switch s.state {
	case SlotRunning:
		m.stop(s, aimAgain)
	case SlotStopping:
		if s.aim == aimRest {
			m.reaim(s, aimAgain)
		}
	case SlotStopped:
		s.asked = true
		m.startInTurn(s)
	}
	return m.answer()
}

// RemoveChild forgets s, and stops it first when it runs. One that was
// abandoned is forgotten at once.
func (m *Machine) RemoveChild(s *Slot) []Action {
	m.begin()
	if m.Ending() {
		return m.stopSooner(s)
	}
	switch s.state {
	case SlotStarting, SlotRunning:
		m.stop(s, aimForget)
	case SlotStopping:
		m.reaim(s, aimForget)
	case SlotDelayed, SlotExited, SlotStopped, SlotAbandoned:
		m.forget(s)
	}
	return m.answer()
}

// stopSooner stops s, although its turn in the end has not come.
func (m *Machine) stopSooner(s *Slot) []Action {
	if s.state == SlotStarting || s.state == SlotRunning {
		m.stop(s, aimReturn)
	}
	return m.answer()
}
