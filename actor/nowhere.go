package actor

import (
	"fmt"
	"log/slog"
	"sync/atomic"
)

// nowhere is the [Place] of an actor that was given none. Nobody is there to
// be told of dead letters, so they are logged, each time their number has
// doubled: silence is not a default, nor is a flood.
type nowhere struct {
	name  string
	count atomic.Uint64 // dead letters
}

func (n *nowhere) ID() ID { return ID{Path: n.name} }

func (n *nowhere) DeadLetter(m any, why error) {
	if count := n.count.Add(1); count&(count-1) == 0 {
		slog.Warn("actor: dead letter", "actor", n.name, "message", fmt.Sprintf("%T", m), "why", why, "count", count)
	}
}
