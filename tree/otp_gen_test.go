package tree_test

import (
	"math/rand/v2"
	"slices"

	"github.com/understudy-go/understudy/policy"
)

// otpGen draws programs. It plays what it has drawn on the model, so that most
// steps are about somebody who can be concerned.
type otpGen struct {
	*rand.Rand
	workers, sups int // names given
	program       *otpProgram
	model         *otpModel
}

// drawOTP draws one of the programs of a seed. What Understudy does with it is not
// left open.
func drawOTP(seed, number uint64) *otpProgram {
	for draw := rand.New(rand.NewPCG(seed, number)); ; {
		if p := drawAnyOTP(draw); !openOTP(p) {
			return p
		}
	}
}

func drawAnyOTP(draw *rand.Rand) *otpProgram {
	g := &otpGen{Rand: draw}
	root := &otpNode{name: "R", sup: g.sup(1)}
	g.program = &otpProgram{root: root}
	g.replay()
	for g.IntN(3) == 0 {
		g.prepare()
	}
	g.take(otpStep{do: "boot"})
	for range 1 + g.IntN(8) {
		if g.model.over() {
			break
		}
		if g.IntN(6) == 0 && g.ambush() {
			continue
		}
		for g.IntN(3) == 0 {
			g.prepare()
		}
		g.take(g.act())
	}
	return g.program
}

// replay brings the model to where the program ends, whose names it has to know.
func (g *otpGen) replay() {
	g.model = newOTPModel(g.program, 0)
	for _, s := range g.program.steps {
		g.model.step(s)
	}
}

func (g *otpGen) take(s otpStep) {
	g.program.steps = append(g.program.steps, s)
	if s.do == "add" {
		g.replay()
		return
	}
	g.model.step(s)
}

const otpMostWorkers = 16

func (g *otpGen) sup(depth int) *otpSup {
	s := &otpSup{
		strategy: oneOf(g.Rand, policy.Strategies()...),
		restarts: oneOf(g.Rand, 0, 1, 1, 2, 2, 3, 3, 5, 9),
		auto:     oneOf(g.Rand, policy.AutoNever, policy.AutoNever, policy.AutoNever, policy.AutoAnySignificant, policy.AutoAllSignificant),
	}
	fewest, most := 0, 5-depth
	if depth == 1 {
		fewest = 1
	}
	for range fewest + g.IntN(most-fewest+1) {
		if g.workers < otpMostWorkers {
			s.kids = append(s.kids, g.node(depth, s.auto))
		}
	}
	return s
}

// node draws a child of a supervisor at some depth.
func (g *otpGen) node(depth int, auto policy.AutoShutdown) *otpNode {
	n := &otpNode{restart: oneOf(g.Rand, policy.Permanent, policy.Permanent, policy.Transient, policy.Transient, policy.Temporary)}
	n.significant = auto != policy.AutoNever && n.restart != policy.Permanent && g.IntN(3) > 0
	if depth < 3 && g.sups < 8 && g.IntN(4) == 0 {
		n.name = string(rune('A' + g.sups))
		g.sups++
		n.sup = g.sup(depth + 1)
		return n
	}
	n.name = string(rune('a' + g.workers))
	g.workers++
	return n
}

// names returns the children of the program that f wants.
func (g *otpGen) names(f func(n *otpNode, k *otpKid) bool) []string {
	var list []string
	g.program.each(func(n *otpNode, boss string) {
		if n.name != "R" && f(n, g.model.find(n.name)) {
			list = append(list, n.name)
		}
	})
	return list
}

func isWorker(n *otpNode, _ *otpKid) bool { return n.sup == nil }

func runs(_ *otpNode, k *otpKid) bool { return k != nil && k.state == otpUp }

// prepare draws a step that prepares something. No two hooks are set at once: what
// they do to each other depends on who is the first.
func (g *otpGen) prepare() {
	workers := g.names(isWorker)
	if len(workers) == 0 {
		return
	}
	name := oneOf(g.Rand, workers...)
	switch oneOf(g.Rand, "fail", "fail", "fail", "ignore", "dying", "hook", "hook", "hook") {
	case "fail":
		g.take(otpStep{do: "fail", name: name, count: oneOf(g.Rand, 1, 1, 1, 2, 3, 4)})
	case "ignore":
		g.take(otpStep{do: "ignore", name: name, count: 1})
	case "dying":
		g.take(otpStep{do: "dying", name: name, kind: oneOf(g.Rand, otpExits...)})
	case "hook":
		if targets := g.targets(name); len(g.model.hooks) == 0 && len(targets) > 0 {
			g.take(otpStep{do: oneOf(g.Rand, "onstart", "onstop"), name: name, targets: targets})
		}
	}
}

// targets draws up to three workers whom a start or stop of the named one may make
// crash: siblings, and who is below a sibling.
func (g *otpGen) targets(name string) []string {
	bosses := g.program.bosses()
	list := g.names(func(n *otpNode, _ *otpKid) bool {
		if n.sup != nil || n.name == name {
			return false
		}
		for above := n.name; above != ""; above = bosses[above] {
			if bosses[above] == bosses[name] {
				return true
			}
		}
		return false
	})
	g.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list[:min(len(list), 1+g.IntN(3))]
}

