package hollywood

import (
	"fmt"
	"strings"
	"sync"

	hactor "github.com/anthdm/hollywood/actor"

	"github.com/understudy-go/understudy/actor"
)

// hub is what this package keeps for one engine: who waits for the end of which
// process, which nodes the engine could not reach, what is exposed, and who wants to
// hear of the engine's events.
//
// It is found in the engine's registry, where it stands as a process without an inbox:
// so it lives as long as the engine, and nothing at package level holds on to either.
// The engine calls Send on the goroutine of who sends, that of its event stream for
// events.
type hub struct {
	engine    *hactor.Engine
	pid       *hactor.PID
	subscribe func() // to the engine's events, once; nobody finds the hub before
	silence   tally  // of what is logged because nobody observes

	mu        sync.Mutex           // guards what follows; nothing is called under it
	owns      map[*hactor.PID]*own // by the PID that a process has itself
	nodes     map[string]*node
	requests  map[string]*pending // by the ids of their PIDs
	exposures map[actor.ID]*known
	past      []*known // those that are over, oldest first
	observers []*observer
}

// hubKind and hubID make up the id of the hub.
const (
	hubKind = "understudy"
	hubID   = "hub"
)

// find asks the hub for itself.
type find struct{ found **hub }

// hubOf returns the hub of e, which it makes if there is none.
func hubOf(e *hactor.Engine) *hub {
	for {
		var h *hub
		if pid := e.Registry.GetPID(hubKind, hubID); pid != nil {
			e.SendLocal(pid, find{&h}, nil)
		}
		if h != nil {
			return h
		}
		h = &hub{engine: e, pid: hactor.NewPID(e.Address(), hubKind+"/"+hubID), owns: map[*hactor.PID]*own{},
			nodes: map[string]*node{}, requests: map[string]*pending{}, exposures: map[actor.ID]*known{}}
		h.subscribe = sync.OnceFunc(func() { e.Subscribe(h.pid) })
		e.SpawnProc(h) // of two that do so the first stays
	}
}

// Start, Invoke and Shutdown are for processes with an inbox and an end.
func (h *hub) Start() {}

func (h *hub) Invoke([]hactor.Envelope) {}

func (h *hub) Shutdown() {}

func (h *hub) PID() *hactor.PID { return h.pid }

func (h *hub) Send(_ *hactor.PID, message any, _ *hactor.PID) {
	switch m := message.(type) {
	case find:
		h.subscribe()
		*m.found = h
		return
	case hactor.ActorStoppedEvent:
		h.stopped(m.PID)
	case hactor.RemoteUnreachableEvent:
		h.unreachable(m.ListenAddr)
	case hactor.EngineRemoteMissingEvent:
		h.fail(m.Sender, fmt.Errorf("%w: the engine has no remote", ErrUnreachable))
	case hactor.DeadLetterEvent:
		h.fail(m.Sender, actor.ErrStopped)
	}
	if e, ok := eventOf(message); ok {
		h.report(e)
	}
}

// process returns the PID that the process with an id has itself, or nil if there is
// none. The registry looks up what it puts together of kind and id, wherever the
// separator is.
func (h *hub) process(id string) *hactor.PID {
	kind, id, _ := strings.Cut(id, "/")
	return h.engine.Registry.GetPID(kind, id)
}

// local reports whether an address is that of the engine.
func (h *hub) local(address string) bool { return address == h.engine.Address() }
