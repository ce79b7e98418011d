package hollywood

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/google/uuid"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/internal/self"
)

// Request sends message to the process pid of e, on this node or another, and waits for
// what it responds, a T. It is what [hactor.Engine.Request] is, without the time-out
// that is not the caller's, without an entry that stays in the registry, and without
// the answerer that blocks when it answers twice.
//
// The message was not and will not be handled when the error is
//
//   - actor.ErrStopped: there is no such process; from another node that is known only
//     if the node has this package, too;
//   - [ErrUnreachable] or [ErrMarshal], for another node;
//   - actor.ErrFull, or a [Refusal]'s other errors, of an exposed actor;
//   - actor.ErrSelfAsk: ctx is that of the very actor that is exposed as pid;
//   - context.Cause(ctx), if ctx had ended before;
//   - an error that names what is wrong with an argument.
//
// Once it is on its way every failure is an [*actor.NoReplyError]: the process stopped,
// the connection to its node was lost, or ctx ended. An exposed actor whose messages
// have a [ReplyTo] fails the request when its incarnation ends. Errors of
// another node come as a [*RemoteError]. An answer that is no T is [ErrType].
func Request[T any](ctx context.Context, e *hactor.Engine, pid *hactor.PID, message any) (T, error) {
	var zero T
	switch {
	case e == nil:
		return zero, errors.New("hollywood.Request: engine = nil: must be one")
	case pid == nil:
		return zero, errors.New("hollywood.Request: pid = nil: must be a process's")
	}
	v, err := hubOf(e).request(ctx, pid, message)
	if err != nil {
		return zero, err
	}
	if a, ok := v.(T); ok {
		return a, nil
	}
	if a, ok := AnswerOf(v); ok {
		if a, ok := any(a).(T); ok {
			return a, nil
		}
	}
	return zero, fmt.Errorf("%w: %v answered with %T, not %T", ErrType, pid, v, zero)
}

// requestKind is the kind of those who wait for an answer.
const requestKind = "understudy/request"

// pending is a request that waits for its answer, as a process of its engine.
type pending struct {
	hub   *hub
	pid   *hactor.PID
	state atomic.Uint32
	then  func(answer any, err error)

	mu      sync.Mutex // guards what follows
	settled bool
	unwatch func() bool // the process that was asked
	forget  func() bool // the context of who asked; nil for none
}

// How far a request is.
const (
	unsent   uint32 = iota
	sent            // or about to be
	hopeless        // there is nobody to send it to
)

// newPending enters a request whose answer, or error, is told to then, once.
func (h *hub) newPending(then func(any, error)) *pending {
	p := &pending{hub: h, then: then, pid: hactor.NewPID(h.engine.Address(), requestKind+"/"+uuid.NewString())}
	h.mu.Lock()
	h.requests[p.pid.ID] = p
	h.mu.Unlock()
	h.engine.SpawnProc(p)
	return p
}

// pendingOf returns the request that a PID of this engine is, or nil.
func (h *hub) pendingOf(pid *hactor.PID) *pending {
	if !isRequest(pid) || !h.local(pid.Address) {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.requests[pid.ID]
}

// Start, Invoke and Shutdown are for processes with an inbox and an end.
func (p *pending) Start() {}

func (p *pending) Invoke([]hactor.Envelope) {}

func (p *pending) Shutdown() {}

func (p *pending) PID() *hactor.PID { return p.pid }

func (p *pending) Send(_ *hactor.PID, message any, _ *hactor.PID) {
	if a, ok := AnswerOf(message); ok && a.Err != nil {
		p.settle(nil, a.Err)
		return
	}
	p.settle(message, nil)
}

// settle tells what the request came to, the first time, and takes it out of the registry.
func (p *pending) settle(answer any, err error) {
	p.mu.Lock()
	first := !p.settled
	p.settled = true
	p.mu.Unlock()
	if !first {
		return
	}
	p.hub.mu.Lock()
	delete(p.hub.requests, p.pid.ID)
	p.hub.mu.Unlock()
	p.hub.engine.Registry.Remove(p.pid)
	p.let(&p.unwatch)
	p.let(&p.forget)
	p.then(answer, err)
}

// hold keeps what stops something that has begun for p, at once if p is settled.
func (p *pending) hold(slot *func() bool, stop func() bool) {
	p.mu.Lock()
	*slot = stop
	settled := p.settled
	p.mu.Unlock()
	if settled {
		p.let(slot)
	}
}

// let stops what was begun for p, if it was.
func (p *pending) let(slot *func() bool) {
	p.mu.Lock()
	stop := *slot
	*slot = nil
	p.mu.Unlock()
	if stop != nil {
		stop()
	}
}

// isTaken says that a message is an actor's ask now: that is told better than the end of
// its process whether it was handled.
func (p *pending) isTaken() {
	if p != nil {
		p.let(&p.unwatch)
	}
}

// ended is told of the end of the process that was asked, or the loss of its node.
func (p *pending) ended(why error) {
	switch {
	case !p.state.CompareAndSwap(unsent, hopeless):
		why = &actor.NoReplyError{Cause: why}
	case why == nil:
		why = actor.ErrStopped
	}
	p.settle(nil, why)
}

// ask sends the message of p, unless that is in vain: then p is settled.
func (p *pending) ask(to *hactor.PID, message any) {
	p.hold(&p.unwatch, p.hub.watch(to.Address, to.ID, p.ended))
	if p.state.CompareAndSwap(unsent, sent) {
		if err := p.hub.send(to, message, p.pid); err != nil {
			p.settle(nil, err)
		}
	}
}

// outcome is what a request came to.
type outcome struct {
	answer any
	err    error
}

// request sends a message and waits for the answer.
func (h *hub) request(ctx context.Context, to *hactor.PID, message any) (any, error) {
	switch {
	case ctx == nil:
		return nil, errors.New("hollywood.Request: ctx = nil: must be one")
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case h.isSelf(ctx, to):
		return nil, actor.ErrSelfAsk
	}
	done := make(chan outcome, 1)
	p := h.newPending(func(v any, err error) { done <- outcome{v, err} })
	p.ask(to, message)
	select {
	case o := <-done:
		return o.answer, o.err
	case <-ctx.Done():
		p.settle(nil, &actor.NoReplyError{Cause: context.Cause(ctx)})
		o := <-done // what it came to at the same moment, perhaps
		return o.answer, o.err
	}
}

// isSelf reports whether ctx was given to the code of the actor that is exposed as pid.
func (h *hub) isSelf(ctx context.Context, pid *hactor.PID) bool {
	own, ok := ctx.Value(self.Key{}).(interface{ ID() actor.ID })
	if !ok || !h.local(pid.Address) {
		return false
	}
	x := h.exposureOf(own.ID())
	return x != nil && x.pid.ID == pid.ID
}

// fail tells those who wait for an answer to a message that there will be none. Others
// than requests of this package could not be told.
func (h *hub) fail(asker *hactor.PID, err error) {
	if isRequest(asker) {
		h.answer(asker, Answer{Err: err})
	}
}

// isRequest reports whether a PID is that of a request of this package, on whatever node.
func isRequest(pid *hactor.PID) bool {
	return pid != nil && strings.HasPrefix(pid.ID, requestKind+"/")
}

// answer sends what one of this package's own requests came to. One that waits no more
// is not told.
func (h *hub) answer(asker *hactor.PID, a Answer) {
	if !h.local(asker.Address) {
		h.send(asker, a.encode(), nil)
	} else if p := h.pendingOf(asker); p != nil {
		p.Send(nil, a, nil)
	}
}
