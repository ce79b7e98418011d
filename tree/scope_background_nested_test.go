package tree_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// A scope that it opened is its own, and keeps nobody.
func TestAScopeThatABackgroundChildHasOpenedDoesNotKeepIt(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, inner policy.Scope) {
		under := inner // of the scope that it opens
		d := newDaemon()
		outside, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		err := tree.Run(outside, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			_, err := s.Start(ctx, tree.ChildSpec{Name: "daemon", Background: true, Run: func(ctx context.Context) error {
				return tree.Run(ctx, under, func(ctx context.Context, s *tree.Scope) error {
					_ = s.Go(ctx, d.spec("").Run)
					<-ctx.Done()
					return ctx.Err()
				})
			}})
			require.NoError(t, err)
			pause(tenth)
			return nil
		})
		require.NoError(t, err)
		d.requireCanceled(t, tenth, textBackground)
	})
}

// A supervisor may be one itself, and one below a scope that drains is its scope's.
func TestABackgroundSupervisorAndOneInANestedScope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		outer, inner := newDaemon(), newDaemon()
		leaf := outer.spec("leaf")
		leaf.Background = false
		spec := supervisorSpec(leaf)
		spec.Background = true
		_, err := s.Start(t.Context(), spec)
		require.NoError(t, err)
		normal := supervisorSpec(inner.spec("daemon"), tree.ChildSpec{Name: "worker", Run: func(ctx context.Context) error {
			<-tree.Draining(ctx)
			return sleep(ctx, 3*tenth)
		}})
		normal.Name = "normal"
		_, err = s.Start(t.Context(), normal)
		require.NoError(t, err)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3*tenth, report.Took)
		inner.requireCanceled(t, 3*tenth, textBackground)
		outer.requireCanceled(t, 3*tenth, textBackground)
		require.Equal(t, []string{"app/normal returned", "app/sup canceled"}, childEnds(report))
		require.NoError(t, s.Close())
	})
}
