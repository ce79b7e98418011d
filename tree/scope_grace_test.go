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

// beginShutdown asks the scope to end and does not wait. What is asked has been
// done when it returns.
func beginShutdown(t *testing.T, s *tree.Scope) {
	t.Helper()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Shutdown(over)
	require.ErrorIs(t, err, context.Canceled)
}

// Where peers disagree: a grace of zero is the default of 5 s, as every zero here
// means the usual, where aiohttp's shutdown_timeout of 0 means none. No grace at
// all has a name, policy.NoGrace, and so has one without an end.
func TestScope_115_NoGraceCancelsAtOnceForeverNeverAndZeroIsTheDefault(t *testing.T) {
	const work = 24 * time.Hour
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		for _, c := range []struct {
			grace, took time.Duration
			exit        policy.Exit
		}{
			{policy.NoGrace, 0, policy.Canceled},
			{0, policy.DefaultGrace, policy.Canceled},
			{tenth, tenth, policy.Canceled},
			{work + 1, work, policy.Returned},
			{policy.Forever, work, policy.Returned},
		} {
			p.Stop.Grace = c.grace
			s, seen := openSupervisor(t, p)
			child := launch(t.Context(), t, s, "worker", takes(work))
			report, err := s.Shutdown(t.Context())
			require.NoError(t, err)
			require.True(t, report.Clean())
			require.Equal(t, c.took, report.Took, "%v", c.grace)
			require.Equal(t, c.exit, exitOf(t, child), "%v", c.grace)
			require.NoError(t, s.Close())
			canceled := 0
			if c.exit == policy.Canceled {
				canceled = 1
			}
			require.Equal(t, []int{1 - canceled, canceled}, []int{report.Drained, report.Canceled}, "%v", c.grace)
			require.Len(t, seen.of(tree.ScopeCanceling), canceled, "%v", c.grace)
		}
	})
}

func TestScope_115_ANegativeGraceIsAFaultByNameAndNothingRuns(t *testing.T) {
	p := policy.TaskScope
	p.Stop.Grace = -time.Second
	err := tree.Run(t.Context(), p, func(context.Context, *tree.Scope) error {
		t.Error("the body ran")
		return nil
	})
	require.EqualError(t, err, "policy.Scope.Stop.Grace = -1s: must not be negative: NoGrace says none")
	var fault *policy.FieldError
	require.ErrorAs(t, err, &fault)
	s, err := tree.Open(t.Context(), p)
	require.ErrorAs(t, err, &fault)
	require.Nil(t, s)

	s, _ = openSupervisor(t, policy.SupervisorScope)
	_, err = s.Start(t.Context(), tree.ChildSpec{Name: "c", Stop: p.Stop, Run: func(context.Context) error {
		t.Error("the child ran")
		return nil
	}})
	require.EqualError(t, err, "tree.ChildSpec: policy.Stop.Grace = -1s: must not be negative: NoGrace says none")
	require.ErrorAs(t, err, &fault)
}

func TestScope_116_TheSoftSignalLetsAWriteThatHasBegunFinish(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace = time.Second
		s, _ := openSupervisor(t, p)
		asked := make(chan error, 4)
		// write is a transaction: any cancel of the context it is given undoes it.
		write := func(ctx context.Context) error {
			within, cancel := context.WithTimeout(ctx, time.Minute)
			defer cancel()
			stop := context.AfterFunc(ctx, func() { t.Error("the write was canceled") })
			defer stop()
			for range 5 {
				if err := sleep(within, tenth); err != nil {
					return err
				}
			}
			<-tree.Draining(ctx)
			asked <- ctx.Err()
			return nil
		}
		child := launch(t.Context(), t, s, "child", write)
		require.NoError(t, s.Go(t.Context(), write))
		nested := launch(t.Context(), t, s, "nested", func(ctx context.Context) error {
			return tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
				if err := s.Go(ctx, write); err != nil {
					return err
				}
				return write(ctx)
			})
		})
		pause(tenth)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 4*tenth, report.Took)
		require.Equal(t, 3, report.Drained)
		require.Zero(t, report.Canceled+report.Failed)
		require.Equal(t, policy.Returned, exitOf(t, child))
		require.Equal(t, policy.Returned, exitOf(t, nested))
		require.Len(t, asked, cap(asked))
		for range cap(asked) {
			require.NoError(t, <-asked)
		}
	})
}

