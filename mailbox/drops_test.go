package mailbox

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// takeAll takes what is there.
func takeAll[M any](b Mailbox[M]) (all []M) {
	for m, ok := b.Take(); ok; m, ok = b.Take() {
		all = append(all, m)
	}
	return all
}

func TestAFullMailboxThatDropsTheNewestKeepsWhatItHas(t *testing.T) {
	var dropped []int
	b, err := New(Bounded(2, DropNewest), func(m int) { dropped = append(dropped, m) })
	require.NoError(t, err)
	for i := range 5 {
		require.NoError(t, b.Put(t.Context(), i))
	}
	require.Equal(t, []int{2, 3, 4}, dropped)
	require.Equal(t, Stats{Len: 2, Peak: 2, Dropped: 3}, b.Stats())
	require.Equal(t, []int{0, 1}, takeAll(b))
}

func TestAFullMailboxThatDropsTheOldestKeepsWhatCameLast(t *testing.T) {
	for _, capacity := range []int{1, 2, 33, 64} {
		var dropped []int
		b, err := New(Bounded(capacity, DropOldest), func(m int) { dropped = append(dropped, m) })
		require.NoError(t, err)
		var want []int
		for i := range 200 {
			require.NoError(t, b.TryPut(i))
			want = append(want, i)
		}
		require.Equal(t, want[:200-capacity], dropped)
		require.Equal(t, Stats{Len: capacity, Peak: capacity, Dropped: uint64(200 - capacity)}, b.Stats())
		require.Equal(t, want[200-capacity:], takeAll(b))
	}
}

func TestTheLatestOfEachKeyComesOutWhereItsKeyCameIn(t *testing.T) {
	var dropped []string
	b, err := NewLatest(3, func(m string) byte { return m[0] }, func(m string) { dropped = append(dropped, m) })
	require.NoError(t, err)
	for _, m := range []string{"a1", "b1", "c1", "a2", "b2", "a3"} {
		require.NoError(t, b.TryPut(m))
	}
	require.Equal(t, ErrFull, b.TryPut("d1"))
	require.Equal(t, []string{"a1", "b1", "a2"}, dropped)
	require.Equal(t, Stats{Len: 3, Peak: 3, Dropped: 3}, b.Stats())
	require.Equal(t, []string{"a3", "b2", "c1"}, takeAll(b))
}

func TestAMailboxThatIsOpenedAgainAcceptsAgain(t *testing.T) {
	for _, s := range []Spec{Unbounded(), {}, Bounded(9, DropNewest), Bounded(9, DropOldest)} {
		b, err := New[int](s, nil)
		require.NoError(t, err)
		b.Open()
		require.NoError(t, b.TryPut(1))
		b.Close()
		require.Equal(t, ErrClosed, b.TryPut(2))
		b.Open()
		b.Open()
		require.NoError(t, b.TryPut(3))
		require.Equal(t, Stats{Len: 2, Peak: 2}, b.Stats())
		require.Equal(t, []int{1, 3}, takeAll(b))
	}
}
