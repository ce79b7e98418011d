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

func TestTheSoftSignalLeavesContextsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, bounded())
		child, task := &signals{from: time.Now()}, &signals{from: time.Now()}
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: child.run(0)})
		require.NoError(t, err)
		require.NoError(t, s.Go(t.Context(), task.run(0)))
		require.NoError(t, sleep(t.Context(), time.Second))

		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		for _, g := range []*signals{child, task} {
			require.Equal(t, time.Second, g.asked)
			require.NoError(t, g.errAtAsk)
			require.Equal(t, 3*time.Second, g.canceled)
			require.EqualError(t, g.cause, "tree: grace of the scope over: tree: shutdown")
		}
		require.True(t, report.Clean())
		require.Equal(t, 2*time.Second, report.Took)
		require.Equal(t, 0, report.Drained)
		require.Equal(t, 2, report.Canceled)
		require.NoError(t, s.Close(), "a shutdown that had to cancel is still one")
		var phases []time.Duration
		for _, kind := range []tree.EventKind{tree.ScopeDraining, tree.ScopeCanceling, tree.ScopeClosed} {
			require.Len(t, seen.of(kind), 1, "%v", kind)
			phases = append(phases, seen.of(kind)[0].Time.Sub(child.from))
		}
		require.Equal(t, []time.Duration{time.Second, 3 * time.Second, 3 * time.Second}, phases)
	})
}

func TestAScopeWhoseChildrenDrainInTimeCancelsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, bounded())
		slow := newProbe(&trail{}, "slow")
		slow.stopWait = 2*time.Second - 1
		_, err := s.Start(t.Context(), slow.spec(policy.Permanent))
		require.NoError(t, err)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2*time.Second-1, report.Took)
		require.Equal(t, 1, report.Drained)
		require.Zero(t, report.Canceled)
		require.Empty(t, seen.of(tree.ScopeCanceling))
		require.Len(t, report.Children, 1)
		require.Equal(t, tree.ChildEnd{Path: "app/slow", Exit: policy.Returned, Phase: tree.PhaseDraining, Age: 2*time.Second - 1}, report.Children[0])
	})
}

func TestNoGraceCancelsAtOnceAndForeverNever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct{ grace, took time.Duration }{{policy.NoGrace, 0}, {policy.Forever, 24 * time.Hour}} {
			p := bounded()
			p.Stop.Grace = c.grace
			s, _ := openSupervisor(t, p)
			slow := newProbe(&trail{}, "slow")
			slow.stopWait = 24 * time.Hour
			_, err := s.Start(t.Context(), slow.spec(policy.Permanent))
			require.NoError(t, err)
			report, err := s.Shutdown(t.Context())
			require.NoError(t, err)
			require.True(t, report.Clean())
			require.Equal(t, c.took, report.Took)
		}
	})
}

func TestWhatOutlivesGraceAndKillWaitIsAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		s, seen := openSupervisor(t, bounded())
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "stuck", Run: stubborn(gate)})
		require.NoError(t, err)
		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "polite", Run: drainer})
		require.NoError(t, err)
		require.NoError(t, sleep(t.Context(), time.Minute))
		begun := time.Now()
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 5*time.Second, time.Since(begun))
		require.Equal(t, 5*time.Second, report.Took)
		require.False(t, report.Clean())
		require.Equal(t, tree.PhaseClosed, report.Phase)
		require.Equal(t, 1, report.Drained)
		require.Len(t, report.Abandoned, 1)
		lost := report.Abandoned[0]
		require.Equal(t, "app/stuck", lost.Path)
		require.Equal(t, time.Minute+5*time.Second, lost.Age)

		require.Equal(t, policy.SlotAbandoned, child.State())
		err = s.Close()
		require.ErrorIs(t, err, tree.ErrAbandoned)
		require.EqualError(t, err, "tree: abandoned: app/stuck")
		synctest.Wait()
		require.Len(t, seen.of(tree.ChildAbandoned), 1)
		require.Equal(t, []string{"stuck abandoned"}, stateOf(s, "stuck"), "still visible")

		require.NoError(t, sleep(t.Context(), time.Minute))
		close(gate)
		synctest.Wait()
		late := seen.of(tree.ChildEndedLate)
		require.Len(t, late, 1)
		require.Equal(t, "app/stuck", late[0].Path)
		require.Equal(t, 2*time.Minute+5*time.Second, late[0].Took)
		require.Equal(t, policy.SlotStopped, child.State())
	})
}

// stateOf returns the named child's line of slots.
func stateOf(s *tree.Scope, name string) []string {
	var list []string
	for _, ch := range s.Snapshot().Children {
		if ch.Name == name {
			list = append(list, ch.Name+" "+ch.State.String())
		}
	}
	return list
}

func TestRunReturnsAbandonedWithTheNamesOfWhatStillRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		seen := &recorder{}
		begun := time.Now()
		err := tree.Run(t.Context(), bounded(), func(ctx context.Context, s *tree.Scope) error {
			for _, name := range []string{"one", "two"} {
				if _, err := s.Start(ctx, tree.ChildSpec{Name: name, Run: stubborn(gate)}); err != nil {
					return err
				}
			}
			return s.Go(ctx, stubborn(gate))
		}, tree.WithName("app"), tree.WithObserver(seen))
		require.ErrorIs(t, err, tree.ErrAbandoned)
		require.EqualError(t, err, "tree: abandoned: app/one, app/two, app")
		require.Equal(t, 5*time.Second, time.Since(begun))
		synctest.Wait() // a scope that could wait no longer does not wait for its observer either
		require.Len(t, seen.of(tree.ChildAbandoned), 3)
		require.Equal(t, 1, seen.of(tree.ChildAbandoned)[2].Count, "one plain task")
		close(gate)
	})
}

