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

// rounds is how often a scenario is run in which two things happen at one
// instant, in whichever order.
const rounds = 100

// tells is a child that waits for its cancel and sends the cause of it.
func tells(causes chan<- error) func(context.Context) error {
	return func(ctx context.Context) error {
		<-ctx.Done()
		causes <- context.Cause(ctx)
		return ctx.Err()
	}
}

func TestScope_062_TheParentsCancelReachesAllChildrenWithItsCauseAndComesBackFromRun(t *testing.T) {
	wait := func(t *testing.T, ctx context.Context, p policy.Scope) {
		start := time.Now()
		causes := make(chan error, 5)
		var handle *tree.Scope
		err := tree.Run(ctx, p, func(ctx context.Context, s *tree.Scope) error {
			handle = s
			for i := range 3 {
				launch(ctx, t, s, fmt.Sprint(i), tells(causes))
			}
			require.NoError(t, s.Go(ctx, tells(causes)))
			return s.Go(ctx, tells(causes))
		}, tree.WithName("work"))
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, errReason)
		require.Equal(t, tenth, time.Since(start))
		require.Len(t, causes, cap(causes))
		for range cap(causes) {
			require.Same(t, errReason, <-causes)
		}
		require.Equal(t, tree.Counts{Canceled: 5}, handle.Snapshot().Counts)
	}
	t.Run("a context", func(t *testing.T) {
		under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
			parent, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(tenth, func() { cancel(errReason) })
			wait(t, parent, p)
		})
	})
	t.Run("a scope around", func(t *testing.T) {
		under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
			err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
				time.AfterFunc(tenth, func() { s.Cancel(errReason) })
				wait(t, ctx, p)
				return ctx.Err()
			})
			require.NoError(t, err) // this one was canceled on purpose
		})
	})
}

func TestScope_064_AChildThatCrashesDuringTheCleanUpAfterAnOutsideCancelIsReported(t *testing.T) {
	under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var rec recorder
		parent, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(tenth, func() { cancel(errReason) })
		err := tree.Run(parent, p, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "worker", failsAfter(3*tenth, errBoom))
			<-ctx.Done()
			pause(5 * tenth)
			return ctx.Err()
		}, tree.WithName("app"), tree.WithObserver(&rec))
		require.Equal(t, 6*tenth, time.Since(start))
		failures := rec.failures()
		require.Equal(t, []string{"app/worker"}, paths(failures))
		require.Same(t, errBoom, failures[0].Err)
		require.Equal(t, 3*tenth, failures[0].Time.Sub(start)) // at once, not at the end
		if p.OnFailure == policy.CancelTogether {
			require.EqualError(t, err, "app/worker: boom")
			require.NotErrorIs(t, err, context.Canceled) // the failure is worth more
		} else {
			require.EqualError(t, err, "tree: app: context canceled: reason")
			require.ErrorIs(t, err, errReason)
		}
	})
}

func TestScope_064_FiveFailedCleanUpsAreAllReturnedAndTheOutsideCancelStillBites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		parent, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(tenth, func() { cancel(errReason) })
		var group, next error
		err := tree.Run(parent, policy.TaskScope, func(ctx context.Context, _ *tree.Scope) error {
			group = tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
				for i := range 5 {
					launch(ctx, t, s, fmt.Sprint(i), cleansUp(time.Duration(i)*tenth, fmt.Errorf("%w of %d", errCleanup, i)))
				}
				return nil
			})
			require.Equal(t, 5*tenth, time.Since(start))
			next = sleep(ctx, time.Hour)
			return next
		}, tree.WithName("app"))
		require.Len(t, leavesOf(t, group), 5)
		for i, leaf := range leavesOf(t, group) {
			require.EqualError(t, leaf, fmt.Sprintf("app/%d: cleanup failed of %[1]d", i))
			require.ErrorIs(t, leaf, errCleanup)
		}
		require.NotErrorIs(t, group, context.Canceled)
		require.Equal(t, context.Canceled, next)
		require.Equal(t, 5*tenth, time.Since(start))
		require.ErrorIs(t, err, errReason)
		require.NotErrorIs(t, err, errCleanup) // that was for the caller of the inner Run
	})
}

