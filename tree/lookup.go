package tree

import (
	"fmt"
	"iter"
	"slices"

	"github.com/understudy-go/understudy/policy"
)

// Child returns the child of that name, running or not, or an error wrapping
// [ErrNotFound].
func (s *Scope) Child(name string) (*Child, error) {
	if s.core == nil {
		return nil, ErrClosed
	}
	var ch *Child
	s.core.inTurn(func() { ch = s.core.child(name) })
	if ch == nil {
		return nil, fmt.Errorf("%w: %q in %s", ErrNotFound, name, s.core.path())
	}
	return ch, nil
}

// Children returns the named children in the order in which they were started,
// as they were when the iteration began. Plain tasks are not among them.
func (s *Scope) Children() iter.Seq[*Child] {
	return func(yield func(*Child) bool) {
		if s.core == nil {
			return
		}
		var list []*Child
		s.core.inTurn(func() { list = s.core.children() })
		for _, ch := range list {
			if !yield(ch) {
				return
			}
		}
	}
}

// children returns all that have a place, and those that were abandoned and run
// on without one.
func (c *core) children() []*Child {
	if c.family == nil {
		return nil
	}
	list := make([]*Child, 0, len(c.family.byName))
	for slot := range c.family.machine.Slots() {
		list = append(list, slot.Child.(*Child))
	}
	for _, s := range c.late {
		if ch := s.inc.child; ch.slot.State() == policy.SlotForgotten && !slices.Contains(list, ch) {
			list = append(list, ch) // removed, and runs on
		}
	}
	return list
}

// Restart starts a child that has ended, or stops and starts one that runs. It
// does not wait. It is an operator's restart: no budget pays for it. It returns
// [ErrRestarting] for a child that is being started or waits for it, and
// [ErrAbandoned] for one that was abandoned and has not ended.
func (s *Scope) Restart(name string) error { return s.manage(name, (*core).restartChild) }

// Remove stops a child, if it runs, and frees its name once it has ended. It does
// not wait.
func (s *Scope) Remove(name string) error { return s.manage(name, (*core).removeChild) }

func (s *Scope) manage(name string, do func(*core, *Child) error) (err error) {
	c := s.core
	if c == nil {
		return ErrClosed
	}
	c.inTurn(func() {
		err = c.withChild(name, func(ch *Child) error { return do(c, ch) })
	})
	return err
}
