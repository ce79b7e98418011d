package tree

import (
	"errors"

	"github.com/understudy-go/understudy/policy"
)

// Replace describes the child of spec's name anew. The child is not disturbed: what
// runs now goes on as it was described, its exit included, and spec holds from the
// next incarnation on, whatever leads to that; [Child.Restart] does it now. Replace
// does not wait.
//
// A worker stays a worker and a supervisor a supervisor, and Background cannot
// change: these, and other faults of spec, are *[policy.FieldError] values. An actor
// and what is shielded cannot be described anew. The other errors are [ErrNotFound],
// and [ErrClosed] and [ErrDraining] as for an outsider's start.
func (s *Scope) Replace(spec ChildSpec) error {
	c := s.core
	if c == nil {
		return ErrClosed
	}
	if err := spec.check("tree.ChildSpec", c.rules()); err != nil {
		return err
	}
	spec = spec.clone()
	return s.manage(spec.Name, func(c *core, ch *Child) error {
		if err := c.refuse(false); err != nil {
			return err
		}
		if err := ch.mayBecome("tree.ChildSpec", &spec); err != nil {
			return err
		}
		c.describeAnew(ch, &spec)
		return nil
	})
}

// Reconfigure changes a supervisor while it runs, as a hot code change does in OTP:
// its rules, and the descriptions of its children. Of p, Strategy, Intensity,
// Exhausted, Backoff and Auto may differ from the scope's policy; the restarts that
// were counted still count. A spec with the name of a child is as for [Scope.Replace];
// one with another name is given a place at the end of the order and is not started,
// not by a group restart either, until [Child.Restart] is called. Children that specs do
// not name stay as they are.
//
// All of it happens at once, or nothing: on an error everything is as it was. Errors
// are as for Replace, and for anything else in p that differs. Reconfigure does not
// wait.
func (s *Scope) Reconfigure(p policy.Scope, specs ...ChildSpec) (err error) {
	c := s.core
	if c == nil {
		return ErrClosed
	}
	valid := p.Validate()
	p = p.WithDefaults()
	if err := errors.Join(valid, checkAll("tree.ChildSpec", specs, &p), c.mayFollow(p)); err != nil {
		return err
	}
	site := callerPC()
	copies := make([]ChildSpec, len(specs))
	for i := range specs {
		copies[i] = specs[i].clone()
	}
	c.inTurn(func() {
		if err = c.mayReconfigure(p, copies); err == nil {
			c.reconfigure(p, copies, site)
		}
	})
	return err
}

// mayFollow refuses a policy that differs in what cannot change.
func (c *core) mayFollow(p policy.Scope) error {
	same := *c.rules()
	same.Strategy, same.Intensity, same.Exhausted, same.Backoff, same.Auto = p.Strategy, p.Intensity, p.Exhausted, p.Backoff, p.Auto
	if p == same {
		return nil
	}
	return fault("Scope.Reconfigure.p", p, "of a scope that runs only Strategy, Intensity, Exhausted, Backoff and Auto can change")
}

// mayReconfigure refuses what contradicts the children there are.
func (c *core) mayReconfigure(p policy.Scope, specs []ChildSpec) error {
	if err := c.refuse(false); err != nil {
		return err
	}
	var faults []error
	named := make(map[string]bool, len(specs))
	for i := range specs {
		named[specs[i].Name] = true
		if ch := c.child(specs[i].Name); ch != nil {
			faults = append(faults, ch.mayBecome(whichOf("tree.ChildSpec", i, len(specs)), &specs[i]))
		}
	}
	for _, ch := range c.children() {
		if ch.becomes().Significant && p.Auto == policy.AutoNever && !named[ch.name] {
			faults = append(faults, fault("Scope.Reconfigure.p.Auto", p.Auto, ch.name+" is significant"))
		}
	}
	return errors.Join(faults...)
}

// reconfigure does what was found to be right.
func (c *core) reconfigure(p policy.Scope, specs []ChildSpec, site uintptr) {
	c.changed.Store(&p)
	if c.family != nil {
		c.family.machine.Reconfigure(p)
	}
	for i := range specs {
		if ch := c.child(specs[i].Name); ch != nil {
			c.describeAnew(ch, &specs[i])
			continue
		}
		ch := newChild(c, &specs[i], origin{site: site})
		ch.listed = true
		c.takeName(ch)
		c.family.machine.List(&ch.slot)
		ch.rest.end(&waiting{}, policy.Returned, nil)
	}
}

// becomes returns what the child will be with its next incarnation.
func (ch *Child) becomes() *ChildSpec {
	if next := ch.few().next; next != nil {
		return next
	}
	return &ch.spec().ChildSpec
}

// mayBecome refuses a description that the child cannot take on while its scope runs.
func (ch *Child) mayBecome(at string, spec *ChildSpec) error {
	was := ch.spec()
	switch {
	case ch.shield() != nil:
		return faultAt(at, "Name", spec.Name, "what is shielded runs once")
	case ch.actor() != nil:
		return faultAt(at, "Name", spec.Name, "an actor cannot be described anew")
	case was.Background != spec.Background:
		return faultAt(at, "Background", spec.Background, "cannot change")
	case spec.Policy == nil && ch.supervises():
		return faultAt(at, "Run", "a function", "a supervisor cannot become a worker")
	case spec.Policy != nil && !ch.supervises():
		return faultAt(at, "Policy", *spec.Policy, "a worker cannot become a supervisor")
	}
	return nil
}

// describeAnew describes the child anew: now, when it does not run and its exit has been
// answered, else with its next incarnation.
func (c *core) describeAnew(ch *Child, spec *ChildSpec) {
	x := ch.few()
	x.next = spec
	ch.keep(x)
	if ch.current == nil || ch.current.over && ch.slot.State() != policy.SlotExited {
		c.redescribe(ch)
	}
}

// rules returns the scope's policy, as [Scope.Reconfigure] left it. What cannot be
// changed may be read from core.policy.
func (c *core) rules() *policy.Scope {
	if p := c.changed.Load(); p != nil {
		return p
	}
	return &c.policy
}
