package tree

import "context"

// From returns the scope that ctx belongs to: that of the child, task or body
// ctx was given to, however it was derived since. For any other context it
// returns [ErrNoScope]; there is no root that work could silently land in.
func From(ctx context.Context) (*Scope, error) {
	if l := lifeOf(ctx); l != nil {
		return &l.scope.handle, nil
	}
	return nil, ErrNoScope
}

// Self returns the child ctx belongs to, or [ErrNoScope] for the context of a
// body, of a plain task, or of no scope at all.
func Self(ctx context.Context) (*Child, error) {
	if l := lifeOf(ctx); l != nil && l.inc != nil {
		return l.inc.child, nil
	}
	return nil, ErrNoScope
}
