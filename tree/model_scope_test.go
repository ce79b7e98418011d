package tree_test

import (
	"slices"
	"time"

	"github.com/understudy-go/understudy/policy"
)

// simPhase is how far a scope is; none is ever gone back from.
type simPhase int

const (
	simOpen simPhase = iota
	simDraining
	simCanceling
	simClosed
)

// simScope is a scope in the model.
type simScope struct {
	m     *sim
	role  *role
	p     policy.Scope
	under *simLife // that it was opened under
	life  *simLife // of its body and tasks
	phase simPhase

	body   *simRun
	tasks  []*simRun   // that run and were not abandoned
	kids   []*simChild // that do not rest and were not abandoned, in order
	names  map[string]*simChild
	inner  []*simScope // opened below and not closed
	late   []*simRun   // abandoned here or below
	added  int         // children so far
	ghosts []string    // names of those that ended late

	blocked []*simChild // due, and not started beside what they left behind

	taken     int // places of its Limit
	queue     []*simStart
	impatient time.Duration // when one who waited for a place last left without

	grace, lastCall, kill, timeout  *alarm
	drainedAt, canceledAt, closedAt time.Duration
	until                           time.Duration // when the grace is over; 0: never
	called                          bool          // the last call has been made
	sparing                         bool          // background children were not canceled, for the sake of shields
	leaving                         bool          // the body's end is being answered, and it counts as there
	cut                             *cancelation
	lost                            bool // the cut has cost something
	reason                          *simErr
	bodyErr                         *simErr
	unwound                         *simErr // what the body threw
	kept                            []*simErr
	leaves                          int
	fatal                           *simErr
	waiting                         []*simCall // calls that wait for the end
	returns                         *simErr
	restartsAt                      []time.Duration

	exits             [4]int
	restarts, refused int
}

// cancelation is how a scope came to be canceled.
type cancelation struct {
	err, cause *simErr
	outside    bool // from what it was opened under
	timeout    bool // by its own deadline
}

// open opens a scope and begins its body. caller waits for it; the root has none.
func (m *sim) open(under *simLife, r *role, caller *simRun) {
	s := &simScope{m: m, role: r, p: r.policy().WithDefaults(), under: under, names: map[string]*simChild{}}
	s.life = &simLife{m: m, scope: s}
	s.body = &simRun{m: m, role: r, life: s.life, scope: s, body: true, above: caller}
	m.scopes[r.Name], m.opened = s, append(m.opened, s)
	under.scopes = append(under.scopes, s)
	if under.scope != nil {
		under.scope.inner = append(under.scope.inner, s)
	}
	if s.p.Timeout > 0 {
		s.armTimeout(s.p.Timeout)
	}
	s.body.begin()
	switch {
	case under.err != nil:
		s.cancel(cancelation{err: under.err, cause: under.cause, outside: true})
	case under.drained:
		s.drain(&simErr{of: []*simErr{under.why}})
	}
}

func (s *simScope) armTimeout(d time.Duration) {
	s.timeout = s.m.after(d, func() {
		s.cancel(cancelation{err: errIsDeadline, cause: &simErr{word: "timeout"}, timeout: true})
	})
}

// setDeadline moves the scope's own deadline; 0 takes it away.
func (s *simScope) setDeadline(d time.Duration) *simErr {
	if s.phase >= simCanceling {
		return &simErr{word: "closed"}
	}
	s.timeout.stop()
	if d > 0 {
		s.armTimeout(d)
	}
	return nil
}

// owns reports whether a life belongs to the scope or to one below it.
func (s *simScope) owns(l *simLife) bool {
	for ; l != nil && l.scope != nil; l = l.scope.under {
		if l.scope == s {
			return true
		}
	}
	return false
}

// around is the scope that this one is nested in, or nil.
func (s *simScope) around() *simScope { return s.under.scope }

