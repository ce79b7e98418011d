package tree_test

import (
	"fmt"
	"strings"
)

// otpModel is what OTP's supervisor does, written down plainly: a supervisor has a
// queue of messages, handles one at a time and is deaf meanwhile. Where Understudy
// does otherwise on purpose a switch says so; see otpDeviation. With none of them it
// is OTP, with all of them Understudy.
type otpModel struct {
	switches otpDeviation
	said     []string
	bosses   map[string]string
	plans    map[string][]string // how the next starts end: "!" or "~"; else they succeed
	hooks    map[string][]string // whom "onstart a" makes crash
	counts   map[string]int      // starts so far
	root     *otpKid
	result   string         // how the root ended by itself
	met      map[string]int // what has come up, for who wants to know that all did
	acts     int            // steps so far that did something
	open     bool           // what Understudy does is left open; see stirs
}

// otpKid is a child's place. The root has one too, in nobody's list.
type otpKid struct {
	*otpNode
	boss   *otpKid
	state  otpState
	held   bool   // only an operator brings it back
	added  bool   // an operator waits for its first start
	asked  bool   // an operator waits for its next start
	answer string // how that went, if a group did it
	finish func() // while its start or stop makes others crash: ends that start or stop

	// Of a supervisor that runs.
	kids  []*otpKid
	queue []otpMessage
	used  int  // restarts
	busy  bool // deaf
	stirs int  // the step in which something was going on in it beside what its own supervisor did
}

// otpState is what OTP keeps in the place of a pid.
type otpState uint8

const (
	otpNone  otpState = iota // undefined
	otpUp                    // it runs
	otpDead                  // it has ended, which its supervisor has yet to hear
	otpRetry                 // restarting
)

// otpMessage tells a supervisor of a child: that it has ended, with a failure or
// without, or that its start is to be tried again.
type otpMessage struct {
	kid    *otpKid
	retry  bool
	failed bool
}

func newOTPModel(p *otpProgram, switches otpDeviation) *otpModel {
	return &otpModel{switches: switches, bosses: p.bosses(), plans: map[string][]string{},
		hooks: map[string][]string{}, counts: map[string]int{}, root: &otpKid{otpNode: p.root}, met: map[string]int{}}
}

// meets notes that something has come up in a supervisor.
func (m *otpModel) meets(s *otpKid, what string) {
	m.met[what+" under "+otpStrategies[s.sup.strategy]]++
}

// place tells the root from nested supervisors.
func (k *otpKid) place() string {
	if k.boss == nil {
		return "the root"
	}
	return "a nested one"
}

// otpPredict returns the trace of a program.
func otpPredict(p *otpProgram, switches otpDeviation) string {
	m := newOTPModel(p, switches)
	m.play(p)
	return strings.Join(m.said, " ")
}

// openOTP reports whether it is a matter of time what Understudy does with a
// program: a supervisor is stopped at a moment when its own start is not over, or
// when it handles what came during that, because its own supervisor does not wait.
func openOTP(p *otpProgram) bool {
	m := newOTPModel(p, otpAll)
	m.play(p)
	return m.open
}

// play plays a program to its end.
func (m *otpModel) play(p *otpProgram) {
	for _, s := range p.steps {
		if m.step(s); m.over() {
			break
		}
	}
	m.end()
}

func (m *otpModel) say(format string, args ...any) {
	m.said = append(m.said, fmt.Sprintf(format, args...))
}

func (m *otpModel) has(d otpDeviation) bool { return m.switches&d != 0 }

// over reports whether the root has ended.
func (m *otpModel) over() bool {
	return len(m.said) > 0 && strings.HasPrefix(m.said[len(m.said)-1], "R=")
}

// start begins an incarnation of k and returns how that went: "" for well.
func (m *otpModel) start(k *otpKid) string {
	m.counts[k.name]++
	how := ""
	if plan := m.plans[k.name]; len(plan) > 0 {
		how, m.plans[k.name] = plan[0], plan[1:]
	}
	m.say("%s%d%s", k.name, m.counts[k.name], how)
	if k.sup != nil {
		return m.boot(k)
	}
	m.during("onstart", k, func() {
		if how == "" {
			k.state, k.held = otpUp, false
		}
		k.added = k.added && how == "!"
	})
	return how
}

// boot starts the children of a supervisor. What waits in its queue then is handled
// before its own supervisor goes on.
func (m *otpModel) boot(s *otpKid) string {
	s.kids, s.queue, s.used, s.busy = nil, nil, 0, true
	for _, n := range s.sup.kids {
		k := &otpKid{otpNode: n, boss: s}
		s.kids = append(s.kids, k)
		switch m.start(k) {
		case "!":
			m.meets(s, s.place()+" fails to boot")
			m.stopAll(s)
			return "!"
		case "~":
			m.meets(s, "a fixed "+otpRestarts[n.restart]+" child is ignored")
			m.rest(k)
		}
	}
	s.state, s.held, s.added, s.busy = otpUp, false, false, false
	if len(s.queue) > 0 {
		s.stirs = m.acts
	}
	m.run(s)
	return ""
}

// during ends a start or stop of k with finish, once those are handled that crash
// during it. Who waits for k meanwhile calls k.finish, and it is over then.
func (m *otpModel) during(point string, k *otpKid, finish func()) {
	targets := m.hooks[point+" "+k.name]
	delete(m.hooks, point+" "+k.name)
	over := false
	k.finish = func() {
		for len(targets) > 0 {
			target := m.find(targets[0])
			targets = targets[1:]
			if target != nil && target.state == otpUp && target.finish == nil {
				m.meets(k.boss, point)
				m.say("*%s", target.name)
				m.ended(target, true)
			}
		}
		if !over {
			over, k.finish = true, nil
			finish()
		}
	}
	k.finish()
}

// find returns the place of that name, or nil if it has none now.
func (m *otpModel) find(name string) *otpKid {
	switch name {
	case "":
		return nil
	case "R":
		return m.root
	}
	boss := m.find(m.bosses[name])
	if boss == nil || boss.state != otpUp && !boss.busy {
		return nil
	}
	for _, k := range boss.kids {
		if k.name == name {
			return k
		}
	}
	return nil
}
