package tree_test

import (
	"slices"
	"time"

	"github.com/understudy-go/understudy/policy"
)

// The model says what a plot comes to. It is one goroutine with a list of alarms
// and plain records, written from what the documents promise and not from how
// the library keeps it. It is in four files: time and roles here, scopes in
// model_scope_test.go, children in model_child_test.go, errors in
// model_error_test.go.

// sim is a plot in the model's hands.
type sim struct {
	now      time.Duration
	alarms   []*alarm
	trace    trace
	scopes   map[string]*simScope // the latest of each name
	children map[string]*simChild
	opened   []*simScope
	tied     bool // two things happen at one instant: no order is promised
}

// alarm is what happens at some later time, unless it is taken back.
type alarm struct {
	m   *sim
	at  time.Duration
	f   func()
	off bool
}

// stop takes the alarm back. One that falls on this very instant may have come
// first.
func (a *alarm) stop() {
	if a != nil && !a.off {
		a.off = true
		a.m.tied = a.m.tied || a.at == a.m.now
	}
}

// mostAlarms bounds a simulation: who restarts without a pause is not told from
// one who does so for ever.
const mostAlarms = 5000

// predict returns what happens in a plot, and false when it leaves an order open
// or does not come to an end.
func predict(p *plot) (trace, bool) {
	m := &sim{scopes: map[string]*simScope{}, children: map[string]*simChild{}}
	outside := &simLife{m: m}
	m.after(p.Until, func() { outside.cancel(errIsCanceled, &simErr{word: "outside"}) })
	m.open(outside, p.Root, nil)
	for n := 0; len(m.alarms) > 0; n++ {
		next := m.alarms[0]
		m.alarms = m.alarms[1:]
		if next.off {
			continue
		}
		m.tied = m.tied || next.at == m.now || n > mostAlarms
		if m.tied {
			return nil, false
		}
		m.now, next.off = next.at, true
		next.f()
	}
	for _, s := range m.opened {
		if s.phase != simClosed {
			return nil, false // it never ends: nobody shuts it down
		}
		m.trace.total("%s: returned %d canceled %d failed %d panicked %d restarts %d refused %d", s.role.Name,
			s.exits[policy.Returned], s.exits[policy.Canceled], s.exits[policy.Failed], s.exits[policy.Panicked], s.restarts, s.refused)
	}
	return m.trace.sorted(), !m.tied
}

func (m *sim) note(format string, args ...any) { m.trace.add(m.now, format, args...) }

func (m *sim) after(d time.Duration, f func()) *alarm {
	a := &alarm{m: m, at: m.now + d, f: f}
	i, _ := slices.BinarySearchFunc(m.alarms, a, func(x, y *alarm) int {
		if x.at <= y.at {
			return -1
		}
		return 1
	})
	m.alarms = slices.Insert(m.alarms, i, a)
	return a
}

// simLife is a context with its soft signal: that of a scope, which its body and
// tasks share, or that of one incarnation.
type simLife struct {
	m        *sim
	scope    *simScope // whose it is
	of       *simRun   // the incarnation's; nil for a scope's
	drained  bool
	why      *simErr       // of the soft signal
	until    time.Duration // when the cancel follows; 0: never
	err      *simErr       // set once canceled
	cause    *simErr
	waiting  []*simRun     // who is in a call or wait that ends with the life
	scopes   []*simScope   // opened under it
	called   bool          // its own kill wait is nearly over
	hasty    time.Duration // when a scope under it last ended as soon as it was asked to
	answered time.Duration // when a call under it last had its answer
}

// drain gives the soft signal, also to the scopes opened under the life.
func (l *simLife) drain(why *simErr, until time.Duration) {
	if l.drained {
		return
	}
	l.why, l.until = why, until
	l.tell()
	for _, s := range slices.Clone(l.scopes) {
		s.drain(&simErr{of: []*simErr{why}})
	}
}

// tell gives the soft signal to those who wait for it.
func (l *simLife) tell() {
	l.drained = true
	for _, r := range slices.Clone(l.waiting) {
		if r.heeds == "draining" {
			l.m.note("%s is asked to finish", r.role.Name)
			r.proceed(r.last)
		}
	}
}

// cancel cancels the life and the scopes opened under it; the first cause stands.
// The soft signal comes no later.
func (l *simLife) cancel(err, cause *simErr) {
	if l.err != nil {
		return
	}
	// Who is asked to end and canceled at one instant may end in between; who has an
	// answer and is canceled, may miss the answer.
	l.m.tied = l.m.tied || l.hasty > 0 && l.hasty == l.m.now || l.answered > 0 && l.answered == l.m.now
	l.err, l.cause = err, cause
	l.tell()
	for _, r := range slices.Clone(l.waiting) {
		if r.heeds == "ctx" {
			r.cutShort()
		}
	}
	for _, s := range slices.Clone(l.scopes) {
		s.cancel(cancelation{err: err, cause: cause, outside: true})
	}
}

// simRun is one performance of a role: an incarnation, a task, or a body.
type simRun struct {
	m      *sim
	role   *role
	life   *simLife
	scope  *simScope // that it is the body, a task or a child of
	child  *simChild // nil for bodies and tasks
	shift  int       // which incarnation
	next   int       // the move after this one
	last   *simErr   // what the last call came to
	heeds  string    // what ends its wait
	timer  *alarm    // of its wait
	call   *simCall  // that it is in
	cut    func()    // what the end of the context means to the call it is in
	over   bool
	late   bool // it was abandoned
	born   time.Duration
	body   bool
	above  *simRun // of a body: who opened the scope; nil for the root
	caller *simRun // of Shield
}

