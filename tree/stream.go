package tree

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"runtime"
	"time"
)

// StreamSpec says how [Stream] goes about its work. The zero value is ordered, with
// as many items at work as the program may use processors, and no timeout.
type StreamSpec struct {
	Limit     int           // most items at work at once; 0: GOMAXPROCS
	Window    int           // most items taken from the source and not yet yielded; 0: twice Limit; not below it
	Timeout   time.Duration // of each item, from when its function is called; 0 is none
	Unordered bool          // yield in the order of completion; else in that of the source
}

// ItemError is the failure of one item of a [Stream].
type ItemError struct {
	Index int   // of the item in its source, from 0
	Err   error // what the function returned, a *policy.PanicError, or policy.ErrGoexit
}

// Error returns the index and the error.
func (e *ItemError) Error() string { return fmt.Sprintf("tree: item %d: %v", e.Index, e.Err) }

// Unwrap returns the function's own error.
func (e *ItemError) Unwrap() error { return e.Err }

// Stream calls f for each item of src, several at once, each as a task of a scope
// that stands where ctx stands, and yields what they return: exactly one pair for
// each item taken. Nothing runs before the loop begins.
//
// Source and loop run on the caller's goroutine, by turns. An item is taken when
// f can be called for it at once: when fewer than Limit are at work and fewer than
// Window were taken and not yet yielded, finished ones included. What is ready is
// yielded before the next item is asked for, so a source may be without an end, and
// a slow loop holds the source back; while the source makes the loop wait, results
// wait with it. In order, one slow item lets those behind it run up to Window ahead.
//
// A failure is yielded in its place as an [*ItemError] beside what f returned. It
// touches no other item. Only a panic, and Goexit, is reported as well, at once. An
// item whose Timeout is over has its context canceled with the cause [ErrTimeout], and
// keeps its place until f comes back: with a value if it has one, else with an
// error that wraps ErrTimeout.
//
// Leaving the loop early, by break, return or a panic, cancels what is at work and
// waits for it before the loop ends; the source is not asked again, and its own
// defers run. A failure from then on is reported like that of any plain task. When
// ctx ends the same is canceled and comes out as it ends, the source is not asked
// again, and a last pair has an error that wraps ctx's error and cause: a loop that
// ends without it has seen all there was. A source that blocks is to heed ctx
// itself.
//
// A fault in spec, or a nil argument, is one pair with an error that names it; src
// is not asked then. Each loop over what Stream returns asks src again.
func Stream[A, B any](ctx context.Context, src iter.Seq[A], spec StreamSpec,
	f func(ctx context.Context, item A) (B, error)) iter.Seq2[B, error] {
	site := callerPC()
	return func(yield func(B, error) bool) {
		var none B
		limits, err := spec.limits()
		switch {
		case ctx == nil:
			err = fault("Stream.ctx", nil, "must not be nil")
		case src == nil:
			err = fault("Stream.src", nil, "must be a sequence")
		case f == nil:
			err = fault("Stream.f", nil, "must be a function")
		}
		if err != nil {
			yield(none, err)
			return
		}
		st := &stream[A, B]{spec: limits, f: f, site: functionPC(f), yield: yield, ready: make(map[int]result[B])}
		err = Run(ctx, collecting(ctx), func(ctx context.Context, s *Scope) error { return st.run(ctx, s, src) }, at(site))
		if st.cut != nil {
			if err == nil {
				err = st.cut
			}
			yield(none, err)
		}
	}
}

// limits returns the spec with what its zeros mean, and its faults.
func (spec StreamSpec) limits() (StreamSpec, error) {
	var faults []error
	check := func(ok bool, field string, value any, reason string) {
		if !ok {
			faults = append(faults, fault("StreamSpec."+field, value, reason))
		}
	}
	check(spec.Limit >= 0, "Limit", spec.Limit, "must not be negative")
	check(spec.Window >= 0, "Window", spec.Window, "must not be negative")
	check(spec.Timeout >= 0, "Timeout", spec.Timeout, "must not be negative")
	if spec.Limit == 0 {
		spec.Limit = runtime.GOMAXPROCS(0)
	}
	if spec.Window == 0 {
		spec.Window = max(spec.Limit, 2*min(spec.Limit, math.MaxInt/2))
	}
	if len(faults) == 0 {
		check(spec.Window >= spec.Limit, "Window", spec.Window, fmt.Sprintf("must not be less than Limit, which is %d", spec.Limit))
	}
	return spec, errors.Join(faults...)
}

