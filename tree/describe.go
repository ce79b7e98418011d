package tree

import "github.com/understudy-go/understudy/policy"

// described is a child's spec, checked and its own copy, with what belongs to one
// child described so and to no other.
//
// Invariant: it does not change once the child has its name. Another one takes its place,
// in a turn, while no incarnation runs but such as were replaced; so an incarnation reads
// the one it began with, and needs no turn for that.
type described struct {
	ChildSpec
	source *source // nil unless NewBackoff is set
}

// describe fills a new record in from a checked spec.
func (ch *Child) describe(spec *ChildSpec) {
	ch.name = spec.Name
	ch.setSpec(spec)
	ch.slot = ch.asSlot()
}

// setSpec makes spec the child's.
func (ch *Child) setSpec(spec *ChildSpec) {
	d := &described{ChildSpec: *spec}
	if spec.NewBackoff != nil {
		d.source = &source{from: spec.NewBackoff}
	}
	ch.now.Store(d)
}

// spec returns what describes the child now; see described for how long.
func (ch *Child) spec() *described { return ch.now.Load() }

// asSlot returns what the child's spec asks of the machine.
func (ch *Child) asSlot() policy.Slot {
	d := ch.spec()
	s := policy.Slot{Child: ch, OnFailure: d.OnFailure, Restart: d.Restart, Significant: d.Significant,
		Background: d.Background, Stuck: ch.stop().Stuck}
	if d.Intensity != (policy.Intensity{}) {
		s.Own = policy.NewBudget(d.Intensity, d.Exhausted)
	}
	return s
}

// redescribe has a child whose next incarnation is to come be what it was described
// as meanwhile. Where the last incarnation runs on, having been replaced, a source of
// waits is made anew: the last one may be asking the one it had.
func (c *core) redescribe(ch *Child) {
	next, last := ch.next, ch.current
	ch.next = nil
	switch {
	case next != nil:
	case last != nil && !last.back.Load() && ch.spec().source != nil:
		next = &ch.spec().ChildSpec
	default:
		return
	}
	ch.setSpec(next)
	c.family.machine.Describe(&ch.slot, ch.asSlot())
}
