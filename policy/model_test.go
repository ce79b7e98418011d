package policy_test

import (
	"fmt"
	"strconv"

	"github.com/understudy-go/understudy/policy"
)

// model is what a supervisor must do, written from the rules and not from the
// machine: plain slices, no states, nothing waits. It plays one case to its end
// and says what happened, line by line.
type model struct {
	story
	up   []bool // runs
	gone []bool // has been forgotten
	kept []bool // no group brings it back
	said []string

	moments int  // starts and stops so far
	came    bool // the second event has happened
	over    bool // the supervisor ended by itself
	late    bool // the second exit waits until the group is done
}

// life is how a child ends.
type life struct {
	exit     policy.Exit
	decision policy.Decision
}

// story is one case: all children are up, one of them ends, and at a certain
// start or stop of what follows something else happens.
type story struct {
	strategy policy.Strategy
	order    policy.Order
	kinds    []policy.Restart
	fixed    int // how many of them were given at boot

	first int
	how   life

	moment int // after how many starts and stops the second event comes; 0: never
	second int // who ends then; -1: the start fails
	later  life
}

func (s story) String() string {
	return fmt.Sprintf("%v %v kinds=%v fixed=%d; %d %v, at %d %d %v",
		s.strategy, s.order, s.kinds, s.fixed, s.first, s.how, s.moment, s.second, s.later)
}

// expected plays the story.
func expected(s story) []string {
	n := len(s.kinds)
	m := &model{story: s, up: make([]bool, n), gone: make([]bool, n), kept: make([]bool, n)}
	for i := range m.up {
		m.up[i] = true
	}
	m.ended(s.first, s.how)
	if m.late && !m.over && m.dead(s.second) {
		m.ended(s.second, s.later)
	}
	if !m.over {
		m.stopAll(-1)
	}
	return m.said
}

func (m *model) say(what string, i int) { m.said = append(m.said, what+" "+strconv.Itoa(i)) }

// dead reports whether child i ended and nothing has been done about it.
func (m *model) dead(i int) bool { return !m.up[i] && !m.gone[i] }

// comesBack is the restart table of the package documentation, row by row.
func comesBack(kind policy.Restart, how life) bool {
	if how.decision != policy.ByRestart {
		return false
	}
	return table[kind][how.exit]
}

var table = [][]bool{
	policy.Permanent: {policy.Returned: true, policy.Canceled: false, policy.Failed: true, policy.Panicked: true},
	policy.Transient: {policy.Returned: false, policy.Canceled: false, policy.Failed: true, policy.Panicked: true},
	policy.Temporary: {policy.Returned: false, policy.Canceled: false, policy.Failed: false, policy.Panicked: false},
}

// ended answers the end of child i while nothing else goes on.
func (m *model) ended(i int, how life) {
	m.up[i] = false
	switch {
	case how.decision == policy.Escalate && how.exit != policy.Canceled:
		m.escalate(i, -1)
	case !comesBack(m.kinds[i], how):
		m.leave(i)
		m.kept[i] = keeps(how)
	case m.strategy == policy.OneForOne:
		m.startAlone(i)
	case m.strategy == policy.RestForOne:
		m.restartGroup(i)
	default:
		m.restartGroup(0)
	}
}

// keeps reports whether who ended like that is not brought back by a group.
func keeps(how life) bool {
	return how.exit == policy.Canceled || how.decision == policy.NoRestart
}

// leave forgets child i if it is temporary.
func (m *model) leave(i int) {
	if m.kinds[i] == policy.Temporary && !m.gone[i] {
		m.gone[i] = true
		m.say("forget", i)
	}
}

// escalate ends the supervisor because of i, while stopping is being stopped.
func (m *model) escalate(i, stopping int) {
	m.leave(i)
	m.say("escalate", i)
	m.stopAll(stopping)
}

// startAlone starts i under one for one.
func (m *model) startAlone(i int) {
	m.say("start", i)
	if !m.now() {
		m.up[i] = true
		return
	}
	if m.second < 0 {
		m.startAlone(i)
		return
	}
	m.up[i] = true // whoever stops it need not wait until it is
	if m.second != i && m.up[m.second] {
		m.ended(m.second, m.later)
	}
}

// now counts a start or stop and reports whether the second event comes.
func (m *model) now() bool {
	m.moments++
	if m.came || m.moments != m.moment {
		return false
	}
	m.came = true
	return true
}

// restartGroup stops the children from lo on, last first, and starts them.
func (m *model) restartGroup(lo int) {
	for i := len(m.kinds) - 1; i >= lo && !m.over; i-- {
		if m.up[i] {
			m.stopOne(i, lo)
		}
	}
	for i := lo; i < len(m.kinds) && !m.over; i++ {
		if m.gone[i] || m.kept[i] {
			continue
		}
		m.say("start", i)
		if !m.now() {
			m.up[i] = true
			continue
		}
		if m.second < 0 { // all over again, or from here
			m.restartGroup(map[policy.Strategy]int{policy.RestForOne: i}[m.strategy])
			return
		}
		m.secondWhileStarting(i)
	}
}

// secondWhileStarting plays the second exit while i of a group is starting.
func (m *model) secondWhileStarting(i int) {
	k := m.second
	alive := k != i && m.up[k]
	m.up[i] = true
	if !alive {
		return
	}
	m.up[k] = false
	if fatal(m.later) {
		m.escalate(k, -1)
		return
	}
	m.late = true
}

func fatal(how life) bool {
	return how.decision == policy.Escalate && how.exit != policy.Canceled
}

// stopOne stops i for the group from lo on.
func (m *model) stopOne(i, lo int) {
	m.say("stop", i)
	how := life{exit: policy.Canceled}
	k := m.second
	if m.now() && k >= 0 && m.up[k] {
		switch {
		case fatal(m.later):
			m.up[k] = false
			if k == i {
				i = -1
			}
			m.escalate(k, i)
			return
		case k == i:
			how = m.later
		case k < lo:
			m.up[k], m.late = false, true
		default: // it was to be stopped anyway
			m.up[k] = false
			m.leave(k)
			m.kept[k] = keeps(m.later)
		}
	}
	m.up[i] = false
	m.leave(i)
	m.kept[i] = how.decision == policy.NoRestart
}

// stopAll ends the supervisor, while stopping is being stopped already.
func (m *model) stopAll(stopping int) {
	m.over = true
	n := len(m.kinds)
	together := map[policy.Order]int{policy.OrderByKind: m.fixed, policy.OrderReverse: n}[m.order]
	for i := n - 1; i >= together; i-- {
		if m.up[i] && i != stopping {
			m.say("stop", i)
		}
		if !m.up[i] {
			m.leave(i)
		}
	}
	m.endTogether(together, stopping)
	for i := together - 1; i >= 0; i-- {
		if m.up[i] && i != stopping {
			m.say("stop", i)
		}
		m.leave(i)
	}
	m.said = append(m.said, "end")
}

// endTogether ends the children from lo on: first the one that has been being
// stopped, then the others in the order in which they were asked.
func (m *model) endTogether(lo, stopping int) {
	if stopping >= lo {
		m.leave(stopping)
	}
	for i := len(m.kinds) - 1; i >= lo; i-- {
		m.leave(i)
	}
}
