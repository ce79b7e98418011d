package actor

import (
	"errors"
	"slices"

	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
)

// failures are the ways to end an incarnation, as its errors say them.
var failures = map[string]error{"fail": errBroken, "panic": errors.New("panic: oh no"), "exit": policy.ErrGoexit, "done": policy.Done(nil)}

// receive handles o. What it does is in the name of its kind.
func (m *model) receive(o *order) {
	m.note("got %s", o.id)
	m.hand = o
	what := o.what
	if o.put == stashLimit {
		what = "say"
	}
	switch what {
	case "hold":
		m.held = "message"
		return
	case "fail", "panic", "exit", "done":
		m.fail(what)
		return
	case "keep":
		m.kept = append(m.kept, o)
	case "refuse":
		m.dead(o, errBroken)
		m.answer(o, (&NoReplyError{Cause: errBroken}).Error())
	case "stash", "stash and fail", "stash and done":
		m.putAside(o)
		return
	case "unstash":
		m.note("unstashed %d", len(m.stash))
		m.front, m.stash = append(m.stash, m.front...), nil
		m.answer(o, "answer")
	default:
		m.answer(o, "answer")
	}
	m.hand = nil
}

func (m *model) putAside(o *order) {
	if m.room == 0 || len(m.stash)+len(m.front) >= m.room {
		m.note("no room for %s", o.id)
		m.answer(o, "answer")
		m.hand = nil
		return
	}
	switch o.what {
	case "stash and fail":
		m.fail("fail")
		return
	case "stash and done":
		m.hand = nil
		defer m.fail("done")
	}
	o.put++
	m.hand = nil
	m.stash = append(m.stash, o)
}

// fail ends the incarnation for what its handler did with the message in hand.
func (m *model) fail(how string) {
	err := failures[how]
	why := err
	if how == "done" {
		why = nil
	}
	if o := m.hand; o != nil {
		m.hand = nil
		if why != nil {
			m.dead(o, err)
		}
		m.kept = append(m.kept, o)
	}
	m.beginEnd(err, why)
}

// dead is the end of a message that nobody handles.
func (m *model) dead(o *order, why error) { m.note("dead %s: %v", o.id, why) }

// answer is what becomes of an ask.
func (m *model) answer(o *order, outcome string) {
	if o.ask && !o.left {
		o.left = true
		m.outcomes[o.id] = outcome
	}
}

// sendBack is the end of a message that was not handled.
func (m *model) sendBack(o *order, why error) {
	if o.ask {
		m.answer(o, why.Error())
		return
	}
	m.dead(o, why)
}

// beginEnd begins the end of the incarnation.
func (m *model) beginEnd(err, why error) {
	m.phase, m.err, m.why = "ending", err, why
	if m.stops {
		m.note("stopped: %v", why)
		if m.linger {
			m.held = "words"
		}
	}
}

// end is the rest of it.
func (m *model) end() {
	noReply := (&NoReplyError{Cause: m.err}).Error()
	for _, o := range m.kept {
		m.answer(o, noReply)
	}
	m.kept, m.ticks = nil, nil
	m.lane = slices.Concat(m.urgent, slices.DeleteFunc(m.lane, func(l *look) bool { return l.what == "tick" }))
	m.urgent = nil
	m.front, m.stash = append(m.stash, m.front...), nil
	m.last, m.handled = m.why, 0
	m.suspended, m.stopping, m.draining = false, false, false
	m.endsLife = true
	m.halt()
}

// halt gives the actor up, or has it emptied first.
func (m *model) halt() {
	if !m.closed {
		m.phase, m.abandoned = "halted", false
		m.ended()
		return
	}
	m.why = m.last
	if !m.opened {
		m.tellEnd(m.why)
	}
	m.phase, m.last = "emptying", nil
	m.leaving, m.front = m.front, nil
}

// ended says so of the incarnation, if it was that.
func (m *model) ended() {
	if m.endsLife {
		m.endsLife = false
		m.note("ended: %v", m.err)
	}
}

// empty takes the next message out of a closed actor.
func (m *model) empty() {
	from := &m.leaving
	if len(*from) == 0 {
		from = &m.queue
	}
	if len(*from) > 0 {
		o := (*from)[0]
		*from = (*from)[1:]
		if m.tarry && !o.ask {
			m.held, m.hand = "letter", o
			return
		}
		m.sendBack(o, ErrStopped)
		return
	}
	m.phase, m.stopping, m.abandoned = "halted", false, false
	if !m.opened {
		m.tellEnd(m.why)
	}
	switch {
	case m.starts && m.opened:
		m.starts = false
		m.begin()
	case m.starts:
		m.starts = false
		m.note("ended: %v", ErrStopped)
	}
	m.ended()
}

// begin starts an incarnation.
func (m *model) begin() {
	m.phase, m.closed, m.opened, m.canceled = "new", false, false, false
	m.note("new after %v", m.last)
	m.last = nil
	if m.waits {
		m.held = "new"
	}
}

// comesUp is the end of New.
func (m *model) comesUp() {
	switch m.makes {
	case "ok":
		m.note("up")
		m.phase = "up"
		return
	case "ignore":
		m.err, m.why = policy.ErrIgnored, nil
	default:
		m.err = failures[m.makes]
		m.why = m.err
	}
	m.end()
}

// released goes on with what waited at the gate.
func (m *model) released() {
	o := m.hand
	switch m.held {
	case "message":
		m.answer(o, "answer")
		m.hand = nil
	case "letter":
		m.dead(o, ErrStopped)
		m.hand = nil
	}
	m.held = ""
}

// send is a message that comes in, and why it does not.
func (m *model) send(o *order) error {
	switch {
	case m.closed:
		m.answer(o, ErrStopped.Error())
		return ErrStopped
	case len(m.queue) < m.capacity:
		m.queue = append(m.queue, o)
		m.forsake()
	case m.overflow == "block":
		return ErrFull
	case m.overflow == "newest":
		m.sendBack(o, mailbox.ErrDropped)
	default:
		oldest := m.queue[0]
		m.queue = append(m.queue[1:], o)
		m.sendBack(oldest, mailbox.ErrDropped)
		m.forsake()
	}
	return nil
}

// forsake fails the asks of an actor that nobody waits for any more.
func (m *model) forsake() {
	if !m.abandoned {
		return
	}
	for _, o := range slices.Concat(m.queue, m.front, m.stash, m.leaving) {
		m.answer(o, ErrStopped.Error())
	}
	gone := (&NoReplyError{Cause: errAbandoned}).Error()
	for _, o := range m.kept {
		m.answer(o, gone)
	}
	if m.hand != nil {
		m.answer(m.hand, gone)
	}
}

// close is the Close of the actor.
func (m *model) close() {
	switch {
	case m.running():
		m.stopping = true
	case m.phase == "halted" && !m.closed:
		m.closed = true
		m.halt()
	default:
		m.opened = false
		m.tellEnd(nil)
	}
	m.closed, m.opened = true, false
}

// open is its Open.
func (m *model) open() {
	switch {
	case !m.closed:
	case m.phase == "halted":
		m.closed, m.opened = false, false
	default:
		m.opened = true
	}
}
