package tree_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// keptContext returns the context of a child that has ended and did nothing with it.
func keptContext(t *testing.T, s *tree.Scope) (kept context.Context) {
	ch := launch(t.Context(), t, s, "child", func(ctx context.Context) error {
		kept = ctx
		return nil
	})
	require.NoError(t, ch.Wait(t.Context()))
	return kept
}

func TestAContextThatNobodyHasUsedIsCanceledByTheEndOfItsChild(t *testing.T) {
	type valueKey struct{}
	for first, use := range map[string]func(t *testing.T, ctx context.Context){
		"Err":   func(t *testing.T, ctx context.Context) { require.Equal(t, context.Canceled, ctx.Err()) },
		"Done":  func(t *testing.T, ctx context.Context) { <-ctx.Done() },
		"Cause": func(t *testing.T, ctx context.Context) { require.EqualError(t, context.Cause(ctx), "tree: ended") },
		"Value": func(t *testing.T, ctx context.Context) { require.Equal(t, "value", ctx.Value(valueKey{})) },
		"Draining": func(t *testing.T, ctx context.Context) {
			<-tree.Draining(ctx)
		},
		"AfterFunc": func(t *testing.T, ctx context.Context) {
			called := make(chan struct{})
			stop := context.AfterFunc(ctx, func() { close(called) })
			<-called
			require.False(t, stop())
		},
		"a derived context": func(t *testing.T, ctx context.Context) {
			derived, cancel := context.WithCancel(ctx)
			defer cancel()
			require.Equal(t, context.Canceled, derived.Err())
			require.Equal(t, context.Cause(ctx), context.Cause(derived))
		},
		"a scope": func(t *testing.T, ctx context.Context) {
			err := tree.Run(ctx, policy.TaskScope, func(ctx context.Context, s *tree.Scope) error { return blocker(ctx) })
			require.ErrorIs(t, err, context.Canceled)
		},
	} {
		t.Run(first, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := context.WithValue(t.Context(), valueKey{}, "value")
				s, err := tree.Open(ctx, policy.TaskScope)
				require.NoError(t, err)
				kept := keptContext(t, s)
				use(t, kept)
				use(t, kept)
				require.Equal(t, context.Canceled, kept.Err())
				require.NoError(t, s.Close())
				require.EqualError(t, context.Cause(kept), "tree: ended", "the first cause stands")
			})
		})
	}
}

// Whoever comes first, the child that ends, its scope that is canceled or one who looks:
// what has been said once is said again.
func TestAContextThatIsFirstUsedWhileItsChildEndsIsCanceledOnce(t *testing.T) {
	errFirst := errors.New("first")
	for range crowd(20_000) {
		s, err := tree.Open(t.Context(), policy.TaskScope, nobody())
		require.NoError(t, err)
		given := make(chan context.Context)
		launch(t.Context(), t, s, "child", func(ctx context.Context) error {
			given <- ctx
			return nil
		})
		ctx := <-given
		var all sync.WaitGroup
		all.Go(func() { s.Cancel(errFirst) })
		all.Go(func() {
			for ctx.Err() == nil {
				continue
			}
			<-ctx.Done()
			cause := context.Cause(ctx)
			for range 3 {
				if ctx.Err() != context.Canceled || context.Cause(ctx) != cause {
					t.Errorf("%v of %v, and then %v", ctx.Err(), cause, context.Cause(ctx))
				}
			}
		})
		all.Go(func() {
			derived, cancel := context.WithCancel(ctx)
			defer cancel()
			<-derived.Done()
			if context.Cause(derived) != context.Cause(ctx) {
				t.Errorf("%v, derived from %v", context.Cause(derived), context.Cause(ctx))
			}
		})
		all.Wait()
		require.NoError(t, s.Close())
	}
}
