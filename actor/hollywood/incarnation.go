package hollywood

import (
	"context"
	"log/slog"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/anthdm/hollywood/safemap"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
)

// incarnation is one life of an adopted Receiver. All of it belongs to the goroutine
// that serves the actor.
type incarnation struct {
	adoption *adoption
	context  *hactor.Context // handed to the Receiver
	open     *fields         // of that context
}

var (
	_ actor.Receiver[hactor.Envelope] = (*incarnation)(nil)
	_ actor.Stopper                   = (*incarnation)(nil)
)

// newIncarnation returns an incarnation that runs r.
func (a *adoption) newIncarnation(ctx context.Context, r hactor.Receiver) (*incarnation, error) {
	c, open, err := newContext(fields{pid: a.process.pid, engine: a.engine, receiver: r, context: ctx,
		children: safemap.New[string, *hactor.PID]()})
	if err != nil {
		return nil, err
	}
	return &incarnation{adoption: a, context: c, open: open}, nil
}

// begin has the Receiver begin. One that fails to is told Stopped, as by Hollywood.
func (i *incarnation) begin(ctx context.Context) {
	begun := false
	defer func() {
		if !begun {
			ctx, cancel := context.WithTimeout(ctx, actor.DefaultStopWithin)
			defer cancel()
			guard("Stopped", func() { i.Stopped(ctx, nil) })
		}
	}()
	i.handle(hactor.Initialized{}, nil)
	i.handle(hactor.Started{}, nil)
	begun = true
}

// Receive implements [actor.Receiver].
func (i *incarnation) Receive(_ context.Context, m hactor.Envelope) error {
	if _, end := m.Msg.(doomed); end {
		return policy.Done(nil)
	}
	i.handle(m.Msg, m.Sender)
	i.open.sender = nil
	return nil
}

// handle has the Receiver handle a message, within the middleware, which Hollywood too puts
// around it each time.
func (i *incarnation) handle(message any, sender *hactor.PID) {
	i.open.message, i.open.sender = message, sender
	all := i.adoption.options.Middleware
	if len(all) == 0 {
		i.open.receiver.Receive(i.context)
		return
	}
	receive := i.open.receiver.Receive
	for n := len(all) - 1; n >= 0; n-- {
		receive = all[n](receive)
	}
	receive(i.context)
}

// Stopped implements [actor.Stopper]. Whoever asked with the message at which the
// incarnation failed is told, if it is one of this package's.
func (i *incarnation) Stopped(ctx context.Context, why error) {
	if why != nil {
		i.adoption.process.hub.fail(i.open.sender, &actor.NoReplyError{Cause: why})
	}
	i.stopChildren(ctx)
	i.handle(hactor.Stopped{}, nil)
}

// stopChildren poisons the children and waits for them. They may end meanwhile, and then
// take themselves out.
func (i *incarnation) stopChildren(ctx context.Context) {
	var pids []*hactor.PID
	i.open.children.ForEach(func(_ string, pid *hactor.PID) { pids = append(pids, pid) })
	ends := make([]context.Context, len(pids))
	for n, pid := range pids {
		ends[n] = i.adoption.engine.PoisonCtx(ctx, pid)
	}
	var late []string
	for n, end := range ends {
		<-end.Done()
		if ctx.Err() != nil && i.adoption.process.hub.process(pids[n].ID) != nil {
			late = append(late, pids[n].String())
		}
	}
	if len(late) > 0 {
		slog.Warn("hollywood: children were poisoned and still run", "of", i.adoption.pid.String(), "children", late)
	}
}
