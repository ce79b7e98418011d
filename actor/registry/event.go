package registry

import "github.com/understudy-go/understudy/actor"

// EventKind is what happened to an entry.
type EventKind uint8

const (
	Registered   EventKind = iota // it came: by Register, Join or Keep
	Unregistered                  // it went: by Unregister or Leave, or its actor has ended
	Updated                       // it has another value: by Update or Keep

	numEventKinds
)

// String returns the word for k, such as "registered".
func (k EventKind) String() string {
	if k >= numEventKinds {
		return "unknown"
	}
	return [numEventKinds]string{"registered", "unregistered", "updated"}[k]
}

// Event is a change of Names or Groups, for those who listen.
type Event[K comparable, M any] struct {
	Kind  EventKind    // what happened
	Key   K            // the name, or that of the group
	Ref   actor.Ref[M] // whose it is, or was
	Value any          // as it is since, or was until then
}
