package tree

import (
	"context"
	"fmt"
	"runtime"

	"github.com/understudy-go/understudy/policy"
)

// Shield runs f as a child of the scope that outlives its caller: for the write
// behind a request, which must not be cut because the client has gone. It waits
// for f and returns its error: what f returned, a *[policy.PanicError], which is
// reported at once as well, or [policy.ErrGoexit]. When ctx ends first it returns
// ctx's cause at once, f goes on, and what f fails with then is reported. With a ctx
// that has ended already f is started all the same; for a clean-up that is to be
// waited for pass context.WithoutCancel(ctx).
//
// f sees the values of ctx, but neither its deadline nor its cancel, nor those of
// the scope: not Cancel, a sibling's failure or a time-out, not the end of a
// shutdown's grace. The scope waits for it. Only when nine tenths of a kill wait
// are over is f's context canceled, and at its end f is abandoned; under a Kill of
// [policy.Forever] neither happens, and a scope that waits says so in the log.
//
// Where children stop in order, f stands at the end of the order: those before it,
// which it may use, are not asked before it has ended.
//
// An operator may cancel f by its handle, with [Child.Cancel]; Shutdown of that
// handle, and Remove, do not reach it and wait.
//
// f is listed under name, with a number behind it when the name is taken. What it
// fails with touches no sibling and is not among the errors of the scope. It takes
// no place of a Limit. While the scope drains anybody may still shield work in it,
// and while it is canceled its own descendants may; later Shield returns
// [ErrClosed] and f does not run.
func (s *Scope) Shield(ctx context.Context, name string, f func(ctx context.Context) error) error {
	c := s.core
	switch {
	case ctx == nil:
		return fault("Scope.Shield.ctx", nil, "must not be nil")
	case f == nil:
		return fault("Scope.Shield.f", nil, "must be a function")
	case c == nil:
		return ErrClosed
	}
	if err := checkName("tree", "Scope.Shield.name", name); err != nil {
		return err
	}
	sh := &shield{values: context.WithoutCancel(ctx), inside: c.owns(ctx)}
	ch := newChild(c, &ChildSpec{Name: name, Run: f, OnFailure: new(policy.Report)}, origin{site: callerPC(), shield: sh})
	c.post(message{op: opShield, arg: ch})
	err := sh.await(ctx, c)
	runtime.KeepAlive(s)
	return err
}

// shield is what a child has that its caller may leave.
type shield struct {
	values context.Context // the caller's
	inside bool            // the caller is of the scope or below
	done   latch
	err    error // what the caller is told; written before done
	left   bool  // turn: the caller has gone
}

// await waits for the answer, or until ctx ends and returns its cause. Which came
// first is settled within a turn, so that an error is either returned or
// reported.
func (sh *shield) await(ctx context.Context, c *core) error {
	select {
	case <-sh.done.c():
		return sh.err
	case <-ctx.Done():
	}
	left := false
	c.inTurn(func() {
		left = !sh.done.on()
		sh.left = left
	})
	if left {
		return context.Cause(ctx)
	}
	return sh.err
}

// answer tells the caller, if it still waits.
func (sh *shield) answer(err error) {
	if !sh.left && !sh.done.on() {
		sh.err = err
		sh.done.set()
	}
}

// startShield lists the child under a name that is free and begins it.
func (c *core) startShield(ch *Child) {
	late := c.phase == PhaseCanceling && (!ch.shield().inside || c.ending.lastCalled || c.ending.killed)
	if late || c.phase == PhaseClosed || c.closing() {
		ch.shield().answer(c.refused(ErrClosed))
		return
	}
	for name := ch.name; c.child(ch.name) != nil; {
		c.family.shields++
		ch.name = fmt.Sprintf("%s#%d", name, c.family.shields)
	}
	c.takeName(ch)
	c.do(c.family.machine.Add(&ch.slot))
}

// shields reports whether anything is shielded.
func (c *core) shields() bool {
	return c.family != nil && c.family.shielded > 0
}

// cancelShields ends what the cancel of the scope has left alone.
func (c *core) cancelShields() {
	for _, ch := range c.children() {
		if inc := ch.current; ch.shield() != nil && inc != nil && !inc.back() {
			inc.cancel(context.Canceled, errLastCall)
		}
	}
}
