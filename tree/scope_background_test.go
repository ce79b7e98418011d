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

const textBackground = "tree: only background children are left"

// daemon is a background child that notes when it is asked and canceled, and
// with what it is.
type daemon struct {
	signals
	atEnd error // returned after its cancel; nil: the cancel's own
}

func newDaemon() *daemon { return &daemon{signals: signals{from: time.Now()}} }

func (d *daemon) spec(name string) tree.ChildSpec {
	return tree.ChildSpec{Name: name, Background: true, Run: func(ctx context.Context) error {
		if err := d.run(0)(ctx); d.atEnd == nil {
			return err
		}
		return d.atEnd
	}}
}

// requireCanceled checks when it was asked and canceled, which come together, and
// why.
func (d *daemon) requireCanceled(t *testing.T, at time.Duration, cause string) {
	t.Helper()
	require.Equal(t, []time.Duration{at, at}, []time.Duration{d.asked, d.canceled}, "asked and canceled")
	require.EqualError(t, d.cause, cause)
}

// company is what else may live in a scope.
var company = map[string]func(t *testing.T, ctx context.Context, s *tree.Scope){
	"a task": func(t *testing.T, ctx context.Context, s *tree.Scope) {
		require.NoError(t, s.Go(ctx, takes(10*tenth)))
	},
	"a child": func(t *testing.T, ctx context.Context, s *tree.Scope) {
		_, err := s.Start(ctx, tree.ChildSpec{Name: "child", Run: takes(10 * tenth), Restart: temporaryIn(s)})
		require.NoError(t, err)
	},
	"a nested scope": func(t *testing.T, ctx context.Context, _ *tree.Scope) {
		s, err := tree.Open(ctx, policy.TaskScope)
		require.NoError(t, err)
		require.NoError(t, s.Go(ctx, takes(10*tenth)))
		go s.Close() // which waits
	},
	"a shield": func(_ *testing.T, ctx context.Context, s *tree.Scope) {
		up := make(chan struct{})
		go func() {
			_ = s.Shield(ctx, "shield", func(ctx context.Context) error {
				close(up)
				return sleep(ctx, 10*tenth)
			})
		}()
		<-up
	},
	"a child that comes late, of a task": func(t *testing.T, ctx context.Context, s *tree.Scope) {
		require.NoError(t, s.Go(ctx, func(ctx context.Context) error {
			if err := sleep(ctx, 5*tenth); err != nil {
				return err
			}
			_, err := s.Start(ctx, tree.ChildSpec{Name: "late", Run: takes(5 * tenth), Restart: temporaryIn(s)})
			return err
		}))
	},
}

// Where peers disagree: it stays until the others have finished, as in Ox, and is
// not canceled as soon as the body ends, as in quattro, for they may need it.
func TestScope_214_ABackgroundChildStaysUntilAllOthersHaveFinished(t *testing.T) {
	for name, others := range company {
		t.Run(name, func(t *testing.T) {
			under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
				d, start := newDaemon(), time.Now()
				var s *tree.Scope
				err := tree.Run(t.Context(), p, func(ctx context.Context, scope *tree.Scope) error {
					s = scope
					_, err := s.Start(ctx, d.spec("daemon"))
					require.NoError(t, err)
					others(t, ctx, s)
					return nil
				})
				require.NoError(t, err)
				require.Equal(t, 10*tenth, time.Since(start))
				d.requireCanceled(t, 10*tenth, textBackground)
				require.Equal(t, int64(1), s.Counts().Canceled)
			})
		})
	}
}

// A scope that drains asks the others and waits for them first; what the grace is
// for is theirs.
func TestScope_214_ABackgroundChildStaysUntilAllOthersHaveDrained(t *testing.T) {
	for name, others := range company {
		t.Run(name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				p.Stop.Grace = time.Minute
				d := newDaemon()
				s, _ := openSupervisor(t, p)
				_, err := s.Start(t.Context(), d.spec("daemon"))
				require.NoError(t, err)
				require.NoError(t, s.Go(t.Context(), func(ctx context.Context) error {
					others(t, ctx, s)
					return nil
				}))
				synctest.Wait() // they are there
				s.Drain(errReason)
				report, err := s.Shutdown(t.Context())
				require.NoError(t, err)
				require.Equal(t, 10*tenth, report.Took)
				require.Equal(t, errReason, report.Reason)
				require.Equal(t, 1, report.Canceled)
				d.requireCanceled(t, 10*tenth, textBackground)
				last := report.Children[len(report.Children)-1]
				require.Equal(t, []any{"app/daemon", policy.Canceled, tree.PhaseCanceling}, []any{last.Path, last.Exit, last.Phase})
				require.EqualError(t, last.Cause, textBackground)
				require.NoError(t, s.Close())
			})
		})
	}
}

func TestScope_214_WithoutAnythingElseABackgroundChildEndsWithTheBody(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		d := newDaemon()
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			_, err := s.Start(ctx, d.spec("daemon"))
			pause(tenth)
			require.Zero(t, d.asked)
			return err
		})
		require.NoError(t, err)
		want := textBackground
		if p.Leave == policy.LeaveCancel {
			want = "tree: body left"
		}
		d.requireCanceled(t, tenth, want)
	})
}

