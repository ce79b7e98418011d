package policy_test

import (
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
)

// TestAnExitAmongAMillionChildrenAllocatesNothing counts what an exit and a
// restart cost when there are very many siblings, and what a place takes.
func TestAnExitAmongAMillionChildrenAllocatesNothing(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 10_000
	}
	m := policy.NewMachine(policy.SupervisorScope.WithDefaults())
	slots := make([]policy.Slot, n)
	for i := range slots {
		m.Add(&slots[i])
		m.Started(&slots[i], 0)
	}
	s := &slots[n/2]
	now := time.Duration(0)
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		now += time.Hour
		m.Exited(s, policy.Failed, policy.ByRestart, 0, now)
		m.Started(s, 0)
		m.StopChild(s)
		m.Exited(s, policy.Canceled, policy.ByRestart, 0, now)
		m.RestartChild(s)
		m.Started(s, 0)
	}))
	require.LessOrEqual(t, unsafe.Sizeof(*s), uintptr(56), "bytes of a place")
}
