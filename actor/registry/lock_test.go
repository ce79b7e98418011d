package registry_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor/registry"
)

func TestAskingForALockThatOneHasIsAnErrorAndNotADeadlock(t *testing.T) {
	var n, other names
	var kept context.Context
	require.NoError(t, n.Lock(t.Context(), "db", func(ctx context.Context) error {
		kept = ctx
		derived, cancel := context.WithCancel(ctx)
		defer cancel()
		err := n.Lock(derived, "db", nothing)
		require.ErrorIs(t, err, registry.ErrSelfLock)
		require.EqualError(t, err, `registry: waits for its own lock: "db"`)
		require.NoError(t, n.Lock(ctx, "cache", func(ctx context.Context) error {
			require.ErrorIs(t, n.Lock(ctx, "db", nothing), registry.ErrSelfLock)
			return nil
		}))
		return other.Lock(ctx, "db", nothing)
	}))
	require.NoError(t, n.Lock(kept, "db", nothing), "it is over")
}

func TestOnlyOneIsInALockHoweverManyCome(t *testing.T) {
	var n names
	var all sync.WaitGroup
	inside, calls, gaveUp := 0, 0, make(chan struct{}, 1000)
	for range 8 {
		all.Go(func() {
			for i := range 500 {
				ctx, cancel := context.WithCancel(t.Context())
				if i%5 == 0 {
					go cancel()
				}
				err := n.Lock(ctx, "db", func(context.Context) error {
					if inside++; inside != 1 {
						panic("two at once")
					}
					calls++
					inside--
					return nil
				})
				if err != nil {
					gaveUp <- struct{}{}
				}
				cancel()
			}
		})
	}
	all.Wait()
	require.Equal(t, 8*500, calls+len(gaveUp))
}
