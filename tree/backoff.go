package tree

import (
	"context"
	"time"

	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/policy"
)

// waits is the source of a child's waits. Incarnations, which ask it, come one
// after the other; see described.
type waits struct {
	from   func() policy.BackoffSource
	source policy.BackoffSource // made when it is first asked
}

// next returns the wait before the next incarnation. afresh says that the count of
// restarts in a row begins again.
func (w *waits) next(afresh bool) time.Duration {
	if w.source == nil {
		w.source = w.from()
	} else if r, ok := w.source.(interface{ Reset() }); ok && afresh {
		r.Reset()
	}
	return w.source.NextBackOff()
}

// backoff returns the wait before the next incarnation, if there will be one.
func (inc *incarnation) backoff() time.Duration {
	b := inc.child.spec().Backoff.Or(inc.scope.rules().Backoff)
	if b.Min <= 0 {
		return 0
	}
	if inc.afresh(b) {
		inc.attempt = 0
	}
	return b.Delay(int(inc.attempt)+1, inc.scope.given.random())
}

// afresh reports whether the incarnation did so well that the count of restarts in
// a row begins again.
func (inc *incarnation) afresh(b policy.Backoff) bool {
	return inc.healthy.Load() || b.Stable(inc.ended-inc.began)
}

// askSource asks the child's own source for the wait, on the child's goroutine and
// guarded, for it is the user's code. What it says is only asked for when it will
// most likely be needed: sources count how often they are asked.
func (inc *incarnation) askSource() {
	d := inc.child.spec()
	failedStart := inc.child.waited() && !inc.ready.Load() && !inc.ignored
	if d.waits == nil || inc.number < d.since || !failedStart && !d.Restart.Wants(inc.exit, inc.decision) {
		return
	}
	stable := policy.Backoff{Min: 1, Reset: d.Backoff.Reset}
	bad := run.Call(&inc.life, func(context.Context) error {
		inc.delay = d.waits.next(inc.afresh(stable))
		return nil
	}, false)
	switch {
	case bad != nil:
		inc.exit, inc.delay, inc.text = policy.Panicked, 0, clip(bad.Error())
	case inc.delay < 0:
		inc.decision = policy.NoRestart
	}
}

// Healthy says that the child that ctx belongs to, directly or through scopes it
// opened, does its work well. When this incarnation ends, the waits of its [policy.Backoff] begin
// with the first again, as they do after one that ran for Backoff.Reset. Call it when
// the child has done what it failed at before, a connection made or a batch written:
// time alone does not say that.
//
// It may be called any number of times, by any goroutine, and never blocks. For a
// context that is no child's it returns [ErrNoScope].
func Healthy(ctx context.Context) error {
	inc := incarnationOf(ctx)
	if inc == nil {
		return ErrNoScope
	}
	inc.healthy.Store(true)
	return nil
}
