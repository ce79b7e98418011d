package policy

// Boot: the fixed children are started one after another, each when the one
// before is up. If one fails to start, those that are up are stopped again, the
// last first, and the supervisor has failed to boot. A child that need not run
// is passed over. Exits are queued until all are up: a child that crashes
// meanwhile is restarted then, and does not fail the boot.

// Boot starts the fixed children in order. It must be the machine's first
// input, and is ignored later. DoBooted follows when all are up; DoBootFailed
// and DoEnd when one could not start; DoEnd alone when the supervisor was ended
// before it was booted.
func (m *Machine) Boot(fixed []*Slot) []Action {
	m.begin()
	if m.phase != phaseOpen || m.ranks > 0 {
		return m.out
	}
	m.phase = phaseBooting
	for _, s := range fixed {
		if m.append(s) {
			m.lastFixed = s.rank
		}
	}
	m.walk = walk{next: m.first}
	m.step()
	return m.answer()
}

// stepBoot starts the next fixed child.
func (m *Machine) stepBoot() {
	for s := m.walk.next; s != nil && m.fixed(s); s = m.walk.next {
		m.walk.next = s.next
		if s.state == SlotDelayed {
			m.walk.on = s
			m.start(s)
			return
		}
	}
	m.phase = phaseOpen
	m.say(DoBooted, nil)
}

// failBoot ends the supervisor because s could not start. Whatever the scope's
// order says, children are stopped as they were started.
func (m *Machine) failBoot(s *Slot) {
	m.bootFailed = s
	m.scope.Stop.Order = OrderReverse
	m.rest(s)
	m.end()
}
