package tree_test

import (
	"slices"

	"github.com/understudy-go/understudy/policy"
)

// shrinkOTP returns a smallest program for which fails still holds: nothing can be
// taken from it any more. What Understudy does with it is not left open.
func shrinkOTP(p *otpProgram, fails func(p *otpProgram) bool) *otpProgram {
	for {
		smaller := func() *otpProgram {
			for edit := range otpEdits(p) {
				q := p.clone()
				if otpEdits(q)[edit](); q.fault() == "" && !openOTP(q) && fails(q) {
					return q
				}
			}
			return nil
		}()
		if smaller == nil {
			return p
		}
		p = smaller
	}
}

func (p *otpProgram) clone() *otpProgram {
	q, err := parseOTP(p.String())
	if err != nil {
		panic(err) // what can be written can be read
	}
	return q
}

// otpEdits returns all the ways to make p a little smaller or plainer, each of which
// changes p. Those that take most come first. None can be taken back by another, so
// that there is an end to them.
func otpEdits(p *otpProgram) (edits []func()) {
	add := func(f func()) { edits = append(edits, f) }
	for i, s := range p.steps {
		if s.do != "boot" {
			add(func() { p.steps = slices.Delete(p.steps, i, i+1) })
		}
		if s.do == "add" {
			add(func() { p.steps = slices.Delete(p.steps, i, i+1); p.fix(s) })
		}
	}
	p.each(func(n *otpNode, _ string) {
		if n.sup == nil {
			return
		}
		for i, kid := range n.sup.kids {
			add(func() { p.drop(kid); n.sup.kids = slices.Delete(n.sup.kids, i, i+1) })
			if kid.sup != nil {
				add(func() { n.sup.kids = slices.Replace(n.sup.kids, i, i+1, kid.sup.kids...) })
			}
		}
	})
	for i := range p.steps {
		edits = append(edits, stepEdits(&p.steps[i])...)
	}
	p.each(func(n *otpNode, _ string) { edits = append(edits, nodeEdits(n)...) })
	return edits
}

// fix makes a child that was added one that is there from the start.
func (p *otpProgram) fix(added otpStep) {
	p.root.walk("", func(n *otpNode, _ string) {
		if n.name == added.name {
			n.sup.kids = append(n.sup.kids, added.node)
		}
	})
}

// drop takes the steps away that are about a node or what is below it.
func (p *otpProgram) drop(gone *otpNode) {
	gone.walk("", func(n *otpNode, _ string) {
		p.steps = slices.DeleteFunc(p.steps, func(s otpStep) bool { return s.name == n.name })
		for i, s := range p.steps {
			p.steps[i].targets = slices.DeleteFunc(s.targets, func(name string) bool { return name == n.name })
		}
	})
	p.steps = slices.DeleteFunc(p.steps, func(s otpStep) bool {
		return (s.do == "onstart" || s.do == "onstop") && len(s.targets) == 0
	})
}

func stepEdits(s *otpStep) (edits []func()) {
	if s.count > 1 {
		edits = append(edits, func() { s.count = 1 }, func() { s.count-- })
	}
	if s.kind != "" && s.kind != "crash" && s.name[0] > 'Z' {
		edits = append(edits, func() { s.kind = "crash" })
	}
	for i := range s.targets {
		if len(s.targets) > 1 {
			edits = append(edits, func() { s.targets = slices.Delete(s.targets, i, i+1) })
		}
	}
	return edits
}

func nodeEdits(n *otpNode) (edits []func()) {
	if n.significant {
		edits = append(edits, func() { n.significant = false })
	}
	if n.restart != policy.Permanent {
		edits = append(edits, func() { n.restart = policy.Permanent })
	}
	if n.sup == nil {
		return edits
	}
	if n.sup.auto != policy.AutoNever {
		edits = append(edits, func() { n.sup.auto = policy.AutoNever })
	}
	if n.sup.strategy != policy.OneForOne {
		edits = append(edits, func() { n.sup.strategy = policy.OneForOne })
	}
	if n.sup.restarts > 0 {
		edits = append(edits, func() { n.sup.restarts = 0 }, func() { n.sup.restarts-- })
	}
	return edits
}
