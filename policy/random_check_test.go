package policy_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
)

// over notes that the incarnation of s ends, or is given up, if s is in one of
// the states in which that can be told.
func (c *chaos) over(s *policy.Slot, states ...policy.SlotState) {
	if slices.Contains(states, s.State()) {
		delete(c.live, s)
		delete(c.stopping, s)
	}
}

func (c *chaos) exit(s *policy.Slot, e policy.Exit) []policy.Action {
	c.over(s, s.State())
	return c.m.Exited(s, e, policy.ByRestart, 0, c.now)
}

// check notes an answer and holds it against the invariants.
func (c *chaos) check(input string, answer []policy.Action) {
	c.said = append(c.said, fmt.Sprintf("%s: %s", input, spell(answer)))
	c.all = c.all || input == "stop background"
	c.ending = c.ending || c.all || input == "shutdown"
	late := c.m.Ending() && strings.HasPrefix(input, "add")
	if late && len(answer) > 0 {
		if c.spares(answer[0].Slot) {
			c.must(len(answer) == 1, "a background child that is added late is not just started", answer[0])
		} else {
			c.must(len(answer) == 2 && answer[1].Do == policy.DoStop, "who is added late is not stopped", answer[0])
		}
	}
	for i, a := range answer {
		own := late || a.Slot != nil && (c.late[a.Slot] || a.Slot.Background)
		c.must(!c.ended || own, "something is done after the end", a)
		switch a.Do {
		case policy.DoStart:
			c.must(!c.live[a.Slot], "two incarnations at once", a)
			c.must(!a.Slot.Blocked(), "a start of one that is blocked", a)
			c.must(!c.ending || late, "a start while ending", a)
			c.must(!c.tried[a.Slot] || !c.temporary(a.Slot), "one that is temporary is started again", a)
			c.live[a.Slot], c.late[a.Slot], c.tried[a.Slot] = true, late, true
		case policy.DoStop:
			c.must(c.live[a.Slot], "a stop of what does not run", a)
			c.must(!c.stopping[a.Slot], "a second stop", a)
			c.must(!a.Slot.Apart || c.m.Ending() || c.wanted == a.Slot, "a group stops one that stands apart", a)
			c.must(!c.m.Ending() || !c.spares(a.Slot) || c.wanted == a.Slot, "a background child is not left alone", a)
			c.stopping[a.Slot] = true
		case policy.DoForget:
			c.must(!c.live[a.Slot], "what runs is forgotten", a)
			c.must(a.Slot.State() == policy.SlotForgotten, "forgotten and in the order", a)
		case policy.DoWait:
			c.must(a.After > 0, "a wait of nothing", a)
		case policy.DoCancelAll:
			c.must(c.means(a.Slot) == policy.CancelTogether, "all are canceled for one who only reports, or is supervised", a)
			c.must(!c.canceled, "all are canceled twice", a)
			c.canceled = true
		case policy.DoGiveUp, policy.DoEscalate, policy.DoAutoShutdown:
			c.must(!c.ending, "it ends twice", a)
			c.ending = true
		case policy.DoEnd:
			c.must(!c.ended, "it ends twice", a)
			c.ended = true
			c.must(i == len(answer)-1 || c.all, "the end is not the last", a)
			c.must(c.others() == 0, "the end before the children's", a)
		}
	}
	c.must(c.ended || !c.m.Ending() || c.others() > 0, "it does not end", policy.Action{})
	c.agree(input)
}

// spares reports whether the end leaves s alone for now.
func (c *chaos) spares(s *policy.Slot) bool { return s.Background && !c.all }

// others returns how many children live that are not background children.
func (c *chaos) others() int {
	n := 0
	for s := range c.live {
		if !s.Background {
			n++
		}
	}
	return n
}

// means is what the failure of s means.
func (c *chaos) means(s *policy.Slot) policy.OnFailure {
	if s.OnFailure != nil {
		return *s.OnFailure
	}
	return c.scope.OnFailure
}

func (c *chaos) temporary(s *policy.Slot) bool {
	return s.Restart == policy.Temporary || c.means(s) != policy.Supervise
}

// agree checks that what the slots say of themselves is what their owner knows.
func (c *chaos) agree(input string) {
	listed, others, background := 0, 0, 0
	for s := range c.m.Slots() {
		listed++
		running := s.State() == policy.SlotStarting || s.State() == policy.SlotRunning || s.State() == policy.SlotStopping
		require.Equal(c.t, running, c.live[s], "seed %d after %s: %v %v", c.seed, input, s.Child, s.State())
		require.Equal(c.t, s.State() == policy.SlotStopping, c.stopping[s], "seed %d after %s", c.seed, input)
		switch {
		case !running && s.State() != policy.SlotDelayed && s.State() != policy.SlotExited:
		case s.Background:
			background++
		default:
			others++
		}
	}
	require.Equal(c.t, background > 0, c.m.Background(), "seed %d after %s: background", c.seed, input)
	if c.all {
		others += background
	}
	require.Equal(c.t, others == 0, c.m.Empty(), "seed %d after %s: empty", c.seed, input)
	known := 0
	for _, s := range c.slots {
		if s.State() != policy.SlotForgotten && s.State() != policy.SlotNew {
			known++
		}
	}
	require.Equal(c.t, known, listed, "seed %d after %s: the order", c.seed, input)
}

func (c *chaos) must(ok bool, what string, a policy.Action) {
	if !ok {
		require.Fail(c.t, what, "seed %d: %v\n%v", c.seed, a, c.said)
	}
}