// Two groups, one in the other, are canceled from outside. The inner one ends
// first and is a failure of what ran it. Run hands on the error of a body as it is, so in a
// child there is a group within a group, and in the body the inner group alone.
func TestScope_065_TheErrorsOfInnerCleanUpsComeOutThroughBothGroups(t *testing.T) {
	for _, nesting := range []string{"in a child", "in the body"} {
		t.Run(nesting, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var log trail
				var rec recorder
				var idle *tree.Child
				var inside error
				parent, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(tenth, func() { cancel(errReason) })
				inner := func(ctx context.Context) error {
					inside = tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
						launch(ctx, t, s, "a", cleansUp(tenth, errBoom))
						launch(ctx, t, s, "b", cleansUp(2*tenth, errBang))
						return nil
					}, tree.WithName("inner"))
					log.add("inner ended after " + time.Since(start).String())
					return inside
				}
				err := tree.Run(parent, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
					idle = launch(ctx, t, s, "idle", blocker)
					if nesting == "in the body" {
						return inner(ctx)
					}
					launch(ctx, t, s, "nested", inner)
					return nil
				}, tree.WithName("app"), tree.WithObserver(&rec))
				log.add("outer ended after " + time.Since(start).String())

				require.Equal(t, []string{"inner ended after 300ms", "outer ended after 300ms"}, log.list())
				require.Equal(t, policy.Canceled, exitOf(t, idle))
				require.NotErrorIs(t, err, context.Canceled)
				require.Len(t, leavesOf(t, inside), 2)
				if nesting == "in the body" {
					require.Same(t, inside, err)
					require.EqualError(t, err, "tree: 2 failures\n\tapp/inner/a: boom\n\tapp/inner/b: bang")
					return
				}
				require.Len(t, leavesOf(t, err), 1)
				var nested *tree.ChildError
				require.ErrorAs(t, leavesOf(t, err)[0], &nested)
				require.Equal(t, "app/nested", nested.Path)
				require.Same(t, inside, nested.Err)
				require.ErrorIs(t, err, errBoom)
				require.ErrorIs(t, err, errBang)
			})
		})
	}
}

func TestScope_065_WhenInnerAndOuterChildrenFailAtOnceEachErrorIsHandledAtItsOwnLevel(t *testing.T) {
	for range rounds {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			var inner error
			err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, outer *tree.Scope) error {
				inner = tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
					launch(ctx, t, s, "worker", failsAfter(tenth, errBoom))
					launch(ctx, t, outer, "worker", failsAfter(tenth, errBang))
					return nil
				}, tree.WithName("inner"))
				return nil // it is handled between the two
			}, tree.WithName("app"))
			require.EqualError(t, inner, "app/inner/worker: boom")
			require.EqualError(t, err, "app/worker: bang")
			require.Equal(t, tenth, time.Since(start))
			require.NoError(t, t.Context().Err()) // nothing of either cancel is left
			require.NoError(t, sleep(t.Context(), tenth))
		})
	}
}

func TestScope_065_AnOuterFailureWhileTheInnerGroupRunsIsTheOnlyError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var inner error
		var worker *tree.Child
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "worker", failsAfter(tenth, errBoom))
			inner = tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
				worker = launch(ctx, t, s, "worker", blocker)
				return nil
			}, tree.WithName("inner"))
			return inner
		}, tree.WithName("app"))
		require.EqualError(t, inner, "tree: app/inner: context canceled: app/worker: boom")
		require.ErrorIs(t, inner, context.Canceled)
		require.Equal(t, policy.Canceled, exitOf(t, worker))
		require.EqualError(t, err, "app/worker: boom")
		require.Len(t, leavesOf(t, err), 1)
		require.Equal(t, tenth, time.Since(start))
	})
}

