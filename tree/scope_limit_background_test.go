package tree_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// Those who wait for a place would wait for background children, and those for
// them: so they need none.
func TestBackgroundChildrenTakeNoPlace(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		s, _ := openSupervisor(t, limited(p, 1))
		for _, name := range []string{"one", "two", "three"} {
			_, err := s.Start(t.Context(), newDaemon().spec(name))
			require.NoError(t, err)
		}
		requireRoom(t, s, 1)
		_, err := s.Start(t.Context(), newDaemon().spec("four"))
		require.NoError(t, err, "also in a full scope, at once")
		require.Equal(t, tree.Counts{Running: 5, Refused: 1}, s.Counts())
		four, err := s.Child("four")
		require.NoError(t, err)
		require.NoError(t, s.Restart("four"))
		four.Cancel(nil)
		s.Cancel(nil)
	})
}

func TestAFixedBackgroundChildIsNoneOfTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := limited(policy.SupervisorScope, 1)
		spec := tree.ChildSpec{Name: "sup", Policy: &p, Children: []tree.ChildSpec{
			{Name: "daemon", Background: true, Run: blocker}, {Name: "worker", Run: blocker}, {Name: "other", Background: true, Run: blocker}}}
		require.NoError(t, tree.Check(spec))
		s, _ := openSupervisor(t, policy.SupervisorScope)
		sup, err := s.Start(t.Context(), spec)
		require.NoError(t, err)
		inner := scopeOf(t, sup)
		require.Equal(t, int64(3), inner.Counts().Running)
		requireFull(t, inner)
		worker, err := inner.Child("worker")
		require.NoError(t, err)
		require.NoError(t, worker.Shutdown(impatient(t, time.Minute)))
		requireRoom(t, inner, 1)
	})
}

// It may wait for one, for others: it is not waited for. What it started so is
// somebody else, and keeps it.
func TestABackgroundChildMayWaitForAPlace(t *testing.T) {
	under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
		d := newDaemon()
		err := tree.Run(t.Context(), limited(p, 1), func(ctx context.Context, s *tree.Scope) error {
			require.NoError(t, s.Go(ctx, takes(tenth)))
			spec := d.spec("daemon")
			run := spec.Run
			spec.Run = func(ctx context.Context) error {
				require.NoError(t, s.Go(ctx, takes(tenth)))
				require.Equal(t, tenth, time.Since(d.from))
				return run(ctx)
			}
			_, err := s.Start(ctx, spec)
			return err
		})
		require.NoError(t, err)
		d.requireCanceled(t, 2*tenth, textBackground)
	})
}

// Its caller has one or not.
func TestWorkUnderAShieldWaitsForAPlaceUnlessItsCallerHasOne(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		require.NoError(t, tree.Run(t.Context(), limited(p, 1), func(ctx context.Context, s *tree.Scope) error {
			start := time.Now()
			require.NoError(t, s.Go(ctx, func(ctx context.Context) error {
				require.NoError(t, s.Shield(ctx, "of a task", func(ctx context.Context) error {
					require.ErrorIs(t, s.Go(ctx, blocker), tree.ErrFull)
					return nil
				}))
				return sleep(ctx, tenth)
			}))
			require.NoError(t, s.Shield(ctx, "of the body", func(ctx context.Context) error { return s.Go(ctx, takes(0)) }))
			require.Equal(t, tenth, time.Since(start))
			return nil
		}))
	})
}

// The contexts of plain tasks of a limited scope are contexts like any other.
func TestTheContextOfATaskOfALimitedScopeStartsNoGoroutineAndKnowsItsCause(t *testing.T) {
	for way, derive := range derivations {
		t.Run(way, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				require.NoError(t, tree.Run(t.Context(), limited(policy.SupervisorScope, 1), func(ctx context.Context, s *tree.Scope) error {
					task := make(chan context.Context, 1)
					require.NoError(t, s.Go(ctx, func(ctx context.Context) error { task <- ctx; return blocker(ctx) }))
					of := <-task
					synctest.Wait() // it blocks
					before := runtime.NumGoroutine()
					var derived context.Context
					for range 100 {
						var release func()
						derived, release = derive(of)
						defer release()
					}
					synctest.Wait() // whatever it starts is there
					require.Less(t, runtime.NumGoroutine()-before, 10, "those of other bubbles may be ending")
					from, err := tree.From(derived)
					require.NoError(t, err)
					require.Same(t, s, from)
					s.Cancel(errReason)
					<-derived.Done()
					require.Equal(t, errReason, context.Cause(of))
					require.Equal(t, errReason, context.Cause(derived))
					require.ErrorIs(t, derived.Err(), context.Canceled)
					return nil
				}))
			})
		})
	}
}

// Looking and finding stop nothing, and are right at any time.
func TestCountsAndFindWhileEverythingMoves(t *testing.T) {
	s, err := tree.Open(t.Context(), limited(policy.TaskScope, 4), tree.WithName("moving"), tree.WithObserver(&recorder{}))
	require.NoError(t, err)
	var movers, watchers sync.WaitGroup
	for i := range 8 {
		movers.Go(func() {
			for range 100 {
				_ = spawnings[i%2].spawn(t.Context(), s, "child", func(ctx context.Context) error { return nested(ctx, func(context.Context) {}) })
			}
		})
	}
	over := make(chan struct{})
	for range 2 {
		watchers.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				if n := s.Counts(); n.Waiting < 0 || n.Waiting > 8 || n.Running < 0 {
					t.Errorf("%+v", n)
				}
				if child, err := tree.Find("moving/child"); err == nil && child.Path() != "moving/child" {
					t.Error(child.Path())
				}
				for inner := range s.Scopes() {
					_ = inner.Counts()
				}
			}
		})
	}
	movers.Wait()
	close(over)
	watchers.Wait()
	require.NoError(t, s.Close())
	n := s.Counts()
	require.Equal(t, n.Returned, n.Started(), "all that came in came back, one name at a time")
	require.GreaterOrEqual(t, n.Returned, int64(400), "all tasks, and some children")
}
