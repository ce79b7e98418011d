package tree

import (
	"container/list"
	"sync"
)

// places are what the Limit of a scope allows at once: each plain task and each
// child has one from its start until it has ended for good; background children
// and shields have none. Those who wait for one get it in the order in which they
// came.
//
// Invariants:
//
//  1. Somebody waits only while no place is free.
//  2. Whoever waits holds a unit of the gate, and keeps it until what it starts
//     holds one: the scope does not end under a start that it has granted.
type places struct {
	ctx placed // the context of plain tasks

	mu      sync.Mutex // guards what follows
	free    int        // below zero when a restart had to have one
	waiting list.List  // of *claim
}

// A claim is somebody's wait for a place.
type claim struct {
	at      *list.Element // nil once it was granted
	granted chan struct{}
}

// newPlaces returns the places of a scope, and nil for one without a Limit.
func newPlaces(c *core) *places {
	if c.policy.Limit == 0 {
		return nil
	}
	return &places{ctx: placed{&c.life}, free: c.policy.Limit}
}

// try takes a place if one is free.
func (p *places) try() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.free <= 0 {
		return false
	}
	p.free--
	return true
}

// force takes a place whether one is free or not.
func (p *places) force() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free--
}

// leave gives a place back, to the first of those who wait.
func (p *places) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free++
	if first := p.waiting.Front(); p.free > 0 && first != nil {
		p.free--
		p.grant(p.waiting.Remove(first).(*claim))
	}
}

func (p *places) grant(cl *claim) {
	cl.at = nil
	close(cl.granted)
}

// queue makes the caller one of those who wait, unless a place is free.
func (p *places) queue() *claim {
	p.mu.Lock()
	defer p.mu.Unlock()
	cl := &claim{granted: make(chan struct{})}
	if p.free > 0 {
		p.free--
		p.grant(cl)
	} else {
		cl.at = p.waiting.PushBack(cl)
	}
	return cl
}

// giveUp ends a wait, and gives back the place that it may have got meanwhile.
func (p *places) giveUp(cl *claim) {
	p.mu.Lock()
	waited := cl.at != nil
	if waited {
		p.waiting.Remove(cl.at)
	}
	p.mu.Unlock()
	if !waited {
		p.leave()
	}
}

// waits returns how many wait.
func (p *places) waits() int {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.waiting.Len()
}
