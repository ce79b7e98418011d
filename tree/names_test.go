package tree

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// A crowd comes and goes several times, so that there have been any number of buckets.
func TestNamesFindWhatAMapFinds(t *testing.T) {
	var found names
	model := make(map[string]*Child)
	chance := rand.New(rand.NewPCG(1, 2))
	for step := range 20_000 {
		name := fmt.Sprint(chance.IntN(500))
		grows := step/1000%2 == 0
		switch ch := found.find(name); {
		case ch != model[name]:
			require.Failf(t, "another one", "step %d: %s", step, name)
		case ch == nil && (grows || chance.IntN(8) == 0):
			ch = &Child{name: name}
			found.add(ch)
			model[name] = ch
		case ch != nil && (!grows || chance.IntN(8) == 0):
			found.remove(ch)
			delete(model, name)
		}
		require.Equal(t, len(model), found.len(), "step %d", step)
	}
	for name, ch := range model {
		require.Same(t, ch, found.find(name))
		found.remove(ch)
		require.Nil(t, found.find(name))
		require.Nil(t, ch.chained, "what has gone keeps nobody")
	}
	require.Zero(t, found.len())
}

func TestNamesAreSpreadOverTheirBuckets(t *testing.T) {
	var found names
	for i := range 10_000 {
		found.add(&Child{name: fmt.Sprint(i)})
		if i%777 != 0 {
			continue
		}
		longest := 0
		for _, ch := range found.buckets {
			n := 0
			for ; ch != nil; ch = ch.chained {
				n++
			}
			longest = max(longest, n)
		}
		require.LessOrEqual(t, longest, 20, "of %d", found.len())
	}
}

func TestNamesGiveBackTheRoomOfACrowd(t *testing.T) {
	var found names
	var crowd []*Child
	for i := range 10_000 {
		crowd = append(crowd, &Child{name: fmt.Sprint(i)})
		found.add(crowd[i])
	}
	for _, ch := range crowd[10:] {
		found.remove(ch)
	}
	require.LessOrEqual(t, cap(found.buckets), 1024)
	for _, ch := range crowd[:10] {
		require.Same(t, ch, found.find(ch.name))
	}
}
