package hollywood

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	hactor "github.com/anthdm/hollywood/actor"

	"github.com/understudy-go/understudy/internal/run"
)

// EventKind is what an [Event] reports, in the past tense.
type EventKind uint8

// The events of an engine, with the fields they set beside Kind and Time.
const (
	ActorInitialized  EventKind = iota // it has handled Initialized: PID
	ActorStarted                       // it has handled Started: PID
	ActorRestarted                     // it crashed and is started again: PID, Err, Stack, Restarts
	ActorGaveUp                        // it crashed too often: PID
	ActorStopped                       // it has ended for good: PID
	IDTaken                            // a process was not spawned, for another has its id: PID
	MessageLost                        // a dead letter: PID of the target, From, Message
	RemoteMissing                      // a message for another node, of an engine that has no remote: as MessageLost
	RemoteUnreachable                  // the connection to a node was lost, or not made: Address
	numEventKinds
)

var eventWords = [numEventKinds]string{"actor_initialized", "actor_started", "actor_restarted", "actor_gave_up", "actor_stopped",
	"id_taken", "message_lost", "remote_missing", "remote_unreachable"}

// String returns the kind in words with underscores, as in "actor_started".
func (k EventKind) String() string {
	if k < numEventKinds {
		return eventWords[k]
	}
	return fmt.Sprintf("event(%d)", uint8(k))
}

// Event is something that an engine told its event stream. It is flat: fields that a
// kind does not set are zero.
type Event struct {
	Kind     EventKind   // what happened
	Time     time.Time   // when the engine said so
	PID      *hactor.PID // of the actor; nil if the engine did not say
	From     *hactor.PID // who sent the message, nil if the engine did not say
	Message  any         // that was lost
	Err      error       // what it crashed with
	Stack    string      // of the crash
	Restarts int         // how often it crashed
	Address  string      // of the node
}

// Observe has f told of what happens in an engine, to plain Hollywood actors as to
// those of this module, until stop is called. Events come one at a time, in the order of
// the engine's event stream and on its goroutine: f holds up all of the engine's events
// while it runs. A panic in it is logged and stops nothing.
//
// As long as nobody observes an engine that this package has to do with,
// MessageLost and RemoteUnreachable are logged to slog.Default, each time their number has
// doubled: Hollywood says nothing of them.
//
// It returns an error that names what is nil. stop may be called from any goroutine, more
// than once, and does not wait for f.
func Observe(e *hactor.Engine, f func(Event)) (stop func(), err error) {
	switch {
	case e == nil:
		return nil, errors.New("hollywood.Observe: engine = nil: must be one")
	case f == nil:
		return nil, errors.New("hollywood.Observe: f = nil: must be a function")
	}
	h, o := hubOf(e), &observer{tell: f}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.observers = append(slices.Clone(h.observers), o)
	return func() {
		o.over.Store(true)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.observers = slices.DeleteFunc(slices.Clone(h.observers), func(x *observer) bool { return x == o })
	}, nil
}

// observer is somebody who wants to hear of events.
type observer struct {
	tell func(Event)
	over atomic.Bool
}

// report tells an event to those who observe, or logs it if nobody does.
func (h *hub) report(e Event) {
	h.mu.Lock()
	all := h.observers
	h.mu.Unlock()
	if len(all) == 0 {
		h.silence.log(e)
	}
	for _, o := range all {
		if !o.over.Load() {
			guard("observer", func() { o.tell(e) })
		}
	}
}

// caught calls code that is not ours on a goroutine that is not ours either: a panic would
// end that, and the process with it.
func caught(f func()) error {
	return run.Call(context.Background(), func(context.Context) error { f(); return nil }, false)
}

// guard is caught for what nobody else is told of.
func guard(what string, f func()) {
	if err := caught(f); err != nil {
		slog.Error("hollywood: "+what+" failed", "error", err)
	}
}

// tally counts what is logged when nobody observes.
type tally struct{ lost, unreachable atomic.Uint64 }

func (t *tally) log(e Event) {
	switch e.Kind {
	case MessageLost:
		if n := t.lost.Add(1); doubled(n) {
			slog.Warn("hollywood: message lost", "to", nameOf(e.PID), "message", fmt.Sprintf("%T", e.Message), "count", n)
		}
	case RemoteUnreachable:
		if n := t.unreachable.Add(1); doubled(n) {
			slog.Warn("hollywood: node cannot be reached", "address", e.Address, "count", n)
		}
	}
}

// nameOf returns the words for a PID, which the engine may not know.
func nameOf(pid *hactor.PID) string {
	if pid == nil {
		return "nobody"
	}
	return pid.String()
}

// doubled reports whether a count has doubled since it did so last: silence is not a
// default, nor is a flood.
func doubled(count uint64) bool { return count&(count-1) == 0 }

// eventOf translates what an engine tells, and reports false for what others broadcast.
func eventOf(message any) (Event, bool) {
	now := time.Now()
	switch m := message.(type) {
	case hactor.ActorInitializedEvent:
		return Event{Kind: ActorInitialized, Time: m.Timestamp, PID: m.PID}, true
	case hactor.ActorStartedEvent:
		return Event{Kind: ActorStarted, Time: m.Timestamp, PID: m.PID}, true
	case hactor.ActorRestartedEvent:
		return Event{Kind: ActorRestarted, Time: m.Timestamp, PID: m.PID, Err: crash(m.Reason), Stack: string(m.Stacktrace),
			Restarts: int(m.Restarts)}, true
	case hactor.ActorMaxRestartsExceededEvent:
		return Event{Kind: ActorGaveUp, Time: m.Timestamp, PID: m.PID}, true
	case hactor.ActorStoppedEvent:
		return Event{Kind: ActorStopped, Time: m.Timestamp, PID: m.PID}, true
	case hactor.ActorDuplicateIdEvent:
		return Event{Kind: IDTaken, Time: now, PID: m.PID}, true
	case hactor.DeadLetterEvent:
		return Event{Kind: MessageLost, Time: now, PID: m.Target, From: m.Sender, Message: m.Message}, true
	case hactor.EngineRemoteMissingEvent:
		return Event{Kind: RemoteMissing, Time: now, PID: m.Target, From: m.Sender, Message: m.Message}, true
	case hactor.RemoteUnreachableEvent:
		return Event{Kind: RemoteUnreachable, Time: now, Address: m.ListenAddr}, true
	}
	return Event{}, false
}

// crash returns what a process panicked with as an error.
func crash(reason any) error {
	if err, ok := reason.(error); ok {
		return err
	}
	return fmt.Errorf("panic: %v", reason)
}
