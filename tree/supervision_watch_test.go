package tree_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

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
func watches(t *testing.T, self, target actor.Ref[errand], notice func(actor.Terminated) errand) (stop func() bool) {
	t.Helper()
	require.NoError(t, runErrand(t.Context(), self, func(ctx context.Context) (err error) {
		stop, err = actor.Watch(ctx, target, self, notice)
		return err
	}))
	return stop
}

// links has self link with target.
func links(t *testing.T, self, target actor.Ref[errand]) (stop func() bool) {
	t.Helper()
	require.NoError(t, runErrand(t.Context(), self, func(ctx context.Context) (err error) {
		stop, err = actor.Link(ctx, target, self)
		return err
	}))
	return stop
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

func TestSupervision_190_AnUnlinkStopsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		a, _ := spawnErrands(t, s, "a", policy.Permanent)
		b, _ := spawnErrands(t, s, "b", policy.Permanent)
		stop := links(t, a, b)
		require.NoError(t, b.TrySend(failsWith(errCrash)))
		synctest.Wait() // both have failed, and are up again
		require.Equal(t, []string{"app/b: crash", "app/a: actor: linked with app/b, which ended: crash"}, whoFailed(seen))
		require.False(t, stop())

		stop = links(t, a, b)
		require.True(t, stop())
		require.NoError(t, a.TrySend(failsWith(errBoom)))
		require.NoError(t, b.TrySend(failsWith(errBang)))
		synctest.Wait() // both have failed again
		require.ElementsMatch(t, []string{"app/a: boom", "app/b: bang"}, whoFailed(seen)[2:])
	})
}

// A dead actor is noproc in OTP, and actor.ErrStopped here.
func TestSupervision_191_WhoWatchesADeadActorIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		var log trail
		w, _ := spawnErrands(t, s, "w", policy.Permanent)
		for _, r := range []policy.Restart{policy.Temporary, policy.Transient} {
			name := r.String()
			dead, ch := spawnErrands(t, s, name, r)
			require.NoError(t, dead.TrySend(failsWith(policy.Done(nil))))
			require.NoError(t, ch.Wait(t.Context()))
			watches(t, w, dead, telling(&log, "told"))
			require.NoError(t, runErrand(t.Context(), w, nil))
			require.Equal(t, "told: app/"+name+": actor: stopped", log.list()[len(log.list())-1])
		}
		require.Len(t, log.list(), 2)
	})
}

// Elsewhere only the one who started it is told the cause. Here, as in OTP, everybody is.
func TestSupervision_193_EverybodyIsToldTheCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		var log trail
		parent, _ := spawnErrands(t, s, "parent", policy.Permanent)
		other, _ := spawnErrands(t, s, "other", policy.Permanent)
		var child actor.Ref[errand]
		require.NoError(t, runErrand(t.Context(), parent, func(ctx context.Context) error {
			crew, err := tree.Open(ctx, policy.SupervisorScope)
			if err != nil {
				return err
			}
			child, err = tree.Spawn(ctx, crew, actor.Spec[errand]{Name: "child", New: newErrands, Restart: policy.Temporary})
			return err
		}))
		watches(t, parent, child, telling(&log, "parent"))
		watches(t, other, child, telling(&log, "other"))
		require.NoError(t, child.TrySend(failsWith(errCrash)))
		synctest.Wait() // they have been told
		require.ElementsMatch(t, []string{"parent: app/parent/child: crash", "other: app/parent/child: crash"}, log.list())
	})
}

// mortals makes an actor that opens a scope with a child, and so on, depth deep. Each
// watches its child without a notice. The innermost one is put into *inner.
func mortals(depth int, inner *actor.Ref[errand]) func(context.Context, actor.Ref[errand]) (actor.Receiver[errand], error) {
	return func(ctx context.Context, self actor.Ref[errand]) (actor.Receiver[errand], error) {
		if depth == 0 {
			*inner = self
			return newErrands(ctx, self)
		}
		crew, err := tree.Open(ctx, policy.SupervisorScope)
		if err != nil {
			return nil, err
		}
		child, err := tree.Spawn(ctx, crew, actor.Spec[errand]{Name: "child", New: mortals(depth-1, inner), Restart: policy.Temporary})
		if err != nil {
			return nil, err
		}
		if _, err := actor.Watch(ctx, child, self, nil); err != nil {
			return nil, err
		}
		return newErrands(ctx, self)
	}
}

func TestSupervision_194_AWatchWithoutANoticeFailsTheWatcherAndThatBubblesUp(t *testing.T) {
	for name, last := range map[string]error{"ended": policy.Done(nil), "failed": errCrash} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, seen := openSupervisor(t, policy.SupervisorScope)
				var inner actor.Ref[errand]
				_, err := tree.Spawn(t.Context(), s, actor.Spec[errand]{Name: "top", New: mortals(2, &inner), Restart: policy.Temporary})
				require.NoError(t, err)
				top, err := s.Child("top")
				require.NoError(t, err)
				require.NoError(t, inner.TrySend(failsWith(last)))
				err = top.Wait(t.Context())
				require.ErrorIs(t, err, actor.ErrLinked)
				text := "actor: linked with app/top/child, which ended: actor: linked with app/top/child/child, which ended"
				if last == errCrash {
					text += ": crash"
					require.ErrorIs(t, err, errCrash)
				}
				require.EqualError(t, err, text)
				synctest.Wait() // it has been observed
				require.Len(t, seen.failures(), map[string]int{"ended": 2, "failed": 3}[name])
			})
		})
	}
}

func TestSupervision_217_WhoFailsByAWatchWithoutANoticeIsRestartedAsAfterAnyFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		w, ch := spawnErrands(t, s, "w", policy.Permanent)
		mortal, _ := spawnErrands(t, s, "mortal", policy.Temporary)
		watches(t, w, mortal, nil)
		require.NoError(t, mortal.TrySend(failsWith(policy.Done(nil))))
		synctest.Wait() // w has failed, and is up again
		require.Equal(t, []string{"app/w: actor: linked with app/mortal, which ended"}, whoFailed(seen))
		require.Equal(t, 2, ch.Incarnation())
		require.NoError(t, runErrand(t.Context(), w, nil))

		watches(t, w, mortal, nil) // which is dead
		synctest.Wait()            // it has failed once more
		require.Equal(t, 3, ch.Incarnation())
		require.NoError(t, runErrand(t.Context(), w, nil))
		require.Equal(t, "app/w: actor: linked with app/mortal, which ended: actor: stopped", whoFailed(seen)[1])
	})
}
