package actor

import (
	"context"

	"github.com/understudy-go/understudy/internal/self"
)

// Inside returns ctx as the context of the code of an actor: from it [Ask] knows
// an actor that asks itself, and timers and watches know whose they are. It is for a
// [Host]'s Context; contexts derived from it cost no goroutine if ctx is of the
// context package or has an AfterFunc method.
func Inside(ctx context.Context, a Hosted) context.Context { return &inside{ctx, a} }

type inside struct {
	context.Context
	actor Hosted
}

// Value implements [context.Context].
func (i *inside) Value(key any) any {
	switch key.(type) {
	case self.Key:
		return i.actor
	case self.Life:
		return i
	}
	return i.Context.Value(key)
}

// AfterFunc has the context package hand callbacks on to the context inside,
// which it cannot see behind this one: otherwise each context derived from this
// one could cost a goroutine.
func (i *inside) AfterFunc(f func()) (stop func() bool) {
	return context.AfterFunc(i.Context, f)
}

// isSelf reports whether ctx was given to the code of target.
func isSelf[M any](ctx context.Context, target Target[M]) bool {
	own := ctx.Value(self.Key{})
	return own != nil && own == any(target)
}

// own returns the actor whose address r is, to code of its own that was given ctx.
func (r Ref[M]) own(ctx context.Context) (*Actor[M], error) {
	a, ok := r.target.(*Actor[M])
	if !ok || !isSelf(ctx, r.target) {
		return nil, ErrNotSelf
	}
	return a, nil
}

// LastError returns, to the code of an actor that was given ctx, what the incarnation
// before failed with: for Spec.New, which may want to start otherwise after a
// failure. It is nil for the first incarnation, after a stop, and once New has returned.
// It may be called from New only.
func LastError(ctx context.Context) error {
	a, ok := ctx.Value(self.Key{}).(interface{ last() error })
	if !ok {
		return nil
	}
	return a.last()
}

func (a *Actor[M]) last() error {
	if x := a.more.Load(); x != nil {
		return x.lastError
	}
	return nil
}
