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

// callers shield work that takes a tenth of a second in s, each from where it
// stands, and return where the answers will be. Each waits for go first.
func callers(ctx context.Context, t *testing.T, s *tree.Scope, now <-chan struct{}) map[string]<-chan error {
	t.Helper()
	answers := map[string]<-chan error{}
	from := func(name string) func(context.Context) error {
		answer := make(chan error, 1)
		answers[name] = answer
		return func(ctx context.Context) error {
			<-now
			answer <- s.Shield(context.WithoutCancel(ctx), name+"'s", takes(tenth))
			return nil
		}
	}
	require.NoError(t, s.Go(ctx, from("task")))
	child := func(name string, run func(context.Context) error) {
		_, err := s.Start(ctx, tree.ChildSpec{Name: name, Run: run, OnFailure: new(policy.Report)})
		require.NoError(t, err)
	}
	child("child", from("child"))
	nested := from("nested")
	child("outer", func(ctx context.Context) error {
		return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, _ *tree.Scope) error { return nested(ctx) })
	})
	behind := from("shielded")
	child("behind", func(ctx context.Context) error {
		return tree.Run(context.WithoutCancel(ctx), policy.TaskScope, func(ctx context.Context, _ *tree.Scope) error { return behind(ctx) })
	})
	go from("outsider")(t.Context())
	sibling := from("sibling")
	go func() {
		_ = tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, _ *tree.Scope) error { return sibling(ctx) })
	}()
	synctest.Wait() // all of them wait
	return answers
}

func TestWhoMayShieldWorkDependsOnThePhaseOfTheScope(t *testing.T) {
	all := []string{"task", "child", "nested", "shielded", "outsider", "sibling"}
	for _, c := range []struct {
		phase   tree.Phase
		end     func(*tree.Scope)
		refused map[string]bool
	}{
		{tree.PhaseOpen, func(*tree.Scope) {}, nil},
		{tree.PhaseDraining, func(s *tree.Scope) { s.Drain(nil) }, nil},
		{tree.PhaseCanceling, func(s *tree.Scope) { s.Cancel(errReason) }, map[string]bool{"outsider": true, "sibling": true}},
	} {
		t.Run(c.phase.String(), func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				s, seen := openSupervisor(t, p)
				now := make(chan struct{})
				answers := callers(t.Context(), t, s, now)
				start := time.Now()
				c.end(s)
				require.Equal(t, c.phase, s.Snapshot().Phase)
				close(now)
				for _, name := range all {
					err := <-answers[name]
					if c.refused[name] {
						require.EqualError(t, err, "tree: scope closed: app", name)
						require.ErrorIs(t, err, tree.ErrClosed, name)
					} else {
						require.NoError(t, err, name)
					}
				}
				require.Equal(t, tenth, time.Since(start))
				s.Drain(nil)
				require.NoError(t, s.Close())
				require.Equal(t, tenth, time.Since(start))
				require.Len(t, seen.of(tree.SpawnRefused), len(c.refused))
				require.EqualValues(t, len(c.refused), s.Counts().Refused)
				require.EqualValues(t, 4+len(all)-len(c.refused), s.Counts().Returned)
			})
		})
	}
}

func TestAShieldOfAnEndedContextStartsTheWorkAndReturnsAtOnce(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		for _, end := range []func(*tree.Scope){func(*tree.Scope) {}, func(s *tree.Scope) { s.Drain(nil) }} {
			s, seen := openSupervisor(t, p)
			launch(t.Context(), t, s, "keeps it open", takes(2*tenth))
			end(s)
			start := time.Now()
			ctx, cancel := request(t)
			cancel(errReason)
			require.Equal(t, errReason, s.Shield(ctx, "save", func(ctx context.Context) error {
				require.NoError(t, ctx.Err())
				return sleep(ctx, tenth)
			}))
			require.Zero(t, time.Since(start))
			require.Equal(t, "save", s.Snapshot().Children[1].Name)
			report, err := s.Shutdown(t.Context())
			require.NoError(t, err)
			require.Equal(t, 2*tenth, time.Since(start))
			require.Equal(t, []string{"app/save returned", "app/keeps it open returned"}, childEnds(report))
			require.NoError(t, s.Close())
			require.Empty(t, seen.failures())
		}
	})
}

// A canceled child's own context has ended: what it shields with that is started,
// and nobody waits for it but the scope.
func TestACanceledChildThatDoesNotWaitForItsShieldStillHasItDone(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		s, seen := openSupervisor(t, p)
		child := launch(t.Context(), t, s, "child", func(ctx context.Context) error {
			<-ctx.Done()
			return s.Shield(ctx, "cleanup", failsAfter(tenth, errCleanup))
		})
		synctest.Wait() // it waits
		s.Cancel(errReason)
		require.NoError(t, child.Wait(t.Context()))
		require.Zero(t, time.Since(start))
		require.Equal(t, policy.Canceled, exitOf(t, child))
		require.NoError(t, s.Close())
		require.Equal(t, tenth, time.Since(start))
		require.Equal(t, []string{"app/cleanup"}, paths(seen.failures()))
		require.False(t, seen.failures()[0].Handed)
	})
}

