package tree_test

import (
	"slices"
	"time"

	"github.com/understudy-go/understudy/policy"
)

// end ends a performance: err is what its function returned, or what it threw,
// which unwinds a body.
func (r *simRun) end(err *simErr, threw bool) {
	r.over = true
	r.life.waiting = slices.DeleteFunc(r.life.waiting, func(w *simRun) bool { return w == r })
	switch {
	case r.body:
		r.scope.bodyLeft(err, threw)
	case r.child != nil:
		r.child.ended(r, err)
	default:
		r.scope.taskEnded(r, err)
	}
}

// count counts an exit, and notes whether the end of the scope has cost it.
func (s *simScope) count(exit policy.Exit) {
	s.exits[exit]++
	s.lost = s.lost || exit == policy.Canceled && s.phase == simCanceling
}

func (s *simScope) taskEnded(r *simRun, err *simErr) {
	exit := r.life.exitOf(err)
	s.count(exit)
	s.tasks = slices.DeleteFunc(s.tasks, func(t *simRun) bool { return t == r })
	switch {
	case !failed(exit):
	case r.late:
		s.m.note("a task of %s is late %v %s", s.role.Name, exit, err.said())
		s.unblock()
		return
	default:
		s.m.note("a task of %s is %v %s", s.role.Name, exit, err.said())
		s.failedTask(err)
	}
	s.leavePlace(r.role)
	s.unblock()
	s.mayEnd()
}

func (s *simScope) failedTask(err *simErr) {
	failure := &simErr{of: []*simErr{err}, child: true}
	switch {
	case s.p.OnFailure == policy.CancelTogether:
		s.keep(failure)
		s.cancel(cancelation{err: errIsCanceled, cause: failure})
	case err.decision() == policy.Escalate:
		s.escalate(s.role.Name, failure)
	}
}

// escalate ends the scope with the error of one that was Fatal.
func (s *simScope) escalate(who string, err *simErr) {
	if s.phase != simOpen {
		return
	}
	s.fatal = &simErr{word: "escalated", of: []*simErr{err}, child: true}
	s.m.note("%s: escalated %s", who, s.fatal.said())
	s.hurry()
	if s.p.OnFailure == policy.Supervise {
		s.leaving = true // who failed counts as there
		s.drain(s.fatal)
		s.endFailed()
		s.leaving = false
		s.mayEnd()
	} else {
		s.cancel(cancelation{err: errIsCanceled, cause: s.fatal})
	}
}

// hurry leaves open, of a scope that ends for a failure and without a grace,
// whether the scopes below hear of it before they are canceled.
func (s *simScope) hurry() {
	s.m.tied = s.m.tied || s.p.Stop.Grace == policy.NoGrace && len(s.inner) > 0
}

// ended is the end of an incarnation.
func (ch *simChild) ended(r *simRun, err *simErr) {
	s, exit := ch.scope, r.life.exitOf(err)
	s.count(exit)
	late, told := "", (*simErr)(nil)
	if r.late {
		late = "late "
	}
	if failed(exit) {
		told = err
	}
	ch.m.note("%s #%d is %s%v %s", ch.role.Name, r.shift, late, exit, told.said())
	switch {
	case r.late:
		ch.run = nil
		ch.forget()
		s.ghosts = append(s.ghosts, ch.role.Name)
		s.leavePlace(r.role)
		s.unblock()
	case ch.shields():
		ch.run = nil
		if tell := ch.shield; tell != nil {
			tell(err)
		}
		ch.rest()
	default:
		ch.bound.stop()
		ch.nearly.stop()
		ch.run = nil
		if failed(exit) && ch.together() {
			failure := &simErr{of: []*simErr{err}, child: true}
			s.keep(failure)
			s.cancel(cancelation{err: errIsCanceled, cause: failure})
		}
		ch.answer(r, exit, err)
	}
}

// answer decides whether the child is started again.
func (ch *simChild) answer(r *simRun, exit policy.Exit, err *simErr) {
	s, decision := ch.scope, err.decision()
	again := exit != policy.Canceled && (failed(exit) && ch.role.Restart != "temporary" || ch.role.Restart == "")
	switch {
	case failed(exit) && decision == policy.Escalate && !ch.together():
		s.escalate(ch.role.Name, err)
		ch.rest()
		return
	case !ch.supervised(), ch.asked, s.phase != simOpen, !again, decision == policy.NoRestart:
		ch.rest()
		return
	}
	delay := ch.delay(ch.m.now - r.born)
	if s.spend() {
		ch.startAfter(delay)
		return
	}
	gaveUp, told := &simErr{word: "gaveup", child: true}, (*simErr)(nil)
	if failed(exit) {
		gaveUp.of, told = []*simErr{err}, err
	}
	switch s.p.Exhausted {
	case policy.ExhaustedStopChild:
		ch.m.note("%s: exhausted %s", ch.role.Name, told.said())
		ch.rest()
	case policy.ExhaustedCoolDown:
		ch.m.note("%s: exhausted %s", ch.role.Name, told.said())
		ch.coolDown()
	default:
		ch.m.note("%s: gave_up %s", ch.role.Name, gaveUp.said())
		s.fatal = gaveUp
		s.hurry()
		s.drain(gaveUp)
		ch.rest()
	}
}

func (ch *simChild) startAfter(d time.Duration) {
	if d == 0 {
		ch.relaunch()
		return
	}
	ch.m.note("%s waits %v", ch.role.Name, d)
	ch.pause = ch.m.after(d, func() {
		ch.pause = nil
		ch.relaunch()
	})
}

// spend takes one restart from the scope's budget: one more than Restarts in any
// stretch of Within, both ends included, is too many.
func (s *simScope) spend() bool {
	recent := 0
	for _, at := range s.restartsAt {
		if s.m.now-at <= s.p.Intensity.Within {
			recent++
		}
	}
	if recent >= s.p.Intensity.Restarts {
		return false
	}
	s.restartsAt = append(s.restartsAt, s.m.now)
	return true
}

// coolDown waits for as long as the budget's window; then the budget, if it is
// still spent, is whole again, less this restart.
func (ch *simChild) coolDown() {
	s := ch.scope
	ch.m.note("%s waits %v", ch.role.Name, s.p.Intensity.Within)
	ch.pause = ch.m.after(s.p.Intensity.Within, func() {
		ch.pause = nil
		if !s.spend() {
			s.restartsAt = []time.Duration{s.m.now}
		}
		ch.relaunch()
	})
}
