package tree_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// telling makes notices that write down who ended, and why.
func telling(log *trail, who string) func(actor.Terminated) errand {
	return func(e actor.Terminated) errand {
		return errand{do: func(context.Context) error {
			log.add(fmt.Sprintf("%s: %s: %v", who, e.ID.Path, e.Err))
			return nil
		}}
	}
}

// watches has self watch target.
func watches(t *testing.T, self, target actor.Ref[errand], notice func(actor.Terminated) errand) {
	t.Helper()
	require.NoError(t, runErrand(t.Context(), self, func(ctx context.Context) error {
		_, err := actor.Watch(ctx, target, self, notice)
		return err
	}))
}

// links has self link with target.
func links(t *testing.T, self, target actor.Ref[errand]) {
	t.Helper()
	require.NoError(t, runErrand(t.Context(), self, func(ctx context.Context) error {
		_, err := actor.Link(ctx, target, self)
		return err
	}))
}

func failsWith(err error) errand { return errand{do: func(context.Context) error { return err }} }

// whoFailed returns the failures that were observed: the paths, each with its error.
func whoFailed(seen *recorder) []string {
	var list []string
	for _, e := range seen.failures() {
		list = append(list, fmt.Sprintf("%s: %v", e.Path, e.Err))
	}
	return list
}

func TestAnActorMayWatchAScope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		w, _ := spawnErrands(t, s, "w", policy.Permanent)
		var log trail
		sup, err := s.Start(t.Context(), supervisorSpec(tree.ChildSpec{Name: "a", Run: failsAfter(time.Second, policy.Fatal(errCrash))}))
		require.NoError(t, err)
		watch := func() {
			ref := scopeOf(t, sup).Ref()
			require.NoError(t, runErrand(t.Context(), w, func(ctx context.Context) error {
				_, err := actor.Watch(ctx, ref, w, telling(&log, "told"))
				_, noLink := actor.Link(ctx, ref, w)
				require.ErrorIs(t, noLink, actor.ErrNoLink)
				return err
			}))
		}
		watch()
		require.NoError(t, sleep(t.Context(), time.Second))
		synctest.Wait() // the supervisor has escalated, and was started again
		watch()
		require.NoError(t, sup.Shutdown(t.Context()))
		require.NoError(t, runErrand(t.Context(), w, nil))
		require.Equal(t, []string{"told: app/sup: tree: child escalated: app/sup/a: crash", "told: app/sup: <nil>"}, log.list())
	})
}

func TestAWatcherHearsOfTheEndForGoodAndOfNoRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		w, _ := spawnErrands(t, s, "w", policy.Permanent)
		target, ch := spawnErrands(t, s, "target", policy.Transient)
		var log trail
		watches(t, w, target, telling(&log, "end"))
		life := func() {
			require.NoError(t, runErrand(t.Context(), w, func(ctx context.Context) error {
				_, err := actor.WatchIncarnation(ctx, target, w, telling(&log, "life"))
				return err
			}))
		}
		life()
		require.NoError(t, target.TrySend(failsWith(errCrash)))
		synctest.Wait() // it has failed, and is up again
		require.Equal(t, []string{"life: app/target: crash"}, log.list())
		life()
		require.NoError(t, target.TrySend(failsWith(policy.Done(nil))))
		require.NoError(t, ch.Wait(t.Context()))
		require.NoError(t, runErrand(t.Context(), w, nil))
		require.Equal(t, []string{"life: app/target: <nil>", "end: app/target: <nil>"}, log.list()[1:])

		require.NoError(t, ch.Restart(t.Context()))
		watches(t, w, target, telling(&log, "again"))
		require.NoError(t, ch.Shutdown(t.Context()))
		require.NoError(t, runErrand(t.Context(), w, nil))
		require.Equal(t, []string{"again: app/target: <nil>"}, log.list()[3:])
	})
}

func TestAnActorThatWasAbandonedHasEndedWhenItHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, bounded())
		w, _ := spawnErrands(t, s, "w", policy.Permanent)
		target, ch := spawnErrands(t, s, "target", policy.Permanent)
		var log trail
		watches(t, w, target, telling(&log, "end"))
		gate := make(chan struct{})
		require.NoError(t, target.TrySend(errand{do: func(context.Context) error { <-gate; return nil }}))
		synctest.Wait() // it is in hand
		require.ErrorIs(t, ch.Remove(t.Context()), tree.ErrAbandoned)
		require.NoError(t, runErrand(t.Context(), w, nil))
		require.Empty(t, log.list(), "it still runs")
		close(gate)
		synctest.Wait() // it has ended late
		require.Equal(t, []string{"end: app/target: <nil>"}, log.list())
	})
}

func TestALinkTiesTwoWhoBelongToDifferentSupervisors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		one, err := s.Start(t.Context(), tree.ChildSpec{Name: "one", Policy: new(policy.SupervisorScope)})
		require.NoError(t, err)
		two, err := s.Start(t.Context(), tree.ChildSpec{Name: "two", Policy: new(policy.SupervisorScope)})
		require.NoError(t, err)
		a, _ := spawnErrands(t, scopeOf(t, one), "a", policy.Permanent)
		b, _ := spawnErrands(t, scopeOf(t, two), "b", policy.Transient)
		links(t, a, b)
		require.NoError(t, a.TrySend(failsWith(errCrash)))
		synctest.Wait() // both have failed, and are up again
		require.Equal(t, []string{"app/one/a: crash", "app/two/b: actor: linked with app/one/a, which ended: crash"}, whoFailed(seen))
		require.NoError(t, runErrand(t.Context(), b, nil))

		links(t, a, b)
		require.NoError(t, one.Shutdown(t.Context()))
		require.NoError(t, runErrand(t.Context(), b, nil))
		require.Len(t, seen.failures(), 2, "a stop takes nobody along")
	})
}
