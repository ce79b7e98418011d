package tree_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// Code after an inner scope that was canceled on purpose goes on, as Run returned nil;
// but its context is that of the outer scope, and so it comes no further than
// to its next blocking call.
func TestScope_067_WhenOuterAndInnerAreCanceledAtOnceTheOuterWins(t *testing.T) {
	for _, outerFirst := range []bool{true, false} {
		t.Run(fmt.Sprintf("outerFirst=%v", outerFirst), func(t *testing.T) {
			under(t, taskPresets(), func(t *testing.T, p policy.Scope) {
				start := time.Now()
				var inner, next error
				var child *tree.Child
				err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, outer *tree.Scope) error {
					inner = tree.Run(ctx, p, func(ctx context.Context, s *tree.Scope) error {
						child = launch(ctx, t, s, "worker", blocker)
						if outerFirst {
							outer.Cancel(errReason)
							s.Cancel(errBoom)
						} else {
							s.Cancel(errBoom)
							outer.Cancel(errReason)
						}
						return blocker(ctx)
					})
					require.Same(t, errReason, context.Cause(ctx))
					next = sleep(ctx, time.Hour)
					return next
				})
				require.NoError(t, err) // each was canceled on purpose
				require.Equal(t, context.Canceled, next)
				require.Equal(t, policy.Canceled, exitOf(t, child))
				require.Zero(t, time.Since(start))
				if outerFirst {
					require.ErrorIs(t, inner, context.Canceled)
					require.ErrorIs(t, inner, errReason)
					require.NotErrorIs(t, inner, errBoom)
				} else {
					require.NoError(t, inner)
				}
			})
		})
	}
}

func TestScope_068_AHandledFailureLeavesNoCancelOnItsHost(t *testing.T) {
	host := func(t *testing.T, ctx context.Context) {
		start := time.Now()
		for i := range 3 {
			err := tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
				launch(ctx, t, s, "worker", failsAfter(tenth, errBoom))
				return blocker(ctx)
			})
			require.ErrorIs(t, err, errBoom)
			require.NoError(t, ctx.Err())
			require.NoError(t, context.Cause(ctx))
			require.NoError(t, sleep(ctx, tenth))
			require.Equal(t, time.Duration(i+1)*2*tenth, time.Since(start))
		}
	}
	t.Run("a function", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { host(t, t.Context()) })
	})
	t.Run("a body", func(t *testing.T) {
		under(t, allPresets(), func(t *testing.T, p policy.Scope) {
			require.NoError(t, tree.Run(t.Context(), p, func(ctx context.Context, _ *tree.Scope) error {
				host(t, ctx)
				return nil
			}))
		})
	})
}

func TestScope_068_AnOutsideCancelAtTheInstantOfAFailureIsNotSwallowed(t *testing.T) {
	for range rounds {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			var inner error
			parent, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(tenth, func() { cancel(errReason) })
			err := tree.Run(parent, policy.TaskScope, func(ctx context.Context, _ *tree.Scope) error {
				inner = tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
					launch(ctx, t, s, "worker", failsAfter(tenth, errBoom))
					return blocker(ctx)
				}, tree.WithName("inner"))
				return sleep(ctx, time.Hour)
			}, tree.WithName("app"))
			require.EqualError(t, inner, "app/inner/worker: boom")
			require.EqualError(t, err, "tree: app: context canceled: reason")
			require.Equal(t, tenth, time.Since(start))
		})
	}
}

