package tree

import (
	"context"
	"sync"

	"github.com/understudy-go/understudy/policy"
)

// rest is how a child stands when it runs no more and is not going to, for
// those who wait for that.
type rest struct {
	mu      sync.Mutex // guards what follows
	over    bool       // nobody needs to wait any longer
	ended   bool       // it has ended; over and not ended: it was abandoned
	exit    policy.Exit
	err     error
	waiting *waiting // those who wait now; nil for none
}

// waiting is a wait that ends for all who share it. What it led to is written
// before done is closed, and stays theirs when the child keeps only the text.
type waiting struct {
	done  chan struct{}
	ended bool // else it was abandoned
	err   error
	again chan struct{} // closed when the child begins again; made for those who have it stopped
}

// await waits until the child rests and returns its error, and whether it has
// ended, or until ctx ends and returns its cause.
func (r *rest) await(ctx context.Context) (ended bool, err error) {
	r.mu.Lock()
	if r.over {
		defer r.mu.Unlock()
		return r.ended, r.err
	}
	w := r.wait()
	r.mu.Unlock()
	return w.await(ctx, nil)
}

// await waits until the wait is over, again is closed, for then the child has ended
// too, or ctx ends.
func (w *waiting) await(ctx context.Context, again <-chan struct{}) (ended bool, err error) {
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

// wait returns the wait of those who wait now. The caller holds mu.
func (r *rest) wait() *waiting {
	if r.waiting == nil {
		r.waiting = &waiting{done: make(chan struct{})}
	}
	return r.waiting
}

// stop returns a function that waits for a stop that has just been asked for: as
// await does, but also until the child has ended and somebody has it started again.
func (r *rest) stop() (await func(ctx context.Context) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		ended, err := r.ended, r.err
		return func(context.Context) error { return unless(ended, err) }
	}
	w := r.wait()
	if w.again == nil {
		w.again = make(chan struct{})
	}
	again := w.again
	return func(ctx context.Context) error { return unless(w.await(ctx, again)) }
}

// unless is the answer to a stop: what the child failed with is not its failure.
func unless(ended bool, err error) error {
	if ended {
		return nil
	}
	return err
}

// read returns the exit, and whether the child has ended.
func (r *rest) read() (policy.Exit, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.exit, r.ended
}

// begin notes that the child runs, or is going to.
func (r *rest) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over, r.ended, r.exit, r.err = false, false, policy.Returned, nil
	if w := r.waiting; w != nil && w.again != nil {
		close(w.again)
		w.again = nil
	}
}

// end notes that the child has ended for good.
func (r *rest) end(exit policy.Exit, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		r.ended, r.exit = true, exit
		r.release(err)
	}
}

// abandon notes that nobody waits for the child any longer.
func (r *rest) abandon(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.over {
		r.release(err)
	}
}

// release lets go of those who wait.
func (r *rest) release(err error) {
	r.over, r.err = true, err
	if r.waiting != nil {
		r.waiting.ended, r.waiting.err = r.ended, err
		close(r.waiting.done)
		r.waiting = nil
	}
}

// forget keeps the text of the error and lets go of the error itself.
func (r *rest) forget(path, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended && r.err != nil {
		r.err = &ExitError{Path: path, Exit: r.exit, Text: text}
	}
}
