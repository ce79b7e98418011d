package tree

import (
	"context"
	"strconv"
)

// Factory is a supervisor of many alike children, one for each argument: a session
// for each socket, a job for each file. They leave it as soon as they have ended for
// good, whatever their Restart and whoever stopped them, and nothing of them or their
// argument is kept. Each start takes a time that does not depend on how many there are.
//
// The Limit of the supervisor's policy bounds the factory: more are refused with
// [ErrFull] and never wait. A child counts until it has ended for good, also while it
// waits for a restart. When the supervisor itself is restarted it has none of them.
//
// A Factory is a handle: it may be copied, and used by any number of goroutines. The
// zero Factory is closed.
type Factory[A any] struct {
	supervisor *Child
	template   func(A) ChildSpec
}

// NewFactory starts a supervisor for a factory, as [Scope.Start] does, and returns the
// factory. template makes a child of an argument. A nil Policy in spec means
// [policy.SupervisorScope]; one that ends when it is empty is refused, as is any other
// fault in spec.
func NewFactory[A any](ctx context.Context, s *Scope, spec ChildSpec, template func(A) ChildSpec) (Factory[A], error) {
	if template == nil {
		return Factory[A]{}, fault("NewFactory.template", nil, "must be a function")
	}
	ch, err := s.startSupervisor("NewFactory", ctx, spec, callerPC())
	return Factory[A]{ch, template}, err
}

// FactoryOf returns a factory of a supervisor that was started otherwise, say as a
// fixed child. One supervisor may have several, with templates of their own. A child
// that is no supervisor is a [policy.FieldError].
func FactoryOf[A any](child *Child, template func(A) ChildSpec) (Factory[A], error) {
	if template == nil {
		return Factory[A]{}, fault("FactoryOf.template", nil, "must be a function")
	}
	if err := supervising("FactoryOf", child); err != nil {
		return Factory[A]{}, err
	}
	return Factory[A]{child, template}, nil
}

// Supervisor returns the child whose factory it is; nil for the zero Factory. Its
// [Child.Scope] has the children.
func (f Factory[A]) Supervisor() *Child { return f.supervisor }

// Start starts a child for an argument. The template is called once, on the caller's
// goroutine, and what it made is run again at each restart. Without a Name the child is
// called by a number: 1, 2, 3, of which each is used once. Start returns as
// [Scope.Start] does, whose errors it shares, but does not wait for a place: a factory
// that has as many as its Limit allows returns [ErrFull].
func (f Factory[A]) Start(ctx context.Context, arg A) (*Child, error) {
	m := membership{caller: "Factory.Start", site: callerPC()}
	if f.supervisor == nil {
		return nil, ErrClosed
	}
	spec := f.template(arg)
	if spec.Name == "" {
		m.rename = f.supervisor.nextName
		spec.Name = m.rename()
	}
	return f.supervisor.startMember(ctx, spec, m)
}

// nextName numbers the children of a supervisor that have no name of their own, through
// all its incarnations.
func (ch *Child) nextName() string {
	return strconv.FormatUint(ch.hosted.(*supervisor).numbered.Add(1), 10)
}
