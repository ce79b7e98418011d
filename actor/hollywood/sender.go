package hollywood

import (
	"log/slog"
	"sync/atomic"

	hactor "github.com/anthdm/hollywood/actor"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/internal/self"
)

// Sender is who sent a message to an exposed actor: a Hollywood actor, or a
// Request that waits for an answer.
type Sender struct {
	hub      *hub
	pid      *hactor.PID
	answered atomic.Bool

	// While the message is being accepted, on the goroutine that does that.
	question actor.Question
}

// sender returns the sender that a PID is, nil for nobody.
func (h *hub) sender(pid *hactor.PID) *Sender {
	if pid == nil || pid.ID == nobodyID {
		return nil
	}
	return &Sender{hub: h, pid: pid}
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
// nothing for a nil Sender, nor with what cannot go to the sender's node: that is
// logged, and a dead letter of the engine; something else may be sent in its place. Any
// goroutine may call it. Whether v arrives is not known: an asker that has given up
// makes it a dead letter of the engine.
func (s *Sender) Respond(v any) bool {
	if s == nil || !s.answered.CompareAndSwap(false, true) {
		return false
	}
	if err := s.hub.send(s.pid, v, nil); err != nil {
		slog.Warn("hollywood: answer not sent", "to", s.pid.String(), "why", err)
		s.hub.lose(s.pid, v, nil)
		s.answered.Store(false)
		return false
	}
	return true
}

// ReplyTo returns a Reply whose answer is sent to from, as by [Sender.Respond]: for
// [Options.Accept], to make the message of an actor that knows nothing of Hollywood. For a
// nil Sender it is the zero Reply, which is nobody's.
//
// When the actor ends, or the incarnation that took the message does, a [Request] of this
// package is told so; one of Hollywood's own runs into its time-out.
//
// It works while Accept is being called, and once: a message has one Reply.
func ReplyTo[T any](from *Sender) actor.Reply[T] {
	return replyTo(from, func(v T) { from.Respond(v) })
}

// ReplyAs is ReplyTo for an answer that is sent as something else: to another node it has
// to be a protobuf message. as is called by the actor that answers; at a panic in it
// there is no answer, and the panic is logged.
func ReplyAs[T any](from *Sender, as func(T) any) actor.Reply[T] {
	return replyTo(from, func(v T) { guard("ReplyAs", func() { from.Respond(as(v)) }) })
}

// replyTo returns a Reply to from whose answer is passed to give.
func replyTo[T any](from *Sender, give func(T)) actor.Reply[T] {
	if from == nil {
		return actor.Reply[T]{}
	}
	reply, q := actor.NewQuestion(self.Answered[T]{Told: func(v T, err error) {
		if err != nil {
			from.hub.fail(from.pid, err)
		} else {
			give(v)
		}
	}})
	from.question = q
	return reply
}

// asks returns the question that the message of s is, which is about to be put.
func (s *Sender) asks() actor.Question {
	if s == nil || s.question == (actor.Question{}) {
		return actor.Question{}
	}
	s.hub.pendingOf(s.pid).isTaken()
	return s.question
}

// answer sends what an order came to, as it can go to the sender's node.
func (s *Sender) answer(a Answer) {
	switch {
	case s == nil:
	case s.hub.local(s.pid.Address):
		s.Respond(a)
	default:
		s.Respond(a.encode())
	}
}
