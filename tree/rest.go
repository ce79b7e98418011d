package tree

import (
	"context"
	"sync/atomic"

	"github.com/understudy-go/understudy/policy"
)

// rest is how a child stands when it runs no more and is not going to, for
// those who wait for that. Any goroutine may wait and look; the rest is done in turns.
type rest struct {
	now atomic.Pointer[waiting] // nil while it runs, or is going to, and nobody waits
}

// waiting is a wait that ends for all who share it, with what it led to. That stays
// theirs when the child begins again, or keeps only the text.
//
// Invariant: all but again is written before over is set, and then done closed; nothing
// changes after that.
type waiting struct {
	over  atomic.Bool // nobody needs to wait any longer
	ended bool        // it has ended; over and not ended: it was abandoned
	exit  policy.Exit
	err   error
	done  chan struct{} // nil if it was over before anybody waited
	again chan struct{} // turn: closed when the child begins again; made for those who have it stopped
}

// wait returns the wait of those who wait now, which may be over.
func (r *rest) wait() *waiting {
	for {
		if w := r.now.Load(); w != nil {
			return w
		}
		r.now.CompareAndSwap(nil, &waiting{done: make(chan struct{})})
	}
}

// await waits until the child rests and returns its error, and whether it has
// ended, or until ctx ends and returns its cause.
func (r *rest) await(ctx context.Context) (ended bool, err error) {
	return r.wait().await(ctx, nil)
}

// await waits until the wait is over, again is closed, for then the child has ended
// too, or ctx ends.
func (w *waiting) await(ctx context.Context, again <-chan struct{}) (ended bool, err error) {
	if w.over.Load() {
		return w.ended, w.err
	}
	select {
	case <-w.done:
		return w.ended, w.err
	case <-again:
		return true, nil
	case <-ctx.Done():
	}
	select {
	case <-w.done: // at the same moment; the end is worth more
		return w.ended, w.err
	case <-again:
		return true, nil
	default:
		return false, context.Cause(ctx)
	}
}

// stop returns a function that waits for a stop that has just been asked for: as
// await does, but also until the child has ended and somebody has it started again.
// What the child failed with is not the stop's failure.
func (r *rest) stop() (await func(ctx context.Context) error) {
	w := r.wait()
	if w.again == nil && !w.over.Load() {
		w.again = make(chan struct{})
	}
	again := w.again
	return func(ctx context.Context) error {
		ended, err := w.await(ctx, again)
		if ended {
			return nil
		}
		return err
	}
}

// over returns the wait that is over, and nil while the child runs or is going to.
func (r *rest) over() *waiting {
	if w := r.now.Load(); w != nil && w.over.Load() {
		return w
	}
	return nil
}

// read returns the exit, and whether the child has ended.
func (r *rest) read() (policy.Exit, bool) {
	if w := r.over(); w != nil {
		return w.exit, w.ended
	}
	return policy.Returned, false
}

// begin notes that the child runs, or is going to.
func (r *rest) begin() {
	switch w := r.now.Load(); {
	case w == nil:
	case w.over.Load():
		r.now.Store(nil)
	case w.again != nil:
		close(w.again)
		w.again = nil
	}
}

// end notes that the child has ended for good. next is room for that.
func (r *rest) end(next *waiting, exit policy.Exit, err error) {
	if w := r.over(); w == nil || !w.ended {
		r.release(next, true, exit, err)
	}
}

// abandon notes that nobody waits for the child any longer.
func (r *rest) abandon(err error) {
	if r.over() == nil {
		r.release(&waiting{}, false, policy.Returned, err)
	}
}

// release lets go of those who wait. If nobody does, next, which is new, tells those
// who come later.
func (r *rest) release(next *waiting, ended bool, exit policy.Exit, err error) {
	w := r.now.Load()
	if w == nil || w.over.Load() {
		next.ended, next.exit, next.err = ended, exit, err
		next.over.Store(true)
		if r.now.CompareAndSwap(w, next) {
			return
		}
		w = r.now.Load() // of one who has just begun to wait
	}
	w.ended, w.exit, w.err = ended, exit, err
	w.over.Store(true)
	close(w.done)
}

// forget keeps the text of the error and lets go of the error itself.
func (r *rest) forget(path, text string) {
	if w := r.over(); w != nil && w.ended && w.err != nil {
		r.release(&waiting{}, true, w.exit, &ExitError{Path: path, Exit: w.exit, Text: text})
	}
}
