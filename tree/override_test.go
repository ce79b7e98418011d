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

// failingWith describes a child that fails at once with err, with an answer of its own.
func failingWith(name string, own policy.OnFailure, err error) tree.ChildSpec {
	return tree.ChildSpec{Name: name, OnFailure: &own, Run: failsAfter(tenth, err)}
}

func TestAChildWhoseFailureIsOnlyReportedTouchesNobodyInAnyScope(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		s, seen := openSupervisor(t, p)
		sibling := launch(t.Context(), t, s, "sibling", drainer)
		child, err := s.Start(t.Context(), failingWith("child", policy.Report, errBoom))
		require.NoError(t, err)
		require.ErrorIs(t, child.Wait(t.Context()), errBoom)
		pause(tenth)
		require.Equal(t, policy.SlotRunning, sibling.State())
		require.Equal(t, []string{"sibling running"}, slots(s.Snapshot()), "it is Temporary")
		require.Equal(t, tree.Counts{Running: 1, Failed: 1}, s.Counts())
		failures := seen.failures()
		require.Equal(t, []string{"app/child"}, paths(failures))
		require.False(t, failures[0].Handed, "so it is logged")
		_, err = s.Shutdown(t.Context())
		require.NoError(t, err)
		require.NoError(t, s.Close(), "and not kept")
	})
}

// So is one that fails when it is asked to end, or panics.
func TestAReportedFailureIsNotReturnedWhateverItIs(t *testing.T) {
	for name, run := range map[string]func(context.Context) error{
		"clean-up": cleansUp(0, errCleanup),
		"panic":    panicsAfter(tenth, errBoom),
		"goexit":   exitsAfter(tenth),
		"done":     failsAfter(tenth, policy.Done(errBoom)),
	} {
		t.Run(name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
					_, err := s.Start(ctx, tree.ChildSpec{Name: "child", OnFailure: new(policy.Report), Run: run})
					require.NoError(t, err)
					pause(3 * tenth)
					require.NoError(t, ctx.Err())
					s.Cancel(nil)
					return nil
				}, tree.WithObserver(&recorder{}))
				require.NoError(t, err)
			})
		})
	}
}

func TestAChildWhoseFailureCancelsTogetherDoesSoInAnyScopeAndIsReturned(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start, seen := time.Now(), &recorder{}
		var s *tree.Scope
		var causes [2]signals
		err := tree.Run(t.Context(), p, func(ctx context.Context, scope *tree.Scope) error {
			s = scope
			launch(ctx, t, s, "sibling", causes[0].run(0))
			require.NoError(t, s.Go(ctx, causes[1].run(0)))
			_, err := s.Start(ctx, failingWith("child", policy.CancelTogether, errBoom))
			require.NoError(t, err)
			<-ctx.Done()
			return ctx.Err()
		}, tree.WithName("app"), tree.WithObserver(seen))
		require.EqualError(t, err, "app/child: boom")
		require.ErrorIs(t, err, errBoom)
		failed := new(tree.ChildError)
		require.ErrorAs(t, err, &failed)
		require.Equal(t, []any{"app/child", "child", policy.Failed}, []any{failed.Path, failed.Name(), failed.Exit})
		require.Equal(t, tenth, time.Since(start))
		for _, c := range causes {
			require.EqualError(t, c.cause, "app/child: boom")
			require.ErrorIs(t, c.cause, errBoom)
		}
		require.Equal(t, tree.Counts{Canceled: 2, Failed: 1}, s.Counts(), "it is not restarted")
		failures := seen.failures()
		require.Equal(t, []string{"app/child"}, paths(failures))
		require.True(t, failures[0].Handed)
	})
}

// Two such failures are both returned; that of others is not, where failures are
// only reported.
func TestOnlyFailuresThatCancelTogetherAreReturned(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			for _, spec := range []tree.ChildSpec{
				failingWith("one", policy.CancelTogether, errBoom),
				{Name: "two", OnFailure: new(policy.CancelTogether), Run: cleansUp(tenth, errBang)},
				{Name: "three", OnFailure: new(policy.Report), Run: cleansUp(tenth, errCleanup)},
			} {
				_, err := s.Start(ctx, spec)
				require.NoError(t, err)
			}
			<-ctx.Done()
			return nil
		}, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.EqualError(t, err, "tree: 2 failures\n\tapp/one: boom\n\tapp/two: bang")
		require.NotErrorIs(t, err, errCleanup)
	})
}

