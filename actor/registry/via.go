package registry

import (
	"context"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/internal/self"
)

// Via returns a Ref for whoever has the name key: each send and each ask looks for the
// owner, and fails with [actor.ErrStopped] when there is none. So it may be given away
// before there is an owner, and goes on with the next one when one has ended. It takes
// no part in what values owners register with.
//
// Its ID is that of the owner at the moment, and zero without one. An AfterEnd, a watch
// or a link is for the owner at the moment. Vias of one name are equal, and not equal
// to the Ref of an owner. With a key that cannot be found again it is the zero Ref.
func (n *Names[K, M]) Via(key K) actor.Ref[M] {
	if unfit(key) != "" {
		return actor.Ref[M]{}
	}
	return actor.NewRef[M](via[K, M]{n, key})
}

// via is the target of a name.
type via[K comparable, M any] struct {
	names *Names[K, M]
	key   K
}

func (v via[K, M]) standsForAnother() {}

// owner returns who has the name, and the zero Ref if nobody has.
func (v via[K, M]) owner() actor.Ref[M] {
	e, _ := v.names.lookup(v.key)
	return e.Ref
}

// StandsFor is for links, see [actor.Target].
func (v via[K, M]) StandsFor() actor.Ref[M] { return v.owner() }

// ID implements [actor.Target].
func (v via[K, M]) ID() actor.ID { return v.owner().ID() }

// Put implements [actor.Target].
func (v via[K, M]) Put(ctx context.Context, e actor.Envelope[M]) error {
	if t := v.owner().Target(); t != nil {
		return t.Put(ctx, e)
	}
	return actor.ErrStopped
}

// TryPut implements [actor.Target].
func (v via[K, M]) TryPut(e actor.Envelope[M]) error {
	if t := v.owner().Target(); t != nil {
		return t.TryPut(e)
	}
	return actor.ErrStopped
}

// AfterEnd implements [actor.Target].
func (v via[K, M]) AfterEnd(f func(why error)) (stop func() bool) {
	return v.owner().OnEnd(self.Ending{Told: f})
}

// As makes an actor that has a name while it lives: of create, which makes the
// Receivers of a spec, it makes another that first keeps the name.
//
//	spec := actor.Spec[Msg]{Name: "db", New: names.As("db", nil, newDB)}
//
// The actor does not start while the name is somebody else's: the error is that of
// [Names.Keep], and its [*TakenError] says whose.
func (n *Names[K, M]) As(key K, value any, create func(context.Context, actor.Ref[M]) (actor.Receiver[M], error)) func(context.Context, actor.Ref[M]) (actor.Receiver[M], error) {
	if create == nil {
		return nil // which the spec's Validate knows
	}
	return func(ctx context.Context, own actor.Ref[M]) (actor.Receiver[M], error) {
		if err := n.Keep(key, own, value); err != nil {
			return nil, err
		}
		return create(ctx, own)
	}
}
