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

// Somebody who still runs is worse news than that the time was over, also for one
// who would move on.
func TestATimeOutThatLeavesSomebodyBehindIsAnAbandonment(t *testing.T) {
	for _, how := range []policy.OnTimeout{policy.TimeoutFails, policy.TimeoutMovesOn} {
		t.Run(how.String(), func(t *testing.T) {
			timed(t, tenth, func(t *testing.T, p policy.Scope) {
				p.OnTimeout, p.Stop.Kill = how, time.Second
				gate := make(chan struct{})
				defer func() { close(gate); synctest.Wait() }() // until all are gone
				start := time.Now()
				var handle *tree.Scope
				err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
					handle = s
					launch(ctx, t, s, "stuck", stubborn(gate))
					return nil
				}, tree.WithName("app"))
				require.EqualError(t, err, "tree: abandoned: app/stuck")
				require.Equal(t, tenth+time.Second, time.Since(start))
				require.True(t, handle.TimedOut())
			})
		})
	}
}

// A time-out has no soft phase: it cancels. Who is to be asked first is asked by a
// Drain before it.
func TestATimeOutCancelsWithoutAGrace(t *testing.T) {
	timed(t, tenth, func(t *testing.T, p policy.Scope) {
		g := &signals{from: time.Now()}
		var handle *tree.Scope
		rec := &recorder{}
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			handle = s
			_, err := s.Start(ctx, tree.ChildSpec{Name: "worker", OnFailure: new(policy.Report), Run: g.run(tenth)})
			return err
		}, tree.WithName("app"), tree.WithObserver(rec))
		require.ErrorIs(t, err, tree.ErrTimeout)
		require.Equal(t, []time.Duration{tenth, tenth}, []time.Duration{g.asked, g.canceled})
		require.Error(t, g.errAtAsk, "it is asked by its cancel")
		require.EqualError(t, g.cause, "tree: timed out: app")
		require.Empty(t, rec.of(tree.ScopeDraining))
		require.Len(t, rec.of(tree.ScopeCanceling), 1)
		require.Equal(t, g.cause, rec.of(tree.ScopeCanceling)[0].Err)
		report, err := handle.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, g.cause, report.Reason)
		require.Equal(t, []string{"app/worker canceled"}, childEnds(report))
	})
}

// A supervisor's time-out is its own, counted anew for each incarnation; that it ran
// out of time is its failure, and that it moved on its return.
func TestASupervisorThatTimesOutEndsAndIsAnsweredByItsRestart(t *testing.T) {
	for _, c := range []struct {
		how  policy.OnTimeout
		exit policy.Exit
	}{{policy.TimeoutFails, policy.Failed}, {policy.TimeoutMovesOn, policy.Returned}} {
		t.Run(c.how.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				s, seen := openSupervisor(t, policy.SupervisorScope)
				spec := supervisorSpec(tree.ChildSpec{Name: "leaf", Run: blocker})
				spec.Policy.Timeout, spec.Policy.OnTimeout = time.Second, c.how
				_, err := s.Start(t.Context(), spec)
				require.NoError(t, err)
				err = s.Wait(t.Context())
				require.ErrorIs(t, err, tree.ErrGaveUp, "three restarts in five seconds, and one more")
				require.Equal(t, c.exit == policy.Failed, errors.Is(err, tree.ErrTimeout))
				require.Equal(t, 4*time.Second, time.Since(start))
				var exits []time.Duration
				for _, e := range seen.of(tree.ChildExited) {
					if e.Path == "app/sup" {
						require.Equal(t, c.exit, e.Exit)
						exits = append(exits, e.Time.Sub(start))
					}
				}
				require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 3 * time.Second, 4 * time.Second}, exits)
			})
		})
	}
}
