package self

// Ending is told of the end of an actor: of why, nil for an end that is no
// failure. It runs where the actor ends, which may be in a turn of its scope, so
// it is code of this module only: short, without a wait, without a panic.
type Ending func(why error)
