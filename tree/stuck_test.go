package tree_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// newGate returns a gate and what opens it, which the end of the test does too.
func newGate(t *testing.T) (gate <-chan struct{}, open func()) {
	ch := make(chan struct{})
	open = sync.OnceFunc(func() { close(ch) })
	t.Cleanup(open)
	return ch, open
}

// rootsNamed counts the live roots of a name.
func rootsNamed(name string) int {
	n := 0
	for s := range tree.Roots() {
		if s.Path() == name {
			n++
		}
	}
	return n
}

// replaced opens a supervisor with a child that bears company, whose first
// incarnation sticks until gate closes; it has been replaced by a second one,
// which runs run.
func replaced(t *testing.T, name string, rec *recorder, gate <-chan struct{}, run func(context.Context) error) (*tree.Scope, *tree.Child) {
	p := policy.SupervisorScope
	p.Stop = policy.Stop{Grace: time.Second, Kill: time.Second, Stuck: policy.StuckReplace}
	s, err := tree.Open(t.Context(), p, tree.WithName(name), tree.WithObserver(rec))
	require.NoError(t, err)
	var lives atomic.Int32
	ch, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Restart: policy.Transient,
		Stop: policy.Stop{Stuck: policy.StuckReplace},
		Run: func(ctx context.Context) error {
			if lives.Add(1) == 1 {
				return stubborn(gate)(ctx)
			}
			return run(ctx)
		}})
	require.NoError(t, err)
	require.NoError(t, s.Restart("c"))
	require.NoError(t, sleep(t.Context(), 2*time.Second))
	synctest.Wait()
	require.Len(t, rec.of(tree.ChildAbandoned), 1)
	require.Equal(t, 2, ch.Incarnation())
	return s, ch
}

func TestTheReplacementOfAnAbandonedChildIsNotLateItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		rec := &recorder{}
		s, ch := replaced(t, "replaced", rec, gate, func(context.Context) error { return nil })
		require.NoError(t, ch.Wait(within(t)))
		synctest.Wait()
		exits := rec.of(tree.ChildExited)
		require.Len(t, exits, 1)
		require.Equal(t, 2, exits[0].Incarnation)
		require.Empty(t, rec.of(tree.ChildEndedLate))
		open()
		synctest.Wait()
		late := rec.of(tree.ChildEndedLate)
		require.Len(t, late, 1)
		require.Equal(t, 1, late[0].Incarnation)
		require.NoError(t, s.Close())
		require.Zero(t, rootsNamed("replaced"))
	})
}

func TestTheReplacementOfAnAbandonedChildIsAbandonedInItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		rec := &recorder{}
		s, ch := replaced(t, "again", rec, gate, stubborn(gate))
		require.NoError(t, s.Restart("c"))
		require.NoError(t, sleep(t.Context(), 2*time.Second))
		synctest.Wait()
		require.Len(t, rec.of(tree.ChildAbandoned), 2)
		require.Equal(t, 3, ch.Incarnation())
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Len(t, report.Abandoned, 3, "all of them run")
		open()
		synctest.Wait()
		require.Len(t, rec.of(tree.ChildEndedLate), 3)
		require.Zero(t, rootsNamed("again"))
	})
}

func TestAChildAbandonedBeforeItWasReadyFreesItsPlaceWhenItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Stop = policy.Stop{Grace: time.Second, Kill: time.Second}
		s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		gate, open := newGate(t)
		lives := 0
		ch, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", WaitReady: true, Run: func(ctx context.Context) error {
			if lives++; lives > 1 {
				return stubborn(gate)(ctx)
			}
			_ = tree.Ready(ctx)
			return drainer(ctx)
		}})
		require.NoError(t, err)
		require.NoError(t, s.Restart("c"))
		synctest.Wait()
		require.Equal(t, policy.SlotStarting, ch.State())
		require.ErrorIs(t, ch.Shutdown(t.Context()), tree.ErrAbandoned)
		require.Equal(t, policy.SlotAbandoned, ch.State())
		open()
		synctest.Wait()
		require.Equal(t, policy.SlotStopped, ch.State())
		require.NoError(t, s.Close())
	})
}

