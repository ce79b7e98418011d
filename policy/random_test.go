package policy_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
)

// TestNoSequenceOfInputsBreaksAnInvariant tells machines of every kind long
// random sequences, sensible and not, and checks after each input what must
// hold whatever happened.
func TestNoSequenceOfInputsBreaksAnInvariant(t *testing.T) {
	for seed := range uint64(500) {
		newChaos(t, seed).run(300)
	}
}

func TestEqualInputsHaveEqualAnswers(t *testing.T) {
	for seed := range uint64(50) {
		require.Equal(t, newChaos(t, seed).run(200), newChaos(t, seed).run(200), "seed %d", seed)
	}
}

// chaos is an owner whose children do anything.
type chaos struct {
	t     *testing.T
	seed  uint64
	rand  *rand.Rand
	scope policy.Scope
	m     *policy.Machine
	slots []*policy.Slot
	now   time.Duration
	said  []string

	live     map[*policy.Slot]bool // has an incarnation that has not ended
	stopping map[*policy.Slot]bool // ... and was asked to stop
	late     map[*policy.Slot]bool // was added while the supervisor was ending, or later
	tried    map[*policy.Slot]bool // has been started, and no operator wanted it again
	ending   bool                  // it has said, or was told, that it ends
	all      bool                  // it was told to stop background children too
	wanted   *policy.Slot          // whom an operator's call is about
	canceled bool                  // it has said that all are to be canceled
	ended    bool
}

func newChaos(t *testing.T, seed uint64) *chaos {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	scope := policy.Scope{
		OnFailure: policy.Supervise,
		Strategy:  policy.Strategy(r.IntN(3)),
		Exhausted: policy.Exhausted(r.IntN(3)),
		Auto:      policy.AutoShutdown(r.IntN(3)),
		Intensity: policy.Intensity{Restarts: r.IntN(5), Within: time.Second},
		Stop:      policy.Stop{Order: policy.Order(r.IntN(3))},
	}
	if r.IntN(8) == 0 {
		scope = policy.Scope{OnFailure: policy.OnFailure(r.IntN(2)), Stop: scope.Stop}
	}
	require.NoError(t, scope.Validate())
	scope = scope.WithDefaults()
	return &chaos{
		t: t, seed: seed, rand: r, scope: scope, m: policy.NewMachine(scope),
		live: map[*policy.Slot]bool{}, stopping: map[*policy.Slot]bool{},
		late: map[*policy.Slot]bool{}, tried: map[*policy.Slot]bool{},
	}
}

// run tells n random inputs, then shuts down, lets everything end while a few more
// come in, and returns every answer.
func (c *chaos) run(n int) []string {
	var fixed []*policy.Slot
	for range c.rand.IntN(5) {
		fixed = append(fixed, c.slot())
	}
	if len(fixed) > 0 {
		c.check("boot", c.m.Boot(fixed))
	}
	c.tell(n)
	if c.rand.IntN(4) > 0 {
		c.check("shutdown", c.m.Shutdown(c.now))
		c.tell(c.rand.IntN(20))
		c.endStopping()
		for s := range c.live {
			c.must(s.Background && !c.all, "it ended before its children", policy.Action{Slot: s})
		}
	}
	c.check("stop background", c.m.StopBackground(c.now))
	c.tell(c.rand.IntN(20))
	c.endStopping()
	require.Empty(c.t, c.live, "seed %d: somebody still lives", c.seed)
	require.True(c.t, c.m.Empty(), "seed %d", c.seed)
	c.check("shutdown", c.m.Shutdown(c.now))
	c.check("stop background", c.m.StopBackground(c.now))
	return c.said
}

// tell tells n random inputs.
func (c *chaos) tell(n int) {
	for range n {
		c.now += time.Duration(c.rand.IntN(3)) * 50 * time.Millisecond
		c.wanted = nil
		c.check(c.input())
	}
}

// endStopping ends those that were asked to stop, and those that are asked then.
func (c *chaos) endStopping() {
	for !c.ended || len(c.stopping) > 0 {
		var next *policy.Slot
		for _, s := range c.slots {
			if c.stopping[s] {
				next = s
				break
			}
		}
		require.NotNil(c.t, next, "seed %d: it does not end, and asks nobody to stop", c.seed)
		c.check("end "+fmt.Sprint(next.Child), c.exit(next, policy.Canceled))
	}
}

