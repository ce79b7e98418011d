package hollywood

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync/atomic"
	"time"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/understudy-go/understudy/actor"
)

// DefaultKind is what an empty Options.Kind means.
const DefaultKind = "understudy"

// ErrDuplicate is returned by [Expose] when the engine has a process of the
// same kind and id.
var ErrDuplicate = errors.New("hollywood: the engine has a process of this id")

// ErrType is the reason of a [Refusal] of a message that is none for the actor.
var ErrType = errors.New("hollywood: message of another type")

// Options say how an actor is exposed. The zero value takes every default.
type Options[M any] struct {
	Kind string // the PID's id begins with it; empty: DefaultKind
	ID   string // and ends with this; empty: one that no other process has

	// Accept turns what arrived into a message, or reports false if it is none for
	// this actor. from is who sent it, nil if nobody said so; keep it in the message
	// to answer a Request. Nil: whatever is an M, as it is.
	//
	// It is called on the goroutine of the sender, before the message is queued;
	// like Refused it must neither block nor panic.
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

	// Err says why: ErrType, actor.ErrFull, actor.ErrStopped, or
	// context.DeadlineExceeded when the Patience was over.
	Err error
}

// Expose makes ref reachable in e and returns its PID, and a function that ends
// that: messages are then dead letters of the engine. The function may be called
// from any goroutine, more than once. An exposure also ends by Poison or Stop of
// its PID, and with the first message that finds the actor ended for good.
//
// It returns [ErrDuplicate] if the kind and id are taken, and an error that
// names what is wrong with an argument: a nil engine, a zero Ref, a negative
// Patience, a Kind that is not a name.
func Expose[M any](e *hactor.Engine, ref actor.Ref[M], o Options[M]) (*hactor.PID, func(), error) {
	if err := check(e, ref, o); err != nil {
		return nil, nil, err
	}
	if o.Kind == "" {
		o.Kind = DefaultKind
	}
	if o.ID == "" {
		o.ID = rand.Text()
	}
	x := &exposed[M]{engine: e, ref: ref, options: o, pid: hactor.NewPID(e.Address(), o.Kind+"/"+o.ID)}
	e.SpawnProc(x)
	if e.Registry.GetPID(o.Kind, o.ID) != x.pid {
		return nil, nil, fmt.Errorf("%w: %v", ErrDuplicate, x.pid)
	}
	return x.pid, x.Shutdown, nil
}

// check joins what is wrong with the arguments of Expose.
func check[M any](e *hactor.Engine, ref actor.Ref[M], o Options[M]) error {
	var faults []error
	if e == nil {
		faults = append(faults, errors.New("hollywood.Expose: engine = nil: must be one"))
	}
	if ref.IsZero() {
		faults = append(faults, errors.New("hollywood.Expose: ref = (no actor): must be an actor's"))
	}
	if o.Patience < 0 {
		faults = append(faults, fmt.Errorf("hollywood.Options.Patience = %v: must not be negative", o.Patience))
	}
	if strings.HasPrefix(o.Kind, "/") || strings.HasSuffix(o.Kind, "/") {
		faults = append(faults, fmt.Errorf("hollywood.Options.Kind = %s: must not begin or end with \"/\"", o.Kind))
	}
	return errors.Join(faults...)
}

// exposed is a Ref as a process of an engine. It implements
// [hactor.Processer], of which the engine calls Start once and Send for each
// message, on the goroutine of the sender.
type exposed[M any] struct {
	engine  *hactor.Engine
	ref     actor.Ref[M]
	pid     *hactor.PID
	options Options[M]
	over    atomic.Bool   // not, or no longer, in the registry
	refused atomic.Uint64 // messages, counted when they are logged
}

// Start, and Invoke, are for processes with an inbox.
func (x *exposed[M]) Start() {}

func (x *exposed[M]) Invoke([]hactor.Envelope) {}

func (x *exposed[M]) PID() *hactor.PID { return x.pid }

// Shutdown takes x out of the registry, once: by then another may have its id.
func (x *exposed[M]) Shutdown() {
	if x.over.CompareAndSwap(false, true) {
		x.engine.Registry.Remove(x.pid)
	}
}

func (x *exposed[M]) Send(_ *hactor.PID, message any, from *hactor.PID) {
	if isPill(message) {
		x.bury(message)
		return
	}
	m, ok := x.accept(message, from)
	if !ok {
		x.refuse(Refusal{To: x.pid, From: from, Message: message, Err: ErrType})
		return
	}
	if err := x.send(m); err != nil {
		if errors.Is(err, actor.ErrStopped) {
			x.Shutdown()
		}
		x.refuse(Refusal{To: x.pid, From: from, Message: message, Err: err})
	}
}

func (x *exposed[M]) accept(message any, from *hactor.PID) (m M, ok bool) {
	switch {
	case x.options.Accept == nil:
		m, ok = message.(M)
		return m, ok
	case from == nil:
		return x.options.Accept(message, nil)
	}
	return x.options.Accept(message, &Sender{engine: x.engine, pid: from})
}

func (x *exposed[M]) send(m M) error {
	err := x.ref.TrySend(m)
	if x.options.Patience == 0 || !errors.Is(err, actor.ErrFull) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), x.options.Patience)
	defer cancel()
	return x.ref.Send(ctx, m)
}

func (x *exposed[M]) refuse(r Refusal) {
	if x.options.Refused != nil {
		x.options.Refused(r)
		return
	}
	if count := x.refused.Add(1); count&(count-1) == 0 {
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

// bury ends the exposure as pill asks. Whoever sent it waits for a process of
// Hollywood's own to take it, so one is made that has nothing else to do.
func (x *exposed[M]) bury(pill any) {
	x.Shutdown()
	heir := x.engine.SpawnFunc(func(*hactor.Context) {}, x.options.Kind+"/ended", hactor.WithID(rand.Text()), hactor.WithInboxSize(1))
	x.engine.Send(heir, pill)
}
