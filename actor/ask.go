package actor

import (
	"context"
	"sync/atomic"
)

// Ask sends the message that build makes and waits for the answer to it. build
// puts the [Reply] it is given where the actor will find it:
//
//	n, err := actor.Ask(ctx, ref, func(r actor.Reply[int]) Msg { return Get{Reply: r} })
//
// The message was not and will not be handled when the error is ErrStopped,
// ErrFull, ErrSelfAsk, ErrAskCycle, mailbox.ErrDropped or just context.Cause(ctx): an
// ask whose ctx ends while its message is still queued takes the message back. Once the
// actor has taken the message, every failure is a [*NoReplyError]: the incarnation that
// took it ended, at whatever message, or ctx did.
//
// Ask never waits for an actor that has ended for good, nor for an answer that
// can no longer come; while the actor is between two incarnations, the message
// and the asker wait. Any goroutine may call Ask. An actor may ask another from
// its handler, and blocks until then; with the handler's ctx, or one derived
// from it, asking itself is ErrSelfAsk. Where actors ask each other in a circle the one
// that closes it gets an [*AskCycleError] instead of an answer, and the others go on: let
// answers flow one way, or send. See [AllowAskCycle].
func Ask[M, T any](ctx context.Context, ref Ref[M], build func(Reply[T]) M) (T, error) {
	var zero T
	switch {
	case ref.target == nil:
		return zero, ErrStopped
	case ctx.Err() != nil:
		return zero, context.Cause(ctx)
	}
	a := &asked[T]{ask: ask{done: make(chan struct{})}}
	e := Envelope[M]{Message: build(Reply[T]{a}), ask: &a.ask}
	err := ref.target.Put(ctx, e)
	if a.wait != nil {
		defer a.wait.over()
	}
	if err != nil {
		a.leave() // whoever has the Reply learns that nobody waits
		return zero, err
	}
	return a.await(ctx)
}

// await waits for the answer, or why there is none, or until ctx ends.
func (a *asked[T]) await(ctx context.Context) (T, error) {
	var zero T
	select {
	case <-a.done:
	case <-ctx.Done():
		switch a.leave() {
		case askQueued:
			return zero, context.Cause(ctx)
		case askTaken:
			return zero, &NoReplyError{Cause: context.Cause(ctx)}
		}
		<-a.done // settled at the same moment: what it holds is on its way
	}
	if a.err != nil {
		return zero, a.err
	}
	return a.value, nil
}

// A Reply is where the answer to one [Ask] goes. It travels inside the message,
// and may be kept and answered later, from any goroutine, as long as the
// incarnation that took the message lives. The zero Reply is nobody's.
type Reply[T any] struct {
	asked *asked[T]
}

// Send answers the ask with v and reports whether the asker gets it. It does
// not when it was answered before, has given up, or was told that its target
// ended: a late or second answer is harmless. Send never blocks.
func (r Reply[T]) Send(v T) bool {
	if r.asked == nil || !r.asked.settle() {
		return false
	}
	r.asked.value = v
	r.asked.tell(nil)
	return true
}

// asked is an ask with room for its answer.
type asked[T any] struct {
	ask
	value T // written between settle and tell
}

// The states of an ask.
//
//	from \ by    handler takes  stashes      answered or failed  asker leaves, or is refused
//	askQueued    askTaken       -            askSettled          askLeft: the message is taken back
//	askTaken     -              askQueued    askSettled          askLeft, or stays
//	askSettled   stays          stays        stays               stays: the answer is there
//	askLeft      not handled    not handled  stays               stays
const (
	askQueued uint32 = iota
	askTaken
	askSettled
	askLeft
)

// ask is what a target and an asker share, whatever the type of the answer.
type ask struct {
	state atomic.Uint32
	done  chan struct{}   // closed by whoever settled, after writing the result
	err   error           // why there is no answer; written between settle and the close of done
	then  func(err error) // of a Question: called in place of that
	wait  *wait           // of the handler that asks; nil if none does
	below *ask            // in the owed of an actor
}

// take reports whether the message is to be handled. One that was answered
// before it was taken, by whoever else holds the Reply, is.
func (a *ask) take() bool {
	return a.state.CompareAndSwap(askQueued, askTaken) || a.state.Load() != askLeft
}

// putBack is told that the message was not handled but stashed, and reports whether it
// is still to be handled.
func (a *ask) putBack() bool {
	return a.state.CompareAndSwap(askTaken, askQueued) || a.state.Load() != askLeft
}

// settle reports whether the caller is the one to write the result.
func (a *ask) settle() bool {
	for {
		s := a.state.Load()
		if s >= askSettled || a.state.CompareAndSwap(s, askSettled) {
			return s < askSettled
		}
	}
}

// leave gives up waiting and returns the state before, which is askSettled when
// it is too late for that: what has become of the ask is told.
func (a *ask) leave() uint32 {
	for {
		s := a.state.Load()
		if s >= askSettled {
			return askSettled
		}
		if a.state.CompareAndSwap(s, askLeft) {
			return s
		}
	}
}

// fail makes the asker return err, if it still waits.
func (a *ask) fail(err error) bool {
	if !a.settle() {
		return false
	}
	a.tell(err)
	return true
}

// refuse makes the asker return err if the message was not taken, and never will be.
func (a *ask) refuse(err error) bool {
	if !a.state.CompareAndSwap(askQueued, askLeft) {
		return false
	}
	a.tell(err)
	return true
}

// tell lets the asker know what has become of the ask; its caller has settled it.
func (a *ask) tell(err error) {
	if a.then != nil {
		a.then(err)
		return
	}
	a.err = err
	close(a.done)
}

// open reports whether the asker still waits.
func (a *ask) open() bool { return a.state.Load() < askSettled }
