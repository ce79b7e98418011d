package actor

import (
	"fmt"
	"slices"
)

// model is an actor as its documentation has it, with nobody to race against.
type model struct {
	// What it was made with.
	capacity, room int    // of the mailbox and the stash
	overflow       string // block, newest, oldest
	drains, stops  bool   // Spec.Drain; the Receiver is a Stopper

	// Where it is.
	phase                    string // halted, new, up, ending, emptying
	held                     string // what waits at the gate: new, message, words, letter; empty for nothing
	stopping, closed, opened bool
	starts                   bool   // a start came while it was emptied
	makes                    string // what New does: ok, fail, panic, exit, ignore
	waits                    bool   // after it has waited at the gate
	suspended, canceled      bool
	abandoned                bool
	draining                 bool
	quota                    int // draining: so many of the mailbox are handled yet

	hand         *order
	queue        []*order // the mailbox
	stash, front []*order
	leaving      []*order // taken out when it was emptied, before what is queued
	kept         []*order // asks that were taken and not answered
	handled      int
	lane         []*look // not yet seen
	urgent       []*look
	ticks        []*look

	err, why, last error // of the end that is under way; LastError
	endsLife       bool  // it is emptied at the end of an incarnation
	linger, tarry  bool  // what is called at the end waits at the gate; so does a dead letter

	trail    []string
	outcomes map[string]string // of asks, looks and those who wait for the end
	hooks    []string
}

// stashLimit is how often an order has itself stashed before it is handled.
const stashLimit = 2

// order is a message, and how it stands.
type order struct {
	id   string
	what string // see do
	ask  bool
	left bool // its asker has taken it back, or knows already
	put  int  // how often it was stashed: often enough is stashLimit
}

// look is what goes through the lane.
type look struct {
	id    string
	what  string // look, suspend, resume; tick
	order *order // of a tick
	at    int
	left  bool
}

func (m *model) note(format string, args ...any) {
	m.trail = append(m.trail, fmt.Sprintf(format, args...))
}

// running reports whether an incarnation has not ended; alive, whether it has not even
// begun to be over.
func (m *model) running() bool { return m.alive() || m.phase == "emptying" && m.endsLife }
func (m *model) alive() bool   { return m.phase == "new" || m.phase == "up" || m.phase == "ending" }

// over reports whether it has ended for good.
func (m *model) over() bool { return m.closed && !m.opened && !m.running() }

func (m *model) waiting() int { return len(m.queue) + len(m.stash) + len(m.front) }

// settle does what an actor does when left alone.
func (m *model) settle() {
	for m.held == "" && m.step() {
	}
}

// step does the next thing, if there is any.
func (m *model) step() bool {
	switch m.phase {
	case "new":
		m.comesUp()
	case "up":
		return m.serve()
	case "ending":
		m.end()
	case "emptying":
		m.empty()
	default:
		return false
	}
	return true
}

// serve does what comes next in an actor that is up.
func (m *model) serve() bool {
	for _, l := range m.lane {
		l.at = m.handled + len(m.front) + len(m.queue)
		if l.what == "tick" {
			m.ticks = append(m.ticks, l)
		} else {
			m.urgent = append(m.urgent, l)
		}
	}
	m.lane = nil
	switch {
	case m.stopping && (m.suspended || !m.drainsOn()):
		m.beginEnd(nil, nil)
	case len(m.urgent) > 0:
		l := m.urgent[0]
		m.urgent = m.urgent[1:]
		m.look(l)
	case len(m.ticks) > 0 && !m.suspended && m.ticks[0].at <= m.handled:
		l := m.ticks[0]
		m.ticks = m.ticks[1:]
		m.receive(l.order)
	case m.suspended:
		return false
	case m.waiting() > len(m.stash):
		m.take()
	case len(m.ticks) > 0:
		m.ticks[0].at = m.handled
	default:
		m.handled = 0
		return false
	}
	return true
}

func (m *model) drainsOn() bool {
	if !m.drains || m.canceled {
		return false
	}
	if !m.draining {
		m.draining, m.quota = true, len(m.queue)
	}
	return len(m.front) > 0 || m.quota > 0 && len(m.queue) > 0
}

func (m *model) look(l *look) {
	if l.left {
		return
	}
	switch l.what {
	case "suspend":
		m.suspended = true
	case "resume":
		m.suspended = false
	}
	m.outcomes[l.id] = "<nil>"
	m.unhook(l.id)
}

func (m *model) take() {
	var o *order
	if len(m.front) > 0 {
		o, m.front = m.front[0], m.front[1:]
	} else {
		o, m.queue = m.queue[0], m.queue[1:]
		m.quota--
	}
	m.handled++
	if !o.left {
		m.receive(o)
	}
}

func (m *model) unhook(id string) bool {
	i := slices.Index(m.hooks, id)
	if i >= 0 {
		m.hooks = slices.Delete(m.hooks, i, i+1)
	}
	return i >= 0
}

// tellEnd tells those who wait for the end. Those who wait for a look hear ErrStopped.
func (m *model) tellEnd(why error) {
	for _, id := range m.hooks {
		m.outcomes[id] = fmt.Sprint(why)
		for _, l := range slices.Concat(m.lane, m.urgent) {
			if l.id == id {
				l.left = true
				m.outcomes[id] = ErrStopped.Error()
			}
		}
	}
	m.hooks = nil
}
