package tree_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// The presets all have one grace, so a nested scope's is over at the instant at
// which that of the scope around is. The one around counts: what it cut is cut.
func TestANestedScopeWithTheGraceOfTheOneAroundIsCanceledByThatOne(t *testing.T) {
	for range rounds {
		synctest.Test(t, func(t *testing.T) {
			var handle *tree.Scope
			var nested *tree.Child
			causes := make(chan error, 1)
			require.NoError(t, tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
				handle = s
				nested = launch(ctx, t, s, "nested", func(ctx context.Context) error {
					return tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error { return s.Go(ctx, tells(causes)) })
				})
				synctest.Wait() // the task waits for its cancel
				s.Drain(errReason)
				return nil
			}))
			require.Equal(t, policy.Canceled, exitOf(t, nested))
			require.EqualError(t, <-causes, "tree: grace of the scope over: reason")
			report, err := handle.Shutdown(t.Context())
			require.NoError(t, err)
			require.Equal(t, 1, report.Canceled)
		})
	}
}