func TestABodysErrorAndAnAbandonedChildAreBothReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		broken := errors.New("body")
		err := tree.Run(t.Context(), bounded(), func(ctx context.Context, s *tree.Scope) error {
			_, err := s.Start(ctx, tree.ChildSpec{Name: "stuck", Run: stubborn(gate)})
			return errors.Join(err, broken)
		}, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.ErrorIs(t, err, tree.ErrAbandoned)
		require.ErrorIs(t, err, broken)
		close(gate)
	})
}

func TestAChildsShorterStopHoldsInsideTheScopes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			stop            policy.Stop
			canceled, ended time.Duration
		}{
			{policy.Stop{}, 2 * time.Second, 5 * time.Second},
			{policy.Stop{Grace: time.Second}, time.Second, 4 * time.Second},
			{policy.Stop{Kill: time.Second}, 2 * time.Second, 3 * time.Second},
			{policy.Stop{Grace: policy.NoGrace, Kill: time.Second}, 0, time.Second},
			{policy.Stop{Grace: time.Hour, Kill: time.Hour}, 2 * time.Second, 5 * time.Second},
			{policy.Stop{Grace: policy.Forever, Kill: policy.Forever}, 2 * time.Second, 5 * time.Second},
		} {
			s, _ := openSupervisor(t, bounded())
			g := &signals{from: time.Now()}
			_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: g.run(time.Hour), Stop: c.stop})
			require.NoError(t, err)
			report, err := s.Shutdown(t.Context())
			require.NoError(t, err)
			synctest.Wait()
			require.Equal(t, time.Duration(0), g.asked, "%+v", c.stop)
			require.Equal(t, c.canceled, g.canceled, "%+v", c.stop)
			require.Equal(t, c.ended, report.Took, "%+v", c.stop)
			require.Len(t, report.Abandoned, 1)
			require.NoError(t, sleep(t.Context(), 2*time.Hour))
		}
	})
}

// One deadline holds for all: fixed children, which stop one at a time, do not
// get a grace each.
func TestFixedChildrenShareTheGraceAndTheKillWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		p := bounded()
		all := []*signals{{from: time.Now()}, {from: time.Now()}, {from: time.Now()}}
		spec := tree.ChildSpec{Name: "sup", Policy: &p, Restart: policy.Temporary}
		for i, g := range all {
			spec.Children = append(spec.Children, tree.ChildSpec{Name: string(rune('a' + i)), Run: g.run(time.Second)})
		}
		sup, err := s.Start(t.Context(), spec)
		require.NoError(t, err)
		require.NoError(t, sup.Shutdown(t.Context()))
		require.Equal(t, 3*time.Second, time.Since(all[0].from))
		require.Equal(t, []time.Duration{2 * time.Second, 2 * time.Second, 0}, []time.Duration{all[0].asked, all[1].asked, all[2].asked})
		for _, g := range all {
			require.Equal(t, 2*time.Second, g.canceled)
		}
		require.NoError(t, sup.Wait(t.Context()))
	})
}

// The kill wait of a child begins with its cancel, also when that came with the
// scope's and not with its own grace.
func TestAChildsOwnKillWaitBeginsWhenItsScopeCancelsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Stop = policy.Stop{Grace: 5 * time.Second, Kill: time.Minute, Order: policy.OrderReverse}
		s, seen := openSupervisor(t, p)
		g := &signals{from: time.Now()}
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "stuck", Run: g.run(time.Hour), Stop: policy.Stop{Kill: time.Second}})
		require.NoError(t, err)
		slow := newProbe(&trail{}, "slow") // stopped first, for 3 of the 5 seconds
		slow.stopWait = 3 * time.Second
		_, err = s.Start(t.Context(), slow.spec(policy.Permanent))
		require.NoError(t, err)
		_, err = s.Shutdown(t.Context())
		require.NoError(t, err)
		synctest.Wait()
		defer sleep(t.Context(), 2*time.Hour) // until stuck has ended
		require.Equal(t, 3*time.Second, g.asked)
		require.Equal(t, 5*time.Second, g.canceled)
		require.Equal(t, 6*time.Second, seen.of(tree.ChildAbandoned)[0].Time.Sub(g.from))
	})
}

func TestKillForeverReportsWhoIsOverdueAndGoesOnWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.TaskScope
		p.Stop.Grace = 2 * time.Second
		gate := make(chan struct{})
		seen := &recorder{}
		s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(seen))
		require.NoError(t, err)
		begun := time.Now()
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "stuck", Run: stubborn(gate)})
		require.NoError(t, err)
		require.NoError(t, s.Go(t.Context(), stubborn(gate)))
		go func() {
			if sleep(t.Context(), time.Hour) == nil {
				close(gate)
			}
		}()
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, time.Hour, time.Since(begun))
		require.True(t, report.Clean())
		require.NoError(t, s.Close())
		require.NoError(t, child.Wait(t.Context()))
		overdue := seen.of(tree.ChildOverdue)
		require.Len(t, overdue, 2)
		require.Equal(t, "app/stuck", overdue[0].Path)
		require.Equal(t, 1, overdue[1].Count)
		for _, e := range overdue {
			require.Equal(t, 2*time.Second+policy.DefaultKill, e.Time.Sub(begun))
		}
		require.Empty(t, seen.of(tree.ChildAbandoned))
	})
}
