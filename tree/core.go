package tree

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
)

// A core is a scope: a supervisor actor whose inbox takes spawn, exit and
// shutdown messages. Handles, contexts and Refs point at it.
//
// Invariants:
//
//  1. The fields below "turn" are touched only within a turn; see Handle.
//  2. Everything live holds a unit of the gate, but background children and what
//     they opened; the scope finishes once, when the gate closes on a count of zero
//     and these have been canceled and have ended too, or when the kill wait is over.
//  3. A phase only moves forward: open, draining, canceling, closed.
//  4. Nothing ended is kept but counters, a line of text for a child whose
//     place remains, and at most KeepErrors errors of a cancel-together scope.
type core struct {
	life    life    // the context of the body and of plain tasks
	signals signals // the life's
	handle  Scope   // what bodies and From hand out

	// Written before the scope is shared, never after.
	parent    context.Context // given to Run or Open: values, deadline, outside cancel
	under     *life           // the life it was opened under; nil for a root
	bound     bool            // under's cancel is this scope's cancel, without a hook
	fromPlace bool            // opened by one who has a place in the scope around; see places
	ownGrace  bool            // its policy has a Grace, and not the default
	shielded  bool            // the context has no end, as after context.WithoutCancel
	hasBody   bool            // of Run; its return is waited for
	name      string
	site      uintptr // of the body, or of the call of Open
	policy    policy.Scope
	places    *places // nil without a Limit
	root      *root
	journal   *journal
	given     *given // nil when nobody around was given anything
	born      time.Time

	onUp     func()      // of a supervisor: its fixed children are up
	onClosed func(error) // of a supervisor: the scope has ended

	// Lists and where this scope stands on them: link, inLink and spared are guarded
	// by the signals.mu of the scope around, inner and sparesNone by this scope's. No two
	// are held at once. See nested.go.
	link       dependent  // among the scopes opened under the same life
	inLink     dependent  // among all scopes opened below the same scope
	inner      dependents // the scopes opened below this one, under whichever life
	spared     bool       // it holds no unit of the scope around
	sparesNone bool       // from its cancel on

	turnedAway atomic.Bool // a start was refused since the scope was canceled

	left     bodyExit // how the body came back; its goroutine writes it before it posts leftNode
	leftNode mailbox.Node[message]

	inbox     mailbox.Inbox[message]
	gate      gate
	labels    atomic.Pointer[labeled]
	deadline  atomic.Pointer[time.Time] // the scope's own; nil without one
	pathText  atomic.Pointer[string]    // the path, once it was asked for
	counts    counts
	closed    latch
	hooks     closeHooks                   // who is told of the end
	inUse     atomic.Pointer[int]          // of the partitions, since Partitions.Resize; nil for all
	calledOff atomic.Int64                 // starts that were not begun: for want of a place, or in line
	hook      atomic.Pointer[func() bool]  // takes back the hook on the outside context
	mark      atomic.Pointer[mark]         // this scope's, in refusals; made for the first
	changed   atomic.Pointer[policy.Scope] // its policy since Reconfigure; see rules
	spawned   atomic.Pointer[described]    // what the last actor was described as; the next may be alike
	judged    latch                        // of a supervisor: the child has come back after closed

	// turn
	phase     Phase
	anchored  bool    // the body, or the holder of the handle, holds a unit
	bodyCut   bool    // the body returned because its scope was canceled
	booting   bool    // its fixed children are being started
	unwound   bool    // the body panicked or called Goexit: its caller gets no result
	freed     bool    // the unit of the scope around was given back
	unlisted  bool    // no longer to be found in the tree
	family    *family // children with a record; nil until the first
	ending    *ending // set when the end begins
	timeout   *time.Timer
	kept      Errors
	body      error         // the body's own failure
	fatal     error         // gave up, escalated or failed to boot
	cut       *cancellation // how the hard phase began
	bootError error         // of the fixed child that did not start
	stuck     *stuckCalls   // while the stacks of some are looked for
	late      []*Straggler  // abandoned here and not back
	below     []*Straggler  // left behind by scopes below that have closed

	result error // written before closed is set
}

// newCore makes a scope that is open and holds its anchor. It starts nothing.
func newCore(ctx context.Context, p policy.Scope, o options) *core {
	c := &core{parent: ctx, policy: p, name: o.name, site: o.site, hasBody: o.body, ownGrace: o.grace, born: time.Now(), anchored: true}
	c.handle.core = c
	c.life.scope = c
	c.life.signals.Store(&c.signals)
	c.inbox.Init(c, aside)
	c.gate.enter(c.anchor())
	if p.Timeout > 0 {
		c.deadline.Store(new(c.born.Add(p.Timeout)))
	}
	if p.End == policy.EndWhenEmpty {
		c.gate.set(gateArmed)
	}
	c.under = lifeOf(ctx)
	c.fromPlace = c.under != nil && c.under.scope.places != nil && ctx.Value(placeKey{}) == c.under.scope
	c.places = newPlaces(c)
	c.inherit(o)
	return c
}

// anchor is the unit of the body, which runs, or of the holder, who does not.
func (c *core) anchor() int64 {
	if c.hasBody {
		return gateTask
	}
	return gateOther
}

// attach ties the scope to the life and the context it was opened under. From
// here on messages arrive.
func (c *core) attach() {
	done, _ := c.parent.Done(), c.parent.Err() // which may be anybody's, and panic: before anybody knows of the scope
	c.shielded = done == nil
	if u := c.under; u != nil {
		c.bound = c.parent == context.Context(u) || done != nil && done == u.Done()
		c.link.nested, c.inLink.nested = c, c
		u.adopt(c)
	} else {
		c.root.enlist(c)
	}
	if err := c.parent.Err(); err != nil {
		c.post(message{op: opCancel, arg: cancellation{err: err, cause: context.Cause(c.parent), outside: true}})
		return
	}
	if c.under != nil {
		if r := c.under.request(); r != nil {
			c.post(message{op: opShutdown, arg: r.below()})
		}
	}
	if done != nil && !c.bound {
		c.setHook(context.AfterFunc(c.parent, func() {
			c.post(message{op: opCancel, arg: cancellation{err: c.parent.Err(), cause: context.Cause(c.parent), outside: true}})
		}))
	}
	if c.policy.Timeout > 0 {
		c.inTurn(func() { // in which nobody else moves it
			if d := c.deadline.Load(); d != nil && c.phase < PhaseCanceling && !c.closing() {
				c.setDeadline(*d)
			}
		})
	}
}

// setHook keeps what takes the hook on the outside context back, which is the
// business of that context and so not called within a turn. A scope that has
// closed meanwhile may have missed it.
func (c *core) setHook(release func() bool) {
	c.hook.Store(&release)
	if c.closed.on() {
		release()
	}
}

// clock is the time the machine is told: since the scope was opened.
func (c *core) clock() time.Duration { return time.Since(c.born) }

// path returns the scope's place in its tree, which never changes. A nested scope
// without a name stands where it was opened.
func (c *core) path() string {
	if p := c.pathText.Load(); p != nil {
		return *p
	}
	p := c.findPath()
	c.pathText.Store(&p)
	return p
}

func (c *core) findPath() string {
	at := ""
	switch {
	case c.under == nil && c.name == "":
		return funcName(c.site)
	case c.under == nil:
		return c.name
	case c.under.child != nil:
		at = c.under.child.Path()
	default:
		at = c.under.scope.path()
	}
	if c.name == "" {
		return at
	}
	return at + "/" + c.name
}