// A handle cannot be entered: each Run makes a scope of its own. What a handle
// that outlived its scope still does reaches nothing.
func TestScope_070_TheHandleOfAnEndedScopeTakesNothingAndItsCancelReachesNobody(t *testing.T) {
	under(t, taskPresets(), func(t *testing.T, p policy.Scope) {
		var first *tree.Scope
		var old context.Context
		require.NoError(t, tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			first, old = s, ctx
			require.ErrorIs(t, s.Close(), tree.ErrSelfWait) // nor can it be left from within
			return nil
		}))
		start, cause := time.Now(), context.Cause(old)
		require.Error(t, cause)
		require.NoError(t, tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			child := launch(ctx, t, s, "worker", takes(tenth))
			require.NotSame(t, first, s)
			require.ErrorIs(t, first.Go(ctx, blocker), tree.ErrClosed)
			_, err := first.Start(ctx, tree.ChildSpec{Name: "late", Run: blocker})
			require.ErrorIs(t, err, tree.ErrClosed)
			first.Cancel(errReason)
			_, err = first.Shutdown(ctx)
			require.NoError(t, err)
			require.NoError(t, child.Wait(ctx))
			require.Equal(t, policy.Returned, exitOf(t, child))
			return ctx.Err()
		}))
		require.Equal(t, tenth, time.Since(start))
		require.Same(t, cause, context.Cause(old)) // and not the reason
		require.Equal(t, tree.Counts{Refused: 2}, first.Snapshot().Counts)
	})
}

// grove is scopes in scopes; each has one leaf, a child that waits for its cancel.
type grove struct {
	scopes map[string]*tree.Scope
	leaves map[string]*tree.Child
	causes map[string]chan error
}

// scope runs a scope of that name with its leaf, and in it the branches; when all
// of it stands, it closes grown.
func (g *grove) scope(t *testing.T, grown chan<- struct{}, name string, branches ...func(context.Context, *tree.Scope)) func(context.Context) error {
	return func(ctx context.Context) error {
		return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			g.scopes[name] = s
			g.causes[name] = make(chan error, 1)
			g.leaves[name] = launch(ctx, t, s, "leaf", tells(g.causes[name]))
			for _, branch := range branches {
				branch(ctx, s)
			}
			close(grown)
			return nil
		})
	}
}

// branch makes the scope of that name a child of the one around.
func (g *grove) branch(t *testing.T, name string, branches ...func(context.Context, *tree.Scope)) func(context.Context, *tree.Scope) {
	return func(ctx context.Context, s *tree.Scope) {
		grown := make(chan struct{})
		launch(ctx, t, s, name, g.scope(t, grown, name, branches...))
		<-grown
	}
}

// canceled returns those of names whose leaf has ended by a cancel with cause.
func (g *grove) canceled(t *testing.T, cause error, names ...string) (list []string) {
	for _, name := range names {
		if exit, over := g.leaves[name].Exit(); over {
			require.Equal(t, policy.Canceled, exit, name)
			require.Same(t, cause, <-g.causes[name], name)
			list = append(list, name)
		}
	}
	return list
}

func TestScope_079_ACancelReachesAllDescendantsAndNeitherParentNorSiblings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		g := &grove{scopes: map[string]*tree.Scope{}, leaves: map[string]*tree.Child{}, causes: map[string]chan error{}}
		grown, ended := make(chan struct{}), make(chan error, 1)
		go func() {
			ended <- g.scope(t, grown, "root",
				g.branch(t, "a", g.branch(t, "a1"), g.branch(t, "a2")),
				g.branch(t, "b", g.branch(t, "b1")))(t.Context())
		}()
		<-grown
		pause(tenth)

		g.scopes["a"].Cancel(errReason)
		synctest.Wait() // all that it reaches has ended
		require.Equal(t, []string{"a", "a1", "a2"}, g.canceled(t, errReason, "root", "a", "a1", "a2", "b", "b1"))
		for name, phase := range map[string]tree.Phase{"root": tree.PhaseOpen, "b": tree.PhaseOpen, "b1": tree.PhaseOpen,
			"a": tree.PhaseClosed, "a1": tree.PhaseClosed, "a2": tree.PhaseClosed} {
			require.Equal(t, phase, g.scopes[name].Snapshot().Phase, name)
		}

		pause(tenth) // the others live on
		require.Empty(t, ended)
		g.scopes["root"].Cancel(errBoom)
		require.NoError(t, <-ended)
		require.Equal(t, []string{"root", "b", "b1"}, g.canceled(t, errBoom, "root", "b", "b1"))
		require.Equal(t, 2*tenth, time.Since(start))
	})
}

