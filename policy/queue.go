package policy

// queued is an exit that waits until a boot or a group restart lets it be
// handled. It holds as long as its slot has its ticket: an operator or a widened group
// may have taken the child out of SlotExited.
type queued struct {
	slot   *Slot
	ticket uint64
	exit   exit
}

// enqueue makes the exit of s wait.
func (m *Machine) enqueue(s *Slot, x exit) {
	m.tickets++
	s.held = x.final()
	m.become(s, SlotExited)
	note(&m.exits, s, m.tickets)
	m.queue = append(m.queue, queued{s, m.tickets, x})
}

// drain handles the exits that need wait no longer, in order of exit. Each may
// begin a group, and the ones after it wait again.
func (m *Machine) drain() {
	for len(m.queue) > 0 && m.phase == phaseOpen && !m.busy() {
		q := m.queue[0]
		m.queue = m.queue[1:]
		if m.exits[q.slot] == q.ticket {
			m.decide(q.slot, q.exit)
		}
	}
	if len(m.queue) == 0 {
		m.queue = nil
		m.resumeGroup()
	}
}
