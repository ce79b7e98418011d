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

// openBlocking opens a supervisor with another one below, "sup", of a probe and a child
// that sticks until gate opens. What is stuck is abandoned 5 s after it was asked to
// stop, and answers that as stuck says.
func openBlocking(t *testing.T, stuck policy.Stuck, gate <-chan struct{}, starts chan int) (*tree.Scope, *recorder, *probe, *tree.Child) {
	t.Helper()
	p := bounded()
	p.Intensity = policy.NoRestarts
	s, seen := openSupervisor(t, patient())
	a := newProbe(&trail{}, "a")
	sup, err := s.Start(t.Context(), tree.ChildSpec{Name: "sup", Policy: &p, Children: []tree.ChildSpec{
		a.spec(policy.Permanent), {Name: "stuck", Run: stubbornOnce(gate, starts), Stop: policy.Stop{Stuck: stuck}}}})
	require.NoError(t, err)
	return s, seen, a, sup
}

func TestASupervisorIsNotStartedBesideWhatItLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		starts := make(chan int, 9)
		s, seen, a, sup := openBlocking(t, policy.StuckAbandon, gate, starts)
		begun := time.Now()
		a.exits <- errCrash // one restart too many: sup gives up
		require.ErrorIs(t, sup.Wait(t.Context()), tree.ErrAbandoned)
		require.Equal(t, 5*time.Second, time.Since(begun), "its grace and its kill wait")
		require.Equal(t, []string{"sup abandoned"}, slots(s.Snapshot()))
		require.Len(t, starts, 1)
		synctest.Wait() // the observer has been told
		require.Equal(t, []string{"app/sup/stuck", "app/sup"}, paths(seen.of(tree.ChildAbandoned)))
		require.ErrorIs(t, sup.Restart(t.Context()), tree.ErrAbandoned)

		require.NoError(t, sleep(t.Context(), time.Hour))
		open()
		synctest.Wait() // what was stuck has ended, and sup is up again
		require.Equal(t, 2, sup.Incarnation())
		require.Equal(t, []string{"a running", "stuck running"}, slots(below(t, s, "sup")))
		require.Len(t, starts, 2)
		require.EqualValues(t, 1, s.Snapshot().Counts.Restarts, "it was paid for once")
	})
}

func TestASupervisorIsStartedBesideWhatItLeftBehindIfThatMayBeReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		s, _, a, sup := openBlocking(t, policy.StuckReplace, gate, make(chan int, 9))
		a.exits <- errCrash
		require.NoError(t, sleep(t.Context(), 5*time.Second))
		synctest.Wait() // it is up again
		require.Equal(t, 2, sup.Incarnation())
		require.Equal(t, []string{"a running", "stuck running"}, slots(below(t, s, "sup")))
		open()
		synctest.Wait() // the one that was stuck has ended
		require.Equal(t, 2, sup.Incarnation())
	})
}

// The same holds for scopes that a child opened by itself, at any depth.
func TestAChildIsNotStartedBesideWhatItsScopesLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		s, _ := openSupervisor(t, patient())
		starts := make(chan int, 9)
		deep := tree.ChildSpec{Name: "deep", Policy: new(bounded()), Children: []tree.ChildSpec{{Name: "stuck", Run: stubbornOnce(gate, starts)}}}
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "child", Run: func(ctx context.Context) error {
			return tree.Run(ctx, bounded(), func(ctx context.Context, in *tree.Scope) error {
				if _, err := in.Start(ctx, deep); err != nil {
					return err
				}
				return failsAfter(time.Second, errCrash)(ctx)
			})
		}})
		require.NoError(t, err)
		require.NoError(t, sleep(t.Context(), time.Minute))
		require.Equal(t, []string{"child abandoned"}, slots(s.Snapshot()))
		require.Len(t, starts, 1)
		open()
		synctest.Wait() // it runs again
		require.Equal(t, 2, child.Incarnation())
		require.Len(t, starts, 2)
	})
}

func TestAGroupGoesOnWithoutASupervisorThatLeftSomethingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		p := patient()
		p.Strategy = policy.OneForAll
		s, _ := openSupervisor(t, p)
		a := startProbes(t, s, &trail{}, policy.Permanent, "a")["a"]
		starts := make(chan int, 9)
		sup, err := s.Start(t.Context(), tree.ChildSpec{Name: "sup", Policy: new(bounded()), Children: []tree.ChildSpec{
			{Name: "stuck", Run: stubbornOnce(gate, starts)}}})
		require.NoError(t, err)
		a.exits <- errCrash
		require.NoError(t, sleep(t.Context(), time.Minute))
		require.Equal(t, []string{"a running", "sup abandoned"}, slots(s.Snapshot()))
		require.EqualValues(t, 2, a.starts.Load())
		open()
		synctest.Wait() // sup is up again
		require.Equal(t, []string{"a running", "sup running"}, slots(s.Snapshot()))
		require.Equal(t, 2, sup.Incarnation())
	})
}

func TestARestartOfASupervisorThatLeavesSomethingBehindIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		s, _, _, sup := openBlocking(t, policy.StuckAbandon, gate, make(chan int, 9))
		begun := time.Now()
		require.ErrorIs(t, sup.Restart(t.Context()), tree.ErrAbandoned)
		require.Equal(t, 5*time.Second, time.Since(begun))
		require.ErrorIs(t, sup.Shutdown(t.Context()), tree.ErrAbandoned, "it need not come back")
		open()
		synctest.Wait() // what was stuck has ended
		require.Equal(t, 1, sup.Incarnation())
		require.Equal(t, []string{"sup stopped"}, slots(s.Snapshot()))
	})
}

func TestAScopeThatEndsDoesNotWaitForWhatAChildLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		s, _, a, _ := openBlocking(t, policy.StuckAbandon, gate, make(chan int, 9))
		a.exits <- errCrash
		require.NoError(t, sleep(t.Context(), time.Minute))
		begun := time.Now()
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Zero(t, time.Since(begun))
		require.Len(t, report.Abandoned, 1)
		require.Equal(t, "app/sup/stuck", report.Abandoned[0].Path)
		open()
		synctest.Wait() // what was stuck has ended
	})
}

func TestAMemberThatLeftSomethingBehindIsNotReplacedBesideIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		s, _ := openSupervisor(t, patient())
		set, err := tree.NewSet[int](t.Context(), s, tree.ChildSpec{Name: "set"})
		require.NoError(t, err)
		starts := make(chan int, 9)
		room := tree.ChildSpec{Policy: new(bounded()), Children: []tree.ChildSpec{{Name: "stuck", Run: stubbornOnce(gate, starts)}}}
		_, err = set.Put(t.Context(), 7, room)
		require.NoError(t, err)
		_, err = set.Replace(t.Context(), 7, room)
		require.ErrorIs(t, err, tree.ErrAbandoned)
		require.Len(t, starts, 1)
		open()
		synctest.Wait() // what was stuck has ended
		_, err = set.Put(t.Context(), 7, room)
		require.NoError(t, err)
	})
}
