// Package self is how the context of an actor's code says whose it is.
package self

// Key finds the actor whose code a context was given to: the value is the
// actor, as the interface its host knows it by. Contexts of scopes and children
// that such code opened answer nil: they are others.
type Key struct{}
