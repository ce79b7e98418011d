package tree_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// reports calls Shutdown n times at once and returns what each was told.
func reports(t *testing.T, s *tree.Scope, n int) []string {
	t.Helper()
	list := make([]string, n)
	var calls sync.WaitGroup
	for i := range list {
		calls.Go(func() {
			report, err := s.Shutdown(t.Context())
			if err != nil {
				list[i] = err.Error()
				return
			}
			list[i] = report.String()
		})
	}
	calls.Wait()
	return list
}

func TestShutdownsAtOnceGetTheSameReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, bounded())
		slow := newProbe(&trail{}, "slow")
		slow.stopWait = time.Second
		_, err := s.Start(t.Context(), slow.spec(policy.Permanent))
		require.NoError(t, err)
		all := reports(t, s, 10)
		for _, r := range all {
			require.Equal(t, "app closed after 1s: 1 drained, 0 canceled, 0 abandoned\n"+
				"  reason: tree: shutdown\n"+
				"  returned  app/slow, age 1s\n", r)
		}
		require.NoError(t, sleep(t.Context(), time.Hour))
		require.Equal(t, all, reports(t, s, 10), "and so do later ones")
		require.Len(t, seen.of(tree.ScopeDraining), 1)
	})
}

func TestASecondShutdownDoesNotBeginTheGraceAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, bounded())
		g := &signals{from: time.Now()}
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: g.run(0)})
		require.NoError(t, err)
		var calls sync.WaitGroup
		for range 2 {
			calls.Go(func() { _, _ = s.Shutdown(t.Context()) })
			require.NoError(t, sleep(t.Context(), time.Second+500*ms))
		}
		calls.Wait()
		require.Equal(t, 2*time.Second, g.canceled)
	})
}

func TestAChildMayShutItsOwnScopeDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, bounded())
		var soFar *tree.ShutdownReport
		var asked time.Duration
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: func(ctx context.Context) error {
			begun := time.Now()
			within, cancel := context.WithTimeout(ctx, time.Minute) // derived contexts are the child's too
			defer cancel()
			var err error
			soFar, err = s.Shutdown(within)
			asked = time.Since(begun)
			if err != nil {
				return err
			}
			<-tree.Draining(ctx)
			return sleep(ctx, time.Second)
		}})
		require.NoError(t, err)
		require.NoError(t, s.Wait(t.Context()))
		require.Zero(t, asked, "it does not wait for itself")
		require.Equal(t, tree.PhaseDraining, soFar.Phase)
		require.Zero(t, soFar.Drained)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, time.Second, report.Took)
		require.Equal(t, 1, report.Drained)
	})
}

func TestABodyAndATaskMayShutTheirScopeDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		err := tree.Run(t.Context(), bounded(), func(ctx context.Context, s *tree.Scope) error {
			if err := s.Go(ctx, func(ctx context.Context) error {
				_, err := s.Shutdown(ctx)
				return err
			}); err != nil {
				return err
			}
			<-tree.Draining(ctx)
			_, err := s.Shutdown(ctx)
			return errors.Join(err, sleep(ctx, time.Second))
		}, tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		require.Equal(t, time.Second, time.Since(begun))
	})
}

func TestACallersTimeBoundsOnlyItsOwnWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, bounded())
		slow := newProbe(&trail{}, "slow")
		slow.stopWait = 1500 * ms
		_, err := s.Start(t.Context(), slow.spec(policy.Permanent))
		require.NoError(t, err)
		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "quick", Run: drainer})
		require.NoError(t, err)
		impatient, cancel := context.WithTimeoutCause(t.Context(), time.Second, errors.New("enough"))
		defer cancel()
		begun := time.Now()
		report, err := s.Shutdown(impatient)
		require.EqualError(t, err, "enough")
		require.Equal(t, time.Second, time.Since(begun))
		require.Equal(t, "app draining after 1s: 1 drained, 0 canceled, 0 abandoned\n"+
			"  reason: tree: shutdown\n"+
			"  returned  app/quick, age 0s\n"+
			"  running   app/slow, age 1s, started at shutdown_calls_test.go:125\n", report.String())
		require.False(t, report.Clean(), "not yet")

		report, err = s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1500*ms, time.Since(begun))
		require.True(t, report.Clean())
		require.Equal(t, 2, report.Drained)
	})
}

