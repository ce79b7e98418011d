package tree

import (
	"fmt"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
)

// host is an incarnation as the actor or supervisor it hosts sees it.
type host incarnation

var _ actor.Host = (*host)(nil)

// Serving implements [actor.Host]. A stop that came before the hosted could
// take one is passed on here.
func (h *host) Serving() {
	h.child.label()
	if h.request() != nil {
		h.child.hosted.Stop()
	}
}

// Up implements [actor.Host].
func (h *host) Up() {
	h.scope.post(message{op: opUp, arg: &h.life})
}

// Ended implements [actor.Host].
func (h *host) Ended(err error) {
	if p, ok := err.(*policy.PanicError); ok && h.scope.policy.Panic == policy.PanicCrash {
		panic(fmt.Sprintf("%v [in %s]\n\n%s", p, h.child.Path(), p.Stack()))
	}
	(*incarnation)(h).cameBack(err)
}

// closeHosted lets a hosted actor go: no incarnation follows. What is queued
// becomes dead letters, which may be many: not within the turn.
func (c *core) closeHosted(ch *Child) {
	switch h := ch.hosted; {
	case h == nil:
	case h.Len() == 0:
		h.Close()
	default:
		aside(h.Close)
	}
}
