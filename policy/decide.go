package policy

import "time"

// Decide: a child that ended is started again when its Restart wants it back and
// neither its own budget nor the scope's is spent. Otherwise it rests; and if it
// is significant, that may end the supervisor. A start that fails is one more
// restart, unless somebody asked for it: then the failure is their answer.

// Add starts a child at the end of the order: at once, or, while a group stops
// or waits, with the group. A child that fails before it is up is forgotten.
//
// While the supervisor is ending, and after, a child is still started, for those
// who need one to finish their work, and asked to stop in the same answer; a
// background child not before StopBackground. Who wants none then does not call
// Add.
func (m *Machine) Add(s *Slot) []Action {
	m.begin()
	if m.append(s) {
		s.fresh, s.asked = true, true
		switch {
		case m.Ending() && m.spared(s):
			m.start(s)
		case m.Ending():
			m.start(s)
			m.stop(s, aimReturn)
		default:
			m.startInTurn(s)
		}
	}
	return m.answer()
}

// Started tells that s is up.
func (m *Machine) Started(s *Slot, now time.Duration) []Action {
	m.beginAt(now)
	switch s.state {
	case SlotStarting:
		m.up(s)
	case SlotStopping:
		m.wasUp(s)
	}
	return m.answer()
}

// StartFailed tells that s ended before it was up, and what its error decided.
// delay is the wait should the start be tried again.
func (m *Machine) StartFailed(s *Slot, d Decision, delay, now time.Duration) []Action {
	m.beginAt(now)
	switch s.state {
	case SlotStarting:
		m.startFailed(s, d, delay)
	case SlotStopping:
		m.settle(s, exit{kind: Canceled, decision: d})
	}
	return m.answer()
}

// Ignored tells that s said, before it was up, that it need not run. Its place
// stays, to be started by an operator or a group, unless it is Temporary. It
// has not ended, and so does not end the supervisor.
func (m *Machine) Ignored(s *Slot, now time.Duration) []Action {
	m.beginAt(now)
	switch s.state {
	case SlotStarting:
		s.fresh = false
		m.rest(s)
		m.passed(s)
	case SlotStopping:
		s.fresh = false
		m.settle(s, exit{kind: Returned})
	}
	return m.answer()
}

// Exited tells that s ended after it was up, asked to or not; for a child that
// is starting it means Started first. delay is the wait should it be started
// again. A child that was abandoned and ends after all may be told too.
func (m *Machine) Exited(s *Slot, e Exit, d Decision, delay, now time.Duration) []Action {
	m.beginAt(now)
	x := exit{kind: e, decision: d, delay: delay, at: m.clock()}
	if s.state == SlotStarting && !m.escalates(s, x) {
		m.up(s) // which may start the next child, and is pointless before the end
	}
	switch s.state {
	case SlotStarting, SlotRunning, SlotStopping:
		m.exited(s, x)
	case SlotAbandoned:
		m.endedAfterAll(s)
	}
	return m.answer()
}

// Awaits reports whether Elapsed is yet to be told for s. When not, a timer that was
// asked for may be forgotten.
func (m *Machine) Awaits(s *Slot) bool {
	if m.group.stage == groupWaiting && s == m.group.failed {
		return true
	}
	return m.phase == phaseOpen && m.waits[s] > 0
}

// DueAt returns when s is going to be started, on the clock of its owner, if it waits
// for a time: its own or that of its group. Otherwise it returns 0.
func (m *Machine) DueAt(s *Slot) time.Duration {
	switch {
	case s.state != SlotDelayed:
		return 0
	case m.waits[s] > 0:
		return m.waits[s]
	case m.group.stage == groupWaiting && m.inGroup(s):
		return m.group.until
	}
	return 0
}

// Elapsed tells that the wait asked for by DoWait for s is over. One that has
// lost its meaning is ignored. A child may have a wait of its own beside a group
// after the Strategy was changed; if it is one of the group it comes with that.
func (m *Machine) Elapsed(s *Slot, now time.Duration) []Action {
	m.beginAt(now)
	switch {
	case m.phase != phaseOpen:
	case m.coming() && m.inGroup(s):
		if m.group.stage == groupWaiting && s == m.group.failed && now >= m.group.until {
			m.startGroup()
		}
	case m.group.stage == groupStarting && m.walk.next != nil && s.rank >= m.walk.next.rank: // its turn comes
	case m.waits[s] > 0 && now >= m.waits[s]:
		m.start(s)
	}
	return m.answer()
}

