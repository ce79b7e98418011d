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

// stopping is a SupervisorScope with these bounds.
func stopping(grace, kill time.Duration) *policy.Scope {
	p := policy.SupervisorScope
	p.Stop.Grace, p.Stop.Kill = grace, kill
	return &p
}

// tower describes supervisors of these policies, one in the other, with a leaf
// at the end.
func tower(leaf tree.ChildSpec, levels ...*policy.Scope) tree.ChildSpec {
	for i := len(levels) - 1; i >= 0; i-- {
		leaf = tree.ChildSpec{Name: "sup", Policy: levels[i], Children: []tree.ChildSpec{leaf}}
	}
	return leaf
}

func TestTheShortestGraceOnTheWayDownHolds(t *testing.T) {
	for name, c := range map[string]struct {
		levels   []*policy.Scope
		canceled time.Duration
	}{
		"the root's":  {[]*policy.Scope{stopping(time.Hour, time.Hour), stopping(policy.Forever, time.Hour)}, 2 * time.Second},
		"the middle":  {[]*policy.Scope{stopping(time.Second, time.Hour), stopping(time.Hour, time.Hour)}, time.Second},
		"the lowest":  {[]*policy.Scope{stopping(time.Hour, time.Hour), stopping(time.Second, time.Hour)}, time.Second},
		"no grace":    {[]*policy.Scope{stopping(time.Hour, time.Hour), stopping(policy.NoGrace, time.Hour)}, 0},
		"all default": {[]*policy.Scope{new(policy.SupervisorScope), new(policy.SupervisorScope)}, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := openSupervisor(t, bounded())
				g := &signals{from: time.Now()}
				_, err := s.Start(t.Context(), tower(tree.ChildSpec{Name: "leaf", Run: g.run(0)}, c.levels...))
				require.NoError(t, err)
				report, err := s.Shutdown(t.Context())
				require.NoError(t, err)
				require.True(t, report.Clean())
				require.Zero(t, g.asked, "all are asked at once")
				require.Equal(t, c.canceled, g.canceled)
				require.Equal(t, c.canceled, report.Took)
				require.NoError(t, s.Close())
			})
		})
	}
}

// However deep a tree is, its root's two bounds are all that a shutdown takes.
func TestAStuckLeafHoldsUpADeepTreeForOneGraceAndOneKillWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		defer func() { close(gate); synctest.Wait() }()
		s, seen := openSupervisor(t, bounded())
		long := stopping(time.Hour, time.Hour)
		_, err := s.Start(t.Context(), tower(tree.ChildSpec{Name: "leaf", Run: stubborn(gate)}, long, long, long, long))
		require.NoError(t, err)
		begun := time.Now()
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 5*time.Second, time.Since(begun))
		require.Len(t, report.Abandoned, 1)
		require.Equal(t, "app/sup/sup/sup/sup/leaf", report.Abandoned[0].Path)
		require.Contains(t, report.Abandoned[0].Stack, "helpers_test.go:")
		require.EqualError(t, s.Close(), "tree: abandoned: app/sup/sup/sup/sup/leaf")
		synctest.Wait()
		require.Len(t, seen.of(tree.ChildAbandoned), 1)
		var paths []string
		for _, e := range seen.of(tree.ChildAbandoned) {
			if e.Path == "app/sup/sup/sup/sup/leaf" {
				paths = append(paths, e.Path)
				require.Contains(t, e.Stack, "helpers_test.go:")
				require.Equal(t, 5*time.Second, e.Took)
			}
		}
		require.Len(t, paths, 1, "the leaf is named, once")
	})
}

// What gave up below does so within its own bounds, and those above wait no
// longer than that.
func TestALowerScopesShorterKillWaitEndsItEarlier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		defer func() { close(gate); synctest.Wait() }()
		s, seen := openSupervisor(t, bounded())
		_, err := s.Start(t.Context(), tower(tree.ChildSpec{Name: "leaf", Run: stubborn(gate)}, stopping(time.Second, time.Second)))
		require.NoError(t, err)
		begun := time.Now()
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2*time.Second, time.Since(begun))
		require.Len(t, report.Abandoned, 1)
		require.Equal(t, "app/sup/leaf", report.Abandoned[0].Path)
		require.ErrorIs(t, s.Close(), tree.ErrAbandoned)
		synctest.Wait()
		told := seen.of(tree.ChildAbandoned)
		require.Len(t, told, 1)
		require.Equal(t, "app/sup/leaf", told[0].Path)
		require.Equal(t, 2*time.Second, told[0].Time.Sub(begun))
	})
}

func TestScopesOpenedByChildrenDrainWithTheirTree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, bounded())
		g := &signals{from: time.Now()}
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Restart: policy.Temporary, Run: func(ctx context.Context) error {
			return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, inner *tree.Scope) error {
				return inner.Go(ctx, g.run(0))
			}, tree.WithName("inner"))
		}})
		require.NoError(t, err)
		require.NoError(t, sleep(t.Context(), time.Second))
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, time.Second, g.asked)
		require.NoError(t, g.errAtAsk)
		require.Equal(t, 3*time.Second, g.canceled)
		require.True(t, report.Clean())
		require.NoError(t, s.Close())
	})
}

// The shorter bound of the scope above holds for what is below a supervisor, also
// when only the supervisor is stopped: it is the leaf that is lost, not the
// supervisor, which has no goroutine.
func TestAStopOfASupervisorNamesTheLeafThatOutlivedIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		defer func() { close(gate); synctest.Wait() }()
		s, seen := openSupervisor(t, bounded())
		sup, err := s.Start(t.Context(), tower(tree.ChildSpec{Name: "leaf", Run: stubborn(gate)}, stopping(time.Hour, time.Hour)))
		require.NoError(t, err)
		begun := time.Now()
		_ = sup.Shutdown(t.Context())
		require.Equal(t, 5*time.Second, time.Since(begun))
		synctest.Wait()
		told := seen.of(tree.ChildAbandoned)
		require.Len(t, told, 1)
		require.Equal(t, "app/sup/leaf", told[0].Path)
		require.Contains(t, told[0].Stack, "helpers_test.go:")
		require.Equal(t, policy.SlotStopped, sup.State(), "the supervisor itself has ended")

		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Zero(t, report.Took, "nobody waits for the leaf again")
		require.Len(t, report.Abandoned, 1)
		require.Equal(t, "app/sup/leaf", report.Abandoned[0].Path)
		require.ErrorIs(t, s.Close(), tree.ErrAbandoned)
	})
}
