package tree

import (
	"fmt"

	"github.com/understudy-go/understudy/policy"
)

// succeed stops old and has ch, of the same key, start when it has ended.
func (c *core) succeed(ch, old *Child) {
	f := c.family
	err := c.refuse(false)
	switch first := c.awaited(old); {
	case err != nil:
	case old.key() != ch.key():
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
		return heir.few().starter // nil when it was called off
	}
	return nil
}

// takeHeir takes the heir from a child that has ended, and returns it with the place
// that the child had; nil for nobody. If the child, or what it left behind, runs on, its
// heir is turned away.
func (c *core) takeHeir(old *Child) *Child {
	heir := c.family.heirs[old]
	if heir == nil {
		return nil
	}
	delete(c.family.heirs, old)
	runs := old.current != nil && !old.current.over
	switch {
	case heir.few().starter == nil: // called off
		return nil
	case runs && old.slot.Stuck != policy.StuckReplace, old.slot.Blocked():
		c.turnAway(heir, fmt.Errorf("%w: %s has not ended", ErrAbandoned, old.Path()))
		return nil
	case !runs && heir.takesPlace():
		heir.hasPlace, old.hasPlace = old.hasPlace, false
	}
	return heir
}

// succession is what one is told who would replace a child that somebody else is
// replacing: whom to wait for before the next try.
type succession struct{ first *starter }

// Error implements error.
func (*succession) Error() string { return "tree: child is being replaced" }