// drain asks all to finish; when the grace is over they are canceled. Asked along
// with the scope around it has that one's grace, but for a shorter one of its own.
func (s *simScope) drain(why *simErr) {
	if s.phase != simOpen {
		return
	}
	s.phase, s.reason, s.drainedAt = simDraining, why, s.m.now
	s.m.note("%s: scope_draining %s", s.role.Name, why.said())
	grace, around := s.p.Stop.Grace, s.under.until
	shorter := s.role.Grace != 0 && (around == 0 || s.m.now+grace < around)
	if s.under.drained && grace != policy.NoGrace && (grace == policy.Forever || !shorter) {
		grace, s.until = policy.Forever, around
	}
	if grace > 0 && grace != policy.Forever {
		s.until = s.m.now + grace
	}
	s.turnAway("draining", false)
	s.life.drain(why, s.until)
	for _, ch := range slices.Clone(s.kids) {
		if ch.run == nil {
			ch.askStop() // it is not started again
		}
	}
	s.stopNext()
	switch {
	case grace == policy.NoGrace:
		s.graceOver()
	case grace != policy.Forever:
		s.grace = s.m.after(grace, s.graceOver)
	}
	s.mayEnd()
}

func (s *simScope) graceOver() {
	if s.phase == simDraining && s.busy() && !s.onlyBackground() {
		s.cancel(cancelation{err: errIsCanceled, cause: &simErr{of: []*simErr{s.reason}}})
	}
}

// cancel cancels all but what is shielded; then the kill wait begins.
func (s *simScope) cancel(x cancelation) {
	if s.phase >= simCanceling {
		// Two cancels at one instant are two causes.
		s.m.tied = s.m.tied || x.outside && s.canceledAt == s.m.now
		return
	}
	s.phase, s.cut, s.canceledAt = simCanceling, &x, s.m.now
	s.grace.stop()
	s.m.note("%s: scope_canceling %s", s.role.Name, x.cause.said())
	s.turnAway("closed", true)
	s.life.cancel(x.err, x.cause)
	s.sparing = !s.called && slices.ContainsFunc(s.kids, (*simChild).shields)
	for _, ch := range slices.Clone(s.kids) {
		if !s.sparing || ch.foreground() || ch.run == nil {
			ch.cutOff(x.err, x.cause)
		}
	}
	if kill := s.p.Stop.Kill; kill != policy.Forever && s.phase != simClosed {
		s.lastCall = s.m.after(kill-kill/10, s.callLast)
		s.kill = s.m.after(kill, s.killOver)
	}
	s.mayEnd()
}

// busy reports whether anything is left that the scope waits for.
func (s *simScope) busy() bool {
	return s.leaving || len(s.queue) > 0 || !s.body.over && !s.body.late || len(s.tasks) > 0 || len(s.kids) > 0 || len(s.inner) > 0
}

// onlyBackground reports whether all that is left is there only for the others.
func (s *simScope) onlyBackground() bool {
	return !s.leaving && len(s.queue) == 0 && s.body.over && len(s.tasks) == 0 && !slices.ContainsFunc(s.kids, (*simChild).foreground) &&
		!slices.ContainsFunc(s.inner, (*simScope).foreground)
}

// mayEnd ends the scope if all is done, and what is there only for the others
// once these are gone.
func (s *simScope) mayEnd() {
	switch {
	case s.phase == simClosed, s.phase == simOpen && (!s.body.over || s.p.End != policy.EndWhenEmpty):
	case !s.busy():
		s.close()
	case s.phase < simCanceling && s.onlyBackground():
		s.cancel(cancelation{err: errIsCanceled, cause: errBackground})
	case s.sparing && s.onlyBackground():
		s.endSpared(errBackground)
	}
}

// foreground reports whether the scope stands for itself, and not for the
// background child that opened it.
func (s *simScope) foreground() bool {
	opener := s.under.of
	return opener == nil || opener.child.foreground()
}

// lose gives up on one that runs on.
func (s *simScope) lose(r *simRun) {
	r.late = true
	s.late = append(s.late, r)
}

