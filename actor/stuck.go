package actor

import (
	"fmt"
	"sync"
	"time"
)

// Stuck is a call of an actor's code that takes longer than Spec.StuckAfter.
type Stuck struct {
	Doing string        // the type of the message that Receive was called with; or New, Idle, Stopped, Inspect, or Watch for its notice
	Took  time.Duration // since the call
	Back  bool          // it has come back by now, in whatever way
}

// stuckWatch tells the host of calls that take too long. Its clock is not started and
// stopped for each: when its time has come it looks how long the call that runs by then
// has taken, and goes on for the rest. So a call costs a look at the time and a lock
// that is nearly always free.
type stuckWatch[M any] struct {
	host  Host
	after time.Duration
	began time.Time

	mu      sync.Mutex    // guards what follows
	clock   *time.Timer   // nil before the first call
	armed   bool          // the clock runs
	running bool          // a call does
	since   time.Duration // it does since then, after began
	call    string        // the method; empty for Receive
	message M             // what Receive was called with
	report  *stuckReport  // that was made of it
}

// stuckReport is what is told of one call: that it is stuck, and then that it came back,
// by whoever comes last to know of both.
type stuckReport struct {
	Stuck
	told bool // guarded by mu of the watch; that it is stuck
}

// newStuckWatch returns nil, which watches nothing, for zero.
func newStuckWatch[M any](h Host, after time.Duration) *stuckWatch[M] {
	if after == 0 {
		return nil
	}
	return &stuckWatch[M]{host: h, after: after, began: time.Now()}
}

// calls says which method is about to be called.
func (x *extras[M]) calls(method string) {
	if x != nil {
		var none M
		x.stuck.enter(method, none)
	}
}

// enter is called when a call of the actor's code begins, and the one before is over.
func (w *stuckWatch[M]) enter(call string, m M) {
	if w == nil {
		return
	}
	now := time.Since(w.began)
	w.mu.Lock()
	back := w.cameBack(now)
	w.running, w.since, w.call, w.message = true, now, call, m
	if !w.armed {
		w.arm(w.after)
	}
	w.mu.Unlock()
	w.tell(back)
}

// leave is called when no further call is about to begin.
func (w *stuckWatch[M]) leave() {
	if w == nil {
		return
	}
	var none M
	w.mu.Lock()
	back := w.cameBack(time.Since(w.began))
	w.running, w.message = false, none
	w.mu.Unlock()
	w.tell(back)
}

// end is leave at the end of an incarnation, which the clock is not to outlive.
func (w *stuckWatch[M]) end() {
	if w == nil {
		return
	}
	w.leave()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.armed {
		w.armed = false
		w.clock.Stop()
	}
}

// arm starts the clock. w.mu is held.
func (w *stuckWatch[M]) arm(d time.Duration) {
	w.armed = true
	if w.clock == nil {
		w.clock = time.AfterFunc(d, w.elapsed)
	} else {
		w.clock.Reset(d)
	}
}

// elapsed is called by the clock.
func (w *stuckWatch[M]) elapsed() {
	w.mu.Lock()
	w.armed = false
	took := time.Since(w.began) - w.since
	switch {
	case !w.running || w.report != nil:
		w.mu.Unlock()
		return
	case took < w.after:
		w.arm(w.after - took)
		w.mu.Unlock()
		return
	}
	r := &stuckReport{Stuck: Stuck{Doing: w.call, Took: took}}
	if r.Doing == "" {
		r.Doing = fmt.Sprintf("%T", w.message)
	}
	w.report = r
	stuck := r.Stuck
	w.mu.Unlock()
	w.host.Stuck(stuck)
	w.mu.Lock()
	r.told = true
	back := r.Stuck
	w.mu.Unlock()
	w.tell(back)
}

// cameBack notes that the call which ran until now is over, and returns what is to be
// told of that by the caller, without the lock.
func (w *stuckWatch[M]) cameBack(now time.Duration) (s Stuck) {
	r := w.report
	if r == nil {
		return s
	}
	w.report = nil
	r.Took, r.Back = now-w.since, true
	if r.told {
		s = r.Stuck
	}
	return s
}

// tell tells the host of a call that came back, if it did.
func (w *stuckWatch[M]) tell(s Stuck) {
	if s.Back {
		w.host.Stuck(s)
	}
}
