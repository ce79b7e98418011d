package tree

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/understudy-go/understudy/internal/run"
)

// sighting is what was seen running when a kill wait was over.
type sighting struct {
	list    []*Straggler
	ofScope bool // the scope's own kill wait, not one child's
}

// running returns what still runs and was not given up yet: each child, of which
// there may be most, the body, and the plain tasks as one. Supervisors run
// nothing; their scopes answer for them.
func (c *core) running(most int) []*Straggler {
	var list []*Straggler
	for _, ch := range c.children() {
		inc := ch.current
		if len(list) < most && inc != nil && !inc.back() && inc.stage != stageAbandoned && !ch.supervises() {
			list = append(list, inc.straggler())
		}
	}
	if c.hasBody && c.anchored {
		list = append(list, &Straggler{Path: c.path(), Body: true, Age: time.Since(c.born), Phase: c.phase, Site: siteOf(c.site), core: c})
	}
	if n := c.plainTasks(); n > 0 {
		list = append(list, &Straggler{Path: c.path(), Tasks: n, Age: time.Since(c.born), Phase: c.phase, labels: labels{scope: c.path()}, core: c})
	}
	return list
}

// plainTasks returns how many tasks run beside the body.
func (c *core) plainTasks() int {
	n := c.gate.tasks()
	if c.hasBody && c.anchored {
		n--
	}
	return n
}

func (inc *incarnation) straggler() *Straggler {
	ch := inc.child
	return &Straggler{Path: ch.Path(), Age: inc.age(), Phase: ch.owner().phase, Site: ch.startedAt(),
		labels: labels{ch.owner().path(), ch.name}, core: ch.owner(), inc: inc}
}

// gone reports whether the straggler has ended after all.
func (s *Straggler) gone() bool {
	if s.inc != nil {
		return s.inc.back()
	}
	return s.core.gate.tasks() == 0 // the body is one of them
}

// look finds the stacks of what still runs, and comes back with opAbandon. It
// is done away from the turn: reading stacks stops the world, and the scopes
// below, which are told that the time is over, have to answer first.
func (c *core) look(s sighting, below []*core) {
	aside(func() {
		for _, n := range below {
			n.post(message{op: opKill, arg: true})
		}
		for _, n := range below {
			<-n.answered().c()
		}
		findStacks(s.list)
		c.post(message{op: opAbandon, arg: s})
	})
}

// answered returns what is set when the scope has closed and the child whose
// inside it is, if any, has come back. A child with an IsCancel of its own is
// not waited for: that is user code, and may not return.
func (c *core) answered() *latch {
	if c.onClosed != nil && c.under.child.spec().IsCancel == nil {
		return &c.judged
	}
	return &c.closed
}

// abandon gives up on what was overdue and has not ended since. Under Kill
// Forever it only says so, and goes on waiting.
func (c *core) abandon(s sighting) {
	if s.ofScope && c.phase == PhaseCanceling && !c.ending.killed {
		c.tellOverdue(s.list)
		return
	}
	if s.ofScope && c.phase == PhaseClosed {
		return
	}
	for _, one := range s.list {
		switch n := c.plainTasks(); {
		case one.inc != nil:
			c.abandonChild(one)
		case one.Body && c.anchored:
			c.ending.body = one
			c.tell(nil, Event{Kind: ChildAbandoned, Took: one.Age, Site: one.Site})
		case !one.Body && n > 0:
			one.Tasks = n
			c.ending.tasks = one
			c.tell(nil, Event{Kind: ChildAbandoned, Count: n, Took: one.Age, Stack: one.Stack})
		}
	}
	if s.ofScope {
		c.finish()
	}
}

// abandonChild gives up on one incarnation.
func (c *core) abandonChild(s *Straggler) {
	inc, ch := s.inc, s.inc.child
	if inc.back() || inc.stage == stageAbandoned {
		return
	}
	inc.stage = stageAbandoned
	c.late = append(c.late, s)
	c.tell(ch, Event{Kind: ChildAbandoned, Incarnation: int(inc.number), Took: s.Age, Stack: s.Stack, Site: s.Site})
	if ch.current != inc {
		return
	}
	if a := ch.actor(); a != nil {
		a.Abandon()
	}
	err := abandonedError(ch)
	c.do(c.family.machine.Abandoned(&ch.slot, c.clock()))
	c.settle(ch) // a member that bears company leaves
	if ch.current == inc {
		ch.rest.abandon(err)
		ch.answer(err)
		c.takeHeir(ch) // who is turned away
		if ch.shield() != nil {
			ch.shield().answer(err)
		}
	}
}