// ambush draws what seldom comes together by chance: of some siblings one crashes,
// and while another starts or stops, mostly because of that, further ones do. It
// reports whether there was anybody for it.
func (g *otpGen) ambush() bool {
	boss := g.model.find(oneOf(g.Rand, g.bosses()...))
	var siblings []string
	for _, k := range boss.kids {
		if k.sup == nil && k.state == otpUp {
			siblings = append(siblings, k.name)
		}
	}
	if len(siblings) < 2 || len(g.model.hooks) > 0 {
		return false
	}
	first := oneOf(g.Rand, siblings...)
	g.Shuffle(len(siblings), func(i, j int) { siblings[i], siblings[j] = siblings[j], siblings[i] })
	if g.IntN(2) == 0 {
		g.take(otpStep{do: "fail", name: siblings[0], count: oneOf(g.Rand, 1, 1, 2)})
	}
	g.take(otpStep{do: oneOf(g.Rand, "onstart", "onstop", "onstop"), name: siblings[0], targets: siblings[1:min(len(siblings), 2+g.IntN(2))]})
	g.take(otpStep{do: "exit", name: first, kind: "crash"})
	return true
}

// bosses returns the supervisors that run.
func (g *otpGen) bosses() []string {
	return append([]string{"R"}, g.names(func(n *otpNode, k *otpKid) bool { return !isWorker(n, k) && runs(n, k) })...)
}

// act draws a step that does something.
func (g *otpGen) act() otpStep {
	do := oneOf(g.Rand, "exit", "exit", "exit", "exit", "exit", "exit", "exit", "end", "end", "stop", "stop", "restart", "restart", "delete", "add", "add")
	workers := g.names(func(n *otpNode, k *otpKid) bool { return isWorker(n, k) && runs(n, k) })
	sups := g.names(func(n *otpNode, k *otpKid) bool { return !isWorker(n, k) && runs(n, k) })
	resting := g.names(func(_ *otpNode, k *otpKid) bool { return k != nil && k.state == otpNone })
	anybody := g.names(func(*otpNode, *otpKid) bool { return true })
	if g.IntN(8) == 0 { // somebody who is not there
		workers, sups = g.names(isWorker), nil
		away := g.names(func(_ *otpNode, k *otpKid) bool { return k == nil })
		orphans := slices.DeleteFunc(slices.Clone(away), func(name string) bool {
			boss := g.model.find(g.model.bosses[name])
			return boss == nil || boss.state == otpUp
		})
		if from := append(away, slices.Repeat(orphans, 20)...); len(from) > 0 {
			return otpStep{do: oneOf(g.Rand, "stop", "restart", "delete"), name: oneOf(g.Rand, from...)}
		}
	}
	switch {
	case do == "exit" && len(workers) > 0:
		return otpStep{do: "exit", name: oneOf(g.Rand, workers...), kind: oneOf(g.Rand, "crash", "crash", "crash", "kill", "kill", "normal", "normal", "shutdown", "info")}
	case do == "end" && len(sups) > 0:
		return otpStep{do: "exit", name: oneOf(g.Rand, sups...), kind: oneOf(g.Rand, "normal", "shutdown")}
	case do == "stop" && len(workers)+len(sups) > 0:
		return otpStep{do: do, name: oneOf(g.Rand, append(workers, sups...)...)}
	case do == "restart" || do == "delete":
		if len(resting) > 0 && g.IntN(4) > 0 {
			return otpStep{do: do, name: oneOf(g.Rand, resting...)}
		}
		if len(anybody) > 0 {
			return otpStep{do: do, name: oneOf(g.Rand, anybody...)}
		}
	}
	return g.add()
}

// add draws a child for a supervisor, mostly one that runs: a new child, or one
// again that has or had a place there.
func (g *otpGen) add() otpStep {
	if ended := g.names(func(n *otpNode, k *otpKid) bool { return !isWorker(n, k) && !runs(n, k) }); len(ended) > 0 && g.IntN(4) == 0 {
		return otpStep{do: "add", name: oneOf(g.Rand, ended...), node: g.node(3, policy.AutoNever)}
	}
	boss := g.model.find(oneOf(g.Rand, g.bosses()...))
	depth := 1
	for above := boss.boss; above != nil; above = above.boss {
		depth++
	}
	n := g.node(depth, boss.sup.auto)
	var known []string
	for name, of := range g.model.bosses {
		if of == boss.name && name[0] > 'Z' {
			known = append(known, name)
		}
	}
	slices.Sort(known)
	if n.sup == nil && len(known) > 0 && g.IntN(2) == 0 {
		n.name = oneOf(g.Rand, known...)
	}
	if n.sup == nil && g.IntN(4) == 0 {
		g.take(otpStep{do: oneOf(g.Rand, "fail", "ignore"), name: n.name, count: 1})
	}
	return otpStep{do: "add", name: boss.name, node: n}
}