// simCall is a call that waits for something.
type simCall struct {
	by   *simRun
	then func(*simErr)
	off  bool          // it is over
	at   time.Duration // since when
}

// answer ends the call. When its context ends at the same instant as what it
// waits for, either may be the answer.
func (c *simCall) answer(err *simErr) {
	if !c.off {
		c.by.life.answered = c.by.m.now
		c.then(err)
	} else if c.at == c.by.m.now {
		c.by.m.tied = true
	}
}

// begin lets the role begin: each move comes a lag after what was before.
func (r *simRun) begin() {
	r.born = r.m.now
	r.m.note("%s begins", r.role.Name)
	r.m.after(r.role.Lag, r.move)
}

// proceed goes on after a call or a wait.
func (r *simRun) proceed(result *simErr) {
	r.life.waiting = slices.DeleteFunc(r.life.waiting, func(w *simRun) bool { return w == r })
	r.timer.stop()
	if r.call != nil {
		r.call.off, r.call.at = true, r.m.now
	}
	r.last, r.heeds, r.timer, r.call, r.cut = result, "", nil, nil, nil
	r.m.after(r.role.Lag, r.move)
}

// block puts the role into a call that ends with its context, by cut.
func (r *simRun) block(heeds string, cut func()) {
	r.heeds, r.cut = heeds, cut
	r.life.waiting = append(r.life.waiting, r)
}

func (r *simRun) cutShort() {
	if r.cut != nil {
		r.cut()
		return
	}
	r.m.note("%s is cut short %s", r.role.Name, r.life.cause.said())
	r.proceed(r.last)
}

// move does the role's next move, or ends it.
func (r *simRun) move() {
	if r.next == len(r.role.Moves) {
		r.m.note("%s ends with %s", r.role.Name, r.role.End)
		r.end(r.result(), r.role.End == "panic" || r.role.End == "goexit")
		return
	}
	mv := r.role.Moves[r.next]
	r.next++
	s, ch := r.m.scopes[mv.Target], r.m.children[mv.Target]
	switch {
	case mv.Do == "wait":
		r.wait(mv)
	case mv.Do == "start":
		r.start(mv.Role)
	case s == nil && ch == nil:
		r.proceed(nil)
	case mv.Do == "shutdown" && ch != nil:
		r.shutChild(ch)
	case mv.Do == "shutdown":
		r.shutScope(s)
	default:
		r.proceed(r.ask(mv, s, ch))
	}
}

// ask does a move that waits for nothing.
func (r *simRun) ask(mv move, s *simScope, ch *simChild) *simErr {
	why := &simErr{word: r.role.Name + "'s " + mv.Do}
	switch {
	case mv.Do == "cancel" && ch != nil:
		ch.cancel(why)
	case mv.Do == "cancel":
		s.cancel(cancelation{err: errIsCanceled, cause: why})
	case mv.Do == "drain" && s != nil:
		s.drain(why)
	case mv.Do == "deadline" && s != nil:
		if err := s.setDeadline(mv.For); err != nil {
			r.m.note("%s sets no deadline %s", r.role.Name, err.said())
			return err
		}
	}
	return nil
}

func (r *simRun) wait(mv move) {
	r.block(mv.Heeds, nil)
	switch {
	case mv.Heeds == "ctx" && r.life.err != nil:
		r.cutShort()
	case mv.Heeds == "draining" && r.life.drained:
		r.m.note("%s is asked to finish", r.role.Name)
		r.proceed(r.last)
	default:
		r.timer = r.m.after(mv.For, func() { r.proceed(r.last) })
	}
}

// shutScope asks a scope to end and waits for it, unless it would wait for itself.
func (r *simRun) shutScope(s *simScope) {
	s.drain(errIsShutdown)
	done := func(err *simErr) {
		r.m.note("%s has shut down %s %s", r.role.Name, s.role.Name, err.said())
		r.proceed(err)
	}
	// It may have ended just now, for one whose own time is up.
	r.m.tied = r.m.tied || s.phase == simClosed && s.closedAt == r.m.now && r.life.err != nil
	switch {
	case s.phase == simClosed, s.owns(r.life):
		done(nil)
	case r.life.err != nil:
		done(r.life.cause)
	default:
		r.block("ctx", func() { done(r.life.cause) })
		r.call = &simCall{by: r, then: done}
		s.waiting = append(s.waiting, r.call)
	}
}

// result is what the role's function returns.
func (r *simRun) result() *simErr {
	own := &simErr{word: r.role.Name}
	switch r.role.End {
	case "nil":
		return nil
	case "ctxerr":
		return r.life.err
	case "cause":
		return r.life.cause
	case "result":
		return r.last
	case "panic":
		return &simErr{word: "panic", of: []*simErr{own}}
	case "goexit":
		return errIsGoexit
	case "done":
		return &simErr{of: []*simErr{own}, done: true}
	case "fatal":
		return &simErr{of: []*simErr{own}, fatal: true}
	}
	return own
}