func TestScope_080_AScopeOpenedAfterItsParentWasCanceledIsBornCanceled(t *testing.T) {
	born := func(t *testing.T, parent context.Context, p policy.Scope) {
		start := time.Now()
		never := func(context.Context) error { panic("must not run") }
		err := tree.Run(parent, p, func(ctx context.Context, s *tree.Scope) error {
			require.Equal(t, context.Canceled, ctx.Err())
			require.Same(t, errReason, context.Cause(ctx))
			<-tree.Draining(ctx)
			require.Equal(t, tree.PhaseCanceling, s.Snapshot().Phase)
			_, err := s.Start(context.WithoutCancel(ctx), tree.ChildSpec{Name: "worker", Run: never})
			require.ErrorIs(t, err, tree.ErrClosed)
			return s.Go(ctx, never)
		})
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, errReason)

		s, err := tree.Open(parent, p)
		require.NoError(t, err)
		require.ErrorIs(t, s.Go(t.Context(), never), tree.ErrClosed)
		require.Equal(t, tree.Counts{Refused: 1}, s.Snapshot().Counts)
		require.NoError(t, s.Close()) // nothing was begun that could be cut short
		require.Zero(t, time.Since(start))
	}
	t.Run("a context", func(t *testing.T) {
		under(t, allPresets(), func(t *testing.T, p policy.Scope) {
			parent, cancel := context.WithCancelCause(t.Context())
			cancel(errReason)
			born(t, parent, p)
		})
	})
	t.Run("a scope around", func(t *testing.T) {
		under(t, allPresets(), func(t *testing.T, p policy.Scope) {
			require.NoError(t, tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
				s.Cancel(errReason)
				born(t, ctx, p)
				return nil
			}))
		})
	})
}

// What was done before the cancel came is done: the answer depends on whether a
// child was cut short, not on which goroutine won.
func TestScope_085_ACancelAtTheInstantOfTheLastExitIsAnErrorOnlyIfAChildWasCutShort(t *testing.T) {
	children := map[string]func(context.Context) error{
		"heeds the cancel":   takes(tenth),
		"ignores the cancel": failsAfter(tenth, nil),
	}
	for name, run := range children {
		t.Run(name, func(t *testing.T) {
			for range rounds {
				synctest.Test(t, func(t *testing.T) {
					start := time.Now()
					var child *tree.Child
					parent, cancel := context.WithCancelCause(t.Context())
					time.AfterFunc(tenth, func() { cancel(errReason) })
					err := tree.Run(parent, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
						child = launch(ctx, t, s, "worker", run)
						return nil
					})
					require.Equal(t, tenth, time.Since(start))
					if exitOf(t, child) == policy.Returned {
						require.NoError(t, err)
						return
					}
					require.Equal(t, "heeds the cancel", name)
					require.ErrorIs(t, err, context.Canceled)
					require.ErrorIs(t, err, errReason)
				})
			}
		})
	}
}

func TestScope_085_ACancelBetweenTheLastExitAndTheReturnChangesNothing(t *testing.T) {
	under(t, taskPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		parent, cancel := context.WithCancelCause(t.Context())
		var during tree.EventKind
		err := tree.Run(parent, p, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "worker", takes(tenth))
			return sleep(ctx, tenth)
		}, tree.WithObserver(tree.ObserverFunc(func(e tree.Event) {
			if e.Kind == tree.ScopeClosed { // the scope waits for its observer
				during = e.Kind
				cancel(errReason)
				synctest.Wait() // the scope has been told
			}
		})))
		require.NoError(t, err)
		require.Equal(t, tree.ScopeClosed, during)
		require.Equal(t, tenth, time.Since(start))
	})
}
