package tree

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
)

// starter is those who wait for a child to be up, in [Scope.Start] or [Child.Restart];
// a child has one at most, which they share. It is answered once, with err, which is
// written before done. Whatever becomes of the child, somebody answers.
type starter struct {
	inside  bool   // of the scope or below: may start children while it drains
	who     *Child // of the scope, if it is one of its children or below one
	unit    int64  // of the gate, held until the child does; 0 for none
	waiting int    // turn: how many wait; when the last one leaves, a failure is for nobody
	done    latch
	err     error
	node    mailbox.Node[message] // carries the start
	told    func(error)           // for a StartChild message; must not block
	extras  extras                // of a child that has others for no more than this

	replaces bool          // a member's: it takes the place of who has its key
	rename   func() string // a member's: the next name, should this one be taken; nil: that is an error
}

// startedFor has a child that is new wait for its start with s.
func (ch *Child) startedFor(s *starter) {
	s.extras.starter = s
	ch.extras = &s.extras
}

// answer tells those who wait.
func (s *starter) answer(err error) {
	s.err = err
	if s.told != nil {
		s.told(err)
	}
	s.done.set()
}

// answer tells the one who started the child, if nobody has told them yet.
func (ch *Child) answer(err error) {
	if s := ch.takeStarter(); s != nil {
		s.answer(err)
	}
}

// takeStarter returns who waits for the child to be up, or nil, and has them wait no
// longer.
func (ch *Child) takeStarter() *starter {
	x := ch.few()
	s := x.starter
	x.starter = nil
	ch.keep(x)
	return s
}

// answerRest tells who waits for a start, if anybody does, that it will not come.
func (c *core) answerRest(ch *Child) {
	if s := ch.slot.State(); ch.few().starter != nil && (s == policy.SlotStopped || s == policy.SlotForgotten) {
		ch.answer(c.notStarted(ch))
	}
}

// notStarted is the answer to the starter of a child that was called off.
func (c *core) notStarted(ch *Child) error {
	if err := c.refuse(false); err != nil {
		return err
	}
	return fmt.Errorf("%w: %s was stopped before it was started", ErrNotReady, ch.Path())
}

// startError is what the starter is told of a child that ended before it was up.
func startError(ch *Child, x *exited) error {
	switch {
	case x.ignored:
		return nil
	case x.err == nil:
		return &ChildError{Path: ch.Path(), Exit: policy.Failed, Err: ErrNotReady}
	}
	return &ChildError{Path: ch.Path(), Exit: x.exit, Err: x.err}
}

// awaitStart waits for the answer, or until ctx ends and returns its cause. Which
// came first is settled within a turn, so that a failure is either returned or
// reported.
func (ch *Child) awaitStart(ctx context.Context, w *starter) error {
	select {
	case <-w.done.c():
		return w.err
	case <-ctx.Done():
	}
	left := false
	ch.owner().inTurn(func() {
		if left = !w.done.on(); !left {
			return
		}
		if w.waiting--; w.waiting == 0 && ch.few().starter == w {
			ch.takeStarter()
		}
	})
	if left {
		return context.Cause(ctx)
	}
	return w.err
}
