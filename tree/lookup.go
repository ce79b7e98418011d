package tree

import (
	"fmt"
	"iter"
	"strings"

	"github.com/understudy-go/understudy/policy"
)

// Child returns the child of that name, running or not, or an error wrapping
// [ErrNotFound].
func (s *Scope) Child(name string) (*Child, error) {
	c := s.core
	if c == nil {
		return nil, ErrClosed
	}
	var ch *Child
	c.inTurn(func() { ch = c.child(name) })
	if ch == nil {
		return nil, c.notFound(name)
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

// Find returns the child with that path, as [Child.Path] and the log write it,
// among all live trees of the process; an error wrapping [ErrNotFound] when there
// is none. Of roots that share a name the newest that has such a child counts.
func Find(path string) (*Child, error) {
	for s := range Roots() {
		if below, ok := strings.CutPrefix(path, s.Path()+"/"); ok {
			if ch := s.core.find(below); ch != nil {
				return ch, nil
			}
		}
	}
	return nil, fmt.Errorf("%w: %q", ErrNotFound, path)
}

// Find returns the child at a path below the scope, as in "ingest/reader": a child
// of its own or of a scope nested in it at any depth. Without one it returns an
// error wrapping [ErrNotFound].
func (s *Scope) Find(path string) (*Child, error) {
	if s.core != nil {
		if ch := s.core.find(path); ch != nil {
			return ch, nil
		}
	}
	return nil, fmt.Errorf("%w: %q in %s", ErrNotFound, path, s.Path())
}

// find looks here and then in the scopes below that stand on the way. It waits for
// a short turn of each.
func (c *core) find(path string) (found *Child) {
	c.inTurn(func() { found = c.child(path) }) // a name has no "/", so a longer path is no child's
	if found != nil {
		return found
	}
	first, _, deeper := strings.Cut(path, "/")
	if !deeper {
		return c.findIn(c.nested(), path)
	}
	var near []*core // of the child that the path goes through, if it does: it may have many siblings
	c.inTurn(func() {
		if ch := c.child(first); ch != nil && ch.current != nil {
			near = ch.current.scopes()
		}
	})
	if found = c.findIn(near, path); found != nil {
		return found
	}
	return c.findIn(c.nested(), path)
}

// findIn looks in scopes below that stand on the way.
func (c *core) findIn(scopes []*core, path string) (found *Child) {
	at := c.path() + "/" + path
	for _, n := range scopes {
		rest, ok := strings.CutPrefix(at, n.path()+"/")
		if !ok {
			continue
		}
		if found = n.find(rest); found != nil {
			return found
		}
	}
	return nil
}

// children returns all that have a place, and those that were abandoned and run
// on without one.
func (c *core) children() []*Child {
	if c.family == nil {
		return nil
	}
	list := make([]*Child, 0, c.family.names.len())
	for slot := range c.family.machine.Slots() {
		list = append(list, slot.Child.(*Child))
	}
	placeless := make(map[*Child]bool, len(c.late))
	for _, s := range c.late {
		if ch := s.inc.child; ch.slot.State() == policy.SlotForgotten && !placeless[ch] { // removed, and runs on
			placeless[ch] = true
			list = append(list, ch)
		}
	}
	return list
}

// Scopes returns the scopes opened directly below this one, by its body, tasks and
// children, oldest first, as they were when the iteration began. A supervisor's is
// among them.
func (s *Scope) Scopes() iter.Seq[*Scope] {
	return func(yield func(*Scope) bool) {
		if s.core == nil {
			return
		}
		for _, c := range s.core.nested() {
			if !yield(&c.handle) {
				return
			}
		}
	}
}

// withChild does something to a child found by name.
func (c *core) withChild(name string, do func(*Child) error) error {
	ch := c.child(name)
	if ch == nil {
		return c.notFound(name)
	}
	return do(ch)
}

// notFound words that no child has that name.
func (c *core) notFound(name string) error {
	return fmt.Errorf("%w: %q in %s", ErrNotFound, name, c.path())
}

// child finds a child by name, or returns nil.
func (c *core) child(name string) *Child {
	if c.family == nil {
		return nil
	}
	return c.family.names.find(name)
}
