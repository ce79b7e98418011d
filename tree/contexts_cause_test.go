package tree_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// causeOf runs a scope with a blocking child, task and nested body, has f end
// it, and returns the causes that they saw and what Run returned.
func causeOf(t *testing.T, ctx context.Context, p policy.Scope, f func(ctx context.Context, s *tree.Scope) error) (causes []error, result error) {
	seen := make(chan error, 3)
	watch := func(ctx context.Context) error {
		<-ctx.Done()
		seen <- context.Cause(ctx)
		return ctx.Err()
	}
	result = tree.Run(ctx, p, func(ctx context.Context, s *tree.Scope) error {
		require.NoError(t, s.Go(ctx, watch))
		_, err := s.Start(ctx, tree.ChildSpec{Name: "child", Run: watch})
		require.NoError(t, err)
		require.NoError(t, s.Go(ctx, func(ctx context.Context) error {
			return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, _ *tree.Scope) error { return watch(ctx) })
		}))
		return f(ctx, s)
	}, tree.WithObserver(&recorder{}))
	synctest.Wait()
	for range 3 {
		causes = append(causes, <-seen)
	}
	return causes, result
}

func TestTheCauseOfATogetherCanceledScopeIsTheSiblingsFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, start := range []func(ctx context.Context, s *tree.Scope, f func(context.Context) error) error{
			func(ctx context.Context, s *tree.Scope, f func(context.Context) error) error { return s.Go(ctx, f) },
			func(ctx context.Context, s *tree.Scope, f func(context.Context) error) error {
				_, err := s.Start(ctx, tree.ChildSpec{Name: "failing", Run: f})
				return err
			},
		} {
			causes, err := causeOf(t, t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
				return start(ctx, s, func(context.Context) error { return io.ErrUnexpectedEOF })
			})
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			for _, cause := range causes {
				var of *tree.ChildError
				require.ErrorAs(t, cause, &of)
				require.Equal(t, io.ErrUnexpectedEOF, of.Err)
			}
		}
	})
}

func TestTheCauseOfAFailedBodyIsItsError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		causes, err := causeOf(t, t.Context(), policy.TaskScope, func(context.Context, *tree.Scope) error { return io.ErrUnexpectedEOF })
		require.Equal(t, io.ErrUnexpectedEOF, err)
		require.Equal(t, []error{io.ErrUnexpectedEOF, io.ErrUnexpectedEOF, io.ErrUnexpectedEOF}, causes)
	})
}

func TestTheCauseOfAShutdownSaysThatTheGraceIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		causes, err := causeOf(t, t.Context(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
			_, err := s.Shutdown(ctx) // does not wait for itself
			return err
		})
		require.NoError(t, err)
		require.Equal(t, policy.DefaultGrace, time.Since(start))
		for _, cause := range causes {
			require.ErrorContains(t, cause, "tree: shutdown")
		}
	})
}

func TestTheCauseOfAScopesOwnTimeoutIsADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		p := policy.TaskScope
		p.Timeout = 3 * time.Second
		errs := make(chan error, 1)
		causes, err := causeOf(t, t.Context(), p, func(ctx context.Context, _ *tree.Scope) error {
			deadline, ok := ctx.Deadline()
			require.True(t, ok)
			require.Equal(t, start.Add(3*time.Second), deadline)
			<-ctx.Done()
			errs <- ctx.Err()
			return ctx.Err()
		})
		require.Equal(t, 3*time.Second, time.Since(start))
		require.Equal(t, context.DeadlineExceeded, <-errs)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "tree: timed out")
		for _, cause := range causes {
			require.EqualError(t, cause, "tree: timed out: tree_test.causeOf.func2")
		}
	})
}

func TestTheCauseOfAParentsDeadlineIsTheParents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		why := errors.New("the request took too long")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, why)
		defer cancel()
		causes, err := causeOf(t, ctx, policy.TaskScope, func(context.Context, *tree.Scope) error { return nil })
		require.Equal(t, time.Second, time.Since(start))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, why)
		require.Equal(t, []error{why, why, why}, causes)
	})
}

func TestTheFirstCauseStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, parent := errors.New("first"), errors.New("parent's")
		ctx, cancel := context.WithCancelCause(t.Context())
		causes, err := causeOf(t, ctx, policy.TaskScope, func(_ context.Context, s *tree.Scope) error {
			s.Cancel(first)
			s.Cancel(errors.New("second"))
			cancel(parent)
			return nil
		})
		require.NoError(t, err, "it was ended on purpose")
		require.Equal(t, []error{first, first, first}, causes)
	})
}

func TestACauseIsSeenByItsOwnChildOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("you")
		seen := make(chan error, 1)
		require.NoError(t, tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			one, err := s.Start(ctx, tree.ChildSpec{Name: "one", Run: func(ctx context.Context) error {
				<-ctx.Done()
				seen <- context.Cause(ctx)
				return ctx.Err()
			}})
			require.NoError(t, err)
			other := make(chan context.Context, 1)
			_, err = s.Start(ctx, tree.ChildSpec{Name: "other", Run: func(ctx context.Context) error { other <- ctx; return blocker(ctx) }})
			require.NoError(t, err)
			one.Cancel(why)
			require.NoError(t, one.Wait(ctx))
			exit, ended := one.Exit()
			require.Equal(t, policy.Canceled, exit)
			require.True(t, ended)
			require.Equal(t, why, <-seen)
			of := <-other
			require.NoError(t, of.Err())
			require.NoError(t, context.Cause(of))
			require.NoError(t, ctx.Err())
			s.Cancel(nil)
			return nil
		}))
	})
}
