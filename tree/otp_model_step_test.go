package tree_test

import (
	"slices"
	"strings"
)

// step plays one step of a program.
func (m *otpModel) step(s otpStep) {
	if s.acts() {
		m.acts++
	}
	switch s.do {
	case "fail":
		m.plans[s.name] = append(m.plans[s.name], slices.Repeat([]string{"!"}, s.count)...)
	case "ignore":
		m.plans[s.name] = append(m.plans[s.name], slices.Repeat([]string{"~"}, s.count)...)
	case "onstart", "onstop":
		m.hooks[s.do+" "+s.name] = s.targets
	case "dying": // which makes no difference
	case "boot":
		m.say(";")
		if m.start(m.root) != "" {
			m.say("R=unbooted")
			return
		}
		m.done("ok")
	default:
		m.say(";")
		boss := m.find(m.boss(s))
		result := m.act(s)
		if boss != nil && s.do != "exit" {
			m.meets(boss, s.do+" is "+result)
		}
		m.done(result)
	}
}

// boss returns the supervisor that a step is about.
func (m *otpModel) boss(s otpStep) string {
	if s.do == "add" {
		return s.name
	}
	return m.bosses[s.name]
}

// done ends a step that did something.
func (m *otpModel) done(result string) {
	m.say("=%s", result)
	clear(m.hooks)
	if m.root.state != otpUp {
		m.say("%s", m.result)
	}
}

// act does what an operator asks for, or lets a child end, and returns the result.
func (m *otpModel) act(s otpStep) string {
	boss, k := m.find(m.boss(s)), m.find(s.name)
	switch s.do {
	case "add":
		return m.add(boss, s.node)
	case "exit":
		return m.exit(k, s.kind)
	}
	switch {
	case boss == nil || boss.state != otpUp:
		return "gone"
	case k == nil:
		return "unknown"
	case s.do == "stop":
		m.operate(boss, func() {
			k.held = m.has(otpStopStays)
			m.terminate(k)
		})
		return "ok"
	case s.do == "restart":
		return m.restarted(boss, k)
	}
	return m.deleted(boss, k)
}

func (m *otpModel) exit(k *otpKid, kind string) string {
	if k == nil || k.state != otpUp {
		return "down"
	}
	if k.sup != nil {
		m.stopAll(k)
		kind += " of a supervisor"
	}
	if k.boss != nil {
		m.meets(k.boss, otpRestarts[k.restart]+" exits "+kind)
	}
	m.ended(k, kind == "crash" || kind == "kill")
	return "ok"
}

func (m *otpModel) add(boss *otpKid, n *otpNode) string {
	switch {
	case boss == nil || boss.state != otpUp:
		return "gone"
	case slices.ContainsFunc(boss.kids, func(k *otpKid) bool { return k.name == n.name }):
		return "taken"
	}
	k := &otpKid{otpNode: n, boss: boss, added: true}
	how := ""
	m.operate(boss, func() {
		boss.kids = append(boss.kids, k)
		how = m.start(k)
		switch {
		case how == "!":
			m.remove(k)
		case how == "~" && k.state == otpNone:
			m.rest(k)
		}
	})
	return otpResult(how)
}

func (m *otpModel) restarted(boss, k *otpKid) (result string) {
	if k.state == otpUp && !m.has(otpRestartsRunning) {
		return "running"
	}
	result = "ok"
	m.operate(boss, func() {
		k.asked, k.answer = true, ""
		if k.state == otpUp {
			m.stop(k)
		}
		switch {
		case !k.asked: // while it was stopped a group took it along
			result = otpResult(k.answer)
			return
		case boss.state != otpUp, !slices.Contains(boss.kids, k): // or the end came
			result = "gone"
			return
		}
		k.asked = false
		how := m.start(k)
		if result = otpResult(how); how != "" && k.state == otpNone {
			m.rest(k)
		}
	})
	return result
}

func (m *otpModel) deleted(boss, k *otpKid) string {
	if k.state == otpUp && !m.has(otpDeletesRunning) {
		return "running"
	}
	m.operate(boss, func() {
		k.held = true
		m.terminate(k)
		m.remove(k)
	})
	return "ok"
}

func otpResult(how string) string {
	if how == "!" {
		return "failed"
	}
	return "ok"
}

// end lists who has a place and stops what runs.
func (m *otpModel) end() {
	if m.over() || m.root.state != otpUp {
		return
	}
	m.acts++
	m.say(";")
	m.say("%s", m.root.slots())
	m.stopAll(m.root)
	m.say("R=halt")
}

// slots lists the children of a supervisor.
func (k *otpKid) slots() string {
	var list []string
	for _, x := range k.kids {
		switch {
		case x.state != otpUp:
			list = append(list, x.name+"-")
		case x.sup != nil:
			list = append(list, x.name+"+"+x.slots())
		default:
			list = append(list, x.name+"+")
		}
	}
	return "[" + strings.Join(list, " ") + "]"
}
