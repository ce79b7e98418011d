package tree_test

import (
	"slices"
	"time"

	"github.com/understudy-go/understudy/policy"
)

// simChild is a child in the model, through all its incarnations; also what is
// shielded, which has one.
type simChild struct {
	m         *sim
	scope     *simScope
	role      *role
	run       *simRun // the incarnation that runs; nil between two
	rests     bool    // it has ended for good
	number    int     // of incarnations
	streak    int     // of restarts in a row
	asked     bool    // to stop: it is not restarted
	latecomer bool    // it was started while the scope drained: asked at once, and no turn waits for it
	pause     *alarm  // before the next incarnation
	bound     *alarm  // of its own stop
	calledOff bool    // while it waited for its next incarnation
	blocked   bool    // it is due, and what it left behind runs on
	order     int     // among its siblings
	nearly    *alarm  // when its kill wait is nearly over
	waiting   []*simCall
	shield    func(*simErr) // tells the caller of Shield, while there is one
}

func (ch *simChild) shields() bool { return ch.role.Kind == "shield" }

func (ch *simChild) foreground() bool { return !ch.role.Background }

// supervised reports whether exits are answered by the child's Restart.
func (ch *simChild) supervised() bool {
	return ch.scope.p.OnFailure == policy.Supervise && !ch.shields() &&
		(ch.role.OnFailure == "" || ch.role.OnFailure == "supervise")
}

// together reports whether its failure cancels its siblings.
func (ch *simChild) together() bool {
	if ch.role.OnFailure != "" {
		return ch.role.OnFailure == "cancel_together"
	}
	return ch.scope.p.OnFailure == policy.CancelTogether && !ch.shields()
}

// start does a move that starts something, on behalf of r.
func (r *simRun) start(what *role) {
	s := r.scope
	if what.In != "" {
		s = r.m.scopes[what.In]
	}
	var err *simErr
	switch {
	case what.Kind == "scope":
		r.m.open(r.life, what, r)
		return // until it has closed
	case s == nil:
		r.proceed(nil)
		return
	case what.Kind == "shield":
		r.shield(s, what)
		return
	case what.Kind == "child" && r.life.err != nil:
		err = r.life.cause
	default:
		err = s.admit(r.life)
	}
	if err == nil {
		r.place(s, what)
		return
	}
	r.m.note("%s starts no %s %s", r.role.Name, what.Name, err.said())
	r.proceed(err)
}

// admit refuses a start: everybody's once the scope is canceled, and outsiders'
// while it drains.
func (s *simScope) admit(asker *simLife) *simErr {
	switch {
	case s.phase >= simCanceling:
		return s.refuse("closed")
	case s.phase == simDraining && !s.owns(asker):
		return s.refuse("draining")
	}
	return nil
}

func (s *simScope) refuse(word string) *simErr {
	s.lost = s.lost || s.phase == simCanceling
	s.refused++
	err := &simErr{word: word}
	if word != "full" {
		err.by = s // says no more than that the scope ends
	}
	if s.phase != simClosed {
		s.m.note("%s: spawn_refused %s", s.role.Name, err.said())
	}
	return err
}

func (s *simScope) add(what *role) *simChild {
	s.added++
	ch := &simChild{m: s.m, scope: s, role: what, latecomer: s.phase != simOpen, order: s.added}
	s.kids, s.names[what.Name] = append(s.kids, ch), ch
	return ch
}

// shield runs a role that outlives its caller's context, which waits for it.
func (r *simRun) shield(s *simScope, what *role) {
	done := func(err *simErr) {
		if err != nil {
			r.m.note("%s starts no %s %s", r.role.Name, what.Name, err.said())
		}
		r.proceed(err)
	}
	if s.phase == simClosed || s.phase == simCanceling && !s.owns(r.life) {
		done(s.refuse("closed"))
		return
	}
	r.m.tied = r.m.tied || s.calledLast() // nobody says what the last call is to those who come after
	ch := s.add(what)
	ch.launch()
	ch.run.caller = r
	if r.life.err != nil {
		done(r.life.cause)
		return
	}
	ch.shield = done
	r.block("ctx", func() {
		ch.shield = nil
		done(r.life.cause)
	})
}

