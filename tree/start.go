package tree

import (
	"context"
	"runtime"

	"github.com/understudy-go/understudy/policy"
)

// Start makes a child of the scope and starts it. It returns once the child runs;
// for an actor, a supervisor, or with WaitReady, once it is ready. ctx says who asks,
// and bounds the wait; the child's own context and values come from the scope.
//
// In a scope with a Limit it first waits for a place, as [Scope.Go] does, and the
// child keeps the place through its restarts. A child that is added while a group
// stops, or waits to be started, is started with that group, if it is of its range:
// under OneForAll and RestForOne Start may so wait for a Backoff or a cool-down of
// another child.
//
// On an error the child does not run:
//
//   - a fault in spec, or [ErrDuplicate];
//   - [ErrClosed], or [ErrDraining] for an outsider;
//   - [ErrFull] for one who may not wait for a place;
//   - [ErrSelfWait] for a child whose group is being stopped for a restart: what it
//     starts would come after its own end;
//   - a [ChildError] when the child ended before it was ready;
//   - ctx's cause when ctx ends first. The child is then asked to stop, and its
//     name stays taken until it has, within its grace and kill wait.
//
// A child that returned [policy.ErrIgnored] is no error; [Child.Exit] tells.
func (s *Scope) Start(ctx context.Context, spec ChildSpec) (*Child, error) {
	return s.start("Scope.Start", ctx, spec, callerPC())
}

// start is Start for the function of that name, called at site.
func (s *Scope) start(caller string, ctx context.Context, spec ChildSpec, site uintptr) (*Child, error) {
	c := s.core
	if c == nil {
		return nil, ErrClosed
	}
	if err := spec.check("tree.ChildSpec", c.rules()); err != nil {
		return nil, err
	}
	ch := newChild(c, &spec, origin{site: site})
	err := c.start(caller, ctx, ch)
	runtime.KeepAlive(s)
	if err != nil {
		return nil, err
	}
	return ch, nil
}

// newChild makes the record of a checked spec.
func newChild(c *core, spec *ChildSpec, o origin) *Child {
	ch := &Child{name: spec.Name, first: incarnation{life: life{scope: c}}}
	ch.become(c.describe(new(spec.clone()), o))
	if spec.Policy != nil {
		ch.hosted = &supervisor{child: ch}
	}
	return ch
}

// start posts the child for the function of that name, and waits as Start promises.
func (c *core) start(caller string, ctx context.Context, ch *Child) error {
	if ctx == nil {
		return fault(caller+".ctx", nil, "must not be nil")
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	w := ch.few().starter
	if w == nil {
		w = &starter{}
		ch.startedFor(w)
	}
	w.inside, w.who = c.asker(ctx)
	w.waiting = 1
	if ch.takesPlace() && !ch.spec().member {
		if err := c.takePlace(ctx, true); err != nil {
			return err
		}
		w.unit, ch.hasPlace = gateOther, true
	}
	w.node.Msg = message{op: opStart, arg: ch}
	c.inbox.Post(&w.node)
	if w.done.on() {
		return w.err
	}
	select {
	case <-w.done.c():
		return w.err
	case <-ctx.Done():
	}
	cause := context.Cause(ctx)
	c.post(message{op: opDo, arg: func() {
		if !w.done.on() {
			ch.answer(cause)
			c.removeChild(ch)
		}
	}})
	<-w.done.c()
	return w.err
}

// startChild lists the child and lets the machine begin it.
func (c *core) startChild(ch *Child) {
	w := ch.few().starter
	defer c.gate.leave(w.unit) // Handle looks whether that was the last
	if by := c.child(ch.name); by != nil && w.replaces {
		c.succeed(ch, by)
		return
	}
	for w.rename != nil && c.child(ch.name) != nil {
		ch.name = w.rename() // nobody has seen it yet
	}
	if err := c.mayStart(ch); err != nil {
		c.turnAway(ch, err)
		return
	}
	c.takeName(ch)
	c.do(c.family.machine.Add(&ch.slot))
}

// launch begins the child's next incarnation.
func (c *core) launch(ch *Child) {
	inc := ch.begin(c)
	c.dropWait(ch)
	c.takeAnyway(ch)
	c.family.live++
	if ch.shield() != nil {
		c.family.shielded++
	}
	c.tell(ch, Event{Kind: ChildStarted, Incarnation: int(inc.number)})
	inc.run()
	if !ch.waited() {
		c.isUp(inc)
	}
}

// begin makes the record of the next incarnation.
func (ch *Child) begin(c *core) *incarnation {
	inc, last := &ch.first, ch.current
	if last != nil {
		inc = &incarnation{number: last.number}
		if x := last.came.Load(); x != nil {
			inc.attempt = last.attempt
			x.err = nil
		}
	}
	c.redescribe(ch)
	inc.scope, inc.child = c, ch
	inc.number++
	if inc.number > 1 {
		c.counts.restarts.Add(1)
	}
	inc.began = c.clock()
	ch.current = inc
	x := ch.few()
	x.info = nil
	ch.keep(x)
	return inc
}

// turnAway tells the starter of a child that was not begun why.
func (c *core) turnAway(ch *Child, err error) {
	c.givePlaceBack(ch)
	ch.rest.end(&waiting{}, policy.Returned, err)
	ch.answer(err)
}
