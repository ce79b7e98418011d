package hollywood

import (
	"sync/atomic"

	hactor "github.com/anthdm/hollywood/actor"
)

// Sender is who sent a message to an exposed actor: a Hollywood actor, or a
// Request that waits for an answer.
type Sender struct {
	engine   *hactor.Engine
	pid      *hactor.PID
	answered atomic.Bool
}

// PID returns the sender's PID, and nil for a nil Sender.
func (s *Sender) PID() *hactor.PID {
	if s == nil {
		return nil
	}
	return s.pid
}

// Respond sends v to the sender, the first time it is called, and reports
// whether it did: a second answer to one Request would block for ever. It does
// nothing for a nil Sender. Any goroutine may call it. Whether v arrives
// is not known: an asker that has given up makes it a dead letter of the engine.
func (s *Sender) Respond(v any) bool {
	if s == nil || !s.answered.CompareAndSwap(false, true) {
		return false
	}
	s.engine.Send(s.pid, v)
	return true
}
