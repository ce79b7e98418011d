package actor

import "context"

// incarnation is one life of an actor, and the context of its code: that of
// the host, with the actor as a value. Only its Context is used by others than
// the goroutine that owns the actor.
type incarnation[M any] struct {
	context.Context
	actor    *Actor[M]
	host     Host
	receiver Receiver[M] // nil until New has returned
	asks     *unanswered // nil until the first ask that its handler did not answer
}

// selfKey finds the actor whose code a context was given to.
type selfKey struct{}

// Value implements [context.Context].
func (i *incarnation[M]) Value(key any) any {
	if _, ok := key.(selfKey); ok {
		return i.actor
	}
	return i.Context.Value(key)
}

// AfterFunc has the context package hand callbacks on to the host's context,
// which it cannot see behind this one: otherwise each context derived from this
// one could cost a goroutine.
func (i *incarnation[M]) AfterFunc(f func()) (stop func() bool) {
	return context.AfterFunc(i.Context, f)
}

// isSelf reports whether ctx was given to the code of target.
func isSelf[M any](ctx context.Context, target Target[M]) bool {
	self := ctx.Value(selfKey{})
	return self != nil && self == any(target)
}
