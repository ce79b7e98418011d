package tree

import (
	"fmt"
	"strings"
)

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
	at := c.path()
	for _, n := range c.nested() {
		rest, ok := strings.CutPrefix(at+"/"+path, n.path()+"/")
		if !ok {
			continue
		}
		if found = n.find(rest); found != nil {
			return found
		}
	}
	return nil
}
