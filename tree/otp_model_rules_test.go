package tree_test

import (
	"slices"

	"github.com/understudy-go/understudy/policy"
)

// ended tells the supervisor of k that it has ended by itself.
func (m *otpModel) ended(k *otpKid, failed bool) {
	k.state = otpDead
	if k.boss == nil {
		return
	}
	k.boss.queue = append(k.boss.queue, otpMessage{kid: k, failed: failed})
	if len(k.boss.queue) > 1 {
		m.meets(k.boss, "several exits wait")
	}
	m.run(k.boss)
}

// run handles what waits in the queue of s, unless s is deaf.
func (m *otpModel) run(s *otpKid) {
	for len(s.queue) > 0 && s.state == otpUp && !s.busy {
		msg := s.queue[0]
		s.queue = s.queue[1:]
		s.busy = !m.has(otpHearsMeanwhile)
		m.handle(s, msg)
		if s.state == otpUp {
			s.busy = false
		}
	}
}

// operate does what an operator asks of s, which is deaf meanwhile.
func (m *otpModel) operate(s *otpKid, f func()) {
	s.busy = !m.has(otpHearsMeanwhile)
	f()
	if s.state == otpUp {
		s.busy = false
		m.run(s)
	}
}

func (m *otpModel) handle(s *otpKid, msg otpMessage) {
	k := msg.kid
	switch {
	case msg.retry && k.state == otpRetry:
		m.meets(s, "a start is tried again")
		m.restart(s, k)
	case msg.retry || k.state != otpDead:
		m.meets(s, "a message is overtaken")
	case k.restart == policy.Permanent, k.restart == policy.Transient && msg.failed:
		m.restart(s, k)
	default:
		m.rest(k)
		m.autoShutdown(s, k)
	}
}

// rest leaves k without an incarnation, and a temporary child without a place.
func (m *otpModel) rest(k *otpKid) {
	k.state = otpNone
	if k.restart == policy.Temporary {
		m.remove(k)
	}
}

func (m *otpModel) remove(k *otpKid) {
	k.boss.kids = slices.DeleteFunc(k.boss.kids, func(x *otpKid) bool { return x == k })
}

// autoShutdown ends s if that is what k, which is not restarted, is for.
func (m *otpModel) autoShutdown(s, k *otpKid) {
	auto := s.sup.auto
	left := slices.ContainsFunc(s.kids, (*otpKid).counts)
	if k.significant && (auto == policy.AutoAnySignificant || auto == policy.AutoAllSignificant && !left) {
		m.meets(s, s.place()+" shuts down, "+otpAutos[auto]+",")
		m.shut(s, false)
	}
}

// counts reports whether a significant child is one that others wait for. Who is
// being stopped by an operator is not.
func (k *otpKid) counts() bool {
	return k.significant && (k.state != otpNone || k.finish != nil) && !(k.held && k.state == otpUp)
}

// restart brings k back, and with it whom the strategy says, if s has not done so
// too often.
func (m *otpModel) restart(s, k *otpKid) {
	s.used++
	k.state = otpNone
	switch {
	case s.used > s.sup.restarts:
		m.meets(s, s.place()+" gives up")
		m.rest(k)
		m.say("%s^", s.name)
		m.shut(s, true)
	case s.sup.strategy == policy.OneForOne:
		if len(s.queue) > 0 {
			k.stirs = m.acts
		}
		if m.start(k) == "!" && slices.Contains(s.kids, k) {
			k.state = otpRetry
			s.queue = append(s.queue, otpMessage{kid: k, retry: true})
		}
	case s.sup.strategy == policy.OneForAll:
		m.group(s, s.kids)
	default:
		m.group(s, s.kids[slices.Index(s.kids, k):])
	}
}

// group stops some children of s, the last one first, and starts them, the first
// one first.
func (m *otpModel) group(s *otpKid, kids []*otpKid) {
	kids = slices.Clone(kids)
	s.busy = true
	for _, k := range slices.Backward(kids) {
		if k.state != otpNone {
			m.meets(s, "a group takes one along that is "+[]string{otpUp: "up", otpDead: "dead", otpRetry: "restarting"}[k.state])
		}
		m.terminate(k)
	}
	for _, k := range kids {
		if (k.restart == policy.Temporary || k.held || k.added) && !k.asked {
			continue
		}
		asked := k.asked
		k.asked = false
		how := m.start(k)
		if asked {
			k.answer = how
		}
		if asked && how != "" {
			m.rest(k)
		}
		if asked || how != "!" {
			continue
		}
		k.state = otpRetry
		s.queue = append(s.queue, otpMessage{kid: k, retry: true})
		return
	}
}

// shut ends s by itself.
func (m *otpModel) shut(s *otpKid, gaveUp bool) {
	m.stopAll(s)
	if s == m.root {
		m.result = map[bool]string{true: "R=gaveup", false: "R=auto"}[gaveUp]
	}
	m.ended(s, gaveUp && m.has(otpGivingUpFails))
}

// stopAll stops the children of s, the last one first.
func (m *otpModel) stopAll(s *otpKid) {
	s.busy = true
	for _, k := range slices.Backward(slices.Clone(s.kids)) {
		m.terminate(k)
	}
	s.kids, s.queue, s.state = nil, nil, otpNone
}

// terminate stops k if it runs. If it has just ended, nobody will hear of that.
func (m *otpModel) terminate(k *otpKid) {
	if k.finish != nil {
		k.finish()
	}
	k.boss.queue = slices.DeleteFunc(k.boss.queue, func(msg otpMessage) bool { return msg.kid == k && !msg.retry })
	if k.state == otpUp {
		m.stop(k)
	}
	if !k.asked {
		m.rest(k)
	}
}

// stop stops k, which runs.
func (m *otpModel) stop(k *otpKid) {
	if k.sup != nil {
		// How far it has got is a matter of time, which this model does not know.
		m.open = m.open || k.stirs == m.acts
		m.stopAll(k)
		return
	}
	m.say("-%s", k.name)
	m.during("onstop", k, func() {
		m.say(".%s", k.name)
		k.state = otpNone
	})
}
