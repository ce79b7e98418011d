package tree_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// cameBack returns how the incarnations of app/c came back, as lines.
func cameBack(seen *recorder, start time.Time) (list []string) {
	for _, e := range seen.of(tree.ChildStartFailed, tree.ChildExited) {
		if e.Path == "app/c" {
			list = append(list, line(start, e))
		}
	}
	return list
}

func TestAChildThatComesBackBeforeItIsReadyHasFailedToStart(t *testing.T) {
	for name, c := range map[string]struct {
		run  func(ctx context.Context) error
		want string
	}{
		"an error":       {failsAfter(time.Second, errCrash), "1s child_start_failed app/c #1 failed took 1s: crash"},
		"a panic":        {func(context.Context) error { panic("boom") }, "0s child_start_failed app/c #1 panicked: panic: boom"},
		"nil":            {takes(time.Second), "1s child_start_failed app/c #1 returned took 1s: tree: child was not ready"},
		"a foreign one":  {func(context.Context) error { return context.Canceled }, "0s child_start_failed app/c #1 failed: context canceled"},
		"it need not":    {func(context.Context) error { return policy.ErrIgnored }, "0s child_exited app/c #1 returned"},
		"after all":      {readyThen(errCrash), "1s child_exited app/c #1 failed took 1s: crash"},
		"asked to stop":  {drainer, "2s child_exited app/c #1 returned took 2s"},
		"was canceled":   {blocker, "4s child_exited app/c #1 canceled took 4s"},
		"failed to stop": {cleansUp(0, errBoom), "4s child_start_failed app/c #1 failed took 4s: boom"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, seen := openSupervisor(t, bounded())
				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				defer cancel()
				_, _ = s.Start(ctx, tree.ChildSpec{Name: "c", Run: c.run, WaitReady: true, Restart: policy.Temporary})
				require.NoError(t, s.Close())
				require.Equal(t, []string{c.want}, cameBack(seen, start))
			})
		})
	}
}

// readyThen is ready, and fails a second later.
func readyThen(err error) func(context.Context) error {
	return func(ctx context.Context) error {
		return errors.Join(tree.Ready(ctx), failsAfter(time.Second, err)(ctx))
	}
}

// One who does not wait for it to be ready has a child that is up as it starts.
func TestAChildThatNobodyWaitsForCannotFailToStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, bounded())
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: failsAfter(0, errCrash), Restart: policy.Temporary})
		require.NoError(t, err)
		synctest.Wait()
		require.Empty(t, seen.of(tree.ChildStartFailed))
		require.Len(t, seen.of(tree.ChildExited), 1)
	})
}

func TestAStartThatFailsIsHandedToItsAskerAndElseTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, patient())
		p := newProbe(&trail{}, "c")
		p.failing.Store(1)
		_, err := s.Start(t.Context(), p.spec(policy.Permanent))
		require.ErrorIs(t, err, errCrash)
		_, err = s.Start(t.Context(), p.spec(policy.Permanent))
		require.NoError(t, err)
		p.failing.Store(1)
		p.exits <- errBoom
		synctest.Wait()
		failed := seen.of(tree.ChildStartFailed)
		require.Len(t, failed, 2)
		require.True(t, failed[0].Handed)
		require.False(t, failed[1].Handed, "it was a restart, and is tried again")
		require.Equal(t, 2, failed[1].Incarnation)
		require.EqualValues(t, 4, p.starts.Load())
	})
}

func TestAStartThatFailsIsLoggedWhereNobodyIsGivenIt(t *testing.T) {
	log := recordLog(t)
	synctest.Test(t, func(t *testing.T) {
		s, err := tree.Open(t.Context(), patient(), tree.WithName("app"))
		require.NoError(t, err)
		p := startProbes(t, s, &trail{}, policy.Permanent, "c")["c"]
		p.failing.Store(1)
		p.startFail = policy.Done(nil)
		p.exits <- errBoom
		synctest.Wait()
		require.NoError(t, s.Close())
	})
	require.Len(t, log.lines("child_exited", "path=app/c", "boom"), 1)
	require.Len(t, log.lines("child_start_failed", "path=app/c"), 1, "also of one that said it was done")
}
