package actor

import (
	"context"
	"sync/atomic"
	"time"
)

// An Idler is a [Receiver] that wants to know when it has nothing to do.
type Idler interface {
	// Idle is called when the actor has been up for Spec.IdleAfter without a message, and
	// again only after it has handled one and been idle as long. It runs where Receive runs,
	// and its error is treated as that of Receive: policy.Done(nil) ends an actor that
	// nobody needs.
	Idle(ctx context.Context) error
}

// idleWatch tells the Idler of one incarnation that it is idle. Its timer is not
// stopped for each message: it looks, when it is over, how long the actor has been
// idle by then, and goes on for the rest.
type idleWatch[M any] struct {
	actor *Actor[M]
	after time.Duration
	began time.Time
	since atomic.Int64 // idle since then, after began
	armed atomic.Bool  // the timer runs
	over  atomic.Bool  // the incarnation has ended
	timer *time.Timer
	told  bool // since the last message; the owner's

	signal signal[M] // not in the lane when the timer is armed
}

func newIdleWatch[M any](a *Actor[M], x *extras[M], idler Idler) *idleWatch[M] {
	w := &idleWatch[M]{actor: a, after: x.options.idleAfter, began: time.Now()}
	w.timer = time.AfterFunc(w.after, w.elapsed)
	w.timer.Stop() // until the actor is idle
	w.signal.serve = func() (e Envelope[M], deliver bool, err error) {
		if x.handled > 0 {
			return e, false, nil // by messages that came in the last moment
		}
		w.told = true
		return e, false, idler.Idle(a.host.Context())
	}
	return w
}

// arm is called when the actor is about to be idle, after messages or after none; ticked
// says that it has handled a tick.
func (w *idleWatch[M]) arm(busy, ticked bool) {
	if w == nil {
		return
	}
	if busy {
		w.told = false
	}
	if w.told || !busy && !ticked && w.armed.Load() {
		return // it is idle for longer
	}
	w.since.Store(int64(time.Since(w.began)))
	if !w.armed.Swap(true) {
		w.timer.Reset(w.after)
	}
}

// elapsed is called by the timer.
func (w *idleWatch[M]) elapsed() {
	if w.over.Load() {
		return
	}
	if left := w.after + time.Duration(w.since.Load()) - time.Since(w.began); left > 0 {
		w.timer.Reset(left)
		return
	}
	w.armed.Store(false)
	w.actor.post(&w.signal)
}

// end forgets the Idler, whose incarnation has ended.
func (w *idleWatch[M]) end() {
	if w != nil {
		w.over.Store(true)
		w.timer.Stop()
	}
}