// In a scope that does not end when it is empty it lives on alone.
func TestScope_214_AnOpenScopeThatDoesNotEndWhenEmptyKeepsItsBackgroundChild(t *testing.T) {
	under(t, []preset{{"CancellationScope", policy.CancellationScope}, {"SupervisorScope", policy.SupervisorScope}}, func(t *testing.T, p policy.Scope) {
		d := newDaemon()
		s, _ := openSupervisor(t, p)
		child, err := s.Start(t.Context(), d.spec("daemon"))
		require.NoError(t, err)
		require.NoError(t, s.Go(t.Context(), takes(tenth)))
		pause(time.Hour)
		require.Equal(t, policy.SlotRunning, child.State())
		_, err = s.Shutdown(t.Context())
		require.NoError(t, err)
		d.requireCanceled(t, time.Hour, textBackground)
	})
}

func TestScope_215_ABackgroundChildThatComesAfterTheBodyHasEndedIsCanceledAtTheEndToo(t *testing.T) {
	under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		first, late := newDaemon(), newDaemon()
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			_, err := s.Start(ctx, first.spec("first"))
			require.NoError(t, err)
			return s.Go(ctx, func(ctx context.Context) error {
				pause(tenth) // the body has ended
				_, err := s.Start(ctx, late.spec("late"))
				require.NoError(t, err)
				return sleep(ctx, tenth)
			})
		})
		require.NoError(t, err)
		require.Equal(t, 2*tenth, time.Since(start))
		first.requireCanceled(t, 2*tenth, textBackground)
		late.requireCanceled(t, 2*tenth, textBackground)
	})
}

func TestScope_215_ABackgroundChildThatComesWhileTheScopeDrainsIsCanceledAtTheEndToo(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		late := newDaemon()
		s, _ := openSupervisor(t, p)
		require.NoError(t, s.Go(t.Context(), func(ctx context.Context) error {
			<-tree.Draining(ctx)
			pause(tenth)
			child, err := s.Start(ctx, late.spec("late"))
			require.NoError(t, err)
			pause(tenth)
			require.Equal(t, policy.SlotRunning, child.State())
			return nil
		}))
		synctest.Wait() // it is there
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2*tenth, report.Took)
		require.Equal(t, []int{1, 1, 0}, []int{report.Drained, report.Canceled, report.Failed})
		late.requireCanceled(t, 2*tenth, textBackground)
	})
}

// It is reported, and returned where failures are.
func TestScope_217_TheErrorOfABackgroundChildsCleanupIsReported(t *testing.T) {
	under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
		d, seen := newDaemon(), &recorder{}
		d.atEnd = errCleanup
		var s *tree.Scope
		err := tree.Run(t.Context(), p, func(ctx context.Context, scope *tree.Scope) error {
			s = scope
			_, err := s.Start(ctx, d.spec("daemon"))
			require.NoError(t, err)
			return s.Go(ctx, takes(tenth))
		}, tree.WithName("app"), tree.WithObserver(seen))
		together := p.OnFailure == policy.CancelTogether
		if together {
			require.EqualError(t, err, "app/daemon: cleanup failed")
			require.ErrorIs(t, err, errCleanup)
		} else {
			require.NoError(t, err)
		}
		failures := seen.failures()
		require.Equal(t, []string{"app/daemon"}, paths(failures))
		require.Equal(t, []any{errCleanup, policy.Failed, tenth, together},
			[]any{failures[0].Err, failures[0].Exit, failures[0].Took, failures[0].Handed})
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, []int{0, 1, 1}, []int{report.Drained, report.Canceled, report.Failed})
		require.Equal(t, "cleanup failed", report.Children[0].Text)
	})
}

func TestScope_217_TheErrorOfABackgroundChildsCleanupAtAShutdownIsReported(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		d := newDaemon()
		d.atEnd = errCleanup
		s, seen := openSupervisor(t, p)
		_, err := s.Start(t.Context(), d.spec("daemon"))
		require.NoError(t, err)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, []int{0, 1, 1}, []int{report.Drained, report.Canceled, report.Failed})
		require.Equal(t, []string{"app/daemon"}, paths(seen.failures()))
		if err = s.Close(); p.OnFailure == policy.CancelTogether {
			require.EqualError(t, err, "app/daemon: cleanup failed")
		} else {
			require.NoError(t, err)
		}
	})
}

func TestScope_218_ABackgroundChildThatReturnsNilEarlyDisturbsNobody(t *testing.T) {
	under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
		start, d := time.Now(), newDaemon()
		var s *tree.Scope
		err := tree.Run(t.Context(), p, func(ctx context.Context, scope *tree.Scope) error {
			s = scope
			early, err := s.Start(ctx, tree.ChildSpec{Name: "early", Background: true, Run: takes(tenth)})
			require.NoError(t, err)
			_, err = s.Start(ctx, d.spec("other"))
			require.NoError(t, err)
			require.NoError(t, s.Go(ctx, takes(3*tenth)))
			require.NoError(t, early.Wait(ctx))
			require.Equal(t, tenth, time.Since(start))
			require.NoError(t, ctx.Err())
			return sleep(ctx, tenth)
		})
		require.NoError(t, err)
		require.Equal(t, 3*tenth, time.Since(start))
		d.requireCanceled(t, 3*tenth, textBackground)
		require.Equal(t, tree.Counts{Returned: 2, Canceled: 1}, s.Counts())
	})
}