func (c *chaos) slot() *policy.Slot {
	s := &policy.Slot{Child: len(c.slots), Terms: &policy.Terms{
		Restart:     policy.Restart(c.rand.IntN(3)),
		Significant: c.rand.IntN(6) == 0, Stuck: policy.Stuck(c.rand.IntN(3)),
		Background: c.rand.IntN(3) == 0,
	}}
	c.budget(s.Terms)
	if own := policy.OnFailure(c.rand.IntN(12)); own <= max(c.scope.OnFailure, policy.CancelTogether) {
		s.OnFailure = &own
	}
	s.Apart = c.temporary(s) && c.rand.IntN(3) == 0
	c.slots = append(c.slots, s)
	return s
}

// budget gives one child in three a budget of its own.
func (c *chaos) budget(t *policy.Terms) {
	t.Intensity, t.Exhausted = policy.Intensity{}, 0
	if c.rand.IntN(3) == 0 {
		t.Intensity = policy.Intensity{Restarts: c.rand.IntN(3), Within: time.Second}
		t.Exhausted = policy.Exhausted(c.rand.IntN(3))
	}
}

// revise changes the rules, or what one child is.
func (c *chaos) revise() string {
	switch c.rand.IntN(3) {
	case 0:
		to := c.scope
		to.Strategy, to.Exhausted = policy.Strategy(c.rand.IntN(3)), policy.Exhausted(c.rand.IntN(3))
		to.Intensity.Restarts = c.rand.IntN(5)
		c.m.Reconfigure(to)
		return "reconfigure"
	case 1:
		s := c.slot()
		c.m.List(s)
		return fmt.Sprint("list ", s.Child)
	}
	s := c.slots[c.rand.IntN(len(c.slots))]
	to := *s.Terms
	to.Restart, to.Significant = policy.Restart(c.rand.IntN(3)), c.rand.IntN(2) == 0
	c.budget(&to)
	c.m.Describe(s, &to)
	delete(c.tried, s)
	return fmt.Sprint("describe ", s.Child)
}

// input tells one thing, about a child that may be in any state.
func (c *chaos) input() (string, []policy.Action) {
	kind := c.rand.IntN(40)
	if kind == 0 || len(c.slots) == 0 {
		s := c.slot()
		return fmt.Sprint("add ", s.Child), c.m.Add(s)
	}
	if kind == 1 && c.rand.IntN(10) == 0 {
		if c.rand.IntN(3) == 0 {
			return "stop background", c.m.StopBackground(c.now)
		}
		return "shutdown", c.m.Shutdown(c.now)
	}
	if kind == 2 && c.scope.OnFailure == policy.Supervise && c.rand.IntN(4) == 0 {
		return c.revise(), nil
	}
	s := c.slots[c.rand.IntN(len(c.slots))]
	switch {
	case kind == 3 && c.rand.IntN(3) == 0 && !c.live[s] && s.State() != policy.SlotAbandoned:
		c.m.Block(s)
		return fmt.Sprint("block ", s.Child), nil
	case s.Blocked() && c.rand.IntN(4) == 0:
		return fmt.Sprint("unblock ", s.Child), c.m.Unblock(s, c.now)
	}
	d := policy.ByRestart
	if c.rand.IntN(40) == 0 {
		d = policy.Decision(c.rand.IntN(4))
	}
	delay := time.Duration(c.rand.IntN(3)) * 70 * time.Millisecond
	name := fmt.Sprint(kind, " ", s.Child)
	switch {
	case kind < 12:
		return name, c.m.Started(s, c.now)
	case kind < 14:
		c.over(s, policy.SlotStarting, policy.SlotStopping)
		return name, c.m.StartFailed(s, d, delay, c.now)
	case kind < 15:
		c.over(s, policy.SlotStarting, policy.SlotStopping)
		return name, c.m.Ignored(s, c.now)
	case kind < 22:
		c.over(s, policy.SlotStarting, policy.SlotRunning, policy.SlotStopping, policy.SlotAbandoned)
		return name, c.m.Exited(s, policy.Exit(c.rand.IntN(4)), d, delay, c.now)
	case kind < 32:
		return name, c.m.Elapsed(s, c.now)
	case kind < 34:
		c.over(s, policy.SlotStopping)
		if c.m.Ending() {
			c.over(s, policy.SlotStarting, policy.SlotRunning)
		}
		return name, c.m.Abandoned(s, c.now)
	case kind < 36:
		c.wanted = s
		return name, c.m.StopChild(s)
	case kind < 39:
		c.wanted = s
		delete(c.tried, s)
		return name, c.m.RestartChild(s)
	}
	c.wanted = s
	return name, c.m.RemoveChild(s)
}
