package tree_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// deepTree opens app with sup/leaf, a child whose run opens a named scope with a
// child and an unnamed one, and a nested scope without a name with another.
func deepTree(t *testing.T) *tree.Scope {
	s, _ := openSupervisor(t, policy.SupervisorScope)
	_, err := s.Start(t.Context(), supervisorSpec(tree.ChildSpec{Name: "leaf", Run: blocker}))
	require.NoError(t, err)
	launch(t.Context(), t, s, "opener", func(ctx context.Context) error {
		return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, inner *tree.Scope) error {
			launch(ctx, t, inner, "inner", blocker)
			return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, unnamed *tree.Scope) error {
				launch(ctx, t, unnamed, "deep", blocker)
				return blocker(ctx)
			})
		}, tree.WithName("room"))
	})
	require.NoError(t, s.Go(t.Context(), func(ctx context.Context) error {
		return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, inner *tree.Scope) error {
			launch(ctx, t, inner, "of-task", blocker)
			return nil
		})
	}))
	synctest.Wait() // all are there
	return s
}

func TestAChildIsFoundByItsPathBelowAScopeAndInTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := deepTree(t)
		for _, path := range []string{"sup", "sup/leaf", "opener", "opener/room/inner", "opener/room/deep", "of-task"} {
			child, err := s.Find(path)
			require.NoError(t, err, path)
			require.Equal(t, "app/"+path, child.Path())
			require.Equal(t, path[max(0, len(path)-len(child.Name())):], child.Name())
			again, err := tree.Find("app/" + path)
			require.NoError(t, err, path)
			require.Same(t, child, again)
		}
		for inner := range s.Scopes() { // a path is below the scope that is asked
			if inner.Path() == "app/sup" {
				leaf, err := inner.Find("leaf")
				require.NoError(t, err)
				require.Equal(t, "app/sup/leaf", leaf.Path())
				_, err = inner.Find("sup/leaf")
				require.ErrorIs(t, err, tree.ErrNotFound)
			}
		}
	})
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := deepTree(t)
		for _, path := range []string{"", "/", "leaf", "sup/", "/sup", "sup//leaf", "sup/leaf/", "sup/leaf/x", "su", "sup/lea",
			"opener/room", "opener/inner", "room/inner", "app/sup", "opener/room/inner/deep"} {
			_, err := s.Find(path)
			require.ErrorIs(t, err, tree.ErrNotFound, path)
			require.ErrorContains(t, err, `in app`)
			_, err = tree.Find("app/" + path)
			require.ErrorIs(t, err, tree.ErrNotFound, path)
		}
		for _, path := range []string{"", "app", "ap", "app2/sup", "sup", "/app/sup"} {
			_, err := tree.Find(path)
			require.ErrorIs(t, err, tree.ErrNotFound, path)
		}
		_, err := s.Find("x/y")
		require.EqualError(t, err, `tree: no such child: "x/y" in app`)
		_, err = tree.Find("x/y")
		require.EqualError(t, err, `tree: no such child: "x/y"`)
		_, err = (&tree.Scope{}).Find("sup")
		require.ErrorIs(t, err, tree.ErrNotFound)
	})
}

// A child that has ended and lost its place is gone, and so is one in a scope that
// has ended; one whose place remains is there.
func TestOnlyWhoHasAPlaceIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := deepTree(t)
		leaf, err := s.Find("sup/leaf")
		require.NoError(t, err)
		require.NoError(t, leaf.Shutdown(t.Context()))
		again, err := s.Find("sup/leaf")
		require.NoError(t, err)
		require.Same(t, leaf, again)
		require.Equal(t, policy.SlotStopped, again.State())

		of, err := s.Find("of-task")
		require.NoError(t, err)
		of.Cancel(nil)
		sup, err := s.Find("sup")
		require.NoError(t, err)
		require.NoError(t, sup.Shutdown(t.Context()))
		synctest.Wait() // its scope has ended too
		for _, path := range []string{"of-task", "sup/leaf"} {
			_, err := s.Find(path)
			require.ErrorIs(t, err, tree.ErrNotFound, path)
		}
		require.NoError(t, s.Restart("sup"))
		synctest.Wait() // its scope is a new one
		fresh, err := tree.Find("app/sup/leaf")
		require.NoError(t, err)
		require.NotSame(t, leaf, fresh)

		_, err = s.Shutdown(t.Context())
		require.NoError(t, err)
		_, err = tree.Find("app/sup")
		require.ErrorIs(t, err, tree.ErrNotFound, "the root has ended")
	})
}

