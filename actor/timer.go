package actor

import (
	"context"
	"sync"
	"time"

	"github.com/understudy-go/understudy/policy"
)

// A Timer sends an actor a message of its own when its time has come: a tick. Its
// [Ref.After], [Ref.At] and [Ref.Every] start one.
//
// A timer belongs to the incarnation that started it and ends with it: the next one
// handles no tick of it, not even one that was due and waited. A tick does not go
// through the mailbox, so it is never refused nor dropped there, and is handled after
// the messages that were queued when it was due. It waits while the actor is suspended.
// When the incarnation ends before, the tick ends with it and is no dead letter; one in
// hand that makes its incarnation fail is.
//
// A timer has no goroutine. One that is stopped or over holds no memory of the actor.
type Timer struct{ of interface{ stop() bool } }

// Stop ends the timer and reports whether it was in time: no tick of it is handled from
// then on, not even one that waits. It reports false if the timer was over: its only
// tick is being handled or was, it was stopped before, or its incarnation has ended. One
// that Every has started is over only by these two. Any goroutine may call Stop, more
// than once; it never waits. That of the zero Timer and of nil reports false.
func (t *Timer) Stop() bool { return t != nil && t.of != nil && t.of.stop() }

// After has the actor handle m once, d from now; at once, that is after what is queued
// now, if d is zero.
//
// It is for the actor's own code: ctx says whose timer it is and is the one that New or
// Receive was given, or derived from that; when a derived one ends is nothing to the
// timer. The error is a [*policy.FieldError] if d is negative; [ErrNotSelf] if ctx is not
// of this actor's code; [ErrStopped] if its incarnation has ended or is being canceled.
// Any goroutine of the actor's code may call it; it never waits.
func (r Ref[M]) After(ctx context.Context, d time.Duration, m M) (*Timer, error) {
	if d < 0 {
		return nil, &policy.FieldError{Field: "actor.After.d", Value: d, Reason: "must not be negative"}
	}
	return r.startTimer(ctx, &timer[M]{message: m}, d)
}

// At is [Ref.After] with a time in place of a duration: at once for one that is past.
// What becomes of a clock that is set anew meanwhile is as with [time.Until].
func (r Ref[M]) At(ctx context.Context, t time.Time, m M) (*Timer, error) {
	return r.startTimer(ctx, &timer[M]{message: m}, time.Until(t))
}

// Every has the actor handle m again and again: d from now, and after each further d. It
// keeps to that schedule however long a tick takes or waits. One tick waits at most, and
// stands for those that came due meanwhile: an actor that was busy for many d handles one
// when it is free, and the next when that is due.
//
// It shares the errors of [Ref.After], but d must be more than zero.
func (r Ref[M]) Every(ctx context.Context, d time.Duration, m M) (*Timer, error) {
	if d <= 0 {
		return nil, &policy.FieldError{Field: "actor.Every.d", Value: d, Reason: "must be more than zero"}
	}
	return r.startTimer(ctx, &timer[M]{message: m, every: d}, d)
}

// timer is a Timer of an actor. It is over, or its clock runs, or its signal is in the
// lane: Every starts the clock again only when a tick is taken from there. So one tick
// waits at most, and a busy actor is not woken for those that it would miss.
type timer[M any] struct {
	Timer
	binding binding
	signal  signal[M]
	every   time.Duration // zero: once
	began   time.Time

	mu      sync.Mutex
	actor   *Actor[M]   // guarded by mu; nil when the timer is over
	message M           // guarded by mu
	clock   *time.Timer // guarded by mu; nil for one that was due at once
}

// startTimer starts t, whose first tick is to come after wait.
func (r Ref[M]) startTimer(ctx context.Context, t *timer[M], wait time.Duration) (*Timer, error) {
	a, err := r.own(ctx)
	if err != nil {
		return nil, err
	}
	t.of, t.actor, t.began = t, a, time.Now()
	t.binding.end = func() { t.stop() }
	t.signal.serve = t.serve
	if !a.extra().bind(ctx, &t.binding) {
		return nil, ErrStopped
	}
	if wait <= 0 {
		a.post(&t.signal)
		return &t.Timer, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.actor != nil { // or its incarnation has ended since
		t.clock = time.AfterFunc(wait, t.due)
	}
	return &t.Timer, nil
}

// due is called by the clock. That it may come too late for its incarnation is noticed
// when the tick is to be handled.
func (t *timer[M]) due() {
	t.mu.Lock()
	a := t.actor
	t.mu.Unlock()
	if a != nil {
		a.post(&t.signal)
	}
}

// serve hands out a tick.
func (t *timer[M]) serve() (e Envelope[M], deliver bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.actor == nil {
		return e, false, nil
	}
	e.Message = t.message
	if t.every > 0 {
		t.clock.Reset(t.every - time.Since(t.began)%t.every)
	} else {
		t.finish()
	}
	return e, true, nil
}

// stop implements the Stop of Timer.
func (t *timer[M]) stop() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.actor == nil {
		return false
	}
	t.finish()
	return true
}

// finish lets go of all that the timer holds. t.mu is held.
func (t *timer[M]) finish() {
	var none M
	t.actor.extra().unbind(&t.binding)
	t.actor, t.message = nil, none
	if t.clock != nil {
		t.clock.Stop()
	}
}
