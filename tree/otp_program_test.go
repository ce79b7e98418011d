package tree_test

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/understudy-go/understudy/policy"
)

// A program of the differential test is one line. Before the first " ; " stands
// the root supervisor, called R, then one step each:
//
//	one 2 never [ a perm b trans A perm rest 1 any [ c trans sig ] ] ; fail a 2 ; boot ; exit a crash
//
// A supervisor is its strategy, how many restarts it allows (in a day, so that
// only their number matters), its automatic shutdown, and its children in order. A
// child is a name, a restart type, perhaps sig, and for a supervisor, whose name is
// a capital letter, what a supervisor is. Names are unique in a program.
//
// Steps that prepare something, and leave no trace:
//
//	fail a 2       the next two starts of a fail
//	ignore a 1     the start after these need not run
//	dying a crash  from now on a, when it is stopped, ends like that
//	onstart a b c  during its next start, a makes b and c crash, in this order
//	onstop a b     while it is stopped, likewise; both hold for the next step only
//
// Steps that do something:
//
//	boot           the root is started
//	exit a kill    a ends: normal, shutdown, info (OTP's {shutdown, _}), crash or kill;
//	               a supervisor, which is shut down, only normal or shutdown
//	add R d temp   an operator adds a child at the end of R
//	stop a         an operator stops it, restarts it, deletes it
//	restart a
//	delete a
//
// A trace is one line too: what happened, step by step, each after a ";".
//
//	a1 a1! a1~     the first start of a, one that fails, one that need not run
//	-a .a          a is asked to stop; it has stopped
//	*b             b is made to crash by another's start or stop
//	A^             the supervisor A gives up; the stops of its children follow
//	=ok            what the operator got: ok, down (it does not run), gone (its
//	               supervisor does not), unknown, running, taken, failed
//	[a+ b- A+[]]   who has a place at the end, and who runs; then all is stopped
//	R=halt         how the root ended: halt, auto, gaveup, unbooted
type otpProgram struct {
	root  *otpNode
	steps []otpStep
}

// otpNode is a child as it is described: a worker, or a supervisor.
type otpNode struct {
	name        string
	restart     policy.Restart
	significant bool
	sup         *otpSup // nil for a worker
}

// otpSup is what makes a child a supervisor.
type otpSup struct {
	strategy policy.Strategy
	restarts int
	auto     policy.AutoShutdown
	kids     []*otpNode
}

// otpStep is one step. Which fields count depends on do.
type otpStep struct {
	do      string
	name    string // whom it is about; of add: whose child the new one is
	kind    string // of exit and dying
	count   int    // of fail and ignore
	targets []string
	node    *otpNode // of add
}

// The words of a program, by the values they stand for.
var (
	otpStrategies = []string{policy.OneForOne: "one", policy.OneForAll: "all", policy.RestForOne: "rest"}
	otpRestarts   = []string{policy.Permanent: "perm", policy.Transient: "trans", policy.Temporary: "temp"}
	otpAutos      = []string{policy.AutoNever: "never", policy.AutoAnySignificant: "any", policy.AutoAllSignificant: "all"}
	otpExits      = []string{"normal", "shutdown", "info", "crash", "kill"}
)

func (p *otpProgram) String() string {
	text := p.root.sup.String()
	for _, s := range p.steps {
		text += " ; " + s.String()
	}
	return text
}

func (s *otpSup) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d %s [ ", otpStrategies[s.strategy], s.restarts, otpAutos[s.auto])
	for _, kid := range s.kids {
		b.WriteString(kid.String() + " ")
	}
	return b.String() + "]"
}

func (n *otpNode) String() string {
	text := n.name + " " + otpRestarts[n.restart]
	if n.significant {
		text += " sig"
	}
	if n.sup != nil {
		text += " " + n.sup.String()
	}
	return text
}

func (s otpStep) String() string {
	words := []string{s.do}
	switch s.do {
	case "boot":
	case "add":
		words = append(words, s.name, s.node.String())
	case "fail", "ignore":
		words = append(words, s.name, strconv.Itoa(s.count))
	case "exit", "dying":
		words = append(words, s.name, s.kind)
	default:
		words = append(append(words, s.name), s.targets...)
	}
	return strings.Join(words, " ")
}

// acts reports whether the step does something, and so has a trace.
func (s otpStep) acts() bool {
	switch s.do {
	case "fail", "ignore", "dying", "onstart", "onstop":
		return false
	}
	return true
}

// walk calls f for the node and all below it, with the name of the supervisor of
// each.
func (n *otpNode) walk(boss string, f func(n *otpNode, boss string)) {
	f(n, boss)
	if n.sup != nil {
		for _, kid := range n.sup.kids {
			kid.walk(n.name, f)
		}
	}
}

// each calls f for all nodes of the program, those that are added included.
func (p *otpProgram) each(f func(n *otpNode, boss string)) {
	p.root.walk("", f)
	for _, s := range p.steps {
		if s.do == "add" {
			s.node.walk(s.name, f)
		}
	}
}

// bosses returns the supervisor of each name.
func (p *otpProgram) bosses() map[string]string {
	list := map[string]string{}
	p.each(func(n *otpNode, boss string) { list[n.name] = boss })
	return list
}
