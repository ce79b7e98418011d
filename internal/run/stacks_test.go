package run

import (
	"context"
	"runtime/pprof"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func waitAtGate(gate <-chan struct{}) { <-gate }

func TestStacksAreFoundByTheLabelsOfTheirGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		defer close(gate)
		const odd = `a "quoted": name`
		for _, name := range []string{odd, "other"} {
			Go(func() {
				pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("who", name, "what", "waits")))
				waitAtGate(gate)
			})
		}
		synctest.Wait() // both do
		found := map[string]string{}
		Stacks(func(stack string, label func(string) string) {
			found[label("who")] += stack
			if label("who") == odd {
				require.Equal(t, "waits", label("what"))
				require.Empty(t, label("why"))
			}
		})
		require.Len(t, found, 3, "the two, and those without labels")
		require.Contains(t, found[odd], "run.waitAtGate")
		require.Contains(t, found[odd], "stacks_test.go:")
		require.Contains(t, found[""], "testing.tRunner")
	})
}