// bodyLeft is the end of the body.
func (s *simScope) bodyLeft(err *simErr, threw bool) {
	exit := s.life.exitOf(err)
	if threw {
		s.unwound = err
	}
	if s.phase == simClosed { // without the body, which was given up
		s.comeBack()
		s.unblock()
		return
	}
	s.leaving = true
	switch {
	case threw:
		s.cancel(cancelation{err: errIsCanceled, cause: errBodyThrew})
	case failed(exit):
		s.bodyErr = err
		if s.p.Leave == policy.LeaveDrain {
			s.drain(err)
		} else {
			s.cancel(cancelation{err: errIsCanceled, cause: err})
		}
	case exit == policy.Canceled:
		s.lost = true
		fallthrough
	case s.p.Leave == policy.LeaveCancel:
		s.cancel(cancelation{err: errIsCanceled, cause: errBodyLeft})
	case s.p.Leave == policy.LeaveDrain:
		s.drain(errBodyLeft)
	}
	s.leaving = false
	s.mayEnd()
}

// close ends the scope: all has ended or was given up.
func (s *simScope) close() {
	if s.phase == simDraining && s.drainedAt == s.m.now {
		s.under.hasty = s.m.now
	}
	s.phase, s.closedAt = simClosed, s.m.now
	for _, a := range []*alarm{s.grace, s.lastCall, s.kill, s.timeout} {
		a.stop()
	}
	lostErrs := (*simErr)(nil)
	if s.unwound != nil && len(s.kept) > 0 {
		lostErrs = &simErr{of: s.kept, list: true}
	}
	s.m.note("%s: scope_closed %s", s.role.Name, lostErrs.said())
	s.returns = s.outcome()
	s.life.cancel(errIsCanceled, errAllEnded)
	gone := func(o *simScope) bool { return o == s }
	s.under.scopes = slices.DeleteFunc(s.under.scopes, gone)
	around := s.around()
	if around != nil {
		around.inner = slices.DeleteFunc(around.inner, gone)
		around.late = append(around.late, s.late...)
	}
	for _, call := range s.waiting {
		call.answer(nil)
	}
	if s.body.over {
		s.comeBack()
	}
	if around != nil {
		around.mayEnd()
	}
}

// comeBack returns from Run, or goes on unwinding, in the caller.
func (s *simScope) comeBack() {
	caller := s.body.above
	if s.unwound != nil {
		s.m.note("%s unwinds", s.role.Name)
		if caller != nil {
			// The scope around may see it end just now, or not.
			s.m.tied = s.m.tied || caller.late || caller.child != nil && caller.child.role.Background
			caller.end(s.unwound, true)
		}
		return
	}
	s.m.note("%s returns %s", s.role.Name, s.returns.said())
	if caller != nil {
		caller.proceed(s.returns)
	}
}

// keep keeps a failure for what the scope returns, as long as there is room.
func (s *simScope) keep(e *simErr) {
	if s.leaves < s.p.KeepErrors {
		s.kept = append(s.kept, e)
	}
	s.leaves += e.leaves()
}

// outcome is what Run returns, in the order of its doc comment.
func (s *simScope) outcome() *simErr {
	var errs []*simErr
	passedOn := func(kept *simErr) bool { return kept.of[0] == s.bodyErr }
	if s.bodyErr != nil && !slices.ContainsFunc(s.kept, passedOn) {
		errs = append(errs, s.bodyErr)
	}
	errs = append(errs, s.kept...)
	if s.fatal != nil {
		errs = append(errs, s.fatal)
	}
	if slices.ContainsFunc(s.late, func(r *simRun) bool { return !r.over }) {
		errs = append(errs, &simErr{word: "abandoned"})
	}
	switch {
	case len(errs) == 1:
		return errs[0]
	case len(errs) > 1:
		return &simErr{of: errs, list: true}
	case s.cut == nil || !s.lost || !s.cut.outside && !s.cut.timeout:
		return nil
	case s.cut.timeout && s.p.OnTimeout == policy.TimeoutMovesOn:
		return nil
	}
	return &simErr{of: []*simErr{s.cut.err, s.cut.cause}, child: true}
}
