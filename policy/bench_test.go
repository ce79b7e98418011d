package policy_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/understudy-go/understudy/policy"
)

// BenchmarkRestart measures one exit and restart among siblings. It must not
// depend on how many there are.
func BenchmarkRestart(b *testing.B) {
	for _, n := range []int{1, 1000, 1_000_000} {
		b.Run(fmt.Sprintf("strategy=one_for_one/children=%d", n), func(b *testing.B) {
			m := policy.NewMachine(policy.SupervisorScope.WithDefaults())
			slots := make([]policy.Slot, n)
			for i := range slots {
				m.Add(&slots[i])
				m.Started(&slots[i], 0)
			}
			b.ReportAllocs()
			now := time.Duration(0)
			for b.Loop() {
				now += 2 * time.Second
				m.Exited(&slots[n/2], policy.Failed, policy.ByRestart, 0, now)
				m.Started(&slots[n/2], 0)
			}
		})
	}
}
