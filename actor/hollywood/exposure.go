package hollywood

import (
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/google/uuid"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/internal/self"
)

// exposure is an actor that is reachable in an engine, whatever the type of its
// messages.
type exposure struct {
	*known
	hub     *hub
	end     func() // asks an adopted actor to end, once it has handled what is queued
	refused func(Refusal)
	refusal atomic.Uint64 // messages, counted when they are logged

	mu     sync.Mutex  // guards what follows
	unhook func() bool // from the end of the actor
	pills  []any       // whose senders wait until x is over
}

// known is what the hub knows of an exposure, for a while after it is over, too.
type known struct {
	pid     *hactor.PID
	actor   actor.ID
	adopted bool        // it runs code of Hollywood's
	over    atomic.Bool // not, or no longer, in the registry
	crash   atomic.Pointer[lastCrash]
}

// newPID returns the PID of a kind and id in e, by default one that no other process has.
func newPID(e *hactor.Engine, kind, id string) *hactor.PID {
	if kind == "" {
		kind = DefaultKind
	}
	if id == "" {
		id = uuid.NewString()
	}
	return hactor.NewPID(e.Address(), kind+"/"+id)
}

// enter puts p, whose exposure x is, into the registry.
func (x *exposure) enter(p hactor.Processer) error {
	if x.hub.engine.SpawnProc(p); x.hub.process(x.pid.ID) != x.pid {
		return fmt.Errorf("%w: %v", ErrDuplicate, x.pid)
	}
	x.hub.mu.Lock()
	defer x.hub.mu.Unlock()
	x.hub.exposures[x.actor] = x.known
	return nil
}

// announce says what Hollywood says of a process that has begun.
func (x *known) announce(e *hactor.Engine) {
	now := time.Now()
	e.BroadcastEvent(hactor.ActorInitializedEvent{PID: x.pid, Timestamp: now})
	e.BroadcastEvent(hactor.ActorStartedEvent{PID: x.pid, Timestamp: now})
}

// endWith has x end when its actor does, and reports whether it has by now.
func (x *exposure) endWith(hook func(self.Ending) (stop func() bool)) (over bool) {
	unhook := hook(self.Ending{Told: func(error) { x.Shutdown() }})
	x.mu.Lock()
	x.unhook = unhook
	over = x.over.Load()
	x.mu.Unlock()
	if over {
		unhook()
	}
	return over
}

// Shutdown takes x out of the registry, once: by then another may have its id. Those who
// wait for it to be poisoned wait no longer. Nothing in here waits, or runs code of others.
func (x *exposure) Shutdown() {
	if !x.over.CompareAndSwap(false, true) {
		return
	}
	h := x.hub
	h.forget(x.known)
	h.engine.Registry.Remove(x.pid)
	h.engine.Unsubscribe(x.pid) // one that is gone would have the engine tell itself so for ever
	h.engine.BroadcastEvent(hactor.ActorStoppedEvent{PID: x.pid, Timestamp: time.Now()})
	x.mu.Lock()
	unhook := x.unhook
	x.mu.Unlock()
	if unhook != nil {
		unhook()
	}
	x.bury()
}

// mostPast bounds the exposures that are over and still known: a Broadcaster hears of
// what happened to an actor after it has ended.
const mostPast = 1024

// forget has an exposure that is over forgotten, in its turn.
func (h *hub) forget(x *known) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.past = append(h.past, x)
	if len(h.past) <= mostPast {
		return
	}
	if oldest := h.past[0]; h.exposures[oldest.actor] == oldest {
		delete(h.exposures, oldest.actor)
	}
	h.past[0] = nil
	h.past = h.past[1:]
}

// exposureOf returns what is known of the exposure of an actor, which may be over, or nil.
// Of several it is the last.
func (h *hub) exposureOf(id actor.ID) *known {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.exposures[id]
}

// refuse tells of a message that was not queued: a request of this package is answered;
// any other message is a dead letter of the engine.
func (x *exposure) refuse(r Refusal) {
	if isRequest(r.From) {
		x.hub.fail(r.From, r.Err)
	} else {
		x.hub.lose(x.pid, r.Message, r.From)
	}
	if x.refused != nil {
		guard("Refused", func() { x.refused(r) })
		return
	}
	if count := x.refusal.Add(1); doubled(count) {
		slog.Warn("hollywood: message refused", "to", r.To.String(), "message", fmt.Sprintf("%T", r.Message),
			"why", r.Err, "count", count)
	}
}

// isPill reports whether message is what Poison and Stop send. Its type is
// Hollywood's own, with a cancel function inside that nobody else can call.
func isPill(message any) bool {
	t := reflect.TypeOf(message)
	return t != nil && t.Kind() == reflect.Struct && t.Name() == "poisonPill" && t.PkgPath() == hollywoodActor
}

// hollywoodActor is the package of Hollywood's processes.
var hollywoodActor = reflect.TypeFor[hactor.Stopped]().PkgPath()

// swallow ends an exposure, or an adopted actor, as pill asks: who sent it waits until
// that has come about.
func (x *exposure) swallow(pill any) {
	x.mu.Lock()
	x.pills = append(x.pills, pill)
	x.mu.Unlock()
	switch {
	case x.over.Load():
		x.bury()
	case x.adopted:
		x.end()
	default:
		x.Shutdown()
	}
}

// bury has the pills taken that x was sent: whoever sent one waits for a process of
// Hollywood's own to do so. One is made that has nothing else to do.
func (x *exposure) bury() {
	x.mu.Lock()
	pills := x.pills
	x.pills = nil
	x.mu.Unlock()
	if len(pills) == 0 {
		return
	}
	run.Go(func() {
		e := x.hub.engine
		for _, pill := range pills {
			heir := e.SpawnFunc(func(*hactor.Context) {}, hubKind+"/heir", hactor.WithID(uuid.NewString()), hactor.WithInboxSize(1))
			e.Send(heir, pill)
		}
	})
}
