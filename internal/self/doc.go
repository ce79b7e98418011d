// Package self is how the context of an actor's code says whose it is, and how
// packages of this module hear of an actor's end before anybody else.
package self
