package tree

import "fmt"

// Phase is how far a scope is on its way to the end.
type Phase uint8

// The phases of a scope, in order; none is ever gone back from.
const (
	PhaseOpen      Phase = iota // takes work
	PhaseDraining               // asked to end: outsiders are refused, children finish
	PhaseCanceling              // contexts are canceled: everybody is refused
	PhaseClosed                 // ended; what still runs was abandoned
)

// String returns the phase in lower case.
func (p Phase) String() string {
	if p > PhaseClosed {
		return fmt.Sprintf("phase(%d)", uint8(p))
	}
	return [...]string{"open", "draining", "canceling", "closed"}[p]
}
