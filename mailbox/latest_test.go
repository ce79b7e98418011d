package mailbox

import (
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAFaultyLatestNamesEachFaultAndMakesNothing(t *testing.T) {
	b, err := NewLatest[int, int](0, nil, nil)
	require.EqualError(t, err, "mailbox.NewLatest: capacity = 0: must be at least 1\nmailbox.NewLatest: key = nil: must be a function")
	require.Nil(t, b)
}

func TestAKeyThatPanicsLeavesTheMailboxAsItWas(t *testing.T) {
	b, err := NewLatest(2, func(m int) any {
		if m < 0 {
			panic("no key")
		}
		if m > 9 {
			return []int{m} // == panics on it
		}
		return m
	}, nil)
	require.NoError(t, err)
	require.NoError(t, b.TryPut(1))
	require.NoError(t, b.TryPut(2))
	for _, m := range []int{-1, 10} {
		require.Panics(t, func() { _ = b.TryPut(m) })
		require.Panics(t, func() { _ = b.Put(t.Context(), m) })
	}
	require.Equal(t, Stats{Len: 2, Peak: 2}, b.Stats())
	require.NoError(t, b.TryPut(1))
	require.Equal(t, []int{1, 2}, takeAll(b))
}

func TestAnUncomparablePartOfAKeyPanicsBeforeTheLock(t *testing.T) {
	type key struct {
		f    float64
		part any
	}
	b, err := NewLatest(9, func(m int) key {
		if m > 9 {
			return key{math.NaN(), []int{m}} // not equal to itself by its first part, which hides the second
		}
		return key{float64(m), m}
	}, nil)
	require.NoError(t, err)
	require.Panics(t, func() { _ = b.TryPut(10) })
	require.NoError(t, b.TryPut(1))
	require.Panics(t, func() { _ = b.TryPut(10) })
	require.Equal(t, []int{1}, takeAll(b))
}

func TestAKeyThatIsNotEqualToItselfIsAnotherKeyEachTime(t *testing.T) {
	b, err := NewLatest(5, func(m float64) float64 { return m }, nil)
	require.NoError(t, err)
	for range 100 {
		for range 5 {
			require.NoError(t, b.TryPut(math.NaN()))
		}
		require.Equal(t, ErrFull, b.TryPut(math.NaN()))
		require.Empty(t, b.(*latest[float64, float64]).places(), "they could not be deleted")
		require.Len(t, takeAll(b), 5)
	}
	require.Equal(t, Stats{Peak: 5}, b.Stats())
}

func TestADropThatPanicsLeavesTheMailboxDecided(t *testing.T) {
	b, err := New(Bounded(1, DropOldest), func(int) { panic("no use for it") })
	require.NoError(t, err)
	require.NoError(t, b.TryPut(1))
	require.PanicsWithValue(t, "no use for it", func() { _ = b.TryPut(2) })
	require.Equal(t, Stats{Len: 1, Peak: 1, Dropped: 1}, b.Stats())
	require.Equal(t, []int{2}, takeAll(b))
}

func TestTheMapOfALargeBurstIsNotKept(t *testing.T) {
	b, err := NewLatest(math.MaxInt, func(m int) int { return m }, nil)
	require.NoError(t, err)
	l := b.(*latest[int, int])
	burst := func(n int) map[int]*keyed[int, int] {
		for i := range n {
			require.NoError(t, b.TryPut(i))
		}
		more, places := l.more, l.places()
		require.NotNil(t, places)
		require.Len(t, takeAll(b), n)
		if more.places == nil {
			return nil
		}
		return places
	}
	require.NotNil(t, burst(keptPlaces))
	require.Nil(t, burst(keptPlaces+2), "one in the slot, and one too many")
	require.NotNil(t, burst(keptPlaces))
	runtime.KeepAlive(b)
}