// The same answer as the scope's changes nothing but that the child is Temporary.
func TestAnAnswerOfItsOwnThatIsTheScopesOwn(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		s, _ := openSupervisor(t, p)
		lives := newClockwork(tenth, time.Hour)
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "child", OnFailure: new(p.OnFailure), Run: lives.run})
		require.NoError(t, err)
		pause(2 * tenth)
		if p.OnFailure == policy.Supervise {
			require.Equal(t, 2, child.Incarnation(), "Permanent, as without")
		} else {
			require.Equal(t, policy.Failed, exitOf(t, child))
		}
		s.Cancel(nil)
		err = s.Close()
		if p.OnFailure == policy.CancelTogether {
			require.ErrorIs(t, err, errCrash)
		} else {
			require.NoError(t, err)
		}
	})
}

// Under Supervise neither spends the budget, and a group takes neither along.
func TestAChildThatIsNotSupervisedSpendsNoBudgetAndStartsNoGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Strategy, p.Intensity = policy.OneForAll, policy.NoRestarts
		s, _ := openSupervisor(t, p)
		log := &trail{}
		startProbes(t, s, log, policy.Permanent, "a")
		for range 10 {
			child, err := s.Start(t.Context(), failingWith("child", policy.Report, errBoom))
			require.NoError(t, err)
			require.ErrorIs(t, child.Wait(t.Context()), errBoom)
			synctest.Wait() // its name is free
		}
		require.Equal(t, []string{"start a#1", "up a"}, log.list())
		require.Zero(t, s.Counts().Restarts)
	})
}

func TestAGroupRestartEndsWhoIsNotSupervised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Strategy = policy.OneForAll
		s, _ := openSupervisor(t, p)
		probes := startProbes(t, s, &trail{}, policy.Permanent, "a")
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "child", OnFailure: new(policy.CancelTogether), Run: drainer})
		require.NoError(t, err)
		probes["a"].exits <- errCrash
		synctest.Wait() // the group is up again
		require.Equal(t, []string{"a running"}, slots(s.Snapshot()))
		require.Equal(t, policy.Returned, exitOf(t, child))
	})
}

// A start that fails is its starter's to know, whatever it would mean later.
func TestAStartThatFailsTouchesNobodyWhateverItsAnswer(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		s, _ := openSupervisor(t, p)
		sibling := launch(t.Context(), t, s, "sibling", drainer)
		spec := failingWith("child", policy.CancelTogether, errBoom)
		spec.WaitReady = true
		_, err := s.Start(t.Context(), spec)
		require.EqualError(t, err, "app/child: boom")
		pause(tenth)
		require.Equal(t, policy.SlotRunning, sibling.State())
		_, err = s.Shutdown(t.Context())
		require.NoError(t, err)
		require.NoError(t, s.Close())
	})
}

// A fatal error is a failure like any other where it cancels everybody anyway;
// elsewhere it ends the scope although the child's failures are only reported.
func TestAFatalErrorOfAChildWithAnAnswerOfItsOwn(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		for _, own := range []policy.OnFailure{policy.Report, policy.CancelTogether} {
			start := time.Now()
			err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
				_, err := s.Start(ctx, failingWith("child", own, policy.Fatal(errBoom)))
				require.NoError(t, err)
				launch(ctx, t, s, "sibling", drainer)
				<-tree.Draining(ctx)
				return nil
			}, tree.WithName("app"), tree.WithObserver(&recorder{}))
			require.ErrorIs(t, err, errBoom)
			require.Equal(t, tenth, time.Since(start))
			if own == policy.Report {
				require.ErrorIs(t, err, tree.ErrEscalated)
				require.EqualError(t, err, "tree: child escalated: app/child: boom")
			} else {
				require.NotErrorIs(t, err, tree.ErrEscalated)
				require.EqualError(t, err, "app/child: boom")
			}
		}
	})
}

