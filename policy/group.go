package policy

import "time"

// Group: under OneForAll and RestForOne a restart takes a range of the order
// along, from the first child or from the one that ended to the last. The range
// is stopped in reverse order, one child at a time; then the delay passes; then
// it is started in order, each child when the one before is up.
//
//	stage \ event  all stopped  Elapsed   all up  a start fails  an exit inside   an exit outside
//	none                                                         stops a group    stops a group
//	stopping       waiting                                       absorbed         queued
//	waiting                     starting                                          widens the group
//	starting                              none    broken         queued           queued
//	broken                                                       stops a group    stops a group
//
// A group is broken within one answer only: the exits that wait are handled first,
// in order of exit, and the failed start after them, each as an exit without a group.
// Should none of them begin a group the start of the range goes on. So a child that
// could not start because one before it is dead is not tried again in vain.
//
// Without a delay, stopping becomes starting at once. "Inside" is inside the
// range. What is absorbed neither counts nor restarts anything: the child was
// to be stopped anyway. What is queued is handled, in order of exit, as soon as
// the group waits or is done.
//
// Temporary children that the group stops are forgotten. Children that were
// stopped before come back with the group, Transient ones that had finished
// included, unless an operator, a cancellation, Done or a spent budget stopped
// them: this is not OTP, where a group resurrects what was stopped by hand.

// group is a group restart under way.
type group struct {
	stage  groupStage
	failed *Slot         // whose end began it; it may have been forgotten since
	first  *Slot         // of the range; nil when nobody is left in it
	rank   uint64        // children of at least this rank are in the range
	delay  time.Duration // wait between the last stop and the first start
	until  time.Duration // when the wait is over; while stopping, not before when
}

// groupStage is how far a group restart is.
type groupStage uint8

const (
	groupNone     groupStage = iota // no group is under way
	groupStopping                   // the range is being stopped
	groupWaiting                    // the range has been stopped, the delay passes
	groupStarting                   // the range is being started
	groupBroken                     // a start failed, and has yet to be answered
)

// inGroup reports whether s is in the range. A group must be under way.
func (m *Machine) inGroup(s *Slot) bool { return s.rank >= m.group.rank }

// coming reports whether a group is going to be started.
func (m *Machine) coming() bool {
	return m.group.stage == groupStopping || m.group.stage == groupWaiting
}

// busy reports whether exits must wait.
func (m *Machine) busy() bool {
	return m.phase == phaseBooting || m.group.stage == groupStopping || m.group.stage == groupStarting
}

// StartsAfter reports whether a start of s, if it is asked for now, comes after the
// end of other: a group is being stopped that has yet to wait for other and will
// start s.
func (m *Machine) StartsAfter(s, other *Slot) bool {
	switch {
	case m.group.stage != groupStopping, !m.inGroup(other), other.Apart, s.Apart:
		return false
	case s.state != SlotNew && !m.inGroup(s):
		return false
	}
	return other.state == SlotStarting || other.state == SlotRunning || other.state == SlotStopping
}

// stopGroup begins a group restart because of s.
func (m *Machine) stopGroup(s *Slot, delay time.Duration) {
	m.group = group{}
	m.widenGroup(s, delay)
}

// widenGroup makes s, which comes before the range or begins one, the child
// that the group restarts for. A wait that had begun is not cut short.
func (m *Machine) widenGroup(s *Slot, delay time.Duration) {
	m.become(s, SlotDelayed)
	g := &m.group
	g.stage, g.failed, g.delay = groupStopping, s, delay
	g.first, g.rank = s, s.rank
	if m.scope.Strategy == OneForAll {
		g.first, g.rank = m.first, 0
	}
	m.stopBegan = m.now
	m.walk = walk{next: m.last, backward: true}
	m.step()
}

// stepGroupStop stops the next child of the range, going backward.
func (m *Machine) stepGroupStop() {
	for s := m.walk.next; s != nil && m.inGroup(s); s = m.walk.next {
		m.walk.next = s.prev
		if s.Apart {
			continue
		}
		switch s.state {
		case SlotStarting, SlotRunning:
			m.walk.on = s
			m.stop(s, aimReturn)
			return
		case SlotStopping: // for an operator; the group waits for it all the same
			m.walk.on = s
			return
		case SlotExited:
			m.absorb(s, s.held)
		}
	}
	m.stopped += m.now - m.stopBegan
	m.waitGroup()
}

// absorb takes the exit of a child that the group was going to stop. The child
// comes back with the group, unless its exit was final.
func (m *Machine) absorb(s *Slot, final bool) {
	switch {
	case m.temporary(s):
		m.forget(s)
	case final:
		s.held = true
		m.rest(s)
	default:
		m.become(s, SlotDelayed)
	}
}

// waitGroup lets the delay pass.
func (m *Machine) waitGroup() {
	g := &m.group
	g.until = max(g.until, later(m.now, g.delay))
	if g.until <= m.now {
		m.startGroup()
		return
	}
	g.stage = groupWaiting
	m.out = append(m.out, Action{Do: DoWait, Slot: g.failed, After: g.until - m.now})
}

// startGroup begins to start the range.
func (m *Machine) startGroup() {
	m.group.stage = groupStarting
	m.walk = walk{next: m.group.first}
	m.step()
}

// breakGroup puts the start of the range off for the failed start of s.
func (m *Machine) breakGroup(s *Slot, x exit) {
	m.group.stage, m.walk.on = groupBroken, nil
	m.enqueue(s, x)
}

// resumeGroup goes on with the start of a range that was put off, unless another group
// has taken its place.
func (m *Machine) resumeGroup() {
	if m.group.stage == groupBroken {
		m.group.stage = groupStarting
		m.step()
	}
}

// stepGroupStart starts the next child of the range.
func (m *Machine) stepGroupStart() {
	for s := m.walk.next; s != nil; s = m.walk.next {
		m.walk.next = s.next
		if s.state == SlotDelayed || s.state == SlotStopped && !s.held {
			m.walk.on = s
			m.start(s)
			return
		}
	}
	m.group = group{}
}
