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

// A hard cancel ends background children with all others: whatever it comes from.
func TestAHardCancelEndsBackgroundChildrenWithAllOthers(t *testing.T) {
	cancels := map[string]struct {
		cancel func(t *testing.T, ctx context.Context, s *tree.Scope, outside context.CancelCauseFunc)
		at     time.Duration
		cause  string
	}{
		"Cancel": {func(_ *testing.T, _ context.Context, s *tree.Scope, _ context.CancelCauseFunc) { s.Cancel(errReason) }, 0, "reason"},
		"the context outside": {func(_ *testing.T, _ context.Context, _ *tree.Scope, outside context.CancelCauseFunc) {
			outside(errReason)
		},
			0, "reason"},
		"a deadline": {func(t *testing.T, _ context.Context, s *tree.Scope, _ context.CancelCauseFunc) {
			require.NoError(t, s.SetDeadline(time.Now().Add(tenth)))
		}, tenth, "tree: timed out: app"},
		"the end of the grace": {func(_ *testing.T, _ context.Context, s *tree.Scope, _ context.CancelCauseFunc) { s.Drain(errReason) },
			10 * tenth, "tree: grace of the scope over: reason"},
		"a sibling that cancels together": {func(t *testing.T, ctx context.Context, s *tree.Scope, _ context.CancelCauseFunc) {
			_, err := s.Start(ctx, tree.ChildSpec{Name: "fails", OnFailure: new(policy.CancelTogether), Run: failsAfter(tenth, errBoom)})
			require.NoError(t, err)
		}, tenth, "app/fails: boom"},
	}
	for name, c := range cancels {
		t.Run(name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				p.Stop.Grace = 10 * tenth
				d := newDaemon()
				outside, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				_ = tree.Run(outside, p, func(ctx context.Context, s *tree.Scope) error {
					_, err := s.Start(ctx, d.spec("daemon"))
					require.NoError(t, err)
					launch(ctx, t, s, "other", blocker)
					c.cancel(t, ctx, s, cancel)
					<-ctx.Done()
					require.Equal(t, c.at, time.Since(d.from))
					return nil
				}, tree.WithName("app"), tree.WithObserver(&recorder{}))
				d.requireCanceled(t, c.at, c.cause)
			})
		})
	}
}

// Several are canceled together: those that need time to clean up need it at once.
func TestSeveralBackgroundChildrenAreCanceledTogetherAndWaitedFor(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		p.Stop.Order = policy.OrderReverse // which is for the others
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			for i := range 10 {
				_, err := s.Start(ctx, tree.ChildSpec{Name: fmt.Sprint(i), Background: true, Run: cleansUp(tenth*time.Duration(i), context.Canceled)})
				require.NoError(t, err)
			}
			require.NoError(t, s.Go(ctx, takes(tenth)))
			pause(tenth)
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, 10*tenth, time.Since(start))
	})
}

// Its kill wait is that of its scope.
func TestABackgroundChildThatIgnoresItsCancelIsAbandonedAfterTheKillWait(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop = policy.Stop{Grace: time.Minute, Kill: time.Second}
		gate, open := newGate(t)
		s, seen := openSupervisor(t, p)
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "daemon", Background: true, Run: stubborn(gate)})
		require.NoError(t, err)
		require.NoError(t, s.Go(t.Context(), takes(tenth)))
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, tenth+time.Second, report.Took)
		require.Equal(t, []int{1, 0, 1}, []int{report.Drained, report.Canceled, len(report.Abandoned)})
		require.Equal(t, "app/daemon", report.Abandoned[0].Path)
		require.EqualError(t, s.Close(), "tree: abandoned: app/daemon")
		open()
		synctest.Wait() // it has ended after all
		require.Equal(t, []string{"app/daemon"}, paths(seen.of(tree.ChildEndedLate)))
		require.False(t, isRoot(s))
	})
}

// Who is being canceled is too late to start others.
func TestABackgroundChildThatSpawnsWhileItIsCanceledIsRefused(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		var answers []error
		run, ran := ranTimes()
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			_, err := s.Start(ctx, tree.ChildSpec{Name: "daemon", Background: true, Run: func(ctx context.Context) error {
				<-ctx.Done()
				for _, way := range spawnings {
					answers = append(answers, way.spawn(context.WithoutCancel(ctx), s, way.name, run))
				}
				return ctx.Err()
			}})
			return err
		}, tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		require.Len(t, answers, len(spawnings))
		for _, answer := range answers {
			require.ErrorIs(t, answer, tree.ErrClosed)
		}
		require.Zero(t, ran())
	})
}

