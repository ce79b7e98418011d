package tree_test

import "slices"

// endSpared cancels the background children that the cancel left alone.
func (s *simScope) endSpared(cause *simErr) {
	if !s.sparing {
		return
	}
	s.sparing = false
	for _, ch := range slices.Clone(s.kids) {
		if !ch.foreground() {
			ch.cutOff(errIsCanceled, cause)
		}
	}
}

// callLast cancels what is shielded, here and below, when nine tenths of the kill
// wait are over.
func (s *simScope) callLast() {
	s.called = true
	for _, below := range slices.Clone(s.inner) {
		below.callLast()
	}
	for _, ch := range slices.Clone(s.kids) {
		if ch.shields() {
			ch.run.life.cancel(errIsCanceled, errLastCall)
		}
	}
	s.endSpared(errLastCall)
}

// killOver gives up on all that still runs, in scopes below first.
func (s *simScope) killOver() {
	if s.phase == simClosed {
		return
	}
	for _, below := range slices.Clone(s.inner) {
		below.timeIsOver()
	}
	for _, ch := range slices.Clone(s.kids) {
		ch.giveUp()
	}
	if n := len(s.tasks); n > 0 {
		s.m.note("%s abandons %d tasks", s.role.Name, n)
		for _, r := range s.tasks {
			s.lose(r)
		}
		s.tasks = nil
	}
	if !s.body.over {
		s.m.note("%s abandons its body", s.role.Name)
		s.lose(s.body)
	}
	s.mayEnd()
}

// timeIsOver is the end of the kill wait of a scope around. What unwinds out of
// this one then, may come before or after it is given up.
func (s *simScope) timeIsOver() {
	if s.body.over && s.unwound != nil {
		s.m.tied = true
	}
	if s.phase < simCanceling {
		s.cancel(cancelation{err: errIsCanceled, cause: &simErr{of: []*simErr{s.reason}}})
	}
	s.killOver()
}
