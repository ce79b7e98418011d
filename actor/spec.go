package actor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
)

// Spec describes an actor. A zero field means the default its comment names.
type Spec[M any] struct {
	Name string // unique among siblings, not empty, no "/"

	// New makes the Receiver of one incarnation. It may block and may fail; ctx is
	// the incarnation's, as in Receive, and self the actor's own Ref, to give away
	// or to send to. Messages wait until New has returned. An error, a panic or a
	// nil Receiver is a start that failed; policy.ErrIgnored one that is not needed.
	New func(ctx context.Context, self Ref[M]) (Receiver[M], error)

	// Mailbox holds what was sent and not yet handled; zero:
	// Bounded(64, Block). It outlives the incarnations.
	Mailbox mailbox.Spec

	// NewMailbox makes the mailbox in place of Mailbox: [Latest], or one of your own that
	// passes mailboxtest. drop is to be called, without a lock, with each message that was
	// taken in and will not come out. An error, or nil, makes no actor.
	NewMailbox func(drop func(Envelope[M])) (mailbox.Mailbox[Envelope[M]], error)

	// Wrap puts each Receiver that New made into others, the first outermost: what is to
	// happen around every message. It costs nothing where it is empty. A Receiver is asked
	// for [Stopper] and [Idler] before it is wrapped.
	Wrap []Wrapper[M]

	// IdleAfter is how long the actor is without a message before it is told, as an
	// [Idler], which what New returns then has to be; zero is never. An actor with one, or
	// with a StuckAfter, is some 0.7 kB larger.
	IdleAfter time.Duration

	// StuckAfter is how long one call of the actor's code may take, New or a method of what
	// it returns, with what it waits for and with what Wrap adds. Of one that takes longer
	// its supervisor is told, with the stack, once while it goes on, and again when it comes
	// back. Nothing else is done about it. Zero is for ever, and costs nothing; else each
	// message costs a look at the clock and a free lock, some 0.1 µs, and being told a look
	// at all goroutines of the process.
	StuckAfter time.Duration

	// StopWithin bounds the context of a [Stopper]; zero: DefaultStopWithin.
	StopWithin time.Duration

	// Drain has an actor that is asked to stop first handle what is queued when the message
	// in hand is done, as long as its grace lasts: not what comes later, nor what remains
	// stashed. Without it all that waits for the next incarnation, and if there is none,
	// becomes dead letters. [Func] knows no grace, and so no drain.
	Drain bool

	// Stash is how many messages the actor may put aside with [Ref.Stash]; zero is none.
	Stash int

	// What follows is for the supervisor. [Func] leaves it to its caller.

	// Restart says after which exits a new incarnation is started: Permanent
	// (zero), Transient or Temporary.
	Restart policy.Restart

	// Backoff is the wait before a restart; zero is that of the scope's policy, and
	// policy.NoBackoff none.
	Backoff policy.Backoff

	// NewBackoff makes what says how long to wait before each restart in place of
	// Backoff, of which only Reset may then be set.
	NewBackoff func() policy.BackoffSource

	// Intensity is a budget of the actor's own beside the scope's, and Exhausted what
	// follows when it is exceeded. Zero is none.
	Intensity policy.Intensity
	Exhausted policy.Exhausted // zero: its supervisor gives up

	// Decide says what an error that ends an incarnation means for the restart, where
	// the error itself does not. Without an opinion the scopes around are asked.
	Decide policy.Decider

	// Stop bounds this actor's stop; zero fields mean the scope's.
	Stop policy.Stop

	// Significant actors end their scope by ending themselves, as policy.Scope's
	// Auto says. Not for Permanent ones.
	Significant bool

	// IsCancel adds to the errors that count as a cancel when they end an
	// incarnation whose context was canceled. It is asked for each leaf.
	IsCancel func(err error) bool
}

// Validate returns nil, or every fault of s joined. The faults of Spec's own
// fields are [*policy.FieldError] values.
func (s Spec[M]) Validate() error {
	var faults []error
	add := func(field string, value any, reason string) {
		faults = append(faults, &policy.FieldError{Field: "actor.Spec." + field, Value: value, Reason: reason})
	}
	switch {
	case s.Name == "":
		add("Name", s.Name, "must not be empty")
	case strings.Contains(s.Name, "/"):
		add("Name", s.Name, `must not contain "/", which separates names in a path`)
	}
	if s.New == nil {
		add("New", nil, "must be a function")
	}
	if s.Restart > policy.Temporary {
		add("Restart", s.Restart, "unknown")
	}
	if s.Significant && s.Restart == policy.Permanent {
		add("Significant", true, "a permanent actor never ends by itself")
	}
	if s.NewMailbox != nil && s.Mailbox != (mailbox.Spec{}) {
		add("Mailbox", s.Mailbox, "has no meaning when NewMailbox is set")
	}
	for i, w := range s.Wrap {
		if w == nil {
			add(fmt.Sprintf("Wrap[%d]", i), nil, "must be a function")
		}
	}
	if s.IdleAfter < 0 {
		add("IdleAfter", s.IdleAfter, "must not be negative")
	}
	if s.StuckAfter < 0 {
		add("StuckAfter", s.StuckAfter, "must not be negative")
	}
	if s.StopWithin < 0 {
		add("StopWithin", s.StopWithin, "must not be negative")
	}
	if s.Stash < 0 {
		add("Stash", s.Stash, "must not be negative")
	}
	faults = appendFault(faults, "Mailbox", s.Mailbox.Validate())
	if s.Backoff != (policy.Backoff{}) && s.NewBackoff == nil {
		faults = appendFault(faults, "Backoff", s.Backoff.Validate())
	}
	if s.Stop != (policy.Stop{}) {
		faults = appendFault(faults, "Stop", s.Stop.Validate())
	}
	return errors.Join(faults...)
}

// options returns the fields that the actor reads later than in New.
func (s *Spec[M]) options() options {
	return options{idleAfter: s.IdleAfter, stuckAfter: s.StuckAfter, stopWithin: s.StopWithin, drain: s.Drain, stash: s.Stash}
}

// appendFault adds err, the faults of one field's own type, if there are any.
// Actors are made in great numbers, and a good spec costs no allocation.
func appendFault(faults []error, field string, err error) []error {
	if err == nil {
		return faults
	}
	return append(faults, fmt.Errorf("actor.Spec.%s: %w", field, err))
}
