package actor

import (
	"context"
	"math"
	"sync/atomic"
	"time"
)

// An Idler is a [Receiver] that wants to know when it has nothing to do.
type Idler interface {
	// Idle is called when no message has come for Spec.IdleAfter since the last one was
	// handled, or since the actor was up; and again only after it has handled one and been
	// idle as long. It is called between two messages, where Receive is, and its error is
	// treated as that of Receive, though no message is in hand: policy.Done(nil) ends an
	// actor that nobody needs. What is sent after such an end is refused with ErrStopped,
	// and what was sent in the last moment is a dead letter.
	//
	// A message is what somebody has sent: what the actor's own timers bring does not count,
	// or one with a regular tick would never be idle. A suspended actor is told when it is
	// resumed.
	//
	// ctx is the incarnation's, as in Receive.
	Idle(ctx context.Context) error
}

// idleWatch tells the Idler of one incarnation that it is idle. Its clock is not
// stopped for each message: when its time has come it looks how long the actor has been
// idle by then, and goes on for the rest.
type idleWatch[M any] struct {
	actor *Actor[M]
	idler Idler
	after time.Duration
	began time.Time
	clock *time.Timer
	since atomic.Int64 // idle since then, in nanoseconds after began; the owner's, who alone writes it
	over  atomic.Bool  // the incarnation has ended

	// The owner's.
	told   bool // since the last message
	armed  bool // the clock runs, or the signal is in the lane
	rested bool // it was idle before
	signal signal[M]
}

func newIdleWatch[M any](a *Actor[M], after time.Duration, idler Idler) *idleWatch[M] {
	w := &idleWatch[M]{actor: a, idler: idler, after: after, began: time.Now()}
	w.signal.serve = w.serve
	w.clock = time.AfterFunc(math.MaxInt64, w.elapsed)
	w.clock.Stop()
	return w
}

// rest is called when the actor is about to be idle, after messages or after none.
func (w *idleWatch[M]) rest(busy bool) {
	if w == nil {
		return
	}
	if busy || !w.rested {
		w.since.Store(int64(time.Since(w.began)))
		w.told, w.rested = false, true
	}
	if !w.told && !w.armed {
		w.arm(w.left())
	}
}

// arm has the clock look after d, at the earliest after no time at all.
func (w *idleWatch[M]) arm(d time.Duration) {
	w.armed = true
	w.clock.Reset(max(d, 1))
}

// left returns how long it is until the actor has been idle for long enough.
func (w *idleWatch[M]) left() time.Duration {
	return time.Duration(w.since.Load()) + w.after - time.Since(w.began)
}

// elapsed is called by the clock.
func (w *idleWatch[M]) elapsed() {
	if w.over.Load() {
		return
	}
	if left := w.left(); left > 0 {
		w.clock.Reset(left)
		return
	}
	w.actor.post(&w.signal)
}

// serve looks again, between two messages: some may have come in the last moment.
func (w *idleWatch[M]) serve() (e Envelope[M], deliver bool, err error) {
	x := w.actor.more.Load()
	w.armed = false
	switch left := w.left(); {
	case w.over.Load(), x.handled > 0, w.actor.box.Len() > 0, len(x.front) > 0:
		// It ended, or is busy and comes to rest again.
	case left > 0:
		w.arm(left)
	default:
		w.told = true
		x.calls("Idle")
		err = w.idler.Idle(w.actor.host.Context())
	}
	return e, false, err
}

// end forgets the Idler, whose incarnation has ended.
func (w *idleWatch[M]) end() {
	if w == nil {
		return
	}
	w.over.Store(true)
	w.clock.Stop()
}
