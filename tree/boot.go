package tree

import (
	"context"
	"errors"
	"runtime"

	"github.com/understudy-go/understudy/policy"
)

// Boot opens a whole tree that is described as one value: a root scope with spec's
// Name and Policy and its Children, nested to any depth. It checks all of it before
// anything starts, starts the children in order, each when the one before is ready,
// and returns when all are.
//
// If one does not start, those before it are stopped again, the last first, and Boot
// returns an error wrapping [ErrBoot] and the [ChildError] that says which and why.
// When ctx ends before that the tree ends with it and Boot returns ctx's cause.
//
// What Boot returns is a scope as from [Open], under ctx, to be ended with
// [Scope.Close]; further children may be added to it. Of spec, only Name, Policy,
// Children and Decide have a meaning for a root; any other field that is set is
// refused.
func Boot(ctx context.Context, spec ChildSpec, opts ...Option) (*Scope, error) {
	p, err := spec.checkRoot()
	if err != nil {
		return nil, err
	}
	if ctx == nil {
		return nil, fault("Boot.ctx", nil, "must not be nil")
	}
	spec = spec.clone() // its caller may change what it shares with it while it boots
	s, err := open(ctx, "Boot", p, append([]Option{WithName(spec.Name), WithDecider(spec.Decide)}, opts...), callerPC())
	if err != nil {
		return nil, err
	}
	c := s.core
	var up latch
	c.post(message{op: opDo, arg: func() {
		c.onUp = up.set
		c.takeForFixed(spec.Children)
		c.boot(spec.Children)
	}})
	select {
	case <-up.c():
		return s, nil
	case <-c.closed.c():
	}
	err = s.Close()
	runtime.KeepAlive(s)
	switch _, failed := c.fatal.(*bootError); {
	case failed: // whatever ended since
	case ctx.Err() != nil && errors.Is(err, ErrAbandoned): // which is worth to be known too
		err = errors.Join(context.Cause(ctx), err)
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case err == nil:
		err = c.refused(ErrClosed) // somebody has found it and shut it down
	}
	return nil, err
}

// checkRoot checks the description of a whole tree, and returns its policy.
func (s *ChildSpec) checkRoot() (policy.Scope, error) {
	if s.Policy == nil {
		return policy.Scope{}, fault("ChildSpec.Policy", nil, "must be set: it is that of the root")
	}
	if err := s.check("tree.ChildSpec", nil); err != nil {
		return policy.Scope{}, err
	}
	var onFailure policy.OnFailure
	if s.OnFailure != nil {
		onFailure = *s.OnFailure
	}
	f := faults{at: "tree.ChildSpec"}
	for _, one := range []struct {
		field string
		value any
		unset bool
	}{
		{"Restart", s.Restart, s.Restart == 0},
		{"OnFailure", onFailure, s.OnFailure == nil},
		{"Background", s.Background, !s.Background},
		{"Backoff", s.Backoff, s.Backoff == policy.Backoff{}},
		{"NewBackoff", "a function", s.NewBackoff == nil},
		{"Intensity", s.Intensity, s.Intensity == policy.Intensity{}},
		{"Stop", s.Stop, s.Stop == policy.Stop{}},
		{"WaitReady", s.WaitReady, !s.WaitReady},
		{"Significant", s.Significant, !s.Significant},
		{"IsCancel", "a function", s.IsCancel == nil},
	} {
		if !one.unset {
			f.add(one.field, one.value, "has no meaning for a root, which is nobody's child")
		}
	}
	return *s.Policy, errors.Join(f.list...)
}

// bootsRoot reports whether Boot waits for that child to be up.
func (c *core) bootsRoot(ch *Child) bool { return ch.spec().fixed && c.booting && c.onClosed == nil }

// takeForFixed gives the fixed children their places before anybody else may ask.
func (c *core) takeForFixed(specs []ChildSpec) {
	if c.places != nil {
		c.places.mu.Lock()
		defer c.places.mu.Unlock()
		c.places.free -= foreground(specs)
	}
}

// boot starts the fixed children, in order, each when the one before is up.
func (c *core) boot(specs []ChildSpec) {
	if c.phase != PhaseOpen {
		return
	}
	slots := make([]*policy.Slot, len(specs))
	for i := range specs {
		ch := newChild(c, &specs[i], origin{site: c.site, fixed: true})
		ch.hasPlace = ch.takesPlace()
		c.takeName(ch)
		slots[i] = &ch.slot
	}
	if len(slots) == 0 {
		c.booted()
		return
	}
	c.booting = true
	c.do(c.family.machine.Boot(slots))
}

// booted is the end of a boot that went well. From here on a supervisor stands on
// its own: one that ends when empty has nobody else to hold it open.
func (c *core) booted() {
	c.booting = false
	c.onUp()
	if c.policy.End == policy.EndWhenEmpty && c.onClosed != nil {
		c.dropAnchor()
	}
}

// bootFailed ends the scope with the error of the child that did not start;
// what was started before it has been stopped.
func (c *core) bootFailed() {
	c.booting = false
	c.fatal = &bootError{c.bootError}
	c.drain(c.fatal)
}
