package policy

import "iter"

// The children of a machine form a doubly linked list through their slots, in
// the order in which they were given and added. A child keeps its place through
// every restart; one that is forgotten and added again comes last.
//
// Invariants:
//   - rank strictly grows along the list, so "comes after" is one comparison;
//   - the fixed slots come first;
//   - the counts of Machine agree with the states, because become keeps them;
//   - so do exits, which has exactly the slots in SlotExited, and waits, which has none
//     but such as are in SlotDelayed.

// append puts s at the end of the order, to be started. It reports false for a
// slot that has been handed to a machine before.
func (m *Machine) append(s *Slot) bool {
	if s.state != SlotNew {
		return false
	}
	if s.Terms == nil {
		s.Terms = new(Terms)
	}
	m.ranks++
	s.rank = m.ranks
	s.prev = m.last
	if m.last != nil {
		m.last.next = s
	} else {
		m.first = s
	}
	m.last = s
	m.become(s, SlotDelayed)
	return true
}

// unlink takes s out of the order. Whatever was about to look at s next looks
// at its neighbour instead.
func (m *Machine) unlink(s *Slot) {
	if m.walk.next == s {
		m.walk.next = s.next
		if m.walk.backward {
			m.walk.next = s.prev
		}
	}
	if m.group.first == s {
		m.group.first = s.next
	}
	if s.prev != nil {
		s.prev.next = s.next
	} else {
		m.first = s.next
	}
	if s.next != nil {
		s.next.prev = s.prev
	} else {
		m.last = s.prev
	}
	s.prev, s.next = nil, nil
	delete(m.spent, s)
}

// Slots returns the children in their order. The machine must not be told
// anything while they are ranged over.
func (m *Machine) Slots() iter.Seq[*Slot] {
	return func(yield func(*Slot) bool) {
		for s := m.first; s != nil; s = s.next {
			if !yield(s) {
				return
			}
		}
	}
}

// become moves s to a state and keeps the counts. Nothing else sets a state.
func (m *Machine) become(s *Slot, to SlotState) {
	m.count(s, -1)
	switch s.state {
	case SlotExited:
		delete(m.exits, s)
	case SlotDelayed:
		delete(m.waits, s)
	}
	s.state = to
	m.count(s, 1)
}

// note puts something down about a slot in a map that is made for the first.
func note[T any](of *map[*Slot]T, s *Slot, what T) {
	if *of == nil {
		*of = make(map[*Slot]T)
	}
	(*of)[s] = what
}

// count adds by to the counts that s, in its state, is part of.
func (m *Machine) count(s *Slot, by int) {
	switch s.state {
	case SlotStarting, SlotRunning, SlotStopping:
		switch {
		case s.Background:
			m.background += by
		case m.fixed(s):
			m.liveFixed += by
		default:
			m.liveAdded += by
		}
	case SlotDelayed, SlotExited:
		if s.Background {
			m.background += by
		} else {
			m.due += by
		}
	default:
		return
	}
	// An operator who stops a child has given it up: it counts as gone already.
	given := s.state == SlotStopping && (s.aim == aimRest || s.aim == aimForget)
	if s.Significant && !given {
		m.significant += by
	}
}

// reaim changes what becomes of s, which is being stopped.
func (m *Machine) reaim(s *Slot, a aim) {
	m.count(s, -1)
	s.aim = a
	m.count(s, 1)
}
