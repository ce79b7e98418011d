package tree

import (
	"context"
	"time"

	"github.com/understudy-go/understudy/policy"
)

// source is a child's own [policy.BackoffSource]. It is asked by incarnations that come
// one after the other: one that was replaced and runs on beside a later one has lost it;
// see redescribe.
type source struct {
	from func() policy.BackoffSource
	made policy.BackoffSource // when it was first asked
	over bool                 // it has said that the child is not to come back
}

// next returns the wait before the next incarnation. afresh says that the count of
// restarts in a row begins again; so it does for a child that an operator brought back
// after the source had given it up.
func (s *source) next(afresh bool) time.Duration {
	again := afresh || s.over
	switch r, ok := s.made.(interface{ Reset() }); {
	case s.made == nil, s.over && !ok:
		s.made = s.from()
	case again && ok:
		r.Reset()
	}
	wait := s.made.NextBackOff()
	s.over = wait < 0
	return wait
}

// backoff finds the wait before the next incarnation, if there will be one. Chance
// may be the user's code: the whole wait stands should it not come back.
func (x *exited) backoff(d *described) {
	inc := x.inc
	b := d.Backoff.Or(inc.scope.rules().Backoff)
	if b.Min <= 0 || d.source != nil {
		return
	}
	if x.afresh(b) {
		inc.attempt = 0
	}
	if !x.returns(d) {
		return
	}
	inc.attempt++
	n := int(inc.attempt)
	x.delay = b.Delay(n, nil)
	if b.Jitter == policy.JitterFull {
		x.err = inc.ask(&x.verdict, x.err, func() { x.delay = b.Delay(n, inc.scope.given.random()) })
	}
}

// afresh reports whether the incarnation did so well that the count of restarts in
// a row begins again.
func (x *exited) afresh(b policy.Backoff) bool {
	s := x.inc.known()
	return s != nil && s.healthy.Load() || b.Stable(x.at-x.inc.began)
}

// askSource asks the child's own source for the wait, on the child's goroutine and
// guarded, for it is the user's code. It is only asked when the wait will most
// likely be needed: sources count how often they are.
func (x *exited) askSource(d *described) {
	if d.source == nil || !x.returns(d) { // one that was replaced was asked to stop before
		return
	}
	stable := policy.Backoff{Min: 1, Reset: d.Backoff.Reset} // a Min, for without one it has no defaults
	x.err = x.inc.ask(&x.verdict, x.err, func() { x.delay = d.source.next(x.afresh(stable)) })
	if x.delay < 0 {
		x.decision = policy.NoRestart
	}
}

// returns reports whether the child is to come back by itself, as far as its own
// goroutine can know. One that was asked to stop comes back when others say so.
func (x *exited) returns(d *described) bool {
	s := x.inc.known()
	ready := s != nil && s.ready.Load()
	restart := d.Restart
	if d.WaitReady && !ready && !x.ignored {
		restart = policy.Permanent // for a start that failed is tried again
	}
	return (s == nil || s.request() == nil) && restart.Wants(x.exit, x.decision)
}

// Healthy says that the child that ctx belongs to, directly or through scopes it
// opened, does its work well. When this incarnation ends, the waits of its
// [policy.Backoff] begin with the first again, as they do after one that ran for
// Backoff.Reset. Call it when the child has done what it failed at before, a
// connection made or a batch written: time alone does not say that.
//
// It may be called any number of times, by any goroutine, and never blocks. For a
// context that is no child's it returns [ErrNoScope].
func Healthy(ctx context.Context) error {
	l := childLifeOf(ctx)
	if l == nil {
		return ErrNoScope
	}
	l.own().healthy.Store(true)
	return nil
}