// Of roots of one name the newest that has such a child counts.
func TestOfRootsOfOneNameTheNewestThatHasTheChildCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		older, _ := openSupervisor(t, policy.TaskScope)
		newer, _ := openSupervisor(t, policy.TaskScope)
		defer older.Cancel(nil)
		defer newer.Cancel(nil)
		launch(t.Context(), t, older, "both", blocker)
		want := launch(t.Context(), t, newer, "both", blocker)
		only := launch(t.Context(), t, older, "only", blocker)
		child, err := tree.Find("app/both")
		require.NoError(t, err)
		require.Same(t, want, child)
		child, err = tree.Find("app/only")
		require.NoError(t, err)
		require.Same(t, only, child)
	})
}

// scopePaths returns the paths of the scopes directly below s.
func scopePaths(s *tree.Scope) []string {
	var list []string
	for inner := range s.Scopes() {
		list = append(list, inner.Path())
	}
	return list
}

func TestTheScopesDirectlyBelowAScopeAreListedOldestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := deepTree(t)
		require.Equal(t, "app/sup", scopePaths(s)[0])
		require.ElementsMatch(t, []string{"app/sup", "app/opener/room", "app"}, scopePaths(s))
		for inner := range s.Scopes() {
			if inner.Path() == "app/opener/room" {
				require.Equal(t, []string{"app/opener/room"}, scopePaths(inner), "the unnamed one stands there too")
			}
		}
		seen := 0
		for range s.Scopes() { // it may be left early
			seen++
			break
		}
		require.Equal(t, 1, seen)

		all := slices.Collect(s.Scopes()) // they are handles on living scopes
		for _, inner := range all {
			inner.Cancel(nil)
		}
		synctest.Wait() // they have ended
		for _, inner := range all {
			require.Equal(t, tree.PhaseClosed, inner.Snapshot().Phase)
		}
		require.Empty(t, slices.Collect((&tree.Scope{}).Scopes()))
	})
}

// What is done while an iteration goes on is not in it, and harms nobody.
func TestScopesThatComeAndGoDuringAnIteration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.TaskScope)
		var opened []*tree.Scope
		open := func() {
			require.NoError(t, s.Go(t.Context(), func(ctx context.Context) error {
				return tree.Run(ctx, policy.CancellationScope, func(ctx context.Context, _ *tree.Scope) error { return blocker(ctx) })
			}))
			synctest.Wait() // it is open
		}
		for range 3 {
			open()
		}
		for inner := range s.Scopes() {
			opened = append(opened, inner)
			open()
			inner.Cancel(nil)
			synctest.Wait() // it has ended
		}
		require.Len(t, opened, 3)
		require.Len(t, scopePaths(s), 3)
		s.Cancel(nil)
	})
}

func TestToFindAChildOfASupervisorAmongManyLooksAtNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		f, err := tree.NewFactory(t.Context(), s, tree.ChildSpec{Name: "fac"}, func(int) tree.ChildSpec {
			return tree.ChildSpec{Policy: new(policy.SupervisorScope), Children: []tree.ChildSpec{{Name: "worker", Run: drainer}}}
		})
		require.NoError(t, err)
		few := 0.0
		for n := range 1000 {
			made(t, f, 0)
			if n != 9 && n != 999 {
				continue
			}
			allocs := testing.AllocsPerRun(10, func() {
				ch, err := tree.Find("app/fac/5/worker")
				if err != nil || ch.Path() != "app/fac/5/worker" {
					t.Error(ch, err)
				}
			})
			if n == 9 {
				few = allocs
			}
			require.LessOrEqual(t, allocs, few, "of %d", n+1)
		}
	})
}
