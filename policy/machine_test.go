package policy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
)

func TestASlotIsAddedOnce(t *testing.T) {
	m, other := policy.NewMachine(policy.SupervisorScope.WithDefaults()), policy.NewMachine(policy.SupervisorScope.WithDefaults())
	s := &policy.Slot{Child: "a"}
	require.Equal(t, "start a", spell(m.Add(s)))
	require.Equal(t, "nothing", spell(m.Add(s)))
	require.Equal(t, "nothing", spell(other.Add(s)))
	other.Shutdown(0)
	require.Equal(t, "nothing", spell(other.Add(s)))
	require.Equal(t, policy.SlotStarting, s.State())
}

func TestSlotsMayBeRangedOverInPart(t *testing.T) {
	p := crashing(policy.OneForOne, policy.NoRestarts)
	for s := range p.m.Slots() {
		require.Equal(t, 0, s.Child)
		break
	}
}

func TestADelayOfForeverIsWaitedFor(t *testing.T) {
	p := crashing(policy.OneForOne, policy.DefaultIntensity)
	answer := p.m.Exited(p.slots[0], policy.Failed, policy.ByRestart, policy.Forever, time.Hour)
	require.Equal(t, []policy.Action{{Do: policy.DoWait, Slot: p.slots[0], After: policy.Forever}}, answer)
	require.Empty(t, p.m.Elapsed(p.slots[0], 100*time.Hour))
	require.False(t, p.m.Empty())
}

func TestAMachineIsEmptyWhenNobodyRunsAndNobodyIsDue(t *testing.T) {
	p := crashing(policy.OneForOne, policy.DefaultIntensity)
	require.False(t, p.m.Empty())
	for _, s := range p.slots {
		p.m.Exited(s, policy.Canceled, policy.ByRestart, 0, 0)
	}
	require.True(t, p.m.Empty())
	require.False(t, p.m.Ending(), "being empty ends nothing")
}

func TestAChildIsDueWhileItWaitsForItsRestart(t *testing.T) {
	p := crashing(policy.OneForOne, policy.DefaultIntensity)
	s := p.slots[0]
	require.False(t, p.m.Due())
	p.m.Exited(s, policy.Failed, policy.ByRestart, time.Second, 0)
	require.True(t, p.m.Due())
	require.False(t, p.m.Empty())
	p.m.Elapsed(s, time.Second)
	require.False(t, p.m.Due(), "it is started")
}

func TestAChildStaysDownWhereAnOperatorOrItsEndHasLeftIt(t *testing.T) {
	p := crashing(policy.OneForAll, policy.DefaultIntensity)
	a, b, c := p.slots[0], p.slots[1], p.slots[2]
	down := func() []bool { return []bool{a.StaysDown(), b.StaysDown(), c.StaysDown()} }
	require.Equal(t, []bool{false, false, false}, down(), "they run")
	p.m.StopChild(b)
	require.Equal(t, []bool{false, true, false}, down(), "it is stopping")
	p.m.RestartChild(b)
	require.Equal(t, []bool{false, false, false}, down(), "it stops for a start")
	p.m.RemoveChild(b)
	p.m.Exited(b, policy.Canceled, policy.ByRestart, 0, 0)
	require.Equal(t, []bool{false, true, false}, down(), "it is gone")
	p.m.Exited(a, policy.Failed, policy.ByRestart, 0, 0)
	require.Equal(t, policy.SlotStopping, c.State())
	require.Equal(t, []bool{false, true, false}, down(), "a group comes back")
	p.m.Abandoned(c, 0)
	require.Equal(t, []bool{false, true, false}, down(), "it does when it has ended")
	p.m.StopChild(c)
	require.Equal(t, []bool{false, true, true}, down(), "or not, for an operator said so")
	p.m.Exited(c, policy.Canceled, policy.ByRestart, 0, 0)
	require.Equal(t, policy.SlotStopped, c.State())
	require.True(t, c.StaysDown())
}

func TestALongAnswerIsNotKept(t *testing.T) {
	m := policy.NewMachine(policy.TaskScope.WithDefaults())
	for range 1000 {
		s := &policy.Slot{}
		m.Add(s)
		m.Started(s, 0)
	}
	require.Len(t, m.Shutdown(0), 1000)
	for s := range m.Slots() {
		require.LessOrEqual(t, cap(m.Started(s, 0)), 64)
		break
	}
}
