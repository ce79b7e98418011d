package tree_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// TestASetBearsManyWhoUseItsKeysAtOnce has goroutines put, replace, remove and end
// children under few keys, in real time. Never are there two of a key, nor more than
// the Limit, and at the end nothing is left.
func TestASetBearsManyWhoUseItsKeysAtOnce(t *testing.T) {
	const users, few, limit = 8, 5, 3
	rounds := 400
	if testing.Short() {
		rounds = 50
	}
	set := openSet[int](t, roomFor(limit))
	var alive [few]atomic.Int32
	var all atomic.Int32
	spec := func(key, round int) tree.ChildSpec {
		return tree.ChildSpec{Restart: policy.Restart(round % 3), Run: func(ctx context.Context) error {
			if n := alive[key].Add(1); n != 1 {
				t.Errorf("%d of key %d", n, key)
			}
			if n := all.Add(1); n > limit {
				t.Errorf("%d of %d", n, limit)
			}
			defer alive[key].Add(-1)
			defer all.Add(-1)
			if round%4 == 0 {
				return policy.Done(nil)
			}
			<-tree.Draining(ctx)
			return nil
		}}
	}
	var wg sync.WaitGroup
	for user := range users {
		wg.Go(func() {
			for round := range rounds {
				key := (user + round*round) % few
				var err error
				switch (user + round) % 4 {
				case 0:
					_, err = set.Put(t.Context(), key, spec(key, round))
				case 1, 2:
					_, err = set.Replace(t.Context(), key, spec(key, round))
				default:
					err = set.Remove(t.Context(), key)
				}
				if !expected(err) {
					t.Error(err)
				}
				for key, ch := range set.Each() {
					if ch == nil || key < 0 || key >= few {
						t.Errorf("%d: %v", key, ch)
					}
				}
			}
		})
	}
	wg.Wait()
	for key := range few {
		if err := set.Remove(t.Context(), key); !expected(err) {
			t.Error(err)
		}
	}
	require.Zero(t, set.Len())
	require.Empty(t, snapshotOf(t, set.Supervisor()).Children)
	require.Zero(t, all.Load())
	for range limit { // all places are free
		made := put(t, set, int(all.Add(1)), drainer, policy.Permanent)
		require.Equal(t, policy.SlotRunning, made.State())
	}
}
