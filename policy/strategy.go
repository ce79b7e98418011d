package policy

// Strategy says whom a restart takes along. The order of children is the order
// in which they were given or added; a restart does not change it.
type Strategy uint8

const (
	// OneForOne restarts the child that ended and nobody else.
	OneForOne Strategy = iota

	// OneForAll stops all other children in reverse order and starts all of them
	// again in order: for children that cannot work without each other.
	OneForAll

	// RestForOne stops the children after the one that ended, in reverse order,
	// and starts it and them again in order: for children that depend on those
	// before them.
	RestForOne
)

var strategyWords = []string{"one_for_one", "one_for_all", "rest_for_one"}

// String returns "one_for_one", "one_for_all" or "rest_for_one".
func (s Strategy) String() string { return nameOf("strategy", strategyWords, uint8(s)) }

// Strategies returns every strategy.
func Strategies() []Strategy { return []Strategy{OneForOne, OneForAll, RestForOne} }
