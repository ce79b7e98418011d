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

// readyAfter is a child that is ready with info after d and then does rest.
func readyAfter(d time.Duration, info any, rest func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := sleep(ctx, d); err != nil {
			return err
		}
		if err := tree.ReadyWith(ctx, info); err != nil {
			return err
		}
		return rest(ctx)
	}
}

// awaited describes a child whose Start waits until it is ready.
func awaited(s *tree.Scope, name string, run func(context.Context) error) tree.ChildSpec {
	return tree.ChildSpec{Name: name, Run: run, WaitReady: true, Restart: temporaryIn(s)}
}

func TestScope_205_StartReturnsWhenTheChildIsReadyAndYieldsWhatItSaid(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var child *tree.Child
		require.NoError(t, tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			var err error
			child, err = s.Start(ctx, awaited(s, "server", readyAfter(tenth, "127.0.0.1:8080", func(ctx context.Context) error {
				return sleep(ctx, 2*tenth)
			})))
			require.NoError(t, err)
			require.Equal(t, tenth, time.Since(start))
			require.Equal(t, "127.0.0.1:8080", child.Info())
			require.Equal(t, policy.SlotRunning, child.State(), "it goes on in the scope")
			require.NoError(t, child.Wait(t.Context()))
			require.Equal(t, 3*tenth, time.Since(start))
			return nil
		}))
		require.Equal(t, "127.0.0.1:8080", child.Info(), "also when all is over")
		require.Equal(t, policy.Returned, exitOf(t, child))
		require.Equal(t, 3*tenth, time.Since(start))
	})
}

func TestScope_205_AChildsTasksAndNestedScopesMaySayThatItIsReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s, err := tree.Open(t.Context(), policy.TaskScope)
		require.NoError(t, err)
		child, err := s.Start(t.Context(), awaited(s, "server", func(ctx context.Context) error {
			return tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
				return s.Go(ctx, readyAfter(tenth, 7, takes(tenth)))
			})
		}))
		require.NoError(t, err)
		require.Equal(t, tenth, time.Since(start))
		require.Equal(t, 7, child.Info())
		require.NoError(t, child.Wait(t.Context()))
		require.NoError(t, s.Close())
	})
}

// What a child does before it is ready is between it and its starter, whatever
// the scope makes of failures.
func TestScope_206_AFailureBeforeReadyGoesToTheStarterAndTouchesNobody(t *testing.T) {
	failures := map[string]struct {
		run func(context.Context) error
		is  error
	}{
		"error":  {failsAfter(tenth, errBoom), errBoom},
		"panic":  {panicsAfter(tenth, errBoom), errBoom},
		"goexit": {exitsAfter(tenth), policy.ErrGoexit},
		"done":   {failsAfter(tenth, policy.Done(errBoom)), errBoom},
	}
	for name, failure := range failures {
		t.Run(name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				start := time.Now()
				rec := &recorder{}
				var sibling *tree.Child
				err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
					sibling, _ = s.Start(ctx, tree.ChildSpec{Name: "sibling", Run: takes(3 * tenth), Restart: temporaryIn(s)})
					child, err := s.Start(ctx, awaited(s, "server", failure.run))
					require.Nil(t, child)
					require.ErrorIs(t, err, failure.is)
					var of *tree.ChildError
					require.ErrorAs(t, err, &of)
					require.Equal(t, "app/server", of.Path)
					require.Equal(t, tenth, time.Since(start))
					require.NoError(t, ctx.Err(), "the scope has not failed")
					_, err = s.Start(ctx, awaited(s, "server", readyAfter(tenth, nil, takes(tenth)))) // the name is free
					require.NoError(t, err)
					require.NoError(t, sibling.Wait(t.Context()))
					return nil
				}, tree.WithName("app"), tree.WithObserver(rec))
				require.NoError(t, err)
				require.Equal(t, policy.Returned, exitOf(t, sibling))
				require.Equal(t, 3*tenth, time.Since(start))
				require.Empty(t, rec.of(tree.Escalated))
				for _, e := range rec.failures() {
					require.Equal(t, e.Exit == policy.Failed, e.Handed, "the starter has it; a panic is news all the same")
				}
			})
		})
	}
}

// policy.Fatal is a child's word to its scope, not to its starter only.
func TestScope_206_AFatalFailureBeforeReadyEndsTheScopeToo(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			_, err := s.Start(ctx, awaited(s, "server", failsAfter(tenth, policy.Fatal(errBoom))))
			require.ErrorIs(t, err, errBoom)
			<-tree.Draining(ctx)
			return nil
		}, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.EqualError(t, err, "tree: child escalated: app/server: boom")
		require.ErrorIs(t, err, errBoom)
		require.Equal(t, tenth, time.Since(start))
	})
}

func TestScope_206_AFailureAfterReadyIsTheScopesAndNotTheStarters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var sibling *tree.Child
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			sibling = launch(ctx, t, s, "sibling", blocker)
			_, err := s.Start(ctx, awaited(s, "server", readyAfter(tenth, nil, failsAfter(tenth, errBoom))))
			require.NoError(t, err)
			return nil
		}, tree.WithName("app"))
		require.EqualError(t, err, "app/server: boom")
		require.Equal(t, policy.Canceled, exitOf(t, sibling))
		require.Equal(t, 2*tenth, time.Since(start))
	})
}

