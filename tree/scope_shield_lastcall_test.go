package tree_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// shieldedSignals shields work in s that notes its signals, and lingers.
func shieldedSignals(ctx context.Context, t *testing.T, s *tree.Scope, linger time.Duration) (*signals, <-chan error) {
	t.Helper()
	g := &signals{from: time.Now()}
	answer := shieldOf(context.WithoutCancel(ctx), s, "save", g.run(linger))
	synctest.Wait() // it is under way
	return g, answer
}

func TestShieldedWorkIsCanceledAtNineTenthsOfTheKillWaitAndHearsNothingBefore(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace, p.Stop.Kill = 2*time.Second, 10*time.Second
		for _, c := range []struct {
			end func(*tree.Scope)
			at  time.Duration // of the cancel
		}{
			{func(s *tree.Scope) { s.Cancel(errReason) }, 0},
			{func(s *tree.Scope) { s.Drain(errReason) }, 2 * time.Second},
		} {
			s, _ := openSupervisor(t, p)
			worker := &signals{from: time.Now()}
			launch(t.Context(), t, s, "worker", worker.run(0))
			save, answer := shieldedSignals(t.Context(), t, s, time.Second/2)
			c.end(s)
			report, err := s.Shutdown(t.Context())
			require.NoError(t, err)
			require.Equal(t, []time.Duration{0, c.at}, []time.Duration{worker.asked, worker.canceled})
			last := c.at + 9*time.Second
			require.Equal(t, []time.Duration{last, last}, []time.Duration{save.asked, save.canceled})
			require.ErrorIs(t, save.errAtAsk, context.Canceled)
			require.EqualError(t, save.cause, "tree: kill wait nearly over")
			require.Equal(t, last+time.Second/2, report.Took)
			require.True(t, report.Clean())
			require.Equal(t, context.Canceled, <-answer)
			require.Equal(t, []string{"app/worker canceled", "app/save canceled"}, childEnds(report))
			require.Equal(t, save.cause, report.Children[1].Cause)
			require.Equal(t, []int{0, 2, 0}, []int{report.Drained, report.Canceled, report.Failed})
			require.NoError(t, s.Close())
		}
	})
}

func TestShieldedWorkThatOutlivesTheKillWaitIsAbandonedAndItsLateErrorIsReported(t *testing.T) {
	for _, left := range []bool{false, true} {
		t.Run(fmt.Sprintf("left=%v", left), func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				p.Stop.Kill = 10 * time.Second
				start := time.Now()
				s, seen := openSupervisor(t, p)
				ctx, cancel := request(t)
				answer := shieldOf(ctx, s, "save", failsAfter(time.Minute, errBoom))
				synctest.Wait() // it is under way
				if left {
					cancel(errBang)
					require.Equal(t, errBang, <-answer)
				}
				s.Cancel(errReason)
				report, err := s.Shutdown(t.Context())
				require.NoError(t, err)
				require.Equal(t, 10*time.Second, report.Took)
				require.Len(t, report.Abandoned, 1)
				require.Equal(t, []any{"app/save", 10 * time.Second, tree.PhaseCanceling},
					[]any{report.Abandoned[0].Path, report.Abandoned[0].Age, report.Abandoned[0].Phase})
				require.Contains(t, report.Abandoned[0].Site, "scope_shield_test.go")
				require.Contains(t, report.Abandoned[0].Stack, "pause")
				if !left {
					err := <-answer
					require.ErrorIs(t, err, tree.ErrAbandoned)
					require.EqualError(t, err, "tree: abandoned: app/save")
					require.Equal(t, 10*time.Second, time.Since(start))
				}
				require.ErrorIs(t, s.Close(), tree.ErrAbandoned)
				require.Equal(t, []string{"save abandoned"}, slots(s.Snapshot()))

				pause(50 * time.Second)
				synctest.Wait() // the observer was told
				require.Empty(t, seen.of(tree.ChildExited))
				late := seen.of(tree.ChildEndedLate)
				require.Len(t, late, 1)
				require.Equal(t, []any{"app/save", policy.Failed, errBoom, time.Minute, false},
					[]any{late[0].Path, late[0].Exit, late[0].Err, late[0].Took, late[0].Handed})
				require.Equal(t, tree.Counts{Failed: 1}, s.Counts())
			})
		})
	}
}

