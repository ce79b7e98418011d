package actor

import (
	"context"
	"sync/atomic"
)

// Terminated says of an actor that is watched that it has ended.
type Terminated struct {
	ID ID // who

	// Err is what it failed with; nil if it did not fail: it was stopped, or came to an end
	// by itself. ErrStopped: it had ended before it was watched.
	Err error
}

// Watch has self told when target has ended for good: it was stopped, came to an end or
// failed, and its supervisor will not start it again, unless a person has it do so. Then
// notice makes the message that self gets; with a nil notice self fails, with a
// [*LinkError]: it cannot do without target. A restart of target is no end; see
// [WatchIncarnation].
//
// The notice comes once for each Watch, and never fails to come: it does not go through
// the mailbox, and is handled after the messages that were queued when target ended, so
// after what that had sent. Of a target that has ended already, or the zero Ref, it comes
// at once, with ErrStopped. An actor that was abandoned has not ended, for it still runs.
//
// Watch is for the actor's own code: self is its own Ref and ctx is the one that New or
// Receive was given, or derived from that; when a derived one ends is nothing to the
// watch. A watch ends with the incarnation of self, and so does a notice that waits; New
// may watch anew. notice runs where Receive runs.
//
// stop takes the watch back, and reports whether it was in time: then no notice comes, not
// even one that waits. Any goroutine may call it.
//
// The error is [ErrNotSelf] if ctx is not of self's code, and [ErrStopped] if that
// incarnation has ended or is being canceled. Watch never waits.
func Watch[T, M any](ctx context.Context, target Ref[T], self Ref[M], notice func(Terminated) M) (stop func() bool, err error) {
	return watch(ctx, target.ID(), target.afterEnd, self, notice)
}

// WatchIncarnation is [Watch] for one incarnation of target: the notice comes when that
// ends, whether another follows or not. It is for what lived in target's memory, and
// died with it: a subscription, a lock. Watch first, and then ask for it; after the
// notice do both again. A monitor of Erlang is this.
//
// It is the incarnation that target has at the time, or if that is between two, the next
// one that comes up. Of a target that has ended, or does before it comes up, the notice
// says ErrStopped. What is no actor of this module, such as a scope, has one incarnation.
func WatchIncarnation[T, M any](ctx context.Context, target Ref[T], self Ref[M], notice func(Terminated) M) (stop func() bool, err error) {
	return watch(ctx, target.ID(), target.afterLife, self, notice)
}

// watchState is how far a watch is.
const (
	watching uint32 = iota
	noticed         // the target has ended, and the notice waits
	unwatched
)

// watcher is a watch of one incarnation.
type watcher[M any] struct {
	extras  *extras[M]
	actor   *Actor[M]
	binding binding
	signal  signal[M]
	end     Terminated // Err is written by who makes the state noticed
	notice  func(Terminated) M
	state   atomic.Uint32
	release atomic.Pointer[func() bool]
}

// watch has self told of the end of somebody, which after tells.
func watch[M any](ctx context.Context, id ID, after func(func(why error)) func() bool, self Ref[M], notice func(Terminated) M) (func() bool, error) {
	a, err := self.own(ctx)
	if err != nil {
		return nil, err
	}
	w := &watcher[M]{extras: a.extra(), actor: a, end: Terminated{ID: id}, notice: notice}
	w.signal.serve = w.serve
	w.binding.end = func() { w.leave() }
	if !w.extras.bind(ctx, &w.binding) {
		return nil, ErrStopped
	}
	release := after(w.told)
	w.release.Store(&release)
	if w.state.Load() == unwatched {
		release() // who ended the watch meanwhile did not see it
	}
	return func() bool {
		w.extras.unbind(&w.binding)
		return w.leave()
	}, nil
}

// told is told why the target has ended.
func (w *watcher[M]) told(why error) {
	if w.state.CompareAndSwap(watching, noticed) {
		w.end.Err = why
		w.actor.post(&w.signal)
	}
}

// serve hands out the notice.
func (w *watcher[M]) serve() (e Envelope[M], deliver bool, err error) {
	if !w.state.CompareAndSwap(noticed, unwatched) {
		return e, false, nil
	}
	w.extras.unbind(&w.binding)
	if w.notice == nil {
		return e, false, &LinkError{ID: w.end.ID, Cause: w.end.Err}
	}
	w.extras.calls("Watch")
	e.Message = w.notice(w.end)
	return e, true, nil
}

// leave ends the watch and reports whether the notice had not yet come.
func (w *watcher[M]) leave() bool {
	was := w.state.Swap(unwatched)
	if release := w.release.Load(); was == watching && release != nil {
		(*release)()
	}
	return was != unwatched
}
