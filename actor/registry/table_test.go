package registry

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestATableKeepsRoomForFewMoreThanAreInIt(t *testing.T) {
	for _, crowd := range []int{1, fewest, fewest + 1, minMove, 100_000} {
		var all table[int, int]
		for i := range crowd {
			all.put(i, -i)
		}
		for n := crowd - 1; n >= 0; n-- {
			all.delete(n)
			require.Len(t, all.in, n)
			require.LessOrEqual(t, all.most, max(minMove, 4*n+4))
			if n > 0 {
				require.Equal(t, 1-n, all.in[n-1])
			}
		}
		require.Equal(t, crowd <= fewest, all.in != nil, "none are left of %d", crowd)
		all.put(7, 8)
		require.Equal(t, map[int]int{7: 8}, all.in)
	}
}
