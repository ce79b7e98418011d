package flood

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// pass counts what goes through of n lines at once, and returns which ones were said to
// be so many.
func pass(g *Gate, now time.Time, n int) (through int, said []uint64) {
	for range n {
		if which, ok := g.Pass(now); ok {
			through++
			if which > 0 {
				said = append(said, which)
			}
		}
	}
	return through, said
}

func TestTheFirstLinesOfASecondGoThroughAndThenFewerAndFewer(t *testing.T) {
	var g Gate
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	through, said := pass(&g, now, 100_000)
	require.Equal(t, Most+12, through)
	require.Equal(t, []uint64{32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536}, said)

	through, _ = pass(&g, now.Add(time.Second-1), 100)
	require.Zero(t, through, "it is the same second")
	through, said = pass(&g, now.Add(time.Second), Most)
	require.Equal(t, Most, through, "it is another one")
	require.Empty(t, said)
}

func TestAClockThatIsSetBackClosesNothing(t *testing.T) {
	var g Gate
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	pass(&g, now, 1000)
	through, _ := pass(&g, now.Add(-time.Hour), 1)
	require.Equal(t, 1, through)
}