// abandonedError is what those are told who wait for a child that was abandoned.
func abandonedError(ch *Child) error { return fmt.Errorf("%w: %s", ErrAbandoned, ch.Path()) }

// forgetLate takes an incarnation off the list of those that were abandoned, and
// reports whether it was on it.
func (c *core) forgetLate(inc *incarnation) bool {
	if inc.stage != stageAbandoned {
		return false
	}
	c.late = slices.DeleteFunc(c.late, func(s *Straggler) bool { return s.inc == inc })
	return true
}

// leftBehind returns all that runs on when the scope closes, here and in the
// scopes below that closed before it.
func (c *core) leftBehind() []*Straggler {
	list := slices.Clone(c.late)
	if e := c.ending; e != nil && e.body != nil && c.anchored {
		list = append(list, e.body)
	}
	if e := c.ending; e != nil && e.tasks != nil && c.plainTasks() > 0 {
		list = append(list, e.tasks)
	}
	c.below = slices.DeleteFunc(c.below, (*Straggler).gone)
	return append(list, c.below...)
}

func (c *core) tellOverdue(list []*Straggler) {
	for _, s := range list {
		e := Event{Kind: ChildOverdue, Count: s.Tasks, Took: s.Age, Stack: s.Stack, Site: s.Site}
		if s.inc == nil {
			c.tell(nil, e)
		} else if !s.inc.back() {
			e.Incarnation = int(s.inc.number)
			c.tell(s.inc.child, e)
		}
	}
}

// findStacks fills in the stacks by the labels that children and tasks carry.
func findStacks(list []*Straggler) {
	const most = 4096 // bytes of stack kept of each
	// By labels and not each with each: thousands may be stuck, and the scope
	// does not end before this is done.
	labeled := make(map[labels][]*Straggler, len(list))
	for _, s := range list {
		if !s.Body {
			labeled[s.labels] = append(labeled[s.labels], s)
		}
	}
	run.Stacks(func(stack string, label func(key string) string) {
		for _, s := range labeled[labels{label(labelScope), label(labelChild)}] {
			if len(s.Stack) < most {
				s.Stack += stack
			}
		}
	})
	for _, s := range list {
		s.Stack = cut(s.Stack, most)
	}
}

// labels are what is written on a goroutine; child is empty on a plain task's.
type labels struct{ scope, child string }

// Straggler is something that still runs when its scope could wait no longer.
type Straggler struct {
	Path  string        // of the child, or of the scope whose tasks they are
	Body  bool          // it is the body of Run, whose goroutine has no labels to find its stack by
	Tasks int           // how many plain tasks; 0 for a child
	Age   time.Duration // of the incarnation when it was given up; of the scope for tasks
	Phase Phase         // of its scope
	Site  string        // file:line where it was started, or of the body; empty for tasks
	Stack string        // of goroutines with its labels just then, which scopes of one path share; empty when none was found

	labels labels       // to find the stacks by
	core   *core        // where it runs
	inc    *incarnation // nil for tasks
}

// told returns what a report says of the straggler. A report may be kept, and keeps
// nothing of the tree.
func (s *Straggler) told() Straggler {
	t := *s
	t.core, t.inc = nil, nil
	return t
}

// write adds the straggler to the page.
func (s *Straggler) write(b *strings.Builder, what string) {
	fmt.Fprintf(b, "\n  %s %s, age %v", what, s.Path, rounded(s.Age))
	if s.Body {
		b.WriteString(", the body")
	}
	if s.Tasks > 0 {
		fmt.Fprintf(b, ", %s", plural(s.Tasks, "plain task"))
	}
	if s.Site != "" {
		fmt.Fprintf(b, ", started at %s", s.Site)
	}
	for line := range strings.Lines(s.Stack) {
		fmt.Fprintf(b, "\n      %s", strings.TrimRight(line, "\n"))
	}
}
