package tree

import (
	"sync"

	"github.com/understudy-go/understudy/actor"
)

// closeHooks are those who are told when a scope has closed; see [address.AfterEnd].
type closeHooks struct {
	mu   sync.Mutex
	over bool
	list map[*closeHook]bool
}

type closeHook struct{ told func(why error) }

// AfterEnd implements [actor.Target].
func (a *address) AfterEnd(f func(why error)) (stop func() bool) {
	h := &closeHook{f}
	hooks := &(*core)(a).hooks
	hooks.mu.Lock()
	if hooks.over {
		hooks.mu.Unlock()
		f(actor.ErrStopped)
		return func() bool { return false }
	}
	if hooks.list == nil {
		hooks.list = make(map[*closeHook]bool)
	}
	hooks.list[h] = true
	hooks.mu.Unlock()
	return func() bool {
		hooks.mu.Lock()
		defer hooks.mu.Unlock()
		in := hooks.list[h]
		delete(hooks.list, h)
		return in
	}
}

// tell tells them why the scope failed, or nil.
func (s *closeHooks) tell(why error) {
	s.mu.Lock()
	list := s.list
	s.list, s.over = nil, true
	s.mu.Unlock()
	for h := range list {
		h.told(why)
	}
}
