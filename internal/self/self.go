package self

// Key finds the actor whose code a context was given to: the value is the
// actor, as the interface its host knows it by. Contexts of scopes and children
// that such code opened answer nil: they are others.
type Key struct{}

// Life finds the context of the incarnation whose code a context was given to, a
// [context.Context]. That has an end also where context.WithoutCancel stands in between.
type Life struct{}

// Ending is somebody who is told of the end of an actor.
type Ending struct {
	// Told is called with why the actor ended, nil for an end that is no failure. It runs
	// where the actor ends, which may be in a turn of its scope, so it is code of this
	// module only: short, without a wait, without a panic.
	Told func(why error)
}

// Answered is somebody who is told what has become of an ask, as an [Ending] is told of
// an end: of the answer, or why there is none.
type Answered[T any] struct {
	Told func(answer T, err error) // runs under the terms of Ending.Told
}
