package hollywood

import (
	"time"

	hactor "github.com/anthdm/hollywood/actor"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// Broadcaster is an observer of a tree, for [tree.WithObserver], that tells an engine's
// event stream what happens to the actors of the tree that are processes of the engine, in
// Hollywood's own events:
//
//   - a restart of an exposed actor as ActorRestartedEvent, and that it is up again as
//     ActorInitializedEvent and ActorStartedEvent (of an adopted one, and of the start and
//     stop of both, the engine hears without an observer);
//   - one that exceeded its intensity, or on which its supervisor gave up, as
//     ActorMaxRestartsExceededEvent;
//   - a dead letter as DeadLetterEvent.
//
// It passes every event on to Next.
type Broadcaster struct {
	Engine *hactor.Engine // must not be nil
	Next   tree.Observer  // nil for nobody
}

// Observe implements [tree.Observer].
func (b Broadcaster) Observe(e tree.Event) {
	h := hubOf(b.Engine)
	if x := h.exposureOf(actor.ID{Tree: e.Tree, Path: e.Path}); x != nil {
		x.broadcast(b.Engine, e)
	}
	if b.Next != nil {
		b.Next.Observe(e)
	}
}

// lastCrash is what an exposed actor failed with, in words.
type lastCrash struct {
	reason any
	stack  []byte
}

// broadcast tells the engine what happened to an actor in its tree.
func (x *known) broadcast(engine *hactor.Engine, e tree.Event) {
	switch {
	case e.Kind == tree.GaveUp || e.Kind == tree.Exhausted:
		engine.BroadcastEvent(hactor.ActorMaxRestartsExceededEvent{PID: x.pid, Timestamp: e.Time})
	case e.Kind == tree.DeadLetter:
		d := hactor.DeadLetterEvent{Target: x.pid, Message: e.Message}
		if m, ok := e.Message.(hactor.Envelope); ok && x.adopted {
			d.Message, d.Sender = m.Msg, m.Sender
		}
		engine.BroadcastEvent(d)
	case x.adopted:
	case e.Kind == tree.ChildExited && e.Err != nil:
		reason, stack := reasonOf(e.Err)
		if _, panicked := e.Err.(*policy.PanicError); !panicked {
			reason = e.Err.Error() // the error itself may hold on to much
		}
		x.crash.Store(&lastCrash{reason, stack})
	case e.Kind == tree.ChildStarted:
		if crash := x.crash.Swap(nil); crash != nil {
			engine.BroadcastEvent(hactor.ActorRestartedEvent{PID: x.pid, Timestamp: e.Time, Stacktrace: crash.stack,
				Reason: crash.reason, Restarts: int32(e.Incarnation - 1)})
		}
	case e.Kind == tree.ChildReady && e.Incarnation > 1:
		x.announce(engine)
	}
}

// restarted tells the engine that an adopted actor failed and is started again.
func (x *exposure) restarted(err error, times int32) {
	reason, stack := reasonOf(err)
	x.hub.engine.BroadcastEvent(hactor.ActorRestartedEvent{PID: x.pid, Timestamp: time.Now(), Stacktrace: stack, Reason: reason,
		Restarts: times})
}

// reasonOf returns what Hollywood would give as the reason of a restart, and the stack.
func reasonOf(err error) (reason any, stack []byte) {
	if p, ok := err.(*policy.PanicError); ok {
		return p.Value, []byte(p.Stack())
	}
	return err, nil
}
