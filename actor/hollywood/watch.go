package hollywood

import (
	"errors"
	"fmt"
	"slices"
	"time"

	hactor "github.com/anthdm/hollywood/actor"

	"github.com/understudy-go/understudy/actor"
)

// ErrUnreachable means that the engine has lost the connection to a node, or could not
// make one. Of what runs there nobody knows whether it has ended.
var ErrUnreachable = errors.New("hollywood: node cannot be reached")

// RetryAfter is how long a node that could not be reached is not tried again. What
// is sent to it until then fails with [ErrUnreachable]. Then the engine may dial
// anew; if that fails, too, it takes the engine about three seconds, in which it sends to
// no other node, and what was sent meanwhile becomes a dead letter of the engine.
const RetryAfter = time.Second

// watch is somebody who is told of an end.
type watch struct{ told func(why error) }

type watches map[*watch]bool

// node is another engine.
type node struct {
	lost    time.Time // when it could not be reached; zero: never
	watches watches
}

// neverEnds is the stop of a watch that is over.
func neverEnds() bool { return false }

// own is what is known of a process of this engine.
type own struct {
	watches watches
	asks    []waiter // that it may still answer, and some that it has answered
	sweep   int      // at that many asks
}

// waiter is an ask of whatever type.
type waiter interface {
	Waits() bool
	Fail(err error) bool
}

const minSweep = 32 // asks; fewer are not worth a sweep

// watch has told called when the process of an address and id ends, or when its node
// cannot be reached; before it returns if that is so now.
//
// A process leaves the registry before the engine tells of its end. So who finds it
// there after it has entered its watch is told by the event.
func (h *hub) watch(address, id string, told func(why error)) (stop func() bool) {
	w := &watch{told}
	if !h.local(address) {
		return h.watchNode(address, w)
	}
	pid := h.process(id)
	if pid == nil {
		told(actor.ErrStopped)
		return neverEnds
	}
	h.mu.Lock()
	h.own(pid).watches[w] = true
	h.mu.Unlock()
	stop = func() bool { return h.unwatch(pid, w) }
	if h.process(id) != pid && stop() {
		told(actor.ErrStopped)
	}
	return stop
}

// own returns what is known of a process. Its caller holds mu.
func (h *hub) own(pid *hactor.PID) *own {
	if h.owns[pid] == nil {
		h.owns[pid] = &own{watches: watches{}}
	}
	return h.owns[pid]
}

// unwatch takes a watch back and reports whether it was in time.
func (h *hub) unwatch(pid *hactor.PID, w *watch) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	o := h.owns[pid]
	if o == nil || !o.watches[w] {
		return false
	}
	if delete(o.watches, w); len(o.watches) == 0 && len(o.asks) == 0 {
		delete(h.owns, pid)
	}
	return true
}

// ask has an ask of a process fail when that ends; false if it has.
func (h *hub) ask(pid *hactor.PID, a waiter) bool {
	h.mu.Lock()
	o := h.own(pid)
	if len(o.asks) >= max(o.sweep, minSweep) {
		o.asks = slices.DeleteFunc(o.asks, func(a waiter) bool { return !a.Waits() })
		o.sweep = 2 * len(o.asks)
	}
	o.asks = append(o.asks, a)
	h.mu.Unlock()
	if h.process(pid.ID) == pid {
		return true
	}
	a.Fail(actor.ErrStopped)
	h.stopped(pid) // the event may have been there before
	return false
}

// stopped tells those who watch or ask a process of this engine. It is known by the very
// PID that it has itself: another may have its id by now.
func (h *hub) stopped(pid *hactor.PID) {
	h.mu.Lock()
	o := h.owns[pid]
	delete(h.owns, pid)
	h.mu.Unlock()
	if o == nil {
		return
	}
	for _, a := range o.asks {
		a.Fail(&actor.NoReplyError{})
	}
	for w := range o.watches {
		w.told(nil)
	}
}

// watchNode is watch for a process of another node.
func (h *hub) watchNode(address string, w *watch) (stop func() bool) {
	h.mu.Lock()
	n := h.node(address)
	err := n.reach(address)
	if err == nil {
		n.watches[w] = true
	}
	h.mu.Unlock()
	if err != nil {
		w.told(err)
		return neverEnds
	}
	return func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		in := n.watches[w]
		delete(n.watches, w)
		return in
	}
}

// node returns what is known of a node. Its caller holds mu.
func (h *hub) node(address string) *node {
	if h.nodes[address] == nil {
		h.nodes[address] = &node{watches: watches{}}
	}
	return h.nodes[address]
}

// reach returns why a node is not to be sent to, or nil. Its caller holds the hub's mu.
func (n *node) reach(address string) error {
	if n.lost.IsZero() || time.Since(n.lost) >= RetryAfter {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrUnreachable, address)
}

// reach returns why an address is not to be sent to, or nil.
func (h *hub) reach(address string) error {
	if h.local(address) {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := h.nodes[address]; n != nil {
		return n.reach(address)
	}
	return nil
}

// unreachable tells those who watch processes of a node.
func (h *hub) unreachable(address string) {
	h.mu.Lock()
	n := h.node(address)
	n.lost = time.Now()
	all := n.watches
	n.watches = watches{}
	h.mu.Unlock()
	for w := range all {
		w.told(fmt.Errorf("%w: %s", ErrUnreachable, address))
	}
}
