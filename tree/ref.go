package tree

import (
	"context"

	"github.com/understudy-go/understudy/actor"
)

// Message is what a scope's [Scope.Ref] takes: [StartChild], [StopChild],
// [RestartChild], [ShutdownScope] or [CancelScope]. With these an actor drives a
// supervisor as it would any other actor.
type Message interface {
	obey(c *core)
}

// StartChild has the scope start a child, for an outsider. The Reply, if any, is
// sent when [Scope.Start] would return. It does not wait for a place: in a scope
// that has reached its Limit the answer is [ErrFull].
type StartChild struct {
	Spec  ChildSpec            // as for [Scope.Start]
	Reply actor.Reply[Started] // zero when nobody asks
}

// Started answers a [StartChild]: a child, or why there is none.
type Started struct {
	Child *Child // nil on an error
	Err   error  // as [Scope.Start] returns it
}

// StopChild has the scope stop a child and keep it stopped. The Reply, if any,
// is sent at once: nil when there is such a child, else [ErrNotFound].
type StopChild struct {
	Name  string             // of the child
	Reply actor.Reply[error] // zero when nobody asks
}

// RestartChild has the scope start a child that ended, or stop and start one
// that runs. The Reply is as for [StopChild].
type RestartChild struct {
	Name  string             // of the child
	Reply actor.Reply[error] // zero when nobody asks
}

// ShutdownScope asks the scope to end, as [Scope.Shutdown] does.
type ShutdownScope struct{}

// CancelScope cancels the scope, as [Scope.Cancel] does.
type CancelScope struct {
	Cause error // for [context.Cause] to find; nil for a plain cancel
}

// Ref returns the scope's address as an actor. It never blocks its senders;
// when the scope has closed they get [actor.ErrStopped].
func (s *Scope) Ref() actor.Ref[Message] {
	if s.core == nil {
		return actor.Ref[Message]{}
	}
	return actor.NewRef[Message]((*address)(s.core))
}

// address is a scope as an actor's target.
type address core

// ID implements [actor.Target].
func (a *address) ID() actor.ID {
	c := (*core)(a)
	return actor.ID{Tree: c.root.uuid(), Path: c.path()}
}

// Put implements [actor.Target].
func (a *address) Put(_ context.Context, e actor.Envelope[Message]) error { return a.TryPut(e) }

// TryPut implements [actor.Target].
func (a *address) TryPut(e actor.Envelope[Message]) error {
	c := (*core)(a)
	// A pointer to a message is a Message too, and so is what embeds one; a nil one
	// would panic within the turn.
	switch e.Message.(type) {
	case StartChild, StopChild, RestartChild, ShutdownScope, CancelScope:
	default:
		return fault("Message", e.Message, "must be a StartChild, StopChild, RestartChild, ShutdownScope or CancelScope")
	}
	if c.closed.on() {
		return actor.ErrStopped
	}
	c.post(message{op: opDo, arg: func() {
		switch {
		case c.phase == PhaseClosed:
			e.Fail(actor.ErrStopped)
		case e.Take():
			e.Message.obey(c)
		}
	}})
	return nil
}

func (m StartChild) obey(c *core) {
	if err := m.Spec.check("tree.StartChild.Spec", c.rules()); err != nil {
		m.Reply.Send(Started{Err: err})
		return
	}
	ch := newChild(c, &m.Spec, origin{})
	ch.startedFor(&starter{waiting: 1, told: func(err error) {
		if err != nil {
			m.Reply.Send(Started{Err: err})
		} else {
			m.Reply.Send(Started{Child: ch})
		}
	}})
	c.startChild(ch)
}

func (m StopChild) obey(c *core) {
	m.Reply.Send(c.withChild(m.Name, func(ch *Child) error {
		c.stopChild(ch)
		return nil
	}))
}

func (m RestartChild) obey(c *core) {
	m.Reply.Send(c.withChild(m.Name, func(ch *Child) error { return c.restartChild(ch, nil) }))
}

func (m ShutdownScope) obey(c *core) { c.drain(errShutdown) }

func (m CancelScope) obey(c *core) {
	c.cancel(canceledBy(m.Cause))
}