// Abandoned tells that s, having been asked to stop, outlived its kill wait.
// Nobody waits for it any longer. Under [StuckReplace] it counts as ended, and
// its late exit must not be told; else it is not started before it has ended, and
// under [StuckEscalate] the supervisor ends if it was a group that asked.
func (m *Machine) Abandoned(s *Slot, now time.Duration) []Action {
	m.beginAt(now)
	switch {
	case m.Ending() && (s.state == SlotStarting || s.state == SlotRunning):
		m.become(s, SlotAbandoned) // the supervisor's own time was over before its turn came
		m.passed(s)
	case s.state != SlotStopping:
	case s.Stuck == StuckReplace:
		m.settle(s, exit{kind: Canceled})
	case s.Stuck == StuckEscalate && s.aim == aimReturn && !m.Ending():
		m.become(s, SlotAbandoned)
		m.say(DoEscalate, s)
		m.end()
	case s.aim == aimForget:
		m.forget(s)
		m.passed(s)
	default:
		m.become(s, SlotAbandoned)
		m.passed(s)
	}
	return m.answer()
}

// Block tells that s, which has ended or is about to be told so, has left something
// behind that still runs: a scope that could wait no longer for a child of its own. s
// counts as abandoned when its next start is due, until Unblock.
func (m *Machine) Block(s *Slot) { s.block = true }

// Unblock tells that all that s left behind has ended.
func (m *Machine) Unblock(s *Slot, now time.Duration) []Action {
	m.beginAt(now)
	if s.block {
		s.block = false
		if s.state == SlotAbandoned {
			m.endedAfterAll(s)
		}
	}
	return m.answer()
}

// up makes s a running child.
func (m *Machine) up(s *Slot) {
	s.fresh, s.asked, s.held = false, false, false
	m.become(s, SlotRunning)
	m.passed(s)
}

// wasUp takes note that s came up although it is being stopped: from then on it is
// one like any other, unless an operator stops it.
func (m *Machine) wasUp(s *Slot) {
	s.fresh, s.asked = false, false
	if s.aim != aimRest {
		s.held = false
	}
}

// startFailed answers a start of s that nobody stopped.
func (m *Machine) startFailed(s *Slot, d Decision, delay time.Duration) {
	switch {
	case m.Ending():
		m.rest(s) // nobody waits for it either
	case m.phase == phaseBooting && m.walk.on == s:
		m.failBoot(s)
	case d == Escalate:
		m.escalate(s)
	case s.asked:
		m.rest(s)
		m.passed(s)
	case d == NoRestart:
		s.held = true
		m.restForGood(s)
		m.passed(s)
	default:
		m.tryAgain(s, exit{kind: Failed, delay: delay, at: m.clock()})
	}
}

// tryAgain answers a start of s that is to be tried again, in its turn.
func (m *Machine) tryAgain(s *Slot, x exit) {
	switch {
	case m.group.stage == groupStarting && m.walk.on == s:
		m.breakGroup(s, x)
	case m.busy():
		m.enqueue(s, x)
	default:
		m.restart(s, x)
	}
}

// exited answers the end of s, which ran or was being stopped.
func (m *Machine) exited(s *Slot, x exit) {
	m.cancelTogether(s, x)
	switch {
	case m.escalates(s, x):
		m.escalate(s)
	case s.state == SlotStopping:
		m.settle(s, x)
	case m.Ending():
		m.rest(s) // nobody waits for it: it would have been asked to stop
	case m.group.stage == groupStopping && m.inGroup(s):
		m.absorb(s, x.final())
	case m.busy() || len(m.queue) > 0:
		m.enqueue(s, x)
	default:
		m.decide(s, x)
	}
}

// escalates reports whether the end of s ends the supervisor. A child that was
// only canceled has no failure to escalate, whatever it wrapped around the news;
// and where failures cancel everybody, a Fatal is a failure like any other.
func (m *Machine) escalates(s *Slot, x exit) bool {
	return x.decision == Escalate && x.kind != Canceled && m.onFailure(s) != CancelTogether && !m.Ending()
}