// calledLast reports whether a kill wait that bounds the scope is nearly over.
func (s *simScope) calledLast() bool {
	for ; s != nil; s = s.around() {
		if s.called || s.under.called {
			return true
		}
	}
	return false
}

// launch begins the next incarnation.
func (ch *simChild) launch() {
	ch.number++
	if ch.number > 1 {
		ch.scope.restarts++
	}
	ch.m.note("%s #%d starts", ch.role.Name, ch.number)
	life := &simLife{m: ch.m, scope: ch.scope}
	ch.run = &simRun{m: ch.m, role: ch.role, life: life, scope: ch.scope, child: ch, shift: ch.number}
	life.of = ch.run
	ch.run.begin()
}

// askStop asks the child to finish. Within the bounds of its scope, which hold
// for all while it ends, a child may have shorter ones of its own.
func (ch *simChild) askStop() {
	ch.asked = true
	if ch.run == nil {
		ch.pause.stop()
		ch.calledOff = true
		if ch.scope.phase == simCanceling && ch.foreground() {
			ch.scope.lost = true // the work that it owed
		}
		ch.rest()
		return
	}
	if ch.scope.phase == simCanceling && ch.run.life.err == nil {
		ch.cutOff(ch.scope.cut.err, ch.scope.cut.cause)
		return
	}
	run := ch.run
	grace, why, until := ch.stop().Grace, errIsAsked, ch.scope.until
	if ch.scope.phase != simOpen {
		why = ch.scope.reason
	}
	own := ch.m.now + grace
	bounded := grace > 0 && grace != policy.Forever && (until == 0 || own < until)
	if bounded {
		until = own
	}
	run.life.drain(why, until)
	switch {
	case run.life.err != nil:
	case grace == policy.NoGrace && (ch.scope.phase == simOpen || ch.role.Grace == policy.NoGrace):
		ch.cutOff(errIsCanceled, errChildsGrace)
	case bounded:
		ch.bound = ch.m.after(grace, func() { ch.cutOff(errIsCanceled, errChildsGrace) })
	}
}

// stop is what holds for the child's stop: its own bounds within its scope's.
func (ch *simChild) stop() policy.Stop {
	return policy.Stop{Grace: ch.role.Grace, Kill: ch.role.Kill}.Or(ch.scope.p.Stop)
}

// cancel cancels the child alone and for good.
func (ch *simChild) cancel(cause *simErr) {
	switch {
	case ch.blocked:
		ch.asked = true
	case ch.run == nil && ch.pause == nil:
	case ch.run == nil:
		ch.askStop()
	case !ch.run.late:
		ch.asked = true
		ch.cutOff(errIsCanceled, cause)
	}
}

// cutOff ends the child's context and begins its kill wait.
func (ch *simChild) cutOff(err, cause *simErr) {
	switch {
	case ch.shields():
		return
	case ch.run == nil:
		ch.askStop()
		return
	case ch.run.life.err != nil:
		return
	}
	ch.bound.stop()
	kill := ch.stop().Kill
	if kill != policy.Forever && (ch.scope.phase < simCanceling || kill != ch.scope.p.Stop.Kill) {
		ch.bound = ch.m.after(kill, ch.giveUp)
		ch.nearly = ch.m.after(kill-kill/10, ch.callLast)
	}
	ch.run.life.cancel(err, cause)
}

// callLast cancels what is shielded below the child, whose kill wait is nearly over.
func (ch *simChild) callLast() {
	ch.run.life.called = true
	for _, s := range slices.Clone(ch.run.life.scopes) {
		s.callLast()
	}
}

// giveUp abandons the incarnation that runs.
func (ch *simChild) giveUp() {
	if ch.run == nil {
		return
	}
	s := ch.scope
	ch.m.note("%s #%d is abandoned", ch.role.Name, ch.number)
	ch.nearly.stop()
	ch.bound.stop()
	s.lose(ch.run)
	if tell := ch.shield; tell != nil {
		tell(&simErr{word: "abandoned"})
	}
	ch.leave(&simErr{word: "abandoned"})
	s.mayEnd()
}