func TestScope_118_ASoftSignalAfterTheHardOneChangesNothing(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace = tenth
		s, seen := openSupervisor(t, p)
		g := &signals{from: time.Now()}
		child := launch(t.Context(), t, s, "worker", g.run(time.Second))
		pause(tenth)
		s.Cancel(errReason)
		synctest.Wait() // the worker has seen both signals, the hard one being the later
		require.Equal(t, []time.Duration{tenth, tenth}, []time.Duration{g.asked, g.canceled})
		require.ErrorIs(t, g.errAtAsk, context.Canceled, "it was asked by its cancel, not before")

		pause(tenth)
		s.Drain(errBang)
		require.Equal(t, tree.PhaseCanceling, s.Snapshot().Phase)
		require.ErrorIs(t, s.Go(t.Context(), blocker), tree.ErrClosed, "not ErrDraining")
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, time.Second, report.Took, "since the cancel")
		require.Equal(t, errReason, report.Reason)
		require.Equal(t, []int{0, 1}, []int{report.Drained, report.Canceled})
		require.Equal(t, errReason, g.cause)
		require.Equal(t, policy.Canceled, exitOf(t, child))
		require.NoError(t, s.Close())
		require.Empty(t, seen.of(tree.ScopeDraining))
		require.Len(t, seen.of(tree.ScopeCanceling), 1)
	})
}

func TestScope_118_AHardSignalInTheGraceIsNotTakenBackByASoftOne(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace = time.Minute
		s, seen := openSupervisor(t, p)
		g := &signals{from: time.Now()}
		launch(t.Context(), t, s, "worker", g.run(time.Second))
		s.Drain(errReason)
		pause(tenth)
		s.Cancel(errBoom)
		s.Drain(errBang)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, tenth+time.Second, report.Took)
		require.Equal(t, []time.Duration{0, tenth}, []time.Duration{g.asked, g.canceled})
		require.NoError(t, g.errAtAsk)
		require.Equal(t, errBoom, g.cause)
		require.Equal(t, errReason, report.Reason, "the first reason stands")
		require.NoError(t, s.Close())
		require.Len(t, seen.of(tree.ScopeDraining), 1)
		require.Len(t, seen.of(tree.ScopeCanceling), 1)
	})
}

func TestScope_119_WithoutEscalationADrainTakesAsLongAsItsChildrenNeed(t *testing.T) {
	const week = 7 * 24 * time.Hour
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace = policy.Forever
		s, seen := openSupervisor(t, p)
		start := time.Now()
		var ends trail
		for name, d := range map[string]time.Duration{"hour": time.Hour, "day": 24 * time.Hour, "week": week} {
			launch(t.Context(), t, s, name, func(ctx context.Context) error {
				err := sleep(ctx, d)
				ends.add(name)
				return errors.Join(err, context.Cause(ctx))
			})
		}
		impatient, cancel := context.WithTimeout(t.Context(), 2*time.Hour)
		defer cancel()
		sofar, err := s.Shutdown(impatient)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, tree.PhaseDraining, sofar.Phase, "the patience of one who waits is not the scope's")
		require.Equal(t, []int{1, 0}, []int{sofar.Drained, sofar.Canceled})
		require.Equal(t, 2*time.Hour, time.Since(start))

		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, week, time.Since(start))
		require.Equal(t, week, report.Took)
		require.Equal(t, []string{"hour", "day", "week"}, ends.list())
		require.Equal(t, []int{3, 0, 0}, []int{report.Drained, report.Canceled, report.Failed})
		require.NoError(t, s.Close())
		require.Empty(t, seen.of(tree.ScopeCanceling))
	})
}
