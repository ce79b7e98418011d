package hollywood

import (
	"context"
	"errors"

	hactor "github.com/anthdm/hollywood/actor"

	"github.com/understudy-go/understudy/actor"
)

// ErrRemote is returned by an Ask of a Hollywood actor on another node: the
// Reply inside the message could not come back from there. The message was not
// sent. [Request] can be answered from there, and so can an Ask of a [RefAs].
var ErrRemote = errors.New("hollywood: an actor on another node cannot be asked")

// RefTo returns the address of the Hollywood actor pid in e, which receives
// messages of type M as they are. Refs of the same PID are equal; a nil engine or
// PID gives the zero Ref.
//
// Hollywood's inboxes are unbounded, so Send and TrySend never wait and never
// return actor.ErrFull. They return actor.ErrStopped when e has no process of
// that PID; one that stops later drops what is queued, and says so to nobody. The
// actor answers an Ask through the Reply in the message, not by Respond; when it
// stops before, the Ask fails.
//
// For a PID of another node they return [ErrMarshal] for what Hollywood's remote could not
// send, and [ErrUnreachable] for [RetryAfter] after the engine has lost the node. Nil
// says that the message is on its way, and not that it arrives. AfterEnd and Watch
// are told ErrUnreachable then, which does not say that the actor has ended, and
// nothing when it ends there.
func RefTo[M any](e *hactor.Engine, pid *hactor.PID) actor.Ref[M] {
	if e == nil || pid == nil {
		return actor.Ref[M]{}
	}
	return actor.NewRef[M](process[M]{hub: hubOf(e), address: pid.Address, id: pid.ID})
}

// process is a Hollywood actor as an [actor.Target]. It holds the parts of the
// PID, and not the pointer, so that Refs can be compared.
type process[M any] struct {
	hub         *hub
	address, id string
}

// ID implements [actor.Target].
func (p process[M]) ID() actor.ID { return actor.ID{Path: p.address + "/" + p.id} }

// Put implements [actor.Target].
func (p process[M]) Put(_ context.Context, e actor.Envelope[M]) error { return p.TryPut(e) }

// TryPut implements [actor.Target].
func (p process[M]) TryPut(e actor.Envelope[M]) error {
	to := hactor.NewPID(p.address, p.id)
	if !p.hub.local(p.address) {
		if e.IsAsk() {
			return ErrRemote
		}
		return p.hub.send(to, e.Message, nil)
	}
	own := p.hub.process(p.id)
	if own == nil {
		return actor.ErrStopped
	}
	if !e.Take() { // nobody can take it back from an inbox of Hollywood's
		return nil
	}
	if e.IsAsk() && !p.hub.ask(own, e) {
		return nil
	}
	return p.hub.send(to, e.Message, nil)
}

// AfterEnd implements [actor.Target].
func (p process[M]) AfterEnd(f func(why error)) (stop func() bool) {
	return p.hub.watch(p.address, p.id, f)
}
