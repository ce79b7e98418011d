package policy

import "time"

// Shutdown: every child is stopped and waited for, in the scope's Order, and
// then the supervisor has ended. A child that waits to be started is simply not
// started; one whose stop is under way is waited for in its turn; one that has
// been abandoned is not. Whatever ends meanwhile has just ended: nothing is
// restarted, counted or escalated any more. Background children, on which the
// others may depend until they have ended, are left alone until StopBackground,
// and nobody waits for them: neither the next child's stop nor the end.

// Shutdown stops everything but background children. DoEnd follows, in this
// answer if nothing else runs. A second Shutdown is ignored.
func (m *Machine) Shutdown(now time.Duration) []Action {
	m.beginAt(now)
	if !m.Ending() {
		m.end()
	}
	return m.answer()
}

// StopBackground stops the background children, all at once, and those that are
// added later. If there was no Shutdown, its answer comes first. A second
// StopBackground is ignored.
func (m *Machine) StopBackground(now time.Duration) []Action {
	m.beginAt(now)
	if !m.Ending() {
		m.end()
	}
	m.alsoStopped = true
	for s, before := m.last, (*Slot)(nil); s != nil && m.Background(); s = before {
		before = s.prev // s may lose its place
		if s.Background {
			m.stopForEnd(s)
		}
	}
	return m.answer()
}

// spared reports whether s is to be left alone for now, although everything ends.
func (m *Machine) spared(s *Slot) bool { return s.Background && !m.alsoStopped }

// end begins to stop everything.
func (m *Machine) end() {
	m.phase = phaseEnding
	m.group, m.queue = group{}, nil
	m.walk = walk{next: m.last, backward: true}
	together := m.scope.Stop.Order != OrderReverse
	fixedToo := m.scope.Stop.Order == OrderTogether
	for s := m.walk.next; together && s != nil && (fixedToo || !m.fixed(s)); s = m.walk.next {
		m.walk.next = s.prev
		m.stopForEnd(s)
	}
	m.step()
}

// stopForEnd stops s if it runs, and reports whether it is to be waited for.
func (m *Machine) stopForEnd(s *Slot) bool {
	switch s.state {
	case SlotStarting, SlotRunning:
		if m.spared(s) {
			return false
		}
		m.stop(s, aimReturn)
		return true
	case SlotStopping:
		return !s.Background
	case SlotDelayed, SlotExited:
		m.rest(s)
	}
	return false
}

// stepEnding goes on when nothing that was stopped together is left, with one
// child at a time.
func (m *Machine) stepEnding() {
	if m.walk.on != nil || m.together() > 0 {
		return
	}
	for s := m.walk.next; s != nil; s = m.walk.next {
		m.walk.next = s.prev
		if m.stopForEnd(s) {
			m.walk.on = s
			return
		}
	}
	if m.liveAdded > 0 {
		return // one that was added late
	}
	m.phase = phaseEnded
	if m.bootFailed != nil {
		m.say(DoBootFailed, m.bootFailed)
	}
	m.say(DoEnd, nil)
}

// together returns how many of the children that are stopped together have not
// ended yet.
func (m *Machine) together() int {
	switch m.scope.Stop.Order {
	case OrderReverse:
		return 0
	case OrderTogether:
		return m.liveFixed + m.liveAdded
	}
	return m.liveAdded
}
