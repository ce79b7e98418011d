package hollywood

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"

	hactor "github.com/anthdm/hollywood/actor"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/tree"
)

// ScopeOptions say how a scope is exposed. The zero value takes every default.
type ScopeOptions struct {
	Kind string // the PID's id begins with it; empty: DefaultKind
	ID   string // and ends with this; empty: one that no other process has

	// Factories are what can be started by name. Nil: nothing can.
	Factories Factories

	// Refused is told of each message that was not taken and whose sender did not ask for
	// an answer. Nil: they are logged to slog.Default, each time their number has doubled.
	Refused func(Refusal)
}

// ExposeScope makes a scope reachable in e, as [Expose] does an actor: the PID takes the
// scope's messages, so that a supervisor can be driven by Hollywood actors, and from
// other nodes by [Order].
//
// From this node it takes every tree.Message: with a Reply as it stands; without one the
// sender is answered with the tree.Started of a tree.StartChild and the [Answer] of a
// tree.StopChild or tree.RestartChild. And it takes a [StartChild] of this package, and
// what [Encode] makes, which is all that can come from other nodes: they are answered
// with an [Answer]. Hollywood's own Request can be used for all of these.
//
// Whoever can connect to the engine's remote can give orders: let it ask for
// certificates, with WithTLS of Hollywood's remote.Config.
//
// The errors are those of Expose, or name what is wrong with Factories.
func ExposeScope(e *hactor.Engine, s *tree.Scope, o ScopeOptions) (*hactor.PID, func(), error) {
	if s == nil {
		s = &tree.Scope{} // which has no Ref, and that is said below
	}
	inner := Options[tree.Message]{Kind: o.Kind, ID: o.ID, Refused: o.Refused}
	if err := errors.Join(inner.check("ExposeScope", "ScopeOptions", e, s.Ref()), o.Factories.check()); err != nil {
		return nil, nil, err
	}
	x := &exposedScope{exposed: newExposed(e, s.Ref(), inner), scope: s, factories: maps.Clone(o.Factories)}
	if err := x.exposed.enter(x); err != nil {
		return nil, nil, err
	}
	x.announce(e)
	return x.pid, x.Shutdown, nil
}

// exposedScope is a scope as a process of an engine.
type exposedScope struct {
	*exposed[tree.Message]
	scope     *tree.Scope
	factories Factories
}

func (x *exposedScope) Send(to *hactor.PID, message any, from *hactor.PID) {
	if isPill(message) {
		x.swallow(message)
		return
	}
	s, what := x.hub.sender(from), message
	if order, ok := orderOf(message); ok {
		what = order
	}
	switch m := what.(type) {
	case StartChild:
		x.start(m, s, message)
	case tree.StartChild, tree.StopChild, tree.RestartChild, tree.ShutdownScope, tree.CancelScope:
		x.do(m.(tree.Message), s, message)
	default:
		x.refuse(Refusal{To: x.pid, From: from, Message: message, Err: ErrType})
	}
}

// start has a factory start a child, on a goroutine that ends when the child is up, its
// time is over or the scope is. arrived is the message as it came.
func (x *exposedScope) start(m StartChild, from *Sender, arrived any) {
	run.Go(func() {
		a, err := Answer{}, fmt.Errorf("%w: %q in %s", ErrFactory, m.Factory, x.scope.Path())
		if f := x.factories[m.Factory]; f != nil {
			ctx, cancel := context.Background(), context.CancelFunc(func() {})
			if m.Within > 0 {
				ctx, cancel = context.WithTimeout(ctx, m.Within)
			}
			defer cancel()
			err = run.Call(ctx, func(ctx context.Context) (err error) { a, err = f.start(ctx, x.scope, m); return err }, false)
		}
		if started := x.hub.exposureOf(a.actor); err == nil && a.actor != (actor.ID{}) && started != nil {
			a.PID = started.pid
		}
		a.Err = err
		if from == nil && err != nil {
			x.refuse(Refusal{To: x.pid, Message: arrived, Err: err})
		}
		from.answer(a)
	})
}

// do passes a message on to the scope. Its answers come within a turn of the scope, and
// are given outside.
func (x *exposedScope) do(m tree.Message, from *Sender, arrived any) {
	switch v := m.(type) {
	case tree.StartChild:
		if v.Reply == (actor.Reply[tree.Started]{}) {
			v.Reply = replyTo(from, func(s tree.Started) { run.Go(func() { from.Respond(s) }) })
		}
		m = v
	case tree.StopChild:
		v.Reply = x.orElse(v.Reply, from, v.Name)
		m = v
	case tree.RestartChild:
		v.Reply = x.orElse(v.Reply, from, v.Name)
		m = v
	}
	err := x.put(actor.Envelop(m, from.asks()))
	switch m.(type) {
	case tree.ShutdownScope, tree.CancelScope:
		if err == nil {
			from.answer(Answer{Path: x.scope.Path()})
		}
	}
	if err != nil {
		x.refuse(Refusal{To: x.pid, From: from.PID(), Message: arrived, Err: err})
	}
}

// orElse returns the reply that a message has, or else one that answers its sender.
func (x *exposedScope) orElse(own actor.Reply[error], from *Sender, name string) actor.Reply[error] {
	if own != (actor.Reply[error]{}) {
		return own
	}
	return replyTo(from, func(err error) {
		run.Go(func() { from.answer(Answer{Path: x.scope.Path() + "/" + name, Err: err}) })
	})
}

// missing reports whether a factory is none.
func missing(f Factory) bool {
	return f == nil || reflect.ValueOf(f).Kind() == reflect.Func && reflect.ValueOf(f).IsNil()
}
