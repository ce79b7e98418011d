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

// unkillable waits for nobody longer than kill after a cancel, which comes at
// once.
func unkillable(p policy.Scope, kill time.Duration) policy.Scope {
	p.Stop.Grace, p.Stop.Kill = policy.NoGrace, kill
	return p
}

func TestScope_110_AChildThatIgnoresItsCancelIsNamedAfterTheKillWaitAndCostsTheOthersNothing(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		s, seen := openSupervisor(t, unkillable(p, 10*ms))
		gate := make(chan struct{})
		defer func() { close(gate); synctest.Wait() }() // until the stubborn one is gone
		answer := 0
		good := tree.ChildSpec{Name: "good", Run: func(context.Context) error { answer = 42; return nil }}
		if p.OnFailure == policy.Supervise {
			good.Restart = policy.Temporary
		}
		done, err := s.Start(t.Context(), good)
		require.NoError(t, err)
		require.NoError(t, done.Wait(t.Context()))
		stuck := launch(t.Context(), t, s, "stuck", stubborn(gate))
		tidy := launch(t.Context(), t, s, "tidy", cleansUp(5*ms, errCleanup))
		polite := launch(t.Context(), t, s, "polite", blocker)
		pause(tenth)

		start := time.Now()
		s.Cancel(nil)
		err = s.Close()
		require.Equal(t, 10*ms, time.Since(start))
		require.ErrorIs(t, err, tree.ErrAbandoned)
		require.ErrorContains(t, err, "app/stuck")
		require.Equal(t, p.OnFailure == policy.CancelTogether, errors.Is(err, errCleanup))

		require.Equal(t, 42, answer)
		require.Equal(t, policy.Returned, exitOf(t, done))
		require.Equal(t, policy.Failed, exitOf(t, tidy))
		require.Equal(t, policy.Canceled, exitOf(t, polite))
		_, over := stuck.Exit()
		require.False(t, over)
		require.ErrorIs(t, stuck.Wait(t.Context()), tree.ErrAbandoned)

		synctest.Wait() // a scope that could wait no longer does not wait for its observer either
		told := seen.of(tree.ChildAbandoned)
		require.Equal(t, []string{"app/stuck"}, paths(told))
		require.Equal(t, 10*ms, told[0].Time.Sub(start))
		require.Equal(t, []string{"app/tidy"}, paths(seen.failures()))
		require.ErrorIs(t, seen.failures()[0].Err, errCleanup)
	})
}

func TestScope_112_TheErrorOfAStragglerThatEndsAfterAllIsReported(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		s, seen := openSupervisor(t, unkillable(p, time.Second))
		start := time.Now()
		failing := launch(t.Context(), t, s, "failing", cleansUp(time.Minute, errCleanup))
		panicking := launch(t.Context(), t, s, "panicking", func(ctx context.Context) error {
			<-ctx.Done()
			pause(2 * time.Minute)
			panic(errBoom)
		})
		require.NoError(t, s.Go(t.Context(), cleansUp(3*time.Minute, errBang)))
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, time.Second, time.Since(start))
		require.Len(t, report.Abandoned, 3)
		result := s.Close()
		require.ErrorIs(t, result, tree.ErrAbandoned)
		require.Empty(t, seen.of(tree.ChildEndedLate))

		pause(4 * time.Minute)
		late := seen.of(tree.ChildEndedLate)
		require.Equal(t, []string{"app/failing", "app/panicking", "app"}, paths(late))
		for i, want := range []struct {
			exit policy.Exit
			err  error
		}{{policy.Failed, errCleanup}, {policy.Panicked, errBoom}, {policy.Failed, errBang}} {
			require.Equal(t, time.Duration(i+1)*time.Minute, late[i].Time.Sub(start))
			require.Equal(t, want.exit, late[i].Exit)
			require.ErrorIs(t, late[i].Err, want.err)
			require.False(t, late[i].Handed, "nobody else will hear of it")
		}
		require.Equal(t, policy.Failed, exitOf(t, failing))
		require.Equal(t, policy.Panicked, exitOf(t, panicking))
		require.Same(t, result, s.Close(), "what was returned stands")
	})
}

func TestScope_112_WithoutAnObserverTheLateErrorIsLogged(t *testing.T) {
	log := recordLog(t)
	synctest.Test(t, func(t *testing.T) {
		err := tree.Run(t.Context(), unkillable(policy.TaskScope, time.Second), func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "late", cleansUp(time.Minute, errCleanup))
			s.Cancel(nil)
			return nil
		}, tree.WithName("app"))
		require.EqualError(t, err, "tree: abandoned: app/late")
		synctest.Wait() // the abandonment is told
		require.Len(t, log.lines("app/late"), 1)
		pause(2 * time.Minute)
		require.Len(t, log.lines("app/late", "cleanup failed"), 1)
	})
}

// Here the end that a failure brings is a cancel, and what bounds it the kill
// wait; the error for a time that was not enough is ErrAbandoned, which names
// who runs on, beside those that were there before.
func TestScope_113_AnEndThatTakesTooLongReturnsTheEarlierErrorsWithTheirPaths(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		great := errors.New("my great error")
		p := policy.TaskGroup
		p.Stop.Kill = 200 * ms
		var seen recorder
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			_, err := s.Start(ctx, tree.ChildSpec{Name: "subsys", Policy: &p, Children: []tree.ChildSpec{
				{Name: "nested1", Run: func(context.Context) error { pause(tenth); panic("nested1 panicked") }},
				{Name: "nested2", Run: failsAfter(tenth, great)},
				{Name: "nested3", Run: failsAfter(10*time.Second, nil)},
			}})
			return err
		}, tree.WithName("app"), tree.WithObserver(&seen))
		require.Equal(t, tenth+200*ms, time.Since(start))

		var inner *tree.Errors
		require.Len(t, leavesOf(t, err), 2)
		require.EqualError(t, leavesOf(t, err)[1], "tree: abandoned: app/subsys/nested3", "it runs on below this scope too")
		outer := leavesOf(t, err)[0].(*tree.ChildError)
		require.Equal(t, "app/subsys", outer.Path)
		require.ErrorAs(t, outer.Err, &inner)
		failed := map[string]policy.Exit{}
		var abandoned []string
		for _, leaf := range inner.Unwrap() {
			if e, ok := errors.AsType[*tree.ChildError](leaf); ok {
				failed[e.Path] = e.Exit
				continue
			}
			abandoned = append(abandoned, leaf.Error())
		}
		require.Equal(t, map[string]policy.Exit{"app/subsys/nested1": policy.Panicked, "app/subsys/nested2": policy.Failed}, failed)
		require.Equal(t, []string{"tree: abandoned: app/subsys/nested3"}, abandoned)
		require.ErrorIs(t, err, great)
		require.ErrorIs(t, err, tree.ErrAbandoned)
		var panicked *policy.PanicError
		require.ErrorAs(t, err, &panicked)
		require.Equal(t, "nested1 panicked", panicked.Value)

		pause(10 * time.Second)
		require.Equal(t, []string{"app/subsys/nested3"}, paths(seen.of(tree.ChildEndedLate)))
	})
}
