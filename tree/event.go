package tree

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/understudy-go/understudy/policy"
)

// EventKind is what an [Event] reports, in the past tense.
type EventKind uint8

// The events, with the fields they set beside Kind, Time, Tree and Path.
const (
	ChildStarted     EventKind = iota // an incarnation began: Incarnation
	ChildReady                        // it is up: Incarnation
	ChildStartFailed                  // it came back before it was up: as ChildExited
	ChildExited                       // it came back: Incarnation, Exit, Took, Err; for a task that failed Site, Exit, Err
	ChildDelayed                      // it will be started after Delay
	ChildOverdue                      // canceled, late, and still waited for: Incarnation, Took, Stack, Site; of tasks Count
	ChildAbandoned                    // outlived its kill wait: as ChildOverdue
	ChildEndedLate                    // an abandoned one ended after all: as ChildExited
	Exhausted                         // exceeded its intensity and is stopped, or cools down: Err
	GaveUp                            // its supervisor gave up on it and ends: Err
	Escalated                         // its error was Fatal, or it is stuck, and its supervisor ends: Err
	SpawnRefused                      // a start was refused: Err
	DeadLetter                        // an actor will not handle a message: Message, Err
	HandlerStuck                      // a call of an actor's code takes longer than its StuckAfter: Doing, Took, Stack
	HandlerCameBack                   // it came back after all: Doing, Took
	ScopeDraining                     // the scope was asked to end: Err says why
	ScopeCanceling                    // its contexts were canceled: Err is the cause
	ScopeClosed                       // everything in it has ended, or was abandoned: Took; Err when a body that unwound lost it
	ScopeForgotten                    // its handle was dropped without Close: Site
	EventsDropped                     // the observer was too slow for Count events
	numEventKinds
)

var eventWords = [numEventKinds]string{"child_started", "child_ready", "child_start_failed", "child_exited", "child_delayed", "child_overdue",
	"child_abandoned", "child_ended_late", "exhausted", "gave_up", "escalated", "spawn_refused", "dead_letter", "handler_stuck", "handler_came_back",
	"scope_draining", "scope_canceling", "scope_closed", "scope_forgotten", "events_dropped"}

// String returns the kind in words with underscores, as in "child_exited".
func (k EventKind) String() string {
	if k < numEventKinds {
		return eventWords[k]
	}
	return fmt.Sprintf("event(%d)", uint8(k))
}

// Event is something that happened in a scope. It is flat: fields that a kind
// does not set are zero.
type Event struct {
	Kind        EventKind     // what happened
	Time        time.Time     // when the scope came to know of it
	Tree        uuid.UUID     // of the root scope, made when first asked for
	Path        string        // of the child, or of the scope
	Site        string        // file:line
	Incarnation int           // 1 for the first
	Exit        policy.Exit   // how it came back
	Err         error         // not to be kept: it may hold on to much
	Took        time.Duration // age of what ended or is late; how long a call has taken
	Delay       time.Duration // until a start
	Count       int           // tasks, or events dropped
	Stack       string        // goroutines of what is late
	Message     any           // of a DeadLetter
	Doing       string        // the type of the message being handled, or the method that was called
	Handed      bool          // Run, Start or Shield returns Err; there is no need to log it too
}

// Observer is told what happens in a scope; see [WithObserver].
//
// Events come one at a time, in the order in which they happened, on a goroutine
// that is the observer's while there are any. A scope does not end before its
// events were observed, so an observer may spawn into the scope that an event is
// from, and one that blocks holds the scope up: for a kill wait, or for
// policy.DefaultKill where that is for ever, once all else has ended. It must not
// wait for that scope to end. A panic in it is logged to [slog.Default] and stops
// nothing.
type Observer interface {
	// Observe is told of one event.
	Observe(e Event)
}

// ObserverFunc is a function as an [Observer].
type ObserverFunc func(e Event)

// Observe calls f.
func (f ObserverFunc) Observe(e Event) { f(e) }
