package hollywood

import (
	"context"
	"errors"
	"strings"
	"time"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/google/uuid"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/tree"
)

// Adoption says how a Hollywood Receiver is run here. The zero value takes every
// default.
type Adoption struct {
	Kind string // the PID's id begins with it; empty: DefaultKind
	ID   string // and ends with this; empty: one that no other process has

	// Middleware is around each message, the first outermost, as hactor.WithMiddleware
	// has it.
	Middleware []hactor.MiddlewareFunc

	// Patience is how long a full mailbox may hold up the sender, which is a
	// Hollywood actor, or the connection of another node. Zero: not at all.
	Patience time.Duration

	// Refused is told of each message that was not queued. It is called on the
	// goroutine of the sender. Nil: they are logged to slog.Default, each time their
	// number has doubled.
	Refused func(Refusal)
}

// Adopt describes an actor whose code is a Hollywood Receiver, for [tree.Spawn] or
// [actor.Func]: with our mailbox, our restarts and our stop in place of Hollywood's.
// The fields of the description are the caller's to change, but for New; its Name is
// made of kind and id.
//
// From its first start until it has ended for good the actor is the process pid of e,
// which is returned too: c.PID(), and what is sent or answered to it comes into the
// mailbox. Here it is sent to as hactor.Envelope{Msg: m}. Each incarnation has a
// Receiver of its own from the producer, and a context of its own; it gets
// hactor.Initialized and Started when it begins, and Stopped when it ends, however it
// does. The children that it has spawned are poisoned before that, and waited
// for as long as the stop may take; see [Contain] for what they are not kept from.
// The engine's event stream is told as of any process.
//
// A panic, of the Receiver, its producer or its middleware, ends the incarnation and
// never reaches the engine; the message in hand is a dead letter. Poison and Stop ask the
// supervisor to stop the actor and to leave it so, after what is queued (Drain is set);
// their context is done once it has ended. Outside a tree they end it with
// policy.Done, in the order of the mailbox.
//
// The error names what is wrong with an argument, or says that the Hollywood that this
// program is built with is not v1.0.5. An id that is taken is [ErrDuplicate], from
// the actor's start.
func Adopt(e *hactor.Engine, producer hactor.Producer, o Adoption) (spec actor.Spec[hactor.Envelope], pid *hactor.PID, err error) {
	if err := o.check(e, producer); err != nil {
		return spec, nil, err
	}
	if o.ID == "" {
		o.ID = uuid.NewString()
	}
	a := &adoption{engine: e, producer: producer, options: o, pid: newPID(e, o.Kind, o.ID)}
	spec.Name = strings.ReplaceAll(a.pid.ID, "/", ".")
	spec.New, spec.Drain = a.begin, true
	return spec, a.pid, nil
}

// Spawn adopts a Receiver and starts it as a child of s, as [tree.Spawn] does with what
// [Adopt] describes. describe may change the description before; nil leaves it as it is.
// The errors are those of both.
func Spawn(ctx context.Context, s *tree.Scope, e *hactor.Engine, producer hactor.Producer, o Adoption,
	describe func(*actor.Spec[hactor.Envelope])) (*hactor.PID, error) {
	spec, pid, err := Adopt(e, producer, o)
	if err != nil {
		return nil, err
	}
	if describe != nil {
		describe(&spec)
	}
	if _, err := tree.Spawn(ctx, s, spec); err != nil {
		return nil, err
	}
	return pid, nil
}

// check joins what is wrong with the arguments of Adopt.
func (o Adoption) check(e *hactor.Engine, producer hactor.Producer) error {
	var faults []error
	if e == nil {
		faults = append(faults, errors.New("hollywood.Adopt: engine = nil: must be one"))
	}
	if producer == nil {
		faults = append(faults, errors.New("hollywood.Adopt: producer = nil: must be a function"))
	}
	return errors.Join(append(faults, checkPlace("Adoption", o.Kind, o.Patience), errLayout)...)
}

// adoption is a Receiver that runs here, through all its incarnations.
type adoption struct {
	engine   *hactor.Engine
	producer hactor.Producer
	options  Adoption
	pid      *hactor.PID

	// Written by the goroutine that begins an incarnation.
	process  *exposed[hactor.Envelope] // nil before the first
	restarts int32
}

// doomed is what an adopted actor that stands in no tree ends at.
type doomed struct{}

// begin makes an incarnation: it is the description's New.
func (a *adoption) begin(ctx context.Context, self actor.Ref[hactor.Envelope]) (actor.Receiver[hactor.Envelope], error) {
	if err := a.enter(ctx, self); err != nil {
		return nil, err
	}
	if last := actor.LastError(ctx); last != nil {
		a.restarts++
		a.process.restarted(last, a.restarts)
	}
	r := a.producer()
	if r == nil {
		return nil, errors.New("hollywood.Adopt: the producer returned nil")
	}
	i, err := a.newIncarnation(ctx, r)
	if err != nil {
		return nil, err
	}
	i.begin(ctx)
	a.process.announce(a.engine)
	return i, nil
}

// enter makes the actor a process of the engine, if it is none.
func (a *adoption) enter(ctx context.Context, self actor.Ref[hactor.Envelope]) error {
	if a.process != nil && a.process.ref == self && !a.process.over.Load() {
		return nil
	}
	x := newExposed(a.engine, self, Options[hactor.Envelope]{Kind: a.options.Kind, ID: a.options.ID,
		Patience: a.options.Patience, Refused: a.options.Refused})
	x.take = enclose
	x.adopted, x.end = true, ender(ctx, self)
	if a.process == nil {
		x.pid = a.pid
	} // a later one has the same words in a PID of its own, by which watchers tell them apart
	if err := x.enter(x); err != nil {
		return err
	}
	a.process = x
	return nil
}

// ender returns what asks the actor to end: its supervisor, if it has one here.
func ender(ctx context.Context, ref actor.Ref[hactor.Envelope]) func() {
	child, err := tree.Self(ctx)
	if err != nil || child.Path() != ref.Path() {
		return func() {
			if err := ref.TrySend(hactor.Envelope{Msg: doomed{}}); errors.Is(err, actor.ErrFull) {
				run.Go(func() { ref.Send(context.Background(), hactor.Envelope{Msg: doomed{}}) }) // or it ends before
			}
		}
	}
	scope, _ := tree.From(ctx)
	return func() { scope.Ref().TrySend(tree.StopChild{Name: child.Name()}) }
}

// enclose accepts any message.
func enclose(message any, from *Sender) (hactor.Envelope, bool) {
	return hactor.Envelope{Msg: message, Sender: from.PID()}, true
}
