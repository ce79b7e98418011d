package policy

import (
	"math"
	"time"
)

// Machine decides for one supervisor. It is told what happened and answers what
// to do; equal inputs give equal answers. It starts nothing, waits for nothing
// and reads no clock: now is the time on its owner's monotonic clock, and never
// decreases. One goroutine at a time may use it.
//
// The answer of an input is valid until the next one. Its actions are to be
// begun in order; what comes of them is told by later inputs. An input that
// makes no sense for the state of its slot is ignored: it has no actions and
// changes nothing. Every input takes a time that does not depend on the number
// of children, except where its answer, or a group, names them all, and for
// StopBackground, which looks for those that it names.
//
// It reads as four rules, one file each: boot.go, decide.go (one child's exit),
// group.go (what a restart takes along) and shutdown.go. budget.go says when a
// restart is one too many; operator.go and reconfigure.go are for people. At most
// one walk along the order is under way at a time.
type Machine struct {
	scope  Scope
	window Window

	first, last *Slot  // the order
	ranks       uint64 // the last rank given
	lastFixed   uint64 // that of the last fixed slot

	liveFixed   int // fixed slots starting, running or stopping
	liveAdded   int // other slots starting, running or stopping
	due         int // slots that are delayed, or whose exit is queued
	background  int // background slots in any of these states, which the counts above leave out
	significant int // significant slots among all of those

	phase       phase
	walk        walk
	group       group
	queue       []queued // exits that wait, in order of exit; not all still hold
	tickets     uint64   // the last ticket given
	bootFailed  *Slot    // the fixed child that could not start
	canceledAll bool     // DoCancelAll has been said
	alsoStopped bool     // StopBackground: background slots are stopped too

	// What few slots have at any time.
	exits map[*Slot]uint64        // in SlotExited: the ticket of its entry in the queue, older ones being stale
	waits map[*Slot]time.Duration // in SlotDelayed: when its own wait is over, if it has one
	spent map[*Slot]*Window       // of its own budget, since the first restart

	now       time.Duration // the latest time told
	stopBegan time.Duration // while a group stops: since when
	stopped   time.Duration // how long groups took to stop, all in all

	out []Action
}

// phase is where a supervisor stands in its life.
type phase uint8

const (
	phaseOpen    phase = iota // children come and go
	phaseBooting              // the fixed children are being started
	phaseEnding               // everything is being stopped
	phaseEnded                // everything has ended; only who is added late is answered
)

// walk goes along the order, one child at a time.
type walk struct {
	on       *Slot // the child whose start or end it waits for; nil: none
	next     *Slot // the child to look at after that; nil: the walk is over
	backward bool  // toward the first child
}

// maxKept bounds the answer kept for the next input, so that the shutdown of a
// million children does not hold memory ever after.
const maxKept = 64

// NewMachine returns the machine of a scope, which must be valid and have its
// defaults. It accepts children at once; Boot is for those that start with it.
func NewMachine(s Scope) *Machine {
	return &Machine{scope: s, window: NewWindow(s.Intensity)}
}

// Empty reports whether no child runs and none is going to. Children that are
// stopped or abandoned do not count, nor, before StopBackground, background ones.
func (m *Machine) Empty() bool {
	return m.liveFixed+m.liveAdded+m.due == 0 && !(m.alsoStopped && m.Background())
}

// Due reports whether a child is going to be started, background ones aside.
func (m *Machine) Due() bool { return m.due > 0 }

// Background reports whether a background child runs or is going to.
func (m *Machine) Background() bool { return m.background > 0 }

// Ending reports whether the supervisor is ending or has ended.
func (m *Machine) Ending() bool { return m.phase >= phaseEnding }

// begin prepares the answer to an input.
func (m *Machine) begin() {
	if cap(m.out) > maxKept {
		m.out = nil
	}
	m.out = m.out[:0]
}

// beginAt prepares the answer to an input that tells the time.
func (m *Machine) beginAt(now time.Duration) {
	m.begin()
	m.now = max(m.now, now)
}

// answer handles the exits that need wait no longer and returns the actions.
func (m *Machine) answer() []Action {
	m.drain()
	return m.out
}

// say adds an action to the answer.
func (m *Machine) say(do Do, s *Slot) { m.out = append(m.out, Action{Do: do, Slot: s}) }

// clock is the time that counts for the intensity: that of the owner without
// the time that groups took to stop. Otherwise children that are slow to stop
// would spread the restarts so far that no limit is ever reached.
func (m *Machine) clock() time.Duration {
	if m.group.stage == groupStopping {
		return m.stopBegan - m.stopped
	}
	return m.now - m.stopped
}

// step goes on with the walk that is under way.
func (m *Machine) step() {
	switch {
	case m.phase == phaseEnding:
		m.stepEnding()
	case m.phase == phaseEnded, m.walk.on != nil:
	case m.phase == phaseBooting:
		m.stepBoot()
	case m.group.stage == groupStopping:
		m.stepGroupStop()
	case m.group.stage == groupStarting:
		m.stepGroupStart()
	}
}

// passed goes on with the walk if it waited for s.
func (m *Machine) passed(s *Slot) {
	if m.walk.on == s {
		m.walk.on = nil
	}
	m.step()
}

// start begins an incarnation of s, unless s is blocked: then that begins with
// Unblock, and whoever would wait for it goes on.
func (m *Machine) start(s *Slot) {
	if s.block {
		s.aim = aimReturn
		if s.asked {
			s.aim = aimAgain
		}
		m.become(s, SlotAbandoned)
		m.passed(s)
		return
	}
	m.refill(s)
	m.become(s, SlotStarting)
	m.say(DoStart, s)
}

// stop asks s to stop.
func (m *Machine) stop(s *Slot, a aim) {
	s.aim = a
	m.become(s, SlotStopping)
	m.say(DoStop, s)
}

// rest leaves s without an incarnation: its place stays, unless it is Temporary
// or was never up.
func (m *Machine) rest(s *Slot) {
	if s.fresh || m.temporary(s) {
		m.forget(s)
		return
	}
	s.asked, s.cools = false, coolsNone
	m.become(s, SlotStopped)
}

// forget takes the place of s away.
func (m *Machine) forget(s *Slot) {
	m.unlink(s)
	m.become(s, SlotForgotten)
	m.say(DoForget, s)
}

// fixed reports whether s was given to Boot.
func (m *Machine) fixed(s *Slot) bool { return s.rank <= m.lastFixed }

// temporary reports whether s is never started again.
func (m *Machine) temporary(s *Slot) bool {
	return s.Restart == Temporary || m.onFailure(s) != Supervise
}

// onFailure is what the failure of s means.
func (m *Machine) onFailure(s *Slot) OnFailure {
	if s.OnFailure != nil {
		return *s.OnFailure
	}
	return m.scope.OnFailure
}

// later returns the time d after now, which may be never.
func later(now, d time.Duration) time.Duration {
	if d > math.MaxInt64-now {
		return Forever
	}
	return now + d
}
