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
	if inc := incarnationOf(ctx); inc != nil {
		return inc.child, nil
	}
	return nil, ErrNoScope
}

// incarnationOf returns the innermost incarnation around ctx, or nil.
func incarnationOf(ctx context.Context) *incarnation {
	for l := lifeOf(ctx); l != nil; l = l.scope.under {
		if l.inc != nil {
			return l.inc
		}
	}
	return nil
}