func TestUnderKillForeverShieldedWorkIsNeverCanceledButSaidToBeOverdue(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Kill = policy.Forever
		start := time.Now()
		s, seen := openSupervisor(t, p)
		answer := shieldOf(t.Context(), s, "save", takes(time.Hour))
		synctest.Wait() // it is under way
		s.Cancel(errReason)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, time.Hour, report.Took)
		require.True(t, report.Clean())
		require.Equal(t, []string{"app/save returned"}, childEnds(report))
		require.NoError(t, <-answer)
		require.NoError(t, s.Close())
		require.Equal(t, []string{"app/save"}, paths(seen.of(tree.ChildOverdue)))
		require.Equal(t, policy.DefaultKill, seen.of(tree.ChildOverdue)[0].Time.Sub(start))
	})
}

// What a shield has opened ends with it, whichever way it was opened.
func TestTheLastCallReachesAllThatAShieldHasOpened(t *testing.T) {
	for name, open := range map[string]func(ctx context.Context, s *tree.Scope, f func(context.Context) error) error{
		"a scope": func(ctx context.Context, _ *tree.Scope, f func(context.Context) error) error {
			return tree.Run(ctx, unhurried(), func(ctx context.Context, s *tree.Scope) error { return s.Go(ctx, f) })
		},
		"a shielded scope": func(ctx context.Context, _ *tree.Scope, f func(context.Context) error) error {
			return tree.Run(context.WithoutCancel(ctx), unhurried(), func(ctx context.Context, s *tree.Scope) error { return s.Go(ctx, f) })
		},
		"a shield in its scope": func(ctx context.Context, s *tree.Scope, f func(context.Context) error) error {
			return s.Shield(context.WithoutCancel(ctx), "inner", f)
		},
		"a shield in a scope of its own": func(ctx context.Context, _ *tree.Scope, f func(context.Context) error) error {
			return tree.Run(ctx, unhurried(), func(ctx context.Context, s *tree.Scope) error {
				return s.Shield(context.WithoutCancel(ctx), "inner", f)
			})
		},
		"a shield in a shielded scope": func(ctx context.Context, _ *tree.Scope, f func(context.Context) error) error {
			return tree.Run(context.WithoutCancel(ctx), unhurried(), func(ctx context.Context, s *tree.Scope) error {
				return s.Shield(context.WithoutCancel(ctx), "inner", f)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				p.Stop.Kill = 10 * time.Second
				s, _ := openSupervisor(t, p)
				inner := &signals{from: time.Now()}
				answer := shieldOf(t.Context(), s, "outer", func(ctx context.Context) error {
					err := open(ctx, s, inner.run(time.Second/2))
					require.ErrorIs(t, ctx.Err(), context.Canceled)
					return err
				})
				synctest.Wait() // it is under way
				s.Cancel(errReason)
				report, err := s.Shutdown(t.Context())
				require.NoError(t, err)
				require.Equal(t, 9*time.Second, inner.canceled)
				require.EqualError(t, inner.cause, "tree: kill wait nearly over")
				require.Equal(t, 9*time.Second+time.Second/2, report.Took)
				require.True(t, report.Clean())
				<-answer
				require.NoError(t, s.Close())
			})
		})
	}
}

