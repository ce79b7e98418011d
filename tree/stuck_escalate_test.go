package tree_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// indispensable opens a supervisor that restarts all together, with a probe and a
// child that sticks until gate opens, and answers that as stuck says.
func indispensable(t *testing.T, stuck policy.Stuck, gate <-chan struct{}) (*tree.Scope, *recorder, *probe, *tree.Child) {
	t.Helper()
	p := bounded()
	p.Strategy, p.Intensity = policy.OneForAll, policy.Intensity{Restarts: 9, Within: time.Hour}
	s, seen := openSupervisor(t, p)
	a := startProbes(t, s, &trail{}, policy.Permanent, "a")["a"]
	child, err := s.Start(t.Context(), tree.ChildSpec{Name: "stuck", Run: stubbornOnce(gate, make(chan int, 9)), Stop: policy.Stop{Stuck: stuck}})
	require.NoError(t, err)
	return s, seen, a, child
}

func TestAChildThatIsStuckInAGroupRestartEndsItsSupervisorIfItSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		s, seen, a, child := indispensable(t, policy.StuckEscalate, gate)
		begun := time.Now()
		a.exits <- errCrash
		err := s.Wait(t.Context())
		require.Equal(t, 5*time.Second, time.Since(begun), "its grace and its kill wait")
		require.ErrorIs(t, err, tree.ErrEscalated)
		require.ErrorIs(t, err, tree.ErrAbandoned)
		require.ErrorContains(t, err, "tree: child escalated: app/stuck: tree: abandoned: app/stuck")
		require.ErrorIs(t, child.Wait(t.Context()), tree.ErrAbandoned)
		require.EqualValues(t, 1, a.starts.Load())
		require.Equal(t, []string{"app/stuck"}, paths(seen.of(tree.Escalated)))
		open()
		synctest.Wait()
		require.Equal(t, 1, child.Incarnation(), "nothing follows")
	})
}

func TestWhatBecomesOfAGroupWithAChildThatIsStuckIsAChoice(t *testing.T) {
	for _, c := range []struct {
		stuck  policy.Stuck
		slots  []string
		beside int
	}{
		{policy.StuckAbandon, []string{"a running", "stuck abandoned"}, 0},
		{policy.StuckReplace, []string{"a running", "stuck running"}, 1},
	} {
		t.Run(c.stuck.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gate, open := newGate(t)
				s, _, a, child := indispensable(t, c.stuck, gate)
				a.exits <- errCrash
				require.NoError(t, sleep(t.Context(), 5*time.Second))
				synctest.Wait()
				require.Equal(t, c.slots, slots(s.Snapshot()))
				require.Equal(t, c.beside, s.Snapshot().Children[1].RunsOn, "the one that was replaced stays in sight")
				require.Equal(t, c.beside > 0, strings.Contains(s.Snapshot().String(), ", 1 earlier run on"))
				open()
				synctest.Wait()
				require.Zero(t, s.Snapshot().Children[1].RunsOn)
				require.Equal(t, []string{"a running", "stuck running"}, slots(s.Snapshot()), "sooner or later it is back")
				require.Equal(t, 2, child.Incarnation(), "once")
			})
		})
	}
}

// The supervisor above answers it as any end of a supervisor, but does not start it
// beside what is stuck.
func TestASupervisorEndedByAStuckChildIsRestartedWhenThatHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		p := bounded()
		p.Strategy, p.Stop.Stuck = policy.OneForAll, policy.StuckEscalate
		s, _ := openSupervisor(t, patient())
		a := newProbe(&trail{}, "a")
		starts := make(chan int, 9)
		sup, err := s.Start(t.Context(), tree.ChildSpec{Name: "sup", Policy: &p, Children: []tree.ChildSpec{
			a.spec(policy.Permanent), {Name: "stuck", Run: stubbornOnce(gate, starts)}}})
		require.NoError(t, err)
		a.exits <- errCrash
		require.NoError(t, sleep(t.Context(), 5*time.Second))
		synctest.Wait() // it has escalated
		require.Equal(t, 1, sup.Incarnation())
		require.Equal(t, []string{"sup abandoned"}, slots(s.Snapshot()))
		open()
		synctest.Wait() // what was stuck has ended
		require.Equal(t, 2, sup.Incarnation())
		require.Equal(t, []string{"a running", "stuck running"}, slots(below(t, s, "sup")))
		require.NoError(t, s.Close())
	})
}

func TestWhatAnOperatorCannotStopEndsNoSupervisor(t *testing.T) {
	for name, stop := range map[string]func(ctx context.Context, ch *tree.Child) error{
		"Shutdown": func(ctx context.Context, ch *tree.Child) error { return ch.Shutdown(ctx) },
		"Restart":  func(ctx context.Context, ch *tree.Child) error { return ch.Restart(ctx) },
		"Remove":   func(ctx context.Context, ch *tree.Child) error { return ch.Remove(ctx) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gate, _ := newGate(t)
				s, seen, _, child := indispensable(t, policy.StuckEscalate, gate)
				require.ErrorIs(t, stop(t.Context(), child), tree.ErrAbandoned)
				require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
				require.Empty(t, seen.of(tree.Escalated))
			})
		})
	}
}

func TestAnActorThatIsStuckEscalatesToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		p := bounded()
		p.Strategy = policy.OneForAll
		s, _ := openSupervisor(t, p)
		a := startProbes(t, s, &trail{}, policy.Permanent, "a")["a"]
		ref, err := tree.Spawn(t.Context(), s, actor.Spec[int]{Name: "box", Stop: policy.Stop{Stuck: policy.StuckEscalate},
			New: func(context.Context, actor.Ref[int]) (actor.Receiver[int], error) {
				return actor.ReceiverFunc[int](func(context.Context, int) error { <-gate; return nil }), nil
			}})
		require.NoError(t, err)
		require.NoError(t, ref.Send(t.Context(), 1))
		synctest.Wait()
		a.exits <- errCrash
		require.NoError(t, sleep(t.Context(), 5*time.Second))
		synctest.Wait()
		require.Equal(t, tree.PhaseClosed, s.Snapshot().Phase)
		require.ErrorIs(t, s.Close(), tree.ErrEscalated)
		open()
	})
}
