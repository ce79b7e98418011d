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

// Self returns the child that ctx belongs to, directly or through scopes it
// opened; [ErrNoScope] when there is none.
func Self(ctx context.Context) (*Child, error) {
	if l := childLifeOf(ctx); l != nil {
		return l.child, nil
	}
	return nil, ErrNoScope
}

// childLifeOf returns the life of the innermost incarnation around ctx, or nil.
func childLifeOf(ctx context.Context) *life {
	for l := lifeOf(ctx); l != nil; l = l.scope.under {
		if l.child != nil {
			return l
		}
	}
	return nil
}