// Whoever is above and is killed first gives the last call, however patient what
// is below would be.
func TestTheShortestKillWaitAroundAShieldGivesItTheLastCall(t *testing.T) {
	second := time.Second
	for _, c := range []struct {
		name                   string
		root, child, own, last time.Duration
	}{
		{"of its scope", time.Hour, time.Hour, 10 * second, 9 * second},
		{"of the child around", time.Hour, 10 * second, time.Hour, 9 * second},
		{"of the root", 10 * second, time.Hour, policy.Forever, 9 * second},
		{"of the child around one that never abandons", policy.Forever, 10 * second, policy.Forever, 9 * second},
		{"of all at once", 10 * second, 10 * second, 10 * second, 9 * second},
	} {
		t.Run(c.name, func(t *testing.T) {
			for how, nest := range map[string]func(context.Context) context.Context{
				"": func(ctx context.Context) context.Context { return ctx }, "shielded": context.WithoutCancel} {
				synctest.Test(t, func(t *testing.T) {
					root, own := unhurried(), unhurried()
					root.Stop.Kill, own.Stop.Kill = c.root, c.own
					if how != "" && c.name == "of its scope" {
						own.Stop.Grace = policy.NoGrace // so that it is canceled along
					}
					s, _ := openSupervisor(t, root)
					save := &signals{from: time.Now()}
					_, err := s.Start(t.Context(), tree.ChildSpec{Name: "child", Stop: policy.Stop{Kill: c.child}, Run: func(ctx context.Context) error {
						return tree.Run(nest(ctx), own, func(ctx context.Context, s *tree.Scope) error {
							return s.Shield(context.WithoutCancel(ctx), "save", save.run(second/2))
						})
					}})
					require.NoError(t, err)
					synctest.Wait() // it is under way
					s.Cancel(errReason)
					report, err := s.Shutdown(t.Context())
					require.NoError(t, err)
					require.True(t, report.Clean(), how)
					require.Equal(t, c.last, save.canceled, how)
					require.EqualError(t, save.cause, "tree: kill wait nearly over", how)
					require.Equal(t, c.last+second/2, report.Took, how)
					require.NoError(t, s.Close())
				})
			}
		})
	}
}

// An operator's cancel of a child gives the same call to what is shielded below it.
func TestACanceledChildsKillWaitGivesTheLastCallToShieldsBelowIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.TaskScope)
		gate := make(chan struct{})
		defer func() { close(gate); synctest.Wait() }() // until all are gone
		save := &signals{from: time.Now()}
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "child", Stop: policy.Stop{Kill: 10 * time.Second}, Run: func(ctx context.Context) error {
			return tree.Run(ctx, unhurried(), func(ctx context.Context, s *tree.Scope) error {
				require.NoError(t, s.Go(ctx, func(ctx context.Context) error { return s.Shield(context.WithoutCancel(ctx), "stuck", stubborn(gate)) }))
				return s.Shield(context.WithoutCancel(ctx), "save", save.run(0))
			})
		}})
		require.NoError(t, err)
		synctest.Wait() // both are under way
		child.Cancel(errReason)
		require.ErrorIs(t, child.Wait(t.Context()), tree.ErrAbandoned)
		require.Equal(t, 9*time.Second, save.canceled)
		require.Equal(t, 10*time.Second, time.Since(save.from))
		synctest.Wait() // the observer was told
		require.Equal(t, []string{"app/child"}, paths(seen.of(tree.ChildAbandoned)))
	})
}

func TestAfterTheLastCallNothingIsShieldedAnyMore(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Kill = 10 * time.Second
		s, _ := openSupervisor(t, p)
		start := time.Now()
		var inTime, late error
		var canceled time.Duration
		launch(t.Context(), t, s, "child", func(ctx context.Context) error {
			<-ctx.Done()
			pause(8 * time.Second)
			inTime = s.Shield(context.WithoutCancel(ctx), "in time", func(ctx context.Context) error {
				err := blocker(ctx)
				canceled = time.Since(start)
				return err
			})
			late = s.Shield(context.WithoutCancel(ctx), "late", func(context.Context) error { panic("it ran") })
			return ctx.Err()
		})
		synctest.Wait() // it waits
		s.Cancel(errReason)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 9*time.Second, report.Took)
		require.Equal(t, 9*time.Second, canceled)
		require.Equal(t, context.Canceled, inTime)
		require.ErrorIs(t, late, tree.ErrClosed)
		require.NoError(t, s.Close())
	})
}
