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
