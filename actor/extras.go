package actor

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/understudy-go/understudy/internal/self"
	"github.com/understudy-go/understudy/policy"
)

// extras is what few actors need, made when one does, and kept from then on.
type extras[M any] struct {
	options  options
	wrappers []Wrapper[M]
	stuck    *stuckWatch[M] // nil without a StuckAfter

	lane atomic.Pointer[signal[M]] // what was signaled and not yet collected, newest first

	asking atomic.Pointer[wait] // what the handler waits in; nil while it does not

	// The owner's.
	asks      unanswered    // taken, and not answered by their handler
	urgent    signals[M]    // that were collected
	pending   signals[M]    // those that are not urgent
	handled   int           // where a burst begins to count
	front     []Envelope[M] // to be handled before what is queued
	stash     stash[M]
	made      Receiver[M]   // the Receiver, without what it is wrapped in; nil if that is nothing
	stopper   Stopper       // the Receiver, if it is one
	idle      *idleWatch[M] // of an incarnation that wants to know
	lastError error         // of the incarnation before, until the next one is up

	aside atomic.Int64 // messages stashed or in front; the owner's to write

	mu      sync.Mutex
	over    bool     // guarded by mu: the incarnation has ended, and nothing may be bound to it
	life    int      // guarded by mu, written by the owner: tells incarnations apart
	bound   *binding // guarded by mu: the first of what ends with the incarnation
	lives   hooks    // guarded by mu: who is told of the end of an incarnation that was up
	ends    hooks    // guarded by mu: who is told of the end of the actor
	emptied []func() // guarded by mu: who is told when its mailbox is empty after that
}

// options are the fields of a Spec that only the actor reads.
type options struct {
	idleAfter  time.Duration
	stuckAfter time.Duration
	stopWithin time.Duration
	drain      bool
	stash      int
}

// extra returns the extras, which it makes if there are none.
func (a *Actor[M]) extra() *extras[M] {
	if x := a.more.Load(); x != nil {
		return x
	}
	a.more.CompareAndSwap(nil, &extras[M]{})
	return a.more.Load()
}

// beginLife opens the extras for the things of an incarnation. An earlier one may have
// left some, if it made the extras when it was ending.
func (x *extras[M]) beginLife() {
	if x == nil {
		return
	}
	x.endBound()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.over = false
	x.life++
}

// endLife ends what belongs to the incarnation, which came back with err, or with nil
// in place of that if it did not fail.
func (x *extras[M]) endLife(err, why error) {
	x.lastError = why // what is bound may want to know
	x.endBound()
	x.asks.failAll(&NoReplyError{Cause: err})
	x.asks = unanswered{}
	x.stuck.end()
	x.idle.end()
	x.idle, x.stopper, x.made = nil, nil, nil
	x.loseSignals()
	x.handled = 0
	x.unstash() // the next incarnation begins with them
}

// binding is something that ends with an incarnation, and a node of the list of that.
// A list, of which what goes leaves nothing, and not a map, which does not shrink.
type binding struct {
	end        func()
	next, prev *binding // guarded by mu of the extras
}

// bind has b ended with the incarnation whose code ctx was given to; false if that is
// over.
func (x *extras[M]) bind(ctx context.Context, b *binding) bool {
	life, _ := ctx.Value(self.Life{}).(context.Context)
	x.mu.Lock()
	defer x.mu.Unlock()
	// That of an earlier incarnation was canceled before this one began.
	if x.over || life == nil || life.Err() != nil {
		return false
	}
	b.next = x.bound
	if b.next != nil {
		b.next.prev = b
	}
	x.bound = b
	return true
}

// unbind takes b back, which may have been ended.
func (x *extras[M]) unbind(b *binding) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case b.prev != nil:
		b.prev.next = b.next
	case x.bound == b:
		x.bound = b.next
	}
	if b.next != nil {
		b.next.prev = b.prev
	}
	b.next, b.prev = nil, nil
}

// endBound ends all that is bound, the last first, and lets nothing more be bound.
func (x *extras[M]) endBound() {
	for b := x.popBound(); b != nil; b = x.popBound() {
		b.end()
	}
}

func (x *extras[M]) popBound() (b *binding) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.over = true
	if b = x.bound; b == nil {
		return nil
	}
	if x.bound, b.next = b.next, nil; x.bound != nil {
		x.bound.prev = nil
	}
	return b
}

// whyOver returns err, with which an incarnation came back, or nil if it did not fail
// by that.
func (a *Actor[M]) whyOver(err error) error {
	if err == nil || policy.IsDone(err) || a.receiver == nil && policy.IsIgnored(err) {
		return nil
	}
	if ctx := a.host.Context(); ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx))) {
		return nil
	}
	return err
}
