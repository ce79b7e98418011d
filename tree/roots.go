package tree

import (
	"iter"
	"sync"
	"weak"

	"github.com/google/uuid"
)

// roots is the process-wide list of live root scopes. It holds them weakly: it
// shows what lives and keeps nothing alive.
var roots struct {
	mu    sync.Mutex // guards what follows
	first *spot
}

// spot is a root's place in the list.
type spot struct {
	core       weak.Pointer[core]
	listed     bool
	prev, next *spot
}

// enlist adds a root scope.
func (r *root) enlist(c *core) {
	s := &r.spot
	s.core, s.listed = weak.Make(c), true
	roots.mu.Lock()
	defer roots.mu.Unlock()
	s.next = roots.first
	if s.next != nil {
		s.next.prev = s
	}
	roots.first = s
}

// delist takes it off.
func (r *root) delist() {
	s := &r.spot
	roots.mu.Lock()
	defer roots.mu.Unlock()
	if !s.listed {
		return
	}
	if s.prev != nil {
		s.prev.next = s.next
	} else {
		roots.first = s.next
	}
	if s.next != nil {
		s.next.prev = s.prev
	}
	s.prev, s.next, s.listed = nil, nil, false
}

// Roots returns the root scopes of the process that have not ended, newest
// first, as they were when the iteration began. A scope nested in another is
// not a root; [Scope.Snapshot] shows it.
func Roots() iter.Seq[*Scope] {
	return func(yield func(*Scope) bool) {
		for _, p := range liveRoots() {
			if c := p.Value(); c != nil && !yield(&c.handle) {
				return
			}
		}
	}
}

func liveRoots() []weak.Pointer[core] {
	roots.mu.Lock()
	defer roots.mu.Unlock()
	var list []weak.Pointer[core]
	for s := roots.first; s != nil; s = s.next {
		list = append(list, s.core)
	}
	return list
}

// root is what the scopes of one tree share.
type root struct {
	once    sync.Once
	id      uuid.UUID
	spot    spot    // its place in the list of roots
	journal journal // to logger, when the root was given no observer
	logger  logger
}

// uuid returns the tree's identity, made when first asked for: most trees live
// for one request and nobody asks.
func (r *root) uuid() uuid.UUID {
	r.once.Do(func() { r.id = uuid.New() })
	return r.id
}