// stream is one loop over the items of a source. It is touched only by the
// goroutine of the loop.
//
// Invariants:
//
//  1. back <= taken, yielded <= back, taken-back <= Limit, taken-yielded <= Window.
//  2. ready holds what came back and was not yielded, by its turn: the item's
//     index, or when unordered how many came before it.
type stream[A, B any] struct {
	spec  StreamSpec
	f     func(context.Context, A) (B, error)
	site  uintptr // of f
	yield func(B, error) bool

	scope *Scope
	desk  *desk[B]
	ready map[int]result[B]

	taken, back, yielded int // items

	cut error // why the source was not asked to its end
}

// run is the body of the scope.
func (st *stream[A, B]) run(ctx context.Context, s *Scope, src iter.Seq[A]) error {
	st.scope, st.desk = s, newDesk[B](s, never)
	defer st.desk.settle() // also when source or loop panic
	if st.feed(ctx, src) {
		st.serve(st.empty)
	}
	return st.cut
}

// feed takes items until there are no more or ctx ends. It reports false when the
// loop was left.
func (st *stream[A, B]) feed(ctx context.Context, src iter.Seq[A]) bool {
	if st.isCut(ctx) {
		return true
	}
	for item := range src {
		st.begin(ctx, item)
		if !st.serve(st.hasRoom) {
			return false
		}
		if st.isCut(ctx) {
			return true
		}
	}
	return true
}

// isCut reports whether ctx has ended, and notes why.
func (st *stream[A, B]) isCut(ctx context.Context) bool {
	if ctx.Err() != nil {
		st.cut = context.Cause(ctx)
	}
	return st.cut != nil
}

// leave ends the work because the loop was left. The source hears of it after.
func (st *stream[A, B]) leave() {
	st.cut = nil // nobody is there to be told
	st.desk.settle()
	st.scope.Cancel(errLoopLeft)
}

// hasRoom reports whether an item may be taken.
func (st *stream[A, B]) hasRoom() bool {
	return st.taken-st.back < st.spec.Limit && st.taken-st.yielded < st.spec.Window
}

// empty reports whether all that was taken has been yielded.
func (st *stream[A, B]) empty() bool { return st.taken == st.yielded }

// begin starts the work on an item.
func (st *stream[A, B]) begin(ctx context.Context, item A) {
	f, timeout := st.f, st.spec.Timeout
	st.desk.begin(ctx, st.taken, st.site, func(ctx context.Context) (B, error) {
		if timeout == 0 {
			return f(ctx, item)
		}
		ctx, cancel := context.WithTimeoutCause(ctx, timeout, ErrTimeout)
		defer cancel()
		b, err := f(ctx, item)
		return b, timedOut(ctx, timeout, err)
	})
	st.taken++
}

// timedOut makes the error of an item that came back after its own timeout say so.
func timedOut(ctx context.Context, timeout time.Duration, err error) error {
	if err == nil || context.Cause(ctx) != ErrTimeout || errors.Is(err, ErrTimeout) {
		return err
	}
	return fmt.Errorf("%w after %v: %w", ErrTimeout, timeout, err)
}

// serve yields what has its turn, what comes meanwhile included, until nothing is
// ready and enough is reported. It reports false when the loop was left.
func (st *stream[A, B]) serve(enough func() bool) bool {
	for {
		r, come := st.desk.take()
		switch turn, ready := st.ready[st.yielded]; {
		case come:
			st.put(r)
		case ready:
			delete(st.ready, st.yielded)
			st.yielded++
			if !st.yield(turn.value, turn.ofItem()) {
				st.leave()
				return false
			}
		case enough():
			return true
		default:
			st.put(st.desk.wait())
		}
	}
}

// put keeps a result for its turn.
func (st *stream[A, B]) put(r result[B]) {
	turn := r.index
	if st.spec.Unordered {
		turn = st.back
	}
	st.ready[turn] = r
	st.back++
}

// ofItem returns the error to yield.
func (r *result[T]) ofItem() error {
	if r.err == nil {
		return nil
	}
	return &ItemError{Index: r.index, Err: r.err}
}
