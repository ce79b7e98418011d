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

	canceled bool  // all have been canceled
	asked    []int // are being stopped for the end; they end in this order
	hurried  bool  // the background children are stopped with the others
}

// life is how a child ends.
type life struct {
	exit     policy.Exit
	decision policy.Decision
}

// story is one case: all children are up, one of them ends, and at a certain
// start or stop of what follows something else happens.
type story struct {
	scope      policy.OnFailure
	strategy   policy.Strategy
	order      policy.Order
	kinds      []policy.Restart
	means      []policy.OnFailure // what the failure of each means
	background []bool
	apart      []bool
	fixed      int  // how many of them were given at boot
	atOnce     bool // the background children are stopped with all, and not after them

	first int
	how   life

	moment int // after how many starts and stops the second event comes; 0: never
	second int // who ends then; -1: the start fails
	later  life
}

func (s story) String() string {
	return fmt.Sprintf("%v %v %v kinds=%v means=%v background=%v apart=%v fixed=%d; %d %v, at %d %d %v; at once %v",
		s.scope, s.strategy, s.order, s.kinds, s.means, s.background, s.apart, s.fixed, s.first, s.how, s.moment, s.second, s.later, s.atOnce)
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
		m.hurried = s.atOnce
		m.stopAll(-1)
	}
	m.stopBackground()
	m.endAsked()
	return m.said
}

func (m *model) say(what string, i int) { m.said = append(m.said, what+" "+strconv.Itoa(i)) }

// dead reports whether child i ended and nothing has been done about it.
func (m *model) dead(i int) bool { return !m.up[i] && !m.gone[i] }

// temporary reports whether child i is never started again: because it says so,
// or because its failure is not answered by restarts.
func (m *model) temporary(i int) bool {
	return m.kinds[i] == policy.Temporary || m.means[i] != policy.Supervise
}

// failed says so if the end of child i cancels all: only the first does.
func (m *model) failed(i int, how life) {
	failure := how.exit == policy.Failed || how.exit == policy.Panicked
	if failure && m.means[i] == policy.CancelTogether && !m.canceled {
		m.canceled = true
		m.say("cancel all", i)
	}
}

// fatal reports whether the end of child i ends the supervisor.
func (m *model) fatal(i int, how life) bool {
	return how.decision == policy.Escalate && how.exit != policy.Canceled && m.means[i] != policy.CancelTogether
}

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
	m.failed(i, how)
	switch {
	case m.fatal(i, how):
		m.escalate(i, -1)
	case m.temporary(i) || !comesBack(m.kinds[i], how):
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
	if m.temporary(i) && !m.gone[i] {
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
		if m.up[i] && !m.apart[i] {
			m.stopOne(i, lo)
		}
	}
	for i := lo; i < len(m.kinds) && !m.over; i++ {
		if m.gone[i] || m.kept[i] || m.apart[i] {
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
	m.failed(k, m.later)
	if m.fatal(k, m.later) {
		m.escalate(k, -1)
		return
	}
	m.late = true
}

// stopOne stops i for the group from lo on.
func (m *model) stopOne(i, lo int) {
	m.say("stop", i)
	how := life{exit: policy.Canceled}
	k := m.second
	if m.now() && k >= 0 && m.up[k] {
		m.failed(k, m.later)
		switch {
		case m.fatal(k, m.later):
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
