package tree

import (
	"bytes"
	"fmt"
	"runtime/pprof"
	"strings"

	"github.com/understudy-go/understudy/internal/run"
)

// sighting is what was seen running when a kill wait was over.
type sighting struct {
	list    []*Straggler
	ofScope bool // the scope's own kill wait, not one child's
}

// running returns what still runs: each child, and the plain tasks as one.
func (c *core) running() []*Straggler {
	var list []*Straggler
	if c.family != nil {
		for slot := range c.family.machine.Slots() {
			ch := slot.Child.(*Child)
			if inc := ch.current; inc != nil && !inc.back.Load() && !ch.late {
				list = append(list, inc.straggler())
			}
		}
	}
	if n := c.tasks(); n > 0 {
		list = append(list, &Straggler{Path: c.path(), Tasks: n, Age: now().Sub(c.born), Phase: c.phase, scope: c.path()})
	}
	return list
}

// tasks counts the plain tasks that run, the body among them.
func (c *core) tasks() int {
	n := c.gate.count() - len(c.nested()) - int(c.untold.Load())
	if c.family != nil && c.family.held {
		n--
	}
	if c.anchored && !c.hasBody {
		n--
	}
	return max(n, 0)
}

func (inc *incarnation) straggler() *Straggler {
	ch := inc.child
	return &Straggler{Path: ch.Path(), Age: now().Sub(inc.began), Phase: ch.scope.phase, Site: siteOf(ch.site),
		scope: ch.scope.path(), child: ch.name, inc: inc}
}

// nested returns the scopes open directly under this one or its children.
func (c *core) nested() []*core {
	list := c.life.scopes()
	if c.family != nil {
		for slot := range c.family.machine.Slots() {
			if inc := slot.Child.(*Child).current; inc != nil {
				list = append(list, inc.scopes()...)
			}
		}
	}
	return list
}

// look finds the stacks of what still runs, away from the turn because reading
// them stops the world, and comes back with opAbandon.
func (c *core) look(s sighting) {
	run.Go(func() {
		findStacks(s.list)
		c.post(message{op: opAbandon, arg: s})
	})
}

// abandon gives up on what was overdue and has not ended since. Under Kill
// Forever it only says so, and goes on waiting.
func (c *core) abandon(s sighting) {
	if s.ofScope && (c.phase != PhaseCanceling || !c.ending.killed) {
		if c.phase == PhaseCanceling {
			c.tellOverdue(s.list)
		}
		return
	}
	for _, one := range s.list {
		if one.inc != nil {
			c.abandonChild(one)
		} else if n := c.tasks(); n > 0 {
			one.Tasks = n
			c.tell(nil, Event{Kind: ChildAbandoned, Count: n, Took: one.Age, Stack: one.Stack})
			c.reportAbandoned(one)
		}
	}
	if s.ofScope {
		c.finish()
	}
}

func (c *core) abandonChild(s *Straggler) {
	inc, ch := s.inc, s.inc.child
	if inc.back.Load() || ch.current != inc || ch.late {
		return
	}
	ch.late = true
	c.stragglers++
	c.tell(ch, Event{Kind: ChildAbandoned, Incarnation: inc.number, Took: s.Age, Stack: s.Stack, Site: s.Site})
	c.reportAbandoned(s)
	c.do(c.family.machine.Abandoned(&ch.slot, c.clock()))
	c.settle(ch)
}

func (c *core) reportAbandoned(s *Straggler) {
	if c.ending != nil {
		c.ending.report.Abandoned = append(c.ending.report.Abandoned, *s)
	}
}

func (c *core) tellOverdue(list []*Straggler) {
	for _, s := range list {
		e := Event{Kind: ChildOverdue, Count: s.Tasks, Took: s.Age, Stack: s.Stack, Site: s.Site}
		if s.inc == nil {
			c.tell(nil, e)
		} else if !s.inc.back.Load() {
			e.Incarnation = s.inc.number
			c.tell(s.inc.child, e)
		}
	}
}

// findStacks fills in the stacks by the labels that children and tasks carry.
func findStacks(list []*Straggler) {
	const most = 4096 // bytes of stack kept of each
	var buf bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&buf, 1); err != nil {
		return
	}
	for _, group := range strings.Split(buf.String(), "\n\n") {
		labels, ok := labelLine(group)
		if !ok {
			continue
		}
		for _, s := range list {
			if len(s.Stack) < most && s.labeled(labels) {
				s.Stack += strings.TrimSpace(group) + "\n"
			}
		}
	}
	for _, s := range list {
		if len(s.Stack) > most {
			s.Stack = s.Stack[:most] + "...\n"
		}
	}
}

// labelLine returns the line of a goroutine profile's group that has its labels.
func labelLine(group string) (string, bool) {
	_, rest, ok := strings.Cut(group, "# labels: ")
	if !ok {
		return "", false
	}
	line, _, _ := strings.Cut(rest, "\n")
	return line, true
}

// labeled reports whether a label line is this straggler's.
func (s *Straggler) labeled(line string) bool {
	return strings.Contains(line, fmt.Sprintf("%q:%q", labelScope, s.scope)) &&
		(s.inc != nil) == strings.Contains(line, fmt.Sprintf("%q:", labelChild)) &&
		(s.inc == nil || strings.Contains(line, fmt.Sprintf("%q:%q", labelChild, s.child)))
}