// A supervisor may have an answer of its own too, and so may its fixed children.
func TestASupervisorWithAnAnswerOfItsOwn(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		gaveUp := supervisorSpec(tree.ChildSpec{Name: "crash", Run: failsAfter(0, errBoom)})
		gaveUp.OnFailure = new(policy.CancelTogether)
		together := supervisorSpec(failingWith("child", policy.CancelTogether, errBang), tree.ChildSpec{Name: "sibling", Run: blocker})
		together.Name, together.OnFailure = "together", new(policy.Report)
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			sup, err := s.Start(ctx, together)
			require.NoError(t, err)
			require.ErrorIs(t, sup.Wait(ctx), errBang)
			require.NoError(t, ctx.Err(), "that was reported only")
			_, err = s.Start(ctx, gaveUp)
			require.NoError(t, err)
			<-ctx.Done()
			return nil
		}, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.ErrorIs(t, err, tree.ErrGaveUp)
		require.ErrorIs(t, err, errBoom)
		require.NotErrorIs(t, err, errBang)
		require.ErrorContains(t, err, "app/sup: ")
	})
}

func TestTheAnswerInASpecIsCopied(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		s, _ := openSupervisor(t, p)
		own := policy.Report
		spec := tree.ChildSpec{Name: "child", OnFailure: &own, Run: failsAfter(tenth, errBoom)}
		child, err := s.Start(t.Context(), spec)
		require.NoError(t, err)
		sibling := launch(t.Context(), t, s, "sibling", drainer)
		own = policy.CancelTogether
		*child.Spec().OnFailure = policy.CancelTogether
		pause(2 * tenth)
		require.Equal(t, policy.SlotRunning, sibling.State())
		require.Equal(t, policy.Report, *child.Spec().OnFailure)
	})
}

func TestAnswersThatFitNoScopeAreRefused(t *testing.T) {
	bad := policy.OnFailure(9)
	supervise := policy.Supervise
	for name, c := range map[string]struct {
		spec       tree.ChildSpec
		elsewhere  string // what a scope that does not restart says; "" for nothing
		supervised string // what one under Supervise says
	}{
		"unknown": {tree.ChildSpec{OnFailure: &bad}, "tree.ChildSpec.OnFailure = on_failure(9): unknown", "tree.ChildSpec.OnFailure = on_failure(9): unknown"},
		"supervise": {tree.ChildSpec{OnFailure: &supervise},
			"tree.ChildSpec.OnFailure = supervise: its scope does not restart: OnFailure is ", ""},
		"transient": {tree.ChildSpec{OnFailure: new(policy.Report), Restart: policy.Transient},
			"tree.ChildSpec.Restart = transient: its scope does not restart: OnFailure is ",
			"tree.ChildSpec.Restart = transient: the child is not restarted: its OnFailure is report"},
		"transient, together": {tree.ChildSpec{OnFailure: new(policy.CancelTogether), Restart: policy.Transient},
			"tree.ChildSpec.Restart = transient: its scope does not restart: OnFailure is ",
			"tree.ChildSpec.Restart = transient: the child is not restarted: its OnFailure is cancel_together"},
		"temporary": {tree.ChildSpec{OnFailure: new(policy.Report), Restart: policy.Temporary},
			"tree.ChildSpec.Restart = temporary: its scope does not restart: OnFailure is ", ""},
	} {
		t.Run(name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				s, _ := openSupervisor(t, p)
				c.spec.Name, c.spec.Run = "child", drainer
				want := c.elsewhere
				if p.OnFailure == policy.Supervise {
					want = c.supervised
				}
				_, err := s.Start(t.Context(), c.spec)
				fixed := tree.Check(tree.ChildSpec{Name: "sup", Policy: &p, Children: []tree.ChildSpec{c.spec}})
				if want == "" {
					require.NoError(t, err)
					require.NoError(t, fixed)
					return
				}
				require.ErrorContains(t, err, want)
				require.ErrorContains(t, fixed, "tree.ChildSpec.Children[0]."+want[len("tree.ChildSpec."):])
				require.Empty(t, s.Snapshot().Children)
			})
		})
	}
}
