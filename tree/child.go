package tree

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/understudy-go/understudy/policy"
)

// Child is a handle on a child of a scope, valid across restarts and after the
// end. Its methods may be called from any goroutine at once.
//
// There may be a million of them, most of which only run. So it has no field that
// children need only at times, nor one that alike children may share.
type Child struct {
	slot  policy.Slot // its place in the scope's machine; turn
	first incarnation // most children need no second; its scope is the child's

	// Written before the child is shared, never after.
	name   string
	hosted hosted // an actor or a supervisor; nil for a child with a goroutine of its own

	now  atomic.Pointer[described] // written in a turn, read by anybody; see spec
	rest rest

	// turn
	current  *incarnation // the latest; nil before the first
	extras   *extras      // nil for none
	chained  *Child       // the next one in its bucket of names
	lastExit policy.Exit  // of the incarnation before, or of this one once it has ended
	named    bool         // the name is taken by this child
	listed   bool         // it has a place and nobody has asked for its start
	hasPlace bool         // it has a place of its scope's Limit
	aside    bool         // Partitions.Resize stopped it, and it has not been up since
}

// incarnation is one life of a child, from its start to its exit. Times are since the
// scope was opened, which takes less room.
type incarnation struct {
	life
	began   time.Duration
	number  int32 // 1 for the first
	attempt int32 // how often it came to be restarted for its own end, since the last stable run

	// turn
	over  bool  // its exit was handled
	up    bool  // the machine was told it is up
	again bool  // who waits for a start waits for the next one
	stage stage // how far its stop is
}

// back reports whether the incarnation has come back.
func (inc *incarnation) back() bool { return inc.came.Load() != nil }

// age returns how long the incarnation has run, or did run.
func (inc *incarnation) age() time.Duration {
	if x := inc.came.Load(); x != nil {
		return x.at - inc.began
	}
	return inc.scope.clock() - inc.began
}

// startedAt returns the file and line of its start; of what it runs when a go
// statement called that.
func (ch *Child) startedAt() string {
	if body := ch.spec().Run; body != nil && isGoexit(ch.spec().site) {
		return siteOf(functionPC(body))
	}
	return siteOf(ch.spec().site)
}

// owner returns the scope whose child it is.
func (ch *Child) owner() *core { return ch.first.scope }

// Name returns the name the child was described with.
func (ch *Child) Name() string { return ch.name }

// Path returns the child's place in its tree, as in "app/ingest/reader".
func (ch *Child) Path() string { return ch.owner().path() + "/" + ch.name }

// String returns the path.
func (ch *Child) String() string { return ch.Path() }

// Info returns what the child's latest incarnation gave to [ReadyWith], or nil.
func (ch *Child) Info() (info any) {
	ch.owner().inTurn(func() { info = ch.few().info })
	return info
}

// Incarnation returns the number of the latest incarnation: 1 for the first, 0
// before it.
func (ch *Child) Incarnation() (n int) {
	ch.owner().inTurn(func() {
		if ch.current != nil {
			n = int(ch.current.number)
		}
	})
	return n
}

// State returns where the child stands.
func (ch *Child) State() (s policy.SlotState) {
	ch.owner().inTurn(func() { s = ch.slot.State() })
	return s
}

// Spec returns the child's description with its defaults filled in. It is a
// copy; what it describes does not change with it.
func (ch *Child) Spec() ChildSpec {
	s := ch.spec().clone()
	s.Name = ch.name
	if s.NewBackoff == nil {
		s.Backoff = s.Backoff.Or(ch.owner().rules().Backoff).WithDefaults()
	}
	s.Stop = ch.stop()
	if s.Policy != nil {
		s.Policy = new(s.Policy.WithDefaults())
	}
	return s
}

// stop returns what holds for the child's stop: its own and its scope's.
func (ch *Child) stop() policy.Stop { return ch.spec().stop(ch.owner()) }

// shield returns what the child has that [Scope.Shield] made, and nil for another.
func (ch *Child) shield() *shield { return ch.spec().shield }

// key returns the key of a [Set]'s member, and nil for another child.
func (ch *Child) key() any { return ch.spec().key }

// supervises reports whether the child is a scope of its own.
func (ch *Child) supervises() bool { return ch.spec().Policy != nil }

// Exit returns how the child ended, and whether it has ended for good: it runs
// no more and will not be restarted unless an operator does it. An abandoned
// child has not ended.
func (ch *Child) Exit() (policy.Exit, bool) { return ch.rest.read() }

// Wait blocks until the child has ended for good and returns the error of its
// last incarnation: nil when that returned nil or was canceled. When ctx ends
// first it returns ctx's cause, and the child is not touched. For a child that
// was abandoned, and may run on, it returns an error wrapping [ErrAbandoned].
//
// A child whose place remains in the scope, as a finished Transient's does, keeps
// only the text of its error: those who wait while it ends get the error itself,
// later ones an *[ExitError].
//
// A child that waits for itself gets [ErrSelfWait].
func (ch *Child) Wait(ctx context.Context) error {
	switch {
	case ctx == nil:
		return fault("Child.Wait.ctx", nil, "must not be nil")
	case ch.around(ctx):
		return fmt.Errorf("%w: Wait for %s", ErrSelfWait, ch.Path())
	}
	_, err := ch.rest.await(ctx)
	return err
}

// Cancel cancels the child's context with cause, now, and keeps the child from
// being restarted. It does not wait. The exit counts as Canceled, not as a
// failure, when the child returns its context's error.
func (ch *Child) Cancel(cause error) {
	ch.owner().post(message{op: opDo, arg: func() { ch.owner().cancelChild(ch, canceledBy(cause)) }})
}

// around reports whether ctx belongs to the child, directly or through scopes it
// opened.
func (ch *Child) around(ctx context.Context) bool {
	for l := lifeOf(ctx); l != nil; l = l.scope.under {
		if l.child == ch {
			return true
		}
	}
	return false
}
