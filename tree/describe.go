package tree

import "github.com/understudy-go/understudy/policy"

// described is a child's spec, checked and its own copy, with what follows from it and
// where the child comes from.
//
// Invariants:
//
//  1. It does not change once a child has it. Another one takes its place, in a turn,
//     while no incarnation runs but such as were replaced; so an incarnation reads the one
//     it began with, and needs no turn for that.
//  2. What can be shared is: actors spawned alike have one; see describeActor. So it has
//     no Name, which is the child's, and nothing of those is changed that it points at.
type described struct {
	ChildSpec
	origin
	terms  policy.Terms
	source *source // nil unless NewBackoff is set
}

// origin is how a child came to its scope. It stays when the child is described anew.
type origin struct {
	site   uintptr // where Start was called; 0 when nobody did
	fixed  bool    // given to its scope at the start
	member bool    // it has no place once it rests; see member.go
	key    any     // of a [Set]'s member; nil for none
	shield *shield // nil unless [Scope.Shield] made it
}

// describe returns what a checked spec makes of a child of the scope.
func (c *core) describe(spec *ChildSpec, o origin) *described {
	d := &described{ChildSpec: *spec, origin: o}
	d.Name = ""
	if d.NewBackoff != nil {
		d.source = &source{from: d.NewBackoff}
	}
	d.terms = policy.Terms{OnFailure: d.OnFailure, Intensity: d.Intensity, Exhausted: d.Exhausted, Restart: d.Restart,
		Significant: d.Significant, Stuck: d.stop(c).Stuck, Background: d.Background,
		Apart: d.shield != nil} // a group that waited for it might wait for its own child, which does
	return d
}

// actor reports whether it describes neither a worker nor a supervisor.
func (d *described) actor() bool { return d.Run == nil && d.Policy == nil }

// stop returns what holds for the child's stop: its own and its scope's. The one
// mailbox of an actor has one who serves it.
func (d *described) stop(c *core) policy.Stop {
	s := d.Stop.Or(c.policy.Stop)
	if s.Stuck == policy.StuckReplace && d.actor() {
		s.Stuck = policy.StuckAbandon
	}
	return s
}

// alike reports whether d, of an actor, describes also one of that spec and site, neither
// of which has functions.
func (d *described) alike(s *ChildSpec, site uintptr) bool {
	return d.site == site && d.Restart == s.Restart && d.Backoff == s.Backoff && d.Intensity == s.Intensity &&
		d.Exhausted == s.Exhausted && d.Stop == s.Stop && d.Significant == s.Significant
}

// describeActor is describe for an actor. It finds again what it last made, unless there
// are functions in it: whether two of these are the same nobody can tell.
func (c *core) describeActor(spec *ChildSpec, site uintptr) *described {
	from := origin{site: site}
	if spec.NewBackoff != nil || spec.Decide != nil || spec.IsCancel != nil {
		return c.describe(spec, from)
	}
	if last := c.spawned.Load(); last != nil && last.alike(spec, site) {
		return last
	}
	d := c.describe(spec, from)
	c.spawned.Store(d)
	return d
}

// become makes d the description of a child that has none.
func (ch *Child) become(d *described) {
	ch.now.Store(d)
	ch.slot = policy.Slot{Child: ch, Terms: &d.terms}
}

// spec returns what describes the child now; see described for how long.
func (ch *Child) spec() *described { return ch.now.Load() }

// redescribe has a child whose next incarnation is to come be what it was described
// as meanwhile. Where the last incarnation runs on, having been replaced, a source of
// waits is made anew: the last one may be asking the one it had.
func (c *core) redescribe(ch *Child) {
	x, last := ch.few(), ch.current
	next := x.next
	x.next = nil
	ch.keep(x)
	switch {
	case next != nil:
	case last != nil && !last.back() && ch.spec().source != nil:
		next = &ch.spec().ChildSpec
	default:
		return
	}
	d := c.describe(next, ch.spec().origin)
	ch.now.Store(d)
	c.family.machine.Describe(&ch.slot, &d.terms)
}
