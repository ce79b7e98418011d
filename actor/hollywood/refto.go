package hollywood

import (
	"context"
	"errors"
	"strings"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/understudy-go/understudy/actor"
)

// ErrRemote is returned by an Ask of a Hollywood actor on another node: the
// Reply inside the message could not come back from there. The message was not
// sent.
var ErrRemote = errors.New("hollywood: an actor on another node cannot be asked")

// RefTo returns the address of the Hollywood actor pid in e, which receives
// messages of type M as they are. Refs of the same PID are equal; a nil engine or
// PID gives the zero Ref.
//
// Hollywood's inboxes are unbounded, so Send and TrySend never wait and never
// return actor.ErrFull. They return actor.ErrStopped when e has no process of
// that PID; one that stops later drops what is queued, and says so to nobody.
// For the same reason an Ask of an actor that ends waits for its ctx: give it one
// that ends. The actor answers through the Reply in the message, not by Respond.
func RefTo[M any](e *hactor.Engine, pid *hactor.PID) actor.Ref[M] {
	if e == nil || pid == nil {
		return actor.Ref[M]{}
	}
	return actor.NewRef[M](process[M]{engine: e, address: pid.Address, id: pid.ID})
}

// process is a Hollywood actor as an [actor.Target]. It holds the parts of the
// PID, and not the pointer, so that Refs can be compared.
type process[M any] struct {
	engine      *hactor.Engine
	address, id string
}

func (p process[M]) ID() actor.ID { return actor.ID{Path: p.address + "/" + p.id} }

func (p process[M]) Put(_ context.Context, e actor.Envelope[M]) error { return p.TryPut(e) }

func (p process[M]) TryPut(e actor.Envelope[M]) error {
	local := p.address == p.engine.Address()
	if e.IsAsk() && !local {
		return ErrRemote
	}
	if local && !p.registered() {
		return actor.ErrStopped
	}
	if e.Take() { // nobody can take it back from an inbox of Hollywood's
		p.engine.Send(hactor.NewPID(p.address, p.id), e.Message)
	}
	return nil
}

// registered reports whether the engine has the process. The registry looks up
// what it puts together of kind and id, wherever the separator is.
func (p process[M]) registered() bool {
	kind, id, _ := strings.Cut(p.id, "/")
	return p.engine.Registry.GetPID(kind, id) != nil
}

// AfterEnd implements [actor.Target]. Nobody here is told when a process ends.
func (p process[M]) AfterEnd(func(why error)) (stop func() bool) { return func() bool { return true } }