func TestScope_208_AChildThatReturnsWithoutBeingReadyIsADefiniteErrorOfItsStart(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var counts tree.Counts
		require.NoError(t, tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			child, err := s.Start(ctx, awaited(s, "server", takes(tenth)))
			require.Nil(t, child)
			require.ErrorIs(t, err, tree.ErrNotReady)
			require.EqualError(t, err, "app/server: tree: child was not ready")
			require.Equal(t, tenth, time.Since(start))
			require.Empty(t, s.Snapshot().Children)
			counts = s.Snapshot().Counts
			return nil
		}, tree.WithName("app")))
		require.Equal(t, tree.Counts{Returned: 1}, counts, "that it returned nil is counted, and not started again")
	})
}

// A child that need not run says so, and that is an error to nobody.
func TestScope_208_AChildThatSaysItNeedNotRunIsNoError(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		require.NoError(t, tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			child, err := s.Start(ctx, awaited(s, "optional", failsAfter(tenth, policy.ErrIgnored)))
			require.NoError(t, err)
			require.Equal(t, policy.Returned, exitOf(t, child))
			return nil
		}))
	})
}

func TestScope_209_TheSecondReadyIsAnErrorInTheChildAndCorruptsNothing(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		rec := &recorder{}
		var again []error
		var child *tree.Child
		require.NoError(t, tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			var err error
			child, err = s.Start(ctx, awaited(s, "server", readyAfter(tenth, "first", func(ctx context.Context) error {
				said := make(chan error)
				for range 10 { // at once, from wherever
					go func() { said <- tree.ReadyWith(ctx, "again") }()
				}
				for range 10 {
					again = append(again, <-said)
				}
				again = append(again, tree.Ready(ctx))
				return sleep(ctx, tenth)
			})))
			require.NoError(t, err)
			return child.Wait(t.Context())
		}, tree.WithName("app"), tree.WithObserver(rec)))
		require.Len(t, again, 11)
		for _, err := range again {
			require.ErrorIs(t, err, tree.ErrReady)
		}
		require.Equal(t, "first", child.Info())
		require.Equal(t, policy.Returned, exitOf(t, child))
		require.Len(t, rec.of(tree.ChildReady), 1)
		require.Equal(t, 2*tenth, time.Since(start))
	})
}

func TestScope_209_AChildThatReturnsTheErrorOfItsSecondReadyHasFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			_, err := s.Start(ctx, awaited(s, "server", readyAfter(tenth, nil, tree.Ready)))
			return err
		}, tree.WithName("app"))
		require.EqualError(t, err, "app/server: tree: child was ready already: app/server")
	})
}

func TestScope_211_AStartIntoAScopeThatEndsIsRefusedAtOnceAndRunsNothing(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace = tenth
		start := time.Now()
		s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		launch(t.Context(), t, s, "slow", cleansUp(tenth, context.Canceled))
		run, ran := ranTimes()
		starting := func() error {
			_, err := s.Start(t.Context(), awaited(s, "server", run))
			return err
		}
		done := answerOf(func() error { _, err := s.Shutdown(t.Context()); return err })
		require.EqualError(t, starting(), "tree: scope draining: app")
		pause(tenth)
		synctest.Wait() // the grace is over
		require.EqualError(t, starting(), "tree: scope closed: app")
		require.Equal(t, tenth, time.Since(start), "none of them waited")
		require.NoError(t, <-done)
		require.EqualError(t, starting(), "tree: scope closed: app")
		synctest.Wait() // whatever could still run has run
		require.Zero(t, ran())
		require.NoError(t, s.Close())
	})
}

// A start that is under way when the end begins is told why it came to nothing.
func TestScope_211_AStartThatIsCutShortByTheEndIsAnswered(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		answer := answerOf(func() error {
			_, err := s.Start(t.Context(), awaited(s, "server", blocker))
			return err
		})
		pause(tenth)
		s.Cancel(errReason)
		require.ErrorIs(t, <-answer, context.Canceled)
		require.NoError(t, s.Close())
		require.Equal(t, tenth, time.Since(start))
	})
}

// The body starts the child on a goroutine of its own and leaves, so that nothing
// but the pending start holds the scope.
func TestScope_212_APendingStartKeepsAnAutoScopeOpen(t *testing.T) {
	under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var answer <-chan error
		var child *tree.Child
		require.NoError(t, tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			answer = answerOf(func() (err error) {
				child, err = s.Start(ctx, awaited(s, "server", readyAfter(tenth, nil, takes(tenth))))
				if since := time.Since(start); since != tenth {
					return errors.Join(err, errBoom)
				}
				return err
			})
			return nil
		}))
		require.Equal(t, 2*tenth, time.Since(start))
		require.NoError(t, <-answer)
		require.Equal(t, policy.Returned, exitOf(t, child))
	})
}

func TestScope_212_APendingStartThatComesToNothingLetsTheScopeEnd(t *testing.T) {
	under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var answer <-chan error
		require.NoError(t, tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			answer = answerOf(func() error {
				_, err := s.Start(ctx, awaited(s, "server", failsAfter(tenth, errBoom)))
				return err
			})
			return nil
		}, tree.WithObserver(&recorder{})))
		require.Equal(t, tenth, time.Since(start))
		require.ErrorIs(t, <-answer, errBoom)
	})
}
