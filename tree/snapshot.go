package tree

import (
	"slices"
	"time"

	"github.com/understudy-go/understudy/policy"
)

// Snapshot is a scope as it was at one moment, with the scopes below it, each
// at a moment soon after. It is data: nothing of the tree is kept alive by it.
type Snapshot struct {
	Path     string          // of the scope
	Phase    Phase           // how far it is on its way to the end
	Policy   policy.Scope    // with its defaults
	Age      time.Duration   // since it was opened
	Tasks    int             // plain tasks that run
	Counts   Counts          // what runs, waits and has ended
	Children []ChildSnapshot // in the order in which they were started
	Scopes   []Snapshot      // opened by the body, by plain tasks, or by incarnations that have ended
}

// ChildSnapshot is a child as it was at one moment.
type ChildSnapshot struct {
	Name        string           // as in its spec
	State       policy.SlotState // where it stands
	Restart     policy.Restart   // as in its spec
	Due         time.Duration    // until it is started, while its Backoff or a cool-down has it wait; else 0
	Incarnation int              // 0 before the first
	RunsOn      int              // earlier incarnations that were abandoned, replaced, and run on
	Age         time.Duration    // of the incarnation; how long it lived if it has ended
	Site        string           // file:line of its Start
	LastExit    policy.Exit      // of the incarnation, or the one before while it runs
	LastError   string           // text of its latest failure, cut to 256 bytes
	Messages    int              // that wait for an actor, stashed ones too; -1 if it is none
	Suspended   bool             // an actor that handles none until [Child.Resume]
	Scopes      []Snapshot       // opened by the child; a supervisor's one
}

// Snapshot returns the scope and everything below it. It waits for one short
// turn of each scope and stops nothing.
func (s *Scope) Snapshot() Snapshot {
	if s.core == nil {
		return Snapshot{Phase: PhaseClosed}
	}
	return s.core.snapshot()
}

func (c *core) snapshot() Snapshot {
	var snap Snapshot
	var below [][]*core
	var others []*core
	claimed := make(map[*core]bool)
	c.inTurn(func() {
		snap = Snapshot{Path: c.path(), Phase: c.phase, Policy: *c.rules(), Age: time.Since(c.born), Tasks: c.plainTasks(), Counts: c.tallies()}
		for _, ch := range c.children() {
			child, scopes := ch.snapshot()
			snap.Children = append(snap.Children, child)
			below = append(below, scopes)
			for _, n := range scopes {
				claimed[n] = true
			}
		}
		others = slices.DeleteFunc(c.nested(), func(n *core) bool { return claimed[n] })
	})
	for i, scopes := range below {
		for _, n := range scopes {
			snap.Children[i].Scopes = append(snap.Children[i].Scopes, n.snapshot())
		}
	}
	for _, n := range others {
		snap.Scopes = append(snap.Scopes, n.snapshot())
	}
	return snap
}

// due returns how long a child that waits to be started still has to.
func (ch *Child) due() time.Duration {
	at := ch.owner().family.machine.DueAt(&ch.slot)
	if at == 0 {
		return 0
	}
	return max(at-ch.owner().clock(), 1) // the timer may be late
}

// runsOn returns how many incarnations before the latest were abandoned and run on.
func (ch *Child) runsOn() (n int) {
	for _, s := range ch.owner().late {
		if s.inc.child == ch && s.inc != ch.current {
			n++
		}
	}
	return n
}

// snapshot describes the child, within its scope's turn.
func (ch *Child) snapshot() (ChildSnapshot, []*core) {
	s := ChildSnapshot{Name: ch.name, State: ch.slot.State(), Restart: ch.slot.Restart, Site: ch.startedAt(),
		Due: ch.due(), LastExit: ch.lastExit, LastError: ch.few().lastText, Messages: -1}
	if len(ch.owner().late) > 0 {
		s.RunsOn = ch.runsOn()
	}
	if a := ch.actor(); a != nil {
		s.Messages, s.Suspended = a.Stats().Len, a.Suspended()
	}
	inc := ch.current
	if inc == nil {
		return s, nil
	}
	s.Incarnation = int(inc.number)
	s.Age = inc.age()
	return s, inc.scopes()
}
