package policy_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
)

// TestTheMachineAgreesWithTheRulesInEveryCase plays every story of up to four (in a short test, three)
// children to a machine and to the reference model: each strategy, each mix of
// restart types, each way to end of each child; and, at each start or stop of
// what follows, each way to end of each other child, and a start that fails.
func TestTheMachineAgreesWithTheRulesInEveryCase(t *testing.T) {
	stories := 0
	most := 4
	if testing.Short() {
		most = 3
	}
	for n := 1; n <= most; n++ {
		everyStory(n, func(s story) {
			for range []int{1: 64, 2: 8, 3: 1, 4: 1}[n] {
				stories++
				vary(&s, uint64(stories))
				if want, got := expected(s), played(s); !slices.Equal(want, got) {
					require.Equal(t, want, got, "%v", s)
				}
			}
		})
	}
	t.Logf("%d stories", stories)
}

// vary gives a story what all stories have by turns: an order of stopping, fixed
// children, background children, and children whose failure has a meaning of its
// own, and those of them that are never restarted and stand apart. The turns are scattered, so that none falls in step with a loop below.
func vary(s *story, turn uint64) {
	take := func(n uint64) uint64 {
		turn = (turn ^ turn>>29) * 0x9e3779b97f4a7c15
		return turn >> 32 % n
	}
	n := len(s.kinds)
	s.order = policy.Order(take(3))
	s.fixed = []int{n, n / 2}[take(2)]
	s.atOnce = take(3) == 0
	s.means, s.background, s.apart = make([]policy.OnFailure, n), make([]bool, n), make([]bool, n)
	for i := range n {
		s.background[i] = take(3) == 0
		s.means[i] = s.scope
		if own := policy.OnFailure(take(8)); own != policy.Supervise && own <= policy.CancelTogether {
			s.means[i] = own
		}
		never := s.kinds[i] == policy.Temporary || s.means[i] != policy.Supervise
		s.apart[i] = never && take(4) == 0
	}
}

// lives are the ways in which a child can end.
var lives = []life{
	{exit: policy.Returned}, {exit: policy.Canceled}, {exit: policy.Failed}, {exit: policy.Panicked},
	{policy.Failed, policy.NoRestart}, {policy.Failed, policy.Escalate},
}

// everyStory calls f with every story of n children.
func everyStory(n int, f func(story)) {
	for mix := range pow(3, n) {
		kinds := make([]policy.Restart, n)
		for i := range kinds {
			kinds[i] = policy.Restart(mix / pow(3, i) % 3)
		}
		for first := range n {
			for _, how := range lives {
				s := story{kinds: kinds, first: first, how: how}
				for _, s.scope = range []policy.OnFailure{policy.Report, policy.CancelTogether} {
					f(s)
				}
				s.scope = policy.Supervise
				for _, s.strategy = range policy.Strategies() {
					everySequel(s, f)
				}
			}
		}
	}
}

// everySequel calls f with every second event that may follow.
func everySequel(s story, f func(story)) {
	f(s)
	moments := 0
	if comesBack(s.kinds[s.first], s.how) {
		moments = 2 * len(s.kinds)
	}
	for s.moment = 1; s.moment <= moments; s.moment++ {
		s.second, s.later = -1, life{}
		f(s)
		for s.second = range s.kinds {
			for _, s.later = range lives {
				f(s)
			}
		}
	}
}

func pow(x, n int) int {
	p := 1
	for range n {
		p *= x
	}
	return p
}

// player plays a story to a machine, as an owner would whose children do at
// once what they are asked to.
type player struct {
	story
	m       *policy.Machine
	slots   []*policy.Slot
	said    []string
	due     []func() []policy.Action // what the children will do
	playing bool                     // all are up, and the story has begun
	moments int
}

// played plays the story.
func played(s story) []string {
	scope := policy.Scope{OnFailure: s.scope, Strategy: s.strategy, Stop: policy.Stop{Order: s.order}}
	scope.Intensity = policy.Intensity{Restarts: 100, Within: time.Hour}
	p := &player{story: s, m: policy.NewMachine(scope.WithDefaults())}
	for i, kind := range s.kinds {
		slot := &policy.Slot{Child: i, Terms: &policy.Terms{Restart: kind, Background: s.background[i], Apart: s.apart[i]}}
		if s.means[i] != s.scope {
			slot.OnFailure = &s.means[i]
		}
		p.slots = append(p.slots, slot)
	}
	p.do(p.m.Boot(p.slots[:s.fixed]))
	for _, slot := range p.slots[s.fixed:] {
		p.do(p.m.Add(slot))
	}
	p.settle()
	p.said, p.moments, p.playing = nil, 0, true
	p.do(p.m.Exited(p.slots[s.first], s.how.exit, s.how.decision, 0, 0))
	p.settle()
	if !s.atOnce {
		p.do(p.m.Shutdown(0))
		p.settle()
	}
	p.do(p.m.StopBackground(0))
	p.settle()
	return p.said
}

// settle lets the children do what they were asked to until nothing is left.
func (p *player) settle() {
	for len(p.due) > 0 {
		next := p.due[0]
		p.due = p.due[1:]
		p.do(next())
	}
}

// do notes an answer, plays the second event if it is time, and leaves the rest
// to the children.
func (p *player) do(answer []policy.Action) {
	var starts, stops *policy.Slot
	for _, a := range answer {
		if a.Do != policy.DoBooted {
			p.said = append(p.said, brief(a))
		}
		switch a.Do {
		case policy.DoStart:
			starts = a.Slot
		case policy.DoStop:
			stops = a.Slot
			s := a.Slot
			p.due = append(p.due, func() []policy.Action {
				return p.m.Exited(s, policy.Canceled, policy.ByRestart, 0, 0)
			})
		default:
			continue
		}
		p.moments++
	}
	if starts == nil && (stops == nil || p.m.Ending()) {
		return
	}
	happens := p.playing && p.moments == p.moment
	if starts != nil {
		if happens && p.second < 0 {
			p.do(p.m.StartFailed(starts, policy.ByRestart, 0, 0))
			return
		}
		p.due = append(p.due, func() []policy.Action { return p.m.Started(starts, 0) })
	}
	if happens && p.second >= 0 && p.slots[p.second].State() != policy.SlotStarting {
		if p.slots[p.second] == stops {
			p.due = p.due[:len(p.due)-1] // it ends like this, and not as asked
		}
		p.do(p.m.Exited(p.slots[p.second], p.later.exit, p.later.decision, 0, 0))
	}
}

// brief is a.String() for these children, and much faster.
func brief(a policy.Action) string {
	if a.Slot == nil {
		return a.Do.String()
	}
	return a.Do.String() + " " + strconv.Itoa(a.Slot.Child.(int))
}