// What it shields at its end is waited for.
func TestABackgroundChildMayShieldItsCleanup(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start, saved := time.Now(), false
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			_, err := s.Start(ctx, tree.ChildSpec{Name: "daemon", Background: true, Run: func(ctx context.Context) error {
				<-ctx.Done()
				return s.Shield(context.WithoutCancel(ctx), "save", func(ctx context.Context) error {
					err := sleep(ctx, tenth)
					saved = err == nil
					return err
				})
			}})
			return err
		})
		require.NoError(t, err)
		require.True(t, saved)
		require.Equal(t, tenth, time.Since(start))
	})
}

// A task that it started in its scope is somebody else, and keeps it.
func TestATaskThatABackgroundChildHasStartedKeepsIt(t *testing.T) {
	under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
		d := newDaemon()
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			spec := d.spec("daemon")
			run := spec.Run
			spec.Run = func(ctx context.Context) error {
				require.NoError(t, s.Go(ctx, takes(tenth)))
				return run(ctx)
			}
			_, err := s.Start(ctx, spec)
			synctest.Wait() // both run
			return err
		})
		require.NoError(t, err)
		d.requireCanceled(t, tenth, textBackground)
	})
}

// A failure of its own is answered as any other child's.
func TestABackgroundChildThatFailsIsAnsweredAsAnyOther(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start, seen, fails := time.Now(), &recorder{}, newClockwork(tenth, time.Hour)
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			_, err := s.Start(ctx, tree.ChildSpec{Name: "daemon", Background: true, Run: fails.run})
			require.NoError(t, err)
			return sleep(ctx, 3*tenth)
		}, tree.WithName("app"), tree.WithObserver(seen))
		require.Equal(t, []string{"app/daemon"}, paths(seen.failures()))
		switch p.OnFailure {
		case policy.CancelTogether:
			require.EqualError(t, err, "app/daemon: crash")
			require.Equal(t, tenth, time.Since(start))
		case policy.Supervise:
			require.NoError(t, err)
			require.Equal(t, []time.Duration{0, tenth}, fails.starts(), "it was restarted")
			require.Equal(t, 3*tenth, time.Since(start))
		default:
			require.NoError(t, err)
			require.Equal(t, 3*tenth, time.Since(start))
		}
	})
}

// One that waits to be restarted is left alone too, and not restarted at the end.
func TestABackgroundChildThatWaitsForItsRestartHoldsUpNoEnd(t *testing.T) {
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprint("others left ", late), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := openSupervisor(t, bounded())
				fails := newClockwork(tenth)
				daemon, err := s.Start(t.Context(), tree.ChildSpec{Name: "daemon", Background: true, Run: fails.run,
					Backoff: backoff(10 * tenth)})
				require.NoError(t, err)
				if late {
					require.NoError(t, s.Go(t.Context(), takes(15*tenth)))
				}
				pause(2 * tenth)
				require.Equal(t, policy.SlotDelayed, daemon.State())
				report, err := s.Shutdown(t.Context())
				require.NoError(t, err)
				if late {
					require.Equal(t, 13*tenth, report.Took)
				} else {
					require.Zero(t, report.Took)
				}
				require.Equal(t, []time.Duration{0}, fails.starts())
				require.NoError(t, s.Close())
				exit, over := daemon.Exit()
				require.True(t, over)
				require.Equal(t, policy.Failed, exit)
			})
		})
	}
}

// A supervisor's fixed background child is stopped after those that may need it,
// wherever it stands in the order.
func TestAFixedBackgroundChildIsStoppedAfterAllOthers(t *testing.T) {
	for _, order := range []policy.Order{policy.OrderByKind, policy.OrderReverse, policy.OrderTogether} {
		t.Run(order.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := openSupervisor(t, policy.SupervisorScope)
				log, start := &trail{}, time.Now()
				noted := func(name string, d time.Duration) tree.ChildSpec {
					return tree.ChildSpec{Name: name, Run: func(ctx context.Context) error {
						<-tree.Draining(ctx)
						log.add(fmt.Sprintf("%s asked at %v", name, time.Since(start)))
						_ = sleep(ctx, d)
						return nil
					}}
				}
				spec := supervisorSpec(noted("first", tenth), noted("second", tenth), noted("third", tenth))
				spec.Children[1].Background = true
				spec.Policy.Stop.Order = order
				sup, err := s.Start(t.Context(), spec)
				require.NoError(t, err)
				require.NoError(t, sup.Shutdown(t.Context()))
				if order == policy.OrderTogether {
					require.ElementsMatch(t, []string{"first asked at 0s", "third asked at 0s", "second asked at 100ms"}, log.list())
				} else {
					require.Equal(t, []string{"third asked at 0s", "first asked at 100ms", "second asked at 200ms"}, log.list())
				}
			})
		})
	}
}
