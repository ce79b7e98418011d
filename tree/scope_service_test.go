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

// services are three probes as the fixed children of a supervisor, each of which
// needs 100 ms to stop.
func services(log *trail) (a, b, c *probe, spec tree.ChildSpec) {
	a, b, c = newProbe(log, "a"), newProbe(log, "b"), newProbe(log, "c")
	spec = supervisorSpec()
	for _, p := range []*probe{a, b, c} {
		p.stopWait = tenth
		spec.Children = append(spec.Children, p.spec(policy.Permanent))
	}
	return a, b, c, spec
}

// Here a supervisor returns no error for what fails while it stops: to stop was
// what was asked. The failure is reported at once, counted and named in the
// report; those who wait for the child have it. The order is kept.
func TestScope_220_AServiceThatFailsWhileItStopsLeavesTheOrderAndTheRestAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		log := &trail{}
		a, b, c, spec := services(log)
		c.atStop, b.atStop, a.atStop = nil, errBoom, errBang
		spec.Restart = policy.Temporary
		sup, err := s.Start(t.Context(), spec)
		require.NoError(t, err)
		inner := scopeOf(t, sup)
		second, err := inner.Child("b")
		require.NoError(t, err)
		waited := make(chan error, 1)
		go func() { waited <- second.Wait(t.Context()) }()
		up := len(log.list())

		report, err := inner.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3*tenth, report.Took)
		require.Equal(t, []string{"stopping c", "down c", "stopping b", "down b", "stopping a", "down a"}, log.list()[up:])
		require.ErrorIs(t, <-waited, errBoom)
		require.Equal(t, []int{3, 0, 2}, []int{report.Drained, report.Canceled, report.Failed})
		var ends []string
		for _, e := range report.Children {
			ends = append(ends, e.Path+" "+e.Exit.String()+" "+e.Text)
		}
		require.Equal(t, []string{"app/sup/c returned ", "app/sup/b failed boom", "app/sup/a failed bang"}, ends)
		require.NoError(t, s.Close())
		require.Equal(t, []string{"app/sup/b", "app/sup/a"}, paths(seen.failures()))
	})
}

// With errors that are to be returned comes that one failure cancels the others:
// then they have no longer time, but they are stopped and awaited all the same.
func TestScope_220_InACancelTogetherScopeTheFirstErrorOfAnOrderedStopIsReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.TaskGroup
		p.Stop.Order = policy.OrderReverse
		s, _ := openSupervisor(t, p)
		log := &trail{}
		for _, name := range []string{"a", "b", "c"} {
			launch(t.Context(), t, s, name, func(ctx context.Context) error {
				<-tree.Draining(ctx)
				log.add("stopping " + name)
				err := sleep(ctx, tenth)
				if name == "b" {
					err = errBoom
				}
				pause(tenth) // to clean up
				log.add("down " + name)
				return err
			})
		}
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 5*tenth, report.Took)
		require.Equal(t, []string{"stopping c", "down c", "stopping b", "down b", "stopping a", "down a"}, log.list())
		require.Equal(t, []int{2, 1, 1}, []int{report.Drained, report.Canceled, report.Failed})
		require.EqualError(t, s.Close(), "app/b: boom")
	})
}

func TestScope_221_WhenTheThirdServiceDoesNotStartTheFirstTwoStopInReverse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		start, log := time.Now(), &trail{}
		_, _, c, spec := services(log)
		c.failing.Store(1)
		c.startFail, c.startWait = errBoom, tenth
		_, err := s.Start(t.Context(), spec)
		require.ErrorIs(t, err, errBoom)
		require.ErrorContains(t, err, "app/sup/c")
		require.Equal(t, 3*tenth, time.Since(start))
		require.Equal(t, []string{"start a#1", "up a", "start b#1", "up b", "start c#1",
			"stopping b", "down b", "stopping a", "down a"}, log.list())
		_, err = s.Child("sup")
		require.ErrorIs(t, err, tree.ErrNotFound, "nothing is left of it")
		require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
	})
}

// The same for services that a body starts one by one.
func TestScope_221_ABodyWhoseThirdStartFailsStopsTheFirstTwoInReverse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, log := time.Now(), &trail{}
		a, b, c, _ := services(log)
		c.failing.Store(1)
		p := policy.SupervisorScope
		p.Stop.Order = policy.OrderReverse
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			for _, service := range []*probe{a, b, c} {
				if _, err := s.Start(ctx, service.spec(policy.Permanent)); err != nil {
					return err
				}
			}
			return nil
		}, tree.WithObserver(&recorder{}))
		require.ErrorIs(t, err, errCrash)
		require.Equal(t, 2*tenth, time.Since(start))
		require.Equal(t, []string{"start a#1", "up a", "start b#1", "up b", "start c#1",
			"stopping b", "down b", "stopping a", "down a"}, log.list())
	})
}

func TestScope_229_TheErrorsOfAllHooksThatStopThingsAreCollected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hooks := []struct {
			name string
			err  error
		}{{"server", errBoom}, {"queue", errBang}, {"cache", nil}, {"log", errCleanup}}
		s, seen := openSupervisor(t, policy.TaskGroup)
		for i, h := range hooks {
			launch(t.Context(), t, s, h.name, func(ctx context.Context) error {
				<-tree.Draining(ctx)
				pause(time.Duration(i+1) * tenth) // a failed hook before it cuts none short that does not want it
				return h.err
			})
		}
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 4*tenth, report.Took)
		require.Equal(t, 3, report.Failed)
		err = s.Close()
		var failed []string
		for _, leaf := range leavesOf(t, err) {
			failed = append(failed, leaf.Error())
		}
		require.Equal(t, []string{"app/server: boom", "app/queue: bang", "app/log: cleanup failed"}, failed)
		for _, h := range hooks {
			if h.err != nil {
				require.ErrorIs(t, err, h.err)
			}
		}
		require.Equal(t, []string{"app/server", "app/queue", "app/log"}, paths(seen.failures()))
	})
}