// cancelTogether cancels everybody for the first failure, where that is the
// policy: also for that of a child which was asked to stop.
func (m *Machine) cancelTogether(s *Slot, x exit) {
	failed := x.kind == Failed || x.kind == Panicked
	if failed && m.onFailure(s) == CancelTogether && !m.canceledAll {
		m.canceledAll = true
		m.say(DoCancelAll, s)
	}
}

// decide answers an exit that nothing asked for and nothing keeps waiting.
func (m *Machine) decide(s *Slot, x exit) {
	switch {
	case !m.temporary(s) && s.Restart.Wants(x.kind, x.decision):
		m.restart(s, x)
	case x.kind == Canceled: // somebody asked for it, so it is not by itself
		s.held = true
		m.rest(s)
	default:
		s.held = x.decision == NoRestart
		m.restForGood(s)
	}
}

// restart brings s back, and with it whom the strategy says, within the budget.
// A restart that is added to a group which waits anyway costs nothing.
func (m *Machine) restart(s *Slot, x exit) {
	if m.group.stage == groupWaiting {
		m.widenGroup(s, x.delay)
		return
	}
	answer, spent := m.spend(s, x.at)
	switch {
	case !spent:
		m.bringBack(s, x.delay)
	case answer == ExhaustedStopChild:
		m.say(DoExhausted, s)
		s.held = true
		m.restForGood(s)
	case answer == ExhaustedCoolDown:
		m.say(DoExhausted, s)
		m.bringBack(s, m.coolDown(s, x.at))
	default:
		m.rest(s)
		m.say(DoGiveUp, s)
		m.end()
	}
}

// bringBack starts s again after delay, with whom the strategy takes along.
func (m *Machine) bringBack(s *Slot, delay time.Duration) {
	if m.scope.Strategy != OneForOne {
		m.stopGroup(s, delay)
		return
	}
	if delay <= 0 {
		m.start(s)
		return
	}
	m.become(s, SlotDelayed)
	note(&m.waits, s, later(m.now, delay))
	m.out = append(m.out, Action{Do: DoWait, Slot: s, After: delay})
}

// startInTurn starts s, at once unless it belongs to a group that stops or
// waits: then with the group.
func (m *Machine) startInTurn(s *Slot) {
	if m.coming() && m.inGroup(s) && !s.Apart {
		m.become(s, SlotDelayed)
		if m.group.first == nil {
			m.group.first = s
		}
		return
	}
	m.start(s)
}

// restForGood leaves s, which ended by itself and does not come back, and ends
// the supervisor if that is what significant children are for.
func (m *Machine) restForGood(s *Slot) {
	m.rest(s)
	auto := m.scope.Auto
	any, last := auto == AutoAnySignificant, auto == AutoAllSignificant && m.significant == 0
	if s.Significant && (any || last) {
		m.say(DoAutoShutdown, s)
		m.end()
	}
}

// escalate ends the supervisor because s said so.
func (m *Machine) escalate(s *Slot) {
	m.rest(s)
	m.say(DoEscalate, s)
	m.end()
}

// settle does with s, which was being stopped and has ended, what it was
// stopped for.
func (m *Machine) settle(s *Slot, x exit) {
	switch {
	case s.aim == aimForget:
		m.forget(s)
	case m.Ending() || s.aim == aimRest:
		m.rest(s)
	case s.aim == aimAgain:
		s.asked = true
		m.startInTurn(s)
	default:
		// The group asked it to end: to be canceled is nobody's wish to keep it stopped.
		// A start that an operator asked for and that failed has changed nothing.
		s.asked = false
		m.absorb(s, s.fresh || s.held || x.decision == NoRestart)
	}
	m.passed(s)
}

// endedAfterAll takes note that an abandoned child has ended. Its place is as
// good as any stopped child's again; and if it was on its way to a restart, its
// group's or an operator's, it is started now. That was paid for then.
func (m *Machine) endedAfterAll(s *Slot) {
	switch {
	case m.phase == phaseEnded:
		m.become(s, SlotStopped)
	case m.phase == phaseOpen && !s.held && !m.temporary(s) && (s.aim == aimReturn || s.aim == aimAgain):
		s.asked = s.aim == aimAgain
		m.startInTurn(s)
	default:
		m.rest(s)
	}
}
