package tree

import (
	"context"
	"fmt"
	"strconv"

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

// startHost starts a supervisor that is there for members or partitions.
func (s *Scope) startHost(caller string, ctx context.Context, spec ChildSpec, site uintptr) (*Child, error) {
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
	n := newChild(c, spec, m.site)
	n.leaves, n.key = true, m.key
	n.starter = &starter{replaces: m.replaces, rename: m.rename}
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
	c.unlist(ch)
	if heir := c.heirOf(ch); heir != nil {
		c.turnAway(heir, c.refuse(false))
	}
	return false
}

// succeed stops old and has ch, of the same key, start when it has ended.
func (c *core) succeed(ch, old *Child) {
	f := c.family
	err := c.refuse(false)
	switch first := c.awaited(old); {
	case err != nil:
	case old.key != ch.key:
		err = c.taken(ch, old)
	case old.slot.State() == policy.SlotAbandoned:
		err = fmt.Errorf("%w: %s has not ended", ErrAbandoned, old.Path())
	case first != nil:
		err = &succession{first}
	}
	if err != nil {
		c.turnAway(ch, err)
		return
	}
	if f.heirs == nil {
		f.heirs = make(map[*Child]*Child)
	}
	f.heirs[old] = ch
	c.stopChild(old)
}

// awaited returns the starter of a child's heir, or nil for none.
func (c *core) awaited(old *Child) *starter {
	if heir := c.family.heirs[old]; heir != nil {
		return heir.starter // nil when it was called off
	}
	return nil
}

// heirOf returns who is to start now that a child has ended, with the place that
// the child had; nil for nobody. If the child runs on, its heir is turned away.
func (c *core) heirOf(old *Child) *Child {
	heir := c.family.heirs[old]
	if heir == nil {
		return nil
	}
	delete(c.family.heirs, old)
	runs := old.current != nil && !old.current.over
	switch {
	case heir.starter == nil: // called off
		return nil
	case runs && old.slot.Stuck != policy.StuckReplace:
		c.turnAway(heir, fmt.Errorf("%w: %s has not ended", ErrAbandoned, old.Path()))
		return nil
	case !runs && heir.takesPlace():
		heir.hasPlace, old.hasPlace = old.hasPlace, false
	}
	return heir
}

// turnAway tells the starter of a child that was not begun why.
func (c *core) turnAway(ch *Child, err error) {
	c.givePlaceBack(ch)
	ch.rest.end(policy.Returned, err)
	ch.answer(err)
}

// succession is what one is told who would replace a child that somebody else is
// replacing: whom to wait for before the next try.
type succession struct{ first *starter }

// Error implements error.
func (*succession) Error() string { return "tree: child is being replaced" }

// taken words that another child has the name.
func (c *core) taken(ch, by *Child) error {
	if ch.key == nil {
		return fmt.Errorf("%w: tree.ChildSpec.Name = %q in %s", ErrDuplicate, ch.name, c.path())
	}
	return &clash{path: c.path(), name: ch.name, key: ch.key, by: by.key}
}

// clash is the error of a key whose name is taken. Keys are put into words when it is
// read, which is not within a turn: their methods are the user's.
type clash struct {
	path, name string
	key, by    any // by is nil for a child without a key
}

// Error implements error.
func (e *clash) Error() string {
	switch {
	case e.by == nil:
		return fmt.Sprintf("%v: %q in %s, of key %s by a child without one", ErrDuplicate, e.name, e.path, worded(e.key))
	case e.by == e.key:
		return fmt.Sprintf("%v: key %s in %s", ErrDuplicate, worded(e.key), e.path)
	}
	return fmt.Sprintf("%v: %q in %s, of key %s by key %s", ErrDuplicate, e.name, e.path, worded(e.key), worded(e.by))
}

// Unwrap lets errors.Is find the reason.
func (e *clash) Unwrap() error { return ErrDuplicate }

// worded puts a key into words; a text stands in quotes.
func worded(key any) string {
	if s, ok := key.(string); ok {
		return strconv.Quote(s)
	}
	return textOf(key)
}
