package hollywood

import (
	"context"
	"fmt"

	hactor "github.com/anthdm/hollywood/actor"

	"github.com/understudy-go/understudy/actor"
)

// Outgoing is a message as it leaves through a [RefAs].
type Outgoing struct {
	Message any // what is sent in its place: for another node a protobuf message

	// Answer takes what is responded to it, makes of it what the Reply inside the message
	// expects, sends it there, and reports whether it could. Nil for a message that nobody
	// is asked with.
	Answer func(response any) bool
}

// RefAs is [RefTo] for messages that are sent as something else, which out says: so
// a Ref of typed messages, with Replies in them, can stand for an actor on another node
// that takes and responds protobuf messages.
//
// What out fails with, by an error or a panic, is the sender's error. An Ask is sent as
// a [Request], whose errors it then returns; one whose message has no Answer is
// [ErrRemote]. out is called on the goroutine of the sender, Answer on one of the engine:
// neither may block. Two Refs that were made so are never equal.
func RefAs[M any](e *hactor.Engine, pid *hactor.PID, out func(M) (Outgoing, error)) actor.Ref[M] {
	if e == nil || pid == nil || out == nil {
		return actor.Ref[M]{}
	}
	h := hubOf(e)
	return actor.NewRef[M](&disguise[M]{process[M]{hub: h, address: pid.Address, id: pid.ID}, out})
}

// disguise is a process whose messages are sent as something else.
type disguise[M any] struct {
	process[M]
	out func(M) (Outgoing, error)
}

// TryPut implements [actor.Target].
func (d *disguise[M]) TryPut(e actor.Envelope[M]) error { return d.Put(context.Background(), e) }

// Put implements [actor.Target].
func (d *disguise[M]) Put(ctx context.Context, e actor.Envelope[M]) error {
	var o Outgoing
	var err error
	if failed := caught(func() { o, err = d.out(e.Message) }); failed != nil {
		err = failed
	}
	switch {
	case err != nil:
		return err
	case e.IsAsk() && o.Answer == nil:
		return fmt.Errorf("%w: %T has no Answer", ErrRemote, e.Message)
	case d.hub.local(d.address) && d.hub.process(d.id) == nil:
		return actor.ErrStopped
	case !e.Take():
		return nil
	case !e.IsAsk():
		return d.hub.send(hactor.NewPID(d.address, d.id), o.Message, nil)
	}
	d.ask(ctx, e, o)
	return nil
}

// ask sends an ask on as a request, which its asker's context ends, too.
func (d *disguise[M]) ask(ctx context.Context, e actor.Envelope[M], o Outgoing) {
	p := d.hub.newPending(func(response any, err error) {
		understood := false
		if err == nil {
			err = caught(func() { understood = o.Answer(response) })
		}
		switch {
		case err != nil:
			e.Fail(err)
		case !understood:
			e.Fail(&actor.NoReplyError{Cause: fmt.Errorf("%w: %v answered with %T", ErrType, d.ID(), response)})
		}
	})
	p.hold(&p.forget, context.AfterFunc(ctx, func() { p.settle(nil, &actor.NoReplyError{Cause: context.Cause(ctx)}) }))
	p.ask(hactor.NewPID(d.address, d.id), o.Message)
}
