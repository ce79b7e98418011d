package tree_test

import (
	"slices"

	"github.com/understudy-go/understudy/policy"
)

// simStart is a start that waits for a place in a scope with a Limit.
type simStart struct {
	by   *simRun
	role *role
	call *simCall
}

// takesPlace reports whether a role takes one of the scope's places.
func (s *simScope) takesPlace(what *role) bool {
	return s.p.Limit > 0 && what.Kind != "shield" && !what.Background
}

// hasPlace reports whether a performance stands on a place of the scope, or below
// one: where it runs, where that was opened, or under whose shield.
func (r *simRun) hasPlace(s *simScope) bool {
	if r == nil {
		return false
	}
	own := !r.body && r.scope == s && s.takesPlace(r.role)
	return own || r.scope.body.above.hasPlace(s) || r.caller.hasPlace(s)
}

// place starts a role that was admitted, when there is a place for it.
func (r *simRun) place(s *simScope, what *role) {
	done := func(err *simErr) {
		if err != nil {
			r.m.note("%s starts no %s %s", r.role.Name, what.Name, err.said())
		}
		r.proceed(err)
	}
	duplicate := what.Kind == "child" && s.names[what.Name] != nil
	full := s.takesPlace(what) && s.taken == s.p.Limit
	// Nobody says which of the two is told when both hold, nor when the name of one
	// that ended late is free again in a scope that drains.
	r.m.tied = r.m.tied || full && duplicate ||
		s.phase != simOpen && slices.Contains(s.ghosts, what.Name)
	switch {
	case duplicate:
		done(&simErr{word: "duplicate"})
	case !s.takesPlace(what):
		s.begin(r, what)
		r.proceed(nil)
	case s.taken < s.p.Limit:
		s.taken++
		s.begin(r, what)
		r.proceed(nil)
	case what.Try, r.hasPlace(s):
		done(s.refuse("full"))
	case r.life.err != nil:
		done(r.life.cause)
	default:
		r.block("ctx", func() {
			s.queue = slices.DeleteFunc(s.queue, func(w *simStart) bool { return w.by == r })
			s.impatient = r.m.now
			done(r.life.cause)
			s.mayEnd()
		})
		r.call = &simCall{by: r, then: done}
		s.queue = append(s.queue, &simStart{by: r, role: what, call: r.call})
	}
}

// begin begins a task or a child, asked for by r.
func (s *simScope) begin(r *simRun, what *role) {
	if what.Kind == "task" {
		t := &simRun{m: s.m, role: what, life: s.life, scope: s}
		s.tasks = append(s.tasks, t)
		t.begin()
		return
	}
	ch := s.add(what)
	r.m.children[what.Name] = ch
	ch.launch()
	if s.phase == simDraining && !what.Background {
		ch.askStop()
	}
}

// leavePlace gives a place back, to the first of those who wait. In a scope that
// drains without a grace nobody is let in any more.
func (s *simScope) leavePlace(what *role) {
	if !s.takesPlace(what) {
		return
	}
	over := s.phase >= simCanceling || s.phase == simDraining && s.p.Stop.Grace == policy.NoGrace
	if s.taken--; over || len(s.queue) == 0 {
		return
	}
	next := s.queue[0]
	s.queue = s.queue[1:]
	if next.role.Kind == "child" && s.names[next.role.Name] != nil {
		s.m.tied = true // the name was taken while it waited
		return
	}
	s.taken++
	s.begin(next.by, next.role)
	next.call.answer(nil)
}

// turnAway refuses those who wait for a place: all of them, or outsiders. To whom
// two things happen at one instant, may hear of either.
func (s *simScope) turnAway(word string, all bool) {
	s.m.tied = s.m.tied || s.impatient > 0 && s.impatient == s.m.now
	for _, w := range slices.Clone(s.queue) {
		if all || !s.owns(w.by.life) {
			s.queue = slices.DeleteFunc(s.queue, func(o *simStart) bool { return o == w })
			w.call.answer(s.refuse(word))
			s.impatient = s.m.now
		}
	}
}
