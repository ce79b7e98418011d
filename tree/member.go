package tree

import (
	"context"

	"github.com/understudy-go/understudy/policy"
)

// What [Set] and [Factory] have in common: a supervisor, and members, which are
// children that leave. A member has a place among the children of its scope, and
// its name, while it runs or is going to, and not after that; so nothing of it is
// left when it has ended, whatever its Restart and whoever stopped it. The scope
// itself is all there is to know of who is in: no second list has to agree with it.

// membership is what one who asks for a member says beside its spec.
type membership struct {
	caller   string
	site     uintptr
	key      any           // of a set's member; nil for none
	replaces bool          // it takes the place of who has its key
	rename   func() string // the next name, should the one given be taken; nil: that is an error
}

// startSupervisor starts a supervisor that is there for members or partitions.
func (s *Scope) startSupervisor(caller string, ctx context.Context, spec ChildSpec, site uintptr) (*Child, error) {
	if s == nil {
		return nil, fault(caller+".s", nil, "must be a scope")
	}
	if spec.Policy == nil {
		spec.Policy = new(policy.SupervisorScope)
	}
	if end := spec.Policy.End; end == policy.EndWhenEmpty && foreground(spec.Children) == 0 {
		return nil, fault(caller+".spec.Policy.End", end, "without Children it ends as it starts: EndOnShutdown keeps it open")
	}
	return s.start(caller, ctx, spec, site)
}

// supervising refuses a child that is no supervisor.
func supervising(caller string, ch *Child) error {
	switch {
	case ch == nil:
		return fault(caller+".child", nil, "must be a supervisor")
	case !ch.supervises():
		return fault(caller+".child", ch.Path(), "must be a supervisor: set Policy in its ChildSpec")
	}
	return nil
}

// inner returns the scope of a supervisor as it is now: each incarnation has its own.
func (ch *Child) inner() (*core, error) {
	if ch == nil {
		return nil, ErrClosed
	}
	s, err := ch.Scope()
	if err != nil {
		return nil, err
	}
	return s.core, nil
}

// startMember starts a member in the supervisor's scope. It waits for no place.
func (ch *Child) startMember(ctx context.Context, spec ChildSpec, m membership) (*Child, error) {
	c, err := ch.inner()
	if err != nil {
		return nil, err
	}
	if err := spec.check("tree.ChildSpec", c.rules()); err != nil {
		return nil, err
	}
	n := newChild(c, &spec, origin{site: m.site, member: true, key: m.key})
	n.startedFor(&starter{replaces: m.replaces, rename: m.rename})
	if err := c.start(m.caller, ctx, n); err != nil {
		return nil, err
	}
	return n, nil
}

// leave forgets a member that rests, and reports whether it is forgotten. A machine
// that is ending keeps all places; then the member gives up its name only.
func (c *core) leave(ch *Child) bool {
	c.do(c.family.machine.RemoveChild(&ch.slot))
	if ch.slot.State() == policy.SlotForgotten {
		return true
	}
	c.freeName(ch)
	if heir := c.takeHeir(ch); heir != nil {
		c.turnAway(heir, c.refuse(false))
	}
	return false
}