func TestAScopeWhoseBodyWasAbandonedIsNoRootOnceItReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Stop = policy.Stop{Grace: time.Second, Kill: time.Second}
		start := time.Now()
		err := tree.Run(t.Context(), p, func(_ context.Context, s *tree.Scope) error {
			s.Cancel(nil)
			return sleep(t.Context(), time.Minute) // it heeds nothing of the scope's
		}, tree.WithName("slow-body"), tree.WithObserver(&recorder{}))
		require.ErrorIs(t, err, tree.ErrAbandoned)
		require.Equal(t, time.Minute, time.Since(start))
		synctest.Wait()
		require.Zero(t, rootsNamed("slow-body"))
	})
}

func TestWhatRunsOnInAScopeOpenedBelowIsAbandonedAboveToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Stop = policy.Stop{Grace: time.Second, Kill: time.Second}
		rec := &recorder{}
		gate, open := newGate(t)
		start := time.Now()
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			below, err := tree.Open(ctx, p, tree.WithName("below"))
			require.NoError(t, err)
			_, err = below.Start(ctx, tree.ChildSpec{Name: "stuck", Run: stubborn(gate)})
			return err
		}, tree.WithName("app"), tree.WithObserver(rec))
		require.Equal(t, 2*time.Second, time.Since(start))
		require.ErrorIs(t, err, tree.ErrAbandoned, "it still runs")
		require.ErrorContains(t, err, "app/below/stuck")
		synctest.Wait()
		require.Len(t, rec.of(tree.ChildAbandoned), 1)
		open()
	})
}

func TestTheReportNamesWhatIsStuckInASupervisorBelow(t *testing.T) {
	for range 20 { // the wait of the supervisor below ends at the same moment
		synctest.Test(t, func(t *testing.T) {
			p := policy.SupervisorScope
			p.Stop = policy.Stop{Grace: time.Second, Kill: time.Second}
			gate, open := newGate(t)
			s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(&recorder{}))
			require.NoError(t, err)
			_, err = s.Start(t.Context(), tree.ChildSpec{Name: "sup", Policy: new(p), Children: []tree.ChildSpec{{Name: "stuck", Run: stubborn(gate)}}})
			require.NoError(t, err)
			err = s.Close()
			open()
			require.ErrorIs(t, err, tree.ErrAbandoned)
			require.ErrorContains(t, err, "app/sup/stuck")
		})
	}
}

func TestAReportStaysAsItWasWhenAnAbandonedChildEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Stop = policy.Stop{Grace: time.Second, Kill: time.Second}
		s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		gate, open := newGate(t)
		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "stuck", Run: func(context.Context) error { <-gate; return errors.New("late") }})
		require.NoError(t, err)
		before, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		open()
		synctest.Wait()
		after, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, before.String(), after.String())
		require.ErrorIs(t, s.Close(), tree.ErrAbandoned)
	})
}

func TestAScopeClosesAfterWhatAScopeBelowLeftBehindHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Stop = policy.Stop{Grace: time.Second, Kill: time.Second}
		gate, open := newGate(t)
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, _ *tree.Scope) error {
			return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, _ *tree.Scope) error {
				err := tree.Run(ctx, p, func(ctx context.Context, s *tree.Scope) error {
					_, err := s.Start(ctx, tree.ChildSpec{Name: "stuck", Run: stubborn(gate)})
					return err
				}, tree.WithName("below"))
				require.ErrorIs(t, err, tree.ErrAbandoned)
				open()
				synctest.Wait()
				return nil
			}, tree.WithName("between"))
		}, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.NoError(t, err, "all has ended")
	})
}

func TestAStuckActorIsNotReplacedBesideItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Stop = policy.Stop{Grace: time.Second, Kill: time.Second, Stuck: policy.StuckReplace}
		gate, open := newGate(t)
		s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		handled := 0
		ref, err := tree.Spawn(t.Context(), s, actor.Spec[int]{Name: "box", New: func(context.Context, actor.Ref[int]) (actor.Receiver[int], error) {
			return actor.ReceiverFunc[int](func(context.Context, int) error {
				if handled++; handled == 1 {
					<-gate
				}
				return nil
			}), nil
		}})
		require.NoError(t, err)
		require.NoError(t, ref.Send(t.Context(), 1))
		require.NoError(t, ref.Send(t.Context(), 2))
		synctest.Wait()
		require.NoError(t, s.Restart("box"))
		require.NoError(t, sleep(t.Context(), time.Minute))
		ch, err := s.Child("box")
		require.NoError(t, err)
		require.Equal(t, policy.SlotAbandoned, ch.State())
		require.Equal(t, 1, handled)
		open()
		synctest.Wait()
		require.NoError(t, s.Close())
	})
}
