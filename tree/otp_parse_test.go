package tree_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/understudy-go/understudy/policy"
)

// parseOTP reads a program as String writes it.
func parseOTP(text string) (p *otpProgram, err error) {
	r := &otpReader{}
	defer func() {
		if r.fault != "" {
			p, err = nil, fmt.Errorf("program %q: %s", text, r.fault)
		}
	}()
	parts := strings.Split(text, " ; ")
	r.words = strings.Fields(parts[0])
	p = &otpProgram{root: &otpNode{name: "R", sup: r.sup()}}
	r.end()
	for _, part := range parts[1:] {
		r.words = strings.Fields(part)
		p.steps = append(p.steps, r.step())
		r.end()
	}
	if fault := p.fault(); fault != "" {
		r.fail("%s", fault)
	}
	return p, nil
}

// fault says what keeps a program from being played, if anything does.
func (p *otpProgram) fault() (fault string) {
	bosses, autos := p.bosses(), map[string]policy.AutoShutdown{}
	p.each(func(n *otpNode, boss string) {
		if n.sup != nil {
			autos[n.name] = n.sup.auto
		}
		switch {
		case bosses[n.name] != boss, n.sup != nil && n.sup.twice():
			fault = n.name + " has two places, or a child has"
		case n.significant && (n.restart == policy.Permanent || autos[boss] == policy.AutoNever):
			fault = n.name + " cannot be significant"
		}
	})
	const boots = "the first thing that is done is to boot, once"
	first := slices.IndexFunc(p.steps, otpStep.acts)
	if first < 0 {
		return boots
	}
	for i, s := range p.steps {
		for _, name := range append([]string{s.name}, s.targets...) {
			if _, known := bosses[name]; !known && s.do != "boot" {
				fault = name + " is nobody"
			}
		}
		switch {
		case (s.do == "boot") != (i == first):
			fault = boots
		case s.do == "add" && s.name[0] > 'Z', s.do == "exit" && s.name[0] <= 'Z' && s.kind != "normal" && s.kind != "shutdown":
			fault = s.String() + " is not for " + s.name
		}
	}
	return fault
}

// twice reports whether two children have one name.
func (s *otpSup) twice() bool {
	seen := map[string]bool{}
	return slices.ContainsFunc(s.kids, func(n *otpNode) bool {
		was := seen[n.name]
		seen[n.name] = true
		return was
	})
}

// otpReader reads word by word. After a fault it reads nothing more.
type otpReader struct {
	words []string
	fault string
}

func (r *otpReader) fail(format string, args ...any) {
	if r.fault == "" {
		r.fault = fmt.Sprintf(format, args...)
	}
	r.words = nil
}

// next takes the next word.
func (r *otpReader) next() string {
	if len(r.words) == 0 {
		r.fail("a word is missing")
		return ""
	}
	word := r.words[0]
	r.words = r.words[1:]
	return word
}

// is takes the next word if it is this one.
func (r *otpReader) is(word string) bool {
	if len(r.words) == 0 || r.words[0] != word {
		return false
	}
	r.words = r.words[1:]
	return true
}

// end wants all words taken.
func (r *otpReader) end() {
	if len(r.words) > 0 {
		r.fail("%q is one word too many", r.words[0])
	}
}

// one takes one of some words and returns its place among them.
func (r *otpReader) one(words []string) int {
	word := r.next()
	i := slices.Index(words, word)
	if i < 0 {
		r.fail("%q is none of %v", word, words)
		return 0
	}
	return i
}

func (r *otpReader) number() int {
	n, err := strconv.Atoi(r.next())
	if err != nil || n < 0 {
		r.fail("a number is missing")
	}
	return n
}

func (r *otpReader) sup() *otpSup {
	s := &otpSup{
		strategy: policy.Strategy(r.one(otpStrategies)),
		restarts: r.number(),
		auto:     policy.AutoShutdown(r.one(otpAutos)),
	}
	r.one([]string{"["})
	for len(r.words) > 0 && r.words[0] != "]" {
		s.kids = append(s.kids, r.node())
	}
	r.one([]string{"]"})
	return s
}

func (r *otpReader) node() *otpNode {
	n := &otpNode{name: r.next()}
	n.restart = policy.Restart(r.one(otpRestarts))
	n.significant = r.is("sig")
	if n.name != "" && n.name[0] <= 'Z' {
		n.sup = r.sup()
	}
	return n
}

func (r *otpReader) step() otpStep {
	s := otpStep{do: r.next()}
	switch s.do {
	case "boot":
	case "add":
		s.name, s.node = r.next(), r.node()
	case "fail", "ignore":
		s.name, s.count = r.next(), r.number()
	case "exit", "dying":
		s.name, s.kind = r.next(), otpExits[r.one(otpExits)]
	case "stop", "restart", "delete":
		s.name = r.next()
	case "onstart", "onstop":
		s.name, s.targets = r.next(), r.words
		r.words = nil
	default:
		r.fail("%q is no step", s.do)
	}
	return s
}
