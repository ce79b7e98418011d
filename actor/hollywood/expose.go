package hollywood

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	hactor "github.com/anthdm/hollywood/actor"

	"github.com/understudy-go/understudy/actor"
)

// DefaultKind is what an empty Options.Kind means.
const DefaultKind = "understudy"

// ErrDuplicate is returned by [Expose] when the engine has a process of the
// same kind and id.
var ErrDuplicate = errors.New("hollywood: the engine has a process of this id")

// ErrType is the reason of a [Refusal] of a message that is none for the actor, and
// the error of a [Request] whose answer is of another type.
var ErrType = errors.New("hollywood: message of another type")

// Options say how an actor is exposed. The zero value takes every default.
type Options[M any] struct {
	Kind string // the PID's id begins with it; empty: DefaultKind
	ID   string // and ends with this; empty: one that no other process has

	// Accept turns what arrived into a message, or reports false if it is none for
	// this actor: here protobuf messages from another node become those of the actor.
	// from is who sent it, nil if nobody said so; keep it in the message to answer a
	// Request, or give the message a [ReplyTo]. Nil: whatever is an M, as it is.
	//
	// It is called on the goroutine of the sender, before the message is queued;
	// like Refused it must not block. A message at which it panics is refused.
	Accept func(message any, from *Sender) (M, bool)

	// Patience is how long a full mailbox may hold up the sender, which is a
	// Hollywood actor, or the connection of another node. Zero: not at all.
	Patience time.Duration

	// Refused is told of each message that was not queued. It is called on the
	// goroutine of the sender. Nil: they are logged to slog.Default, each time their
	// number has doubled.
	Refused func(Refusal)
}

// Refusal is a message that came for an exposed actor and was not queued.
type Refusal struct {
	To      *hactor.PID // the exposed actor's
	From    *hactor.PID // nil if the sender did not say
	Message any         // what came

	// Err says why: ErrType, actor.ErrFull, actor.ErrStopped, context.DeadlineExceeded
	// when the Patience was over, a *policy.PanicError of Accept, or an error that names
	// what is wrong with an order.
	Err error
}

// Expose makes ref reachable in e and returns its PID, and a function that ends
// that: messages are then dead letters of the engine. The function may be called
// from any goroutine, more than once. An exposure also ends by Poison or Stop of
// its PID, and with the actor.
//
// The engine's event stream is told of both as of the start and the stop of a process,
// and of each message that is refused as of a dead letter; of what happens in between,
// if an observer of the tree is a [Broadcaster].
//
// It returns [ErrDuplicate] if the kind and id are taken, actor.ErrStopped if the actor
// has ended for good, and an error that names what is wrong with an argument: a nil
// engine, a zero Ref, a negative Patience, a Kind that is not a name.
func Expose[M any](e *hactor.Engine, ref actor.Ref[M], o Options[M]) (*hactor.PID, func(), error) {
	if err := o.check("Expose", "Options", e, ref); err != nil {
		return nil, nil, err
	}
	x := newExposed(e, ref, o)
	if err := x.enter(x); err != nil {
		return nil, nil, err
	}
	x.announce(e)
	return x.pid, x.Shutdown, nil
}

// check joins what is wrong with the arguments of a function that exposes an actor.
func (o Options[M]) check(caller, of string, e *hactor.Engine, ref actor.Ref[M]) error {
	var faults []error
	if e == nil {
		faults = append(faults, fmt.Errorf("hollywood.%s: engine = nil: must be one", caller))
	}
	if ref.IsZero() {
		faults = append(faults, fmt.Errorf("hollywood.%s: ref = (no actor): must be an actor's", caller))
	}
	return errors.Join(append(faults, checkPlace(of, o.Kind, o.Patience))...)
}

// checkPlace joins what is wrong with the fields that all options have.
func checkPlace(of, kind string, patience time.Duration) error {
	var faults []error
	if patience < 0 {
		faults = append(faults, fmt.Errorf("hollywood.%s.Patience = %v: must not be negative", of, patience))
	}
	if strings.HasPrefix(kind, "/") || strings.HasSuffix(kind, "/") {
		faults = append(faults, fmt.Errorf("hollywood.%s.Kind = %q: must not begin or end with \"/\"", of, kind))
	}
	return errors.Join(faults...)
}

// exposed is a Ref as a process of an engine. It implements
// [hactor.Processer], of which the engine calls Start once and Send for each
// message, on the goroutine of the sender.
type exposed[M any] struct {
	exposure
	ref     actor.Ref[M]
	options Options[M]
	take    func(message any, from *Sender) (M, bool) // without an Accept
}

func newExposed[M any](e *hactor.Engine, ref actor.Ref[M], o Options[M]) *exposed[M] {
	x := &exposed[M]{ref: ref, options: o, take: asItIs[M]}
	x.hub, x.refused = hubOf(e), o.Refused
	x.known = &known{pid: newPID(e, o.Kind, o.ID), actor: ref.ID()}
	return x
}

// asItIs takes what is an M.
func asItIs[M any](message any, _ *Sender) (m M, ok bool) {
	m, ok = message.(M)
	return m, ok
}

// enter puts x, or what it is part of, into the registry, until its actor ends.
func (x *exposed[M]) enter(p hactor.Processer) error {
	if err := x.exposure.enter(p); err != nil {
		return err
	}
	if x.endWith(x.ref.OnEnd) {
		return actor.ErrStopped
	}
	return nil
}

// Start, and Invoke, are for processes with an inbox.
func (x *exposed[M]) Start() {}

func (x *exposed[M]) Invoke([]hactor.Envelope) {}

func (x *exposed[M]) PID() *hactor.PID { return x.pid }

func (x *exposed[M]) Send(_ *hactor.PID, message any, from *hactor.PID) {
	if isPill(message) {
		x.swallow(message)
		return
	}
	s := x.hub.sender(from)
	m, err := x.accept(message, s)
	if err == nil {
		err = x.put(actor.Envelop(m, s.asks()))
	}
	if err != nil {
		x.refuse(Refusal{To: x.pid, From: s.PID(), Message: message, Err: err})
	}
}

// accept turns what arrived into a message, or returns why it is none.
func (x *exposed[M]) accept(message any, from *Sender) (m M, err error) {
	ok := false
	if x.options.Accept == nil {
		m, ok = x.take(message, from)
	} else if err = caught(func() { m, ok = x.options.Accept(message, from) }); err != nil {
		return m, err
	}
	if !ok {
		return m, ErrType
	}
	return m, nil
}

// put queues what was accepted.
func (x *exposed[M]) put(e actor.Envelope[M]) error {
	err := x.ref.TryPut(e)
	if x.options.Patience == 0 || !errors.Is(err, actor.ErrFull) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), x.options.Patience)
	defer cancel()
	return x.ref.Put(ctx, e)
}
