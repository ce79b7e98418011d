package mailbox

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheZeroSpecIsBoundedAndBlocks(t *testing.T) {
	require.Equal(t, Bounded(DefaultCapacity, Block), Spec{})
	require.NoError(t, Spec{}.Validate())
	require.Equal(t, "Bounded(64, Block)", Spec{}.String())
	b, err := New[int](Spec{}, nil)
	require.NoError(t, err)
	for i := range DefaultCapacity {
		require.NoError(t, b.TryPut(i))
	}
	require.Equal(t, ErrFull, b.TryPut(0))
}

func TestASpecTellsWhatItWasMadeFrom(t *testing.T) {
	for _, capacity := range []int{1, 63, 64, 65, math.MaxInt} {
		s := Bounded(capacity, Reject)
		require.NoError(t, s.Validate())
		require.Equal(t, capacity, s.Capacity())
		require.Equal(t, Reject, s.Overflow())
	}
	require.Zero(t, Unbounded().Capacity())
	require.NoError(t, Unbounded().Validate())
	require.Equal(t, "Unbounded()", Unbounded().String())
	require.Equal(t, "Bounded(8, Reject)", Bounded(8, Reject).String())
	require.Equal(t, "Overflow(7)", Overflow(7).String())
}

func TestAFaultySpecNamesEachFaultAndMakesNothing(t *testing.T) {
	for _, capacity := range []int{0, -1, math.MinInt} {
		s := Bounded(capacity, numOverflows)
		require.ErrorContains(t, s.Validate(), "mailbox.Spec.Capacity = ")
		require.ErrorContains(t, s.Validate(), "mailbox.Spec.Overflow = Overflow(4): must be Block, Reject, DropNewest or DropOldest")
		b, err := New[int](s, nil)
		require.Equal(t, s.Validate(), err)
		require.Nil(t, b)
	}
}
