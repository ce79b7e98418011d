package tree_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// A write that survives a cancel needs its pool: background children that serve
// what is shielded end after it.
func TestABackgroundChildStaysWhileAnythingIsShielded(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var served, closed time.Duration
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			pool := make(chan struct{})
			_, err := s.Start(ctx, tree.ChildSpec{Name: "pool", Background: true, Run: func(ctx context.Context) error {
				<-ctx.Done()
				closed = time.Since(start)
				close(pool)
				return ctx.Err()
			}})
			require.NoError(t, err)
			require.NoError(t, s.Go(ctx, func(ctx context.Context) error {
				return s.Shield(context.WithoutCancel(ctx), "save", func(context.Context) error {
					select {
					case <-pool:
						return errors.New("the pool was closed under the write")
					case <-time.After(5 * tenth):
						served = time.Since(start)
						return nil
					}
				})
			}))
			time.AfterFunc(tenth, func() { s.Cancel(errReason) })
			<-ctx.Done()
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, 5*tenth, served)
		require.Equal(t, 5*tenth, closed)
		require.Equal(t, 5*tenth, time.Since(start))
	})
}

// The last call ends both: there must be time left to come back.
func TestTheLastCallEndsBackgroundChildrenWithTheShieldsTheyServe(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Kill = 10 * time.Second
		start := time.Now()
		s, _ := openSupervisor(t, p)
		ends := make(chan time.Duration, 2)
		waits := func(ctx context.Context) error {
			<-ctx.Done()
			ends <- time.Since(start)
			return ctx.Err()
		}
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "pool", Background: true, Run: waits})
		require.NoError(t, err)
		answer := shieldOf(t.Context(), s, "save", waits)
		time.AfterFunc(tenth, func() { s.Cancel(errReason) })
		require.ErrorIs(t, <-answer, context.Canceled)
		require.NoError(t, s.Close())
		require.Equal(t, 9*time.Second+tenth, <-ends)
		require.Equal(t, 9*time.Second+tenth, <-ends)
	})
}