func TestAShieldKeepsAScopeOpenThatEndsWhenItIsEmpty(t *testing.T) {
	under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		ctx, cancel := request(t)
		cancel(errReason)
		var handle *tree.Scope
		require.NoError(t, tree.Run(t.Context(), p, func(_ context.Context, s *tree.Scope) error {
			handle = s
			require.Equal(t, errReason, s.Shield(ctx, "first", func(context.Context) error {
				pause(tenth) // the body has left, and nothing else is there
				require.Equal(t, errReason, s.Shield(ctx, "second", takes(tenth)))
				return nil
			}))
			return nil
		}))
		require.Equal(t, 2*tenth, time.Since(start))
		require.Equal(t, tree.Counts{Returned: 2}, handle.Counts())
	})
}

func TestLeavingTheBodyDoesNotCutWhatIsShielded(t *testing.T) {
	for name, left := range map[string]error{"with nil": nil, "with an error": errBody} {
		t.Run(name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				start := time.Now()
				var canceled time.Duration
				var shielded error
				ctx, cancel := request(t)
				cancel(errReason)
				err := tree.Run(t.Context(), p, func(inside context.Context, s *tree.Scope) error {
					context.AfterFunc(inside, func() { canceled = time.Since(start) })
					require.Equal(t, errReason, s.Shield(ctx, "save", func(ctx context.Context) error {
						shielded = sleep(ctx, 20*time.Second)
						return shielded
					}))
					return left
				})
				require.Equal(t, left, err)
				require.NoError(t, shielded)
				require.Equal(t, 20*time.Second, time.Since(start))
				want := 20 * time.Second // when all has ended
				switch {
				case p.Leave == policy.LeaveCancel, left != nil && p.Leave == policy.LeaveWait:
					want = 0
				case p.Leave == policy.LeaveDrain:
					want = policy.DefaultGrace
				}
				synctest.Wait() // it was called
				require.Equal(t, want, canceled)
			})
		})
	}
}

// A sibling's failure is the end of a cancel-together scope, and of a supervisor
// whose budget is spent, and of neither's shields.
func TestTheFailureOfASiblingCancelsNoShield(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		if p.OnFailure == policy.Supervise {
			p.Intensity = policy.NoRestarts
		}
		start := time.Now()
		var waited, shielded error
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "sibling", failsAfter(tenth, errBoom))
			waited = s.Shield(context.WithoutCancel(ctx), "save", func(ctx context.Context) error {
				shielded = sleep(ctx, 20*time.Second)
				return errBang // which cancels nobody, and is returned to its caller only
			})
			return nil
		}, tree.WithName("app"))
		require.Equal(t, errBang, waited)
		require.NoError(t, shielded)
		require.Equal(t, 20*time.Second, time.Since(start))
		require.NotErrorIs(t, err, errBang)
		switch p.OnFailure {
		case policy.CancelTogether:
			require.EqualError(t, err, "app/sibling: boom")
		case policy.Supervise:
			require.ErrorIs(t, err, tree.ErrGaveUp)
			require.ErrorIs(t, err, errBoom)
		case policy.Report:
			require.NoError(t, err)
		}
	})
}

// An observer of the end holds the scope open, and all the same nothing more comes
// in.
func TestAShieldIsRefusedOnceTheEndIsAnnounced(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		var s *tree.Scope
		refusals := make(chan error, 1)
		s, err := tree.Open(t.Context(), p, tree.WithObserver(tree.ObserverFunc(func(e tree.Event) {
			if e.Kind == tree.ScopeClosed {
				refusals <- s.Shield(context.Background(), "save", func(context.Context) error { panic("it ran") })
			}
		})))
		require.NoError(t, err)
		s.Cancel(nil)
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-refusals, tree.ErrClosed)
	})
}

func TestAnObserverMayShieldWorkInTheScopeOfItsEvent(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		var s *tree.Scope
		answers := make(chan error, 1)
		s, err := tree.Open(t.Context(), p, tree.WithObserver(tree.ObserverFunc(func(e tree.Event) {
			if e.Kind == tree.ChildExited && e.Err != nil {
				answers <- s.Shield(context.Background(), "note", takes(tenth))
			}
		})))
		require.NoError(t, err)
		start := time.Now()
		require.NoError(t, s.Go(t.Context(), failsAfter(0, policy.Done(errBoom))))
		if p.OnFailure == policy.CancelTogether {
			require.ErrorIs(t, <-answers, tree.ErrClosed, "an outsider, and the failure was the end")
			require.ErrorIs(t, s.Close(), errBoom)
			return
		}
		require.NoError(t, <-answers)
		require.Equal(t, tenth, time.Since(start))
		s.Cancel(nil)
		require.NoError(t, s.Close())
	})
}