func TestScope_082_AChildThatCancelsAScopeOfItsOwnLeavesTheOneAroundAlone(t *testing.T) {
	under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var rec recorder
		var worker, sibling *tree.Child
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			sibling = launch(ctx, t, s, "sibling", takes(3*tenth))
			worker = launch(ctx, t, s, "worker", func(ctx context.Context) error {
				err := tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
					launch(ctx, t, s, "leaf", blocker)
					pause(tenth)
					s.Cancel(errReason)
					return blocker(ctx)
				})
				return errors.Join(err, sleep(ctx, tenth)) // its own context still stands
			})
			require.NoError(t, sibling.Wait(ctx))
			return ctx.Err()
		}, tree.WithName("app"), tree.WithObserver(&rec))
		require.NoError(t, err)
		require.Equal(t, 3*tenth, time.Since(start))
		require.Equal(t, policy.Returned, exitOf(t, worker))
		require.Equal(t, policy.Returned, exitOf(t, sibling))
		require.Equal(t, []string{"app/worker"}, paths(rec.of(tree.ScopeCanceling)))
		require.Same(t, errReason, rec.of(tree.ScopeCanceling)[0].Err)
	})
}

// Whole children are sorted into canceled and failed. What one child returns is
// not rewritten: a cancel that it joined to its real error stays there.
func TestScope_083_AfterACancelOnlyRealErrorsAreReturned(t *testing.T) {
	cancels := map[string]func(ctx context.Context) error{
		"err":     func(ctx context.Context) error { return ctx.Err() },
		"cause":   context.Cause,
		"wrapped": func(ctx context.Context) error { return fmt.Errorf("reading: %w", ctx.Err()) },
		"both":    func(ctx context.Context) error { return errors.Join(ctx.Err(), context.Cause(ctx)) },
		"nested": func(ctx context.Context) error {
			return tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error { return s.Go(ctx, blocker) })
		},
	}
	mixture := func(t *testing.T, more func(ctx context.Context, s *tree.Scope)) (tree.Counts, error) {
		var handle *tree.Scope
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			handle = s
			for name, leaf := range cancels {
				launch(ctx, t, s, name, func(ctx context.Context) error {
					<-ctx.Done()
					return leaf(ctx)
				})
			}
			more(ctx, s)
			synctest.Wait() // all of them wait
			s.Cancel(errReason)
			return ctx.Err()
		}, tree.WithName("app"))
		return handle.Snapshot().Counts, err
	}
	synctest.Test(t, func(t *testing.T) {
		counts, err := mixture(t, func(ctx context.Context, s *tree.Scope) {
			launch(ctx, t, s, "worker", cleansUp(tenth, errCleanup))
		})
		require.EqualError(t, err, "app/worker: cleanup failed")
		require.Len(t, leavesOf(t, err), 1)
		require.Equal(t, tree.Counts{Canceled: 5, Failed: 1}, counts)

		counts, err = mixture(t, func(ctx context.Context, s *tree.Scope) {
			launch(ctx, t, s, "worker", func(ctx context.Context) error {
				<-ctx.Done()
				return errors.Join(ctx.Err(), errCleanup)
			})
		})
		require.EqualError(t, err, "app/worker: context canceled\ncleanup failed")
		require.Len(t, leavesOf(t, err), 1)
		require.Equal(t, tree.Counts{Canceled: 5, Failed: 1}, counts)

		counts, err = mixture(t, func(context.Context, *tree.Scope) {})
		require.NoError(t, err)
		require.Equal(t, tree.Counts{Canceled: 5}, counts)
	})
}
