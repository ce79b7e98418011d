package hollywood

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/tree"
)

// ErrFactory is the answer to a [StartChild] whose factory the scope does not have.
var ErrFactory = errors.New("hollywood: no such factory")

// Factories are what a scope can be asked to start by name: what children run is code, and
// cannot go over the wire. [ExposeScope] registers them with a scope.
type Factories map[string]Factory

// Factory makes children of arguments: a [ChildFactory] or an [ActorFactory].
type Factory interface {
	// start makes a child in s and waits until it is up.
	start(ctx context.Context, s *tree.Scope, o StartChild) (Answer, error)
}

// ChildFactory makes a factory of children that are described by a ChildSpec, from the
// bytes of [StartChild].Args. f is called on a goroutine of its own; a panic in it is
// the answer's error. A Name in the order takes the place of the spec's; without
// either the child is called by a UUID.
func ChildFactory(f func(args []byte) (tree.ChildSpec, error)) Factory { return childFactory(f) }

type childFactory func(args []byte) (tree.ChildSpec, error)

func (f childFactory) start(ctx context.Context, s *tree.Scope, o StartChild) (Answer, error) {
	spec, err := f(o.Args)
	if err != nil {
		return Answer{}, err
	}
	spec.Name = firstName(o.Name, spec.Name)
	ch, err := s.Start(ctx, spec)
	if err != nil {
		return Answer{}, err
	}
	return Answer{Path: ch.Path()}, nil
}

// ActorFactory makes a factory of actors, as [ChildFactory] does of other children. The
// specification may be that of [Adopt].
func ActorFactory[M any](f func(args []byte) (actor.Spec[M], error)) Factory {
	return actorFactory[M](f)
}

type actorFactory[M any] func(args []byte) (actor.Spec[M], error)

func (f actorFactory[M]) start(ctx context.Context, s *tree.Scope, o StartChild) (Answer, error) {
	spec, err := f(o.Args)
	if err != nil {
		return Answer{}, err
	}
	spec.Name = firstName(o.Name, spec.Name)
	ref, err := tree.Spawn(ctx, s, spec)
	if err != nil {
		return Answer{}, err
	}
	return Answer{Path: ref.Path(), actor: ref.ID()}, nil
}

// firstName returns the first name that is one, or a new one.
func firstName(names ...string) string {
	for _, n := range names {
		if n != "" {
			return n
		}
	}
	return uuid.NewString()
}

// check joins what is wrong with f.
func (f Factories) check() error {
	var faults []error
	for name, made := range f {
		if name == "" || strings.ToValidUTF8(name, "") != name {
			faults = append(faults, fmt.Errorf("hollywood.ScopeOptions.Factories[%q]: must have a name, of valid UTF-8", name))
		}
		if missing(made) {
			faults = append(faults, fmt.Errorf("hollywood.ScopeOptions.Factories[%q] = nil: must be a factory", name))
		}
	}
	return errors.Join(faults...)
}
