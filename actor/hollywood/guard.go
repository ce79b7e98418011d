package hollywood

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	hactor "github.com/anthdm/hollywood/actor"
)

// GuardRemote returns r with a guard before it, for
// hactor.NewEngineConfig().WithRemote: it keeps from Hollywood's remote what would end the
// process or the connection, or reach somebody else. It is for all that the engine's
// processes send, plain Hollywood ones too; Refs and Requests of this package are
// guarded anyway, but what an adopted actor sends or responds by its context is not.
//
//   - A message that is no registered protobuf message, or cannot be marshaled, is a dead
//     letter of the engine; a [Request] with it, or to which it is the answer, fails with
//     [ErrMarshal].
//   - So is one to a node that the engine lost within the last [RetryAfter].
//   - A message without a sender gets one that is nobody.
//   - An event of the engine's for a subscriber on another node is dropped: none can go
//     there, and that it was lost would be the next event.
//
// Each is logged to slog.Default, each time their number has doubled.
func GuardRemote(r hactor.Remoter) hactor.Remoter { return &guarded{Remoter: r} }

// guarded is a remote with a guard.
type guarded struct {
	hactor.Remoter
	hub  func() *hub
	lost atomic.Uint64 // messages
}

// Start implements [hactor.Remoter].
func (g *guarded) Start(e *hactor.Engine) error {
	g.hub = sync.OnceValue(func() *hub { return hubOf(e) }) // e has no event stream yet
	return g.Remoter.Start(e)
}

// Send implements [hactor.Remoter].
func (g *guarded) Send(to *hactor.PID, message any, from *hactor.PID) {
	h := g.hub()
	err := h.reach(to.Address)
	if err == nil {
		err = marshalable(message)
	}
	if err == nil {
		if from == nil {
			from = h.nobody()
		}
		g.Remoter.Send(to, message, from)
		return
	}
	if n := g.lost.Add(1); doubled(n) {
		slog.Warn("hollywood: message not sent", "to", to.String(), "message", fmt.Sprintf("%T", message), "why", err, "count", n)
	}
	switch {
	case h.isEvents(from):
	case isRequest(from):
		h.fail(from, err)
	case isRequest(to):
		h.fail(to, err) // it was the answer
	default:
		h.lose(to, message, from)
	}
}

// isEvents reports whether a PID is that of the engine's event stream.
func (h *hub) isEvents(pid *hactor.PID) bool {
	return pid != nil && h.local(pid.Address) && strings.HasPrefix(pid.ID, "eventstream/")
}
