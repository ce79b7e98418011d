package actor

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// An actor that answers late must not keep the asks it has answered.
func TestUnansweredKeepsEveryOpenAskAndFewOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var u unanswered
		var all []*ask
		open := map[*ask]bool{}
		for range rapid.IntRange(0, 400).Draw(t, "steps") {
			if len(all) > 0 && rapid.IntRange(0, 2).Draw(t, "settle") > 0 {
				a := all[rapid.IntRange(0, len(all)-1).Draw(t, "which")]
				a.settle()
				delete(open, a)
				continue
			}
			a := &ask{done: make(chan struct{})}
			u.add(a)
			all, open[a] = append(all, a), true
		}
		for _, a := range u.list {
			require.True(t, open[a] || !a.open())
		}
		require.LessOrEqual(t, len(u.list), max(minSweep, u.limit)+1)

		u.failAll(errBroken)
		for _, a := range all {
			require.False(t, a.open())
			if open[a] {
				<-a.done // it was in the list
				require.Equal(t, errBroken, a.err)
			}
		}
	})
}