// rest is the end of the child for good.
func (ch *simChild) rest() {
	if ch.rests {
		return
	}
	ch.run, ch.pause, ch.rests = nil, nil, true
	ch.forget()
	ch.leave(nil)
	ch.scope.leavePlace(ch.role)
	ch.scope.mayEnd()
}

// forget frees the child's name, unless it has a place to be started in again.
func (ch *simChild) forget() {
	if (!ch.supervised() || ch.role.Restart == "temporary") && ch.scope.names[ch.role.Name] == ch {
		delete(ch.scope.names, ch.role.Name)
	}
}

// leave takes the child off those that its scope waits for.
func (ch *simChild) leave(err *simErr) {
	s := ch.scope
	s.m.tied = s.m.tied || ch.offBeforeItsTurn() && (len(ch.waiting) > 0 || s.takesPlace(ch.role))
	s.kids = slices.DeleteFunc(s.kids, func(o *simChild) bool { return o == ch })
	for _, call := range ch.waiting {
		call.answer(err)
	}
	ch.waiting = nil
	s.endFailed()
	s.stopNext()
}

// endFailed lets the body and tasks of a scope that ends for a failure not wait for
// the grace when the children have ended.
func (s *simScope) endFailed() {
	if s.fatal != nil && s.phase == simDraining && !slices.ContainsFunc(s.kids, (*simChild).foreground) {
		s.cancel(cancelation{err: errIsCanceled, cause: s.fatal})
	}
}

// stopNext asks the children of a scope that drains to stop: all at once, or in
// reverse, each when the one after it has ended.
func (s *simScope) stopNext() {
	if s.phase != simDraining {
		return
	}
	for _, ch := range slices.Backward(slices.Clone(s.kids)) {
		switch {
		case ch.role.Background, ch.latecomer:
		case s.p.Stop.Order == policy.OrderReverse && (ch.asked || ch.shields()):
			return
		case ch.shields():
		case s.p.Stop.Order == policy.OrderReverse:
			ch.askStop()
			return
		case !ch.asked:
			ch.askStop()
		}
	}
}

// offBeforeItsTurn reports whether the child was called off by the end of a scope
// that stops its children in order. Whether that is its end at once, or in its
// turn, nobody says.
func (ch *simChild) offBeforeItsTurn() bool {
	return ch.calledOff && ch.scope.p.Stop.Order == policy.OrderReverse && ch.scope.phase > simOpen && ch.scope.phase < simClosed
}

// shutChild asks a child to stop and waits until it has.
func (r *simRun) shutChild(ch *simChild) {
	done := func(err *simErr) {
		r.m.note("%s has shut down %s %s", r.role.Name, ch.role.Name, err.said())
		r.proceed(err)
	}
	switch {
	case ch.blocked:
		ch.asked = true
	case !ch.asked && slices.Contains(ch.scope.kids, ch):
		ch.askStop()
	}
	r.m.tied = r.m.tied || ch.offBeforeItsTurn()
	switch {
	case ch.around(r.life):
		done(nil)
	case !slices.Contains(ch.scope.kids, ch):
		if ch.run != nil || ch.blocked { // it was abandoned and runs on, or what it left behind
			done(&simErr{word: "abandoned"})
			return
		}
		done(nil)
	case r.life.err != nil:
		done(r.life.cause)
	default:
		r.block("ctx", func() { done(r.life.cause) })
		r.call = &simCall{by: r, then: done}
		ch.waiting = append(ch.waiting, r.call)
	}
}

// around reports whether a life is the child's, or of a scope that it opened.
func (ch *simChild) around(l *simLife) bool {
	for ; l != nil && l.scope != nil; l = l.scope.under {
		if l.of != nil && l.of.child == ch {
			return true
		}
	}
	return false
}

// delay is the wait before the next incarnation.
func (ch *simChild) delay(ran time.Duration) time.Duration {
	if ch.role.Backoff == 0 {
		return 0
	}
	longest := max(policy.DefaultMaxBackoff, ch.role.Backoff)
	if ran >= longest {
		ch.streak = 0
	}
	d := ch.role.Backoff
	for range ch.streak {
		d = min(2*d, longest)
	}
	ch.streak++
	return d
}
