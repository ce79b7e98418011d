package policy_test

import (
	"slices"

	"github.com/understudy-go/understudy/policy"
)

// stopAll ends the supervisor, while stopping is being stopped already.
func (m *model) stopAll(stopping int) {
	m.over = true
	if stopping >= 0 {
		m.asked = append(m.asked, stopping)
	}
	n := len(m.kinds)
	together := map[policy.Order]int{policy.OrderByKind: m.fixed, policy.OrderReverse: n}[m.order]
	for i := n - 1; i >= 0; i-- {
		if i < together {
			m.awaitAfter(i)
		}
		m.ask(i)
	}
	m.awaitAfter(-1)
	m.said = append(m.said, "end")
	if m.hurried {
		m.stopBackground()
	}
	m.endAsked()
}

// ask stops i if it runs and has not been asked. Background children are left
// alone.
func (m *model) ask(i int) {
	switch {
	case slices.Contains(m.asked, i):
	case !m.up[i]:
		m.leave(i)
	case !m.background[i]:
		m.say("stop", i)
		m.asked = append(m.asked, i)
	}
}

// awaitAfter lets those who were asked end, until only background children are left
// of those that come after child i.
func (m *model) awaitAfter(i int) {
	for slices.ContainsFunc(m.asked, func(k int) bool { return k > i && !m.background[k] }) {
		if m.hurried {
			m.stopBackground()
		}
		m.endNext()
	}
}

// stopBackground stops the background children that run.
func (m *model) stopBackground() {
	for i := len(m.kinds) - 1; i >= 0; i-- {
		if m.background[i] && m.up[i] && !slices.Contains(m.asked, i) {
			m.say("stop", i)
			m.asked = append(m.asked, i)
		}
	}
}

// endNext ends the one that was asked first.
func (m *model) endNext() {
	i := m.asked[0]
	m.asked = m.asked[1:]
	m.up[i] = false
	m.leave(i)
}

// endAsked ends everybody who was asked.
func (m *model) endAsked() {
	for len(m.asked) > 0 {
		m.endNext()
	}
}