// A caller whose time is up before it asks has still asked.
func TestAShutdownByACallerWhoseTimeIsUpIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, bounded())
		g := &signals{from: time.Now()}
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: g.run(0)})
		require.NoError(t, err)
		late, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = s.Shutdown(late)
		require.ErrorIs(t, err, context.Canceled)
		require.NoError(t, s.Wait(t.Context()))
		require.Equal(t, 2*time.Second, g.canceled)
	})
}

func TestAScopeMayBeShutDownBeforeItsFirstChild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, bounded())
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, "app closed after 0s: 0 drained, 0 canceled, 0 abandoned\n  reason: tree: shutdown\n", report.String())
		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: drainer})
		require.ErrorIs(t, err, tree.ErrClosed)
		require.ErrorIs(t, s.Go(t.Context(), drainer), tree.ErrClosed)
		require.NoError(t, s.Close())
		require.Len(t, seen.of(tree.ScopeClosed), 1)
		require.Empty(t, seen.of(tree.ChildStarted))
		require.EqualValues(t, 2, s.Snapshot().Counts.Refused)
	})
}

func TestAScopeThatRanEmptyReportsNoReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var held *tree.Scope
		require.NoError(t, tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			held = s
			return s.Go(ctx, func(ctx context.Context) error { return sleep(ctx, time.Second) })
		}, tree.WithName("app"), tree.WithObserver(&recorder{})))
		report, err := held.Shutdown(t.Context())
		require.NoError(t, err)
		require.NoError(t, report.Reason)
		require.Equal(t, "app closed after 0s: 0 drained, 0 canceled, 0 abandoned\n", report.String())
	})
}

func TestWhileDrainingOutsidersAreRefusedAndDescendantsAreNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, bounded())
		log := &trail{}
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: func(ctx context.Context) error {
			<-tree.Draining(ctx)
			if err := sleep(ctx, time.Second); err != nil {
				return err
			}
			if err := s.Go(ctx, func(ctx context.Context) error {
				log.add("flushed")
				return sleep(ctx, 500*ms)
			}); err != nil {
				return err
			}
			return nil
		}})
		require.NoError(t, err)
		go func() { _, _ = s.Shutdown(t.Context()) }()
		synctest.Wait()
		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "late", Run: drainer})
		require.ErrorIs(t, err, tree.ErrDraining)
		require.EqualError(t, err, "tree: scope draining: app")
		require.ErrorIs(t, s.Go(t.Context(), drainer), tree.ErrDraining)

		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"flushed"}, log.list())
		require.Equal(t, 1500*ms, report.Took)
		require.Equal(t, 2, report.Drained)
		require.Len(t, seen.of(tree.SpawnRefused), 2)
	})
}

func TestACancelDuringTheGraceIsTheHardSignalAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, bounded())
		g := &signals{from: time.Now()}
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: g.run(0)})
		require.NoError(t, err)
		go func() { _, _ = s.Shutdown(t.Context()) }()
		require.NoError(t, sleep(t.Context(), time.Second))
		now := errors.New("now")
		s.Cancel(now)
		s.Cancel(errors.New("later"))
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, time.Second, report.Took)
		require.Equal(t, time.Second, g.canceled)
		require.Equal(t, now, g.cause)
		require.EqualError(t, report.Reason, "tree: shutdown", "the first reason stands")
		require.Equal(t, 1, report.Canceled)
	})
}

func TestTheZeroScopeReportsThatItIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s tree.Scope
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, tree.PhaseClosed, report.Phase)
		require.True(t, report.Clean())
		require.ErrorIs(t, s.Restart("c"), tree.ErrClosed)
		require.ErrorIs(t, s.Remove("c"), tree.ErrClosed)
		_, err = s.Child("c")
		require.ErrorIs(t, err, tree.ErrClosed)
		require.Empty(t, s.Path())
		for range s.Children() {
			require.Fail(t, "it has no children")
		}
	})
}
