package tree_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestErrIsSetBeforeAnyoneIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := make(chan error, 2)
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			context.AfterFunc(ctx, func() { told <- errors.Join(ctx.Err(), context.Cause(ctx)) })
			go func() { <-ctx.Done(); told <- errors.Join(ctx.Err(), context.Cause(ctx)) }()
			s.Cancel(errors.New("cause"))
			return nil
		})
		require.NoError(t, err)
		for range 2 {
			require.EqualError(t, <-told, "context canceled\ncause")
		}
	})
}

// afterFuncer is what package context looks for in a context.
type afterFuncer interface {
	AfterFunc(func()) func() bool
}

func TestAfterFuncIsNeverCalledInline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			for range 2 { // before and after the cancel
				in, out := make(chan struct{}), make(chan struct{})
				stop := ctx.(afterFuncer).AfterFunc(func() { close(in); <-out })
				s.Cancel(nil) // returns, though the function blocks
				<-in
				require.False(t, stop(), "it has begun")
				close(out)
			}
			return nil
		})
		require.NoError(t, err)
	})
}

func TestOneAfterFuncDoesNotHoldUpAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, open := newGate(t)
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			hold, release := newGate(t)
			var called atomic.Int32
			for range 3 {
				ctx.(afterFuncer).AfterFunc(func() { called.Add(1); <-hold })
			}
			derived, cancel := context.WithCancel(ctx)
			defer cancel()
			for range 3 {
				ctx.(afterFuncer).AfterFunc(func() { called.Add(1); <-hold })
			}
			s.Cancel(nil)
			synctest.Wait()
			defer release()
			require.Equal(t, int32(6), called.Load())
			require.Equal(t, context.Canceled, derived.Err())
			return nil
		})
		require.NoError(t, err)
		open()
	})
}

func TestAnAfterFuncThatWasStoppedIsNotCalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var called atomic.Int32
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			var stops []func() bool
			for range 5 {
				stops = append(stops, ctx.(afterFuncer).AfterFunc(func() { called.Add(1) }))
			}
			for _, i := range []int{0, 2, 4} { // last, middle, first of the list
				require.True(t, stops[i]())
				require.False(t, stops[i](), "once")
			}
			s.Cancel(nil)
			synctest.Wait()
			for _, stop := range stops {
				require.False(t, stop())
			}
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, int32(2), called.Load())
	})
}

func TestValuesAndDeadlinesComeFromTheScope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().Add(time.Hour)
		outside, cancel := context.WithDeadline(context.WithValue(t.Context(), ctxKey("who"), "scope"), end)
		defer cancel()
		p := policy.SupervisorScope
		err := tree.Run(outside, p, func(ctx context.Context, s *tree.Scope) error {
			asker, cancel := context.WithTimeout(context.WithValue(ctx, ctxKey("who"), "asker"), time.Minute)
			defer cancel()
			for what, ctx := range everyLife(t, asker, s) {
				if what == "body" {
					continue // the asker's own
				}
				deadline, ok := ctx.Deadline()
				require.True(t, ok, what)
				require.Equal(t, end, deadline, what)
				require.Equal(t, "scope", ctx.Value(ctxKey("who")), what)
				require.Nil(t, ctx.Value(ctxKey("none")), what)
			}
			s.Cancel(nil)
			require.Equal(t, "scope", ctx.Value(ctxKey("who")), "after the cancel too")
			return nil
		})
		require.NoError(t, err)
		require.True(t, time.Now().Before(end))
	})
}

func TestTheEarlierDeadlineIsTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		for _, c := range []struct{ outside, own, want time.Duration }{
			{time.Minute, time.Second, time.Second}, {time.Second, time.Minute, time.Second},
		} {
			outside, cancel := context.WithTimeout(t.Context(), c.outside)
			p := policy.TaskScope
			p.Timeout = c.own
			require.NoError(t, tree.Run(outside, p, func(ctx context.Context, _ *tree.Scope) error {
				deadline, ok := ctx.Deadline()
				require.True(t, ok)
				require.Equal(t, start.Add(c.want), deadline)
				return nil
			}))
			cancel()
		}
	})
}

func TestAScopeUnderATimeoutEndsWithItAndItsCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, _ *tree.Scope) error {
			inner, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			err := tree.Run(inner, policy.TaskScope, func(ctx context.Context, s *tree.Scope) error { return s.Go(ctx, blocker) })
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, time.Second, time.Since(start))
			require.NoError(t, ctx.Err(), "the scope around is untouched")
			return nil
		})
		require.NoError(t, err)
	})
}

func TestAScopeUnderATimeoutEndsWithTheScopeAroundAndItsCause(t *testing.T) {
	for _, grace := range []time.Duration{0, policy.NoGrace} {
		for range 50 { // two messages race: the cancel, and that the scope around ends
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				why := errors.New("why")
				p := policy.TaskScope
				p.Stop.Grace = grace
				outside, cancelOutside := context.WithCancelCause(t.Context())
				err := tree.Run(outside, policy.TaskScope, func(ctx context.Context, _ *tree.Scope) error {
					inner, cancel := context.WithTimeout(ctx, time.Hour)
					defer cancel()
					cause, refused := make(chan error, 1), error(nil)
					err := tree.Run(inner, p, func(ctx context.Context, s *tree.Scope) error {
						cancelOutside(why)
						refused = s.Go(context.WithoutCancel(ctx), func(ctx context.Context) error {
							<-ctx.Done()
							cause <- context.Cause(ctx)
							return ctx.Err()
						})
						return refused
					})
					if refused == nil { // the task did not come too late
						require.Equal(t, why, <-cause)
						require.ErrorIs(t, err, why)
						require.ErrorIs(t, err, context.Canceled)
					}
					return nil
				})
				_ = err
				require.Equal(t, time.Duration(0), time.Since(start))
			})
		}
	}
}

func TestWithoutCancelShieldsTheScopeBelow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		why := errors.New("stop it")
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			p := policy.TaskScope
			p.Stop.Grace = time.Minute
			var inside context.Context
			err := tree.Run(context.WithoutCancel(context.WithValue(ctx, ctxKey("k"), "v")), p, func(ctx context.Context, in *tree.Scope) error {
				inside = ctx
				s.Cancel(why)
				select {
				case <-tree.Draining(ctx):
				default:
					t.Error("the soft signal was not passed on")
				}
				require.NoError(t, in.Go(ctx, func(ctx context.Context) error { return sleep(ctx, 10*time.Second) }))
				synctest.Wait()
				require.NoError(t, ctx.Err(), "it is shielded")
				require.NoError(t, context.Cause(ctx))
				require.Equal(t, "v", ctx.Value(ctxKey("k")))
				return nil
			})
			require.NoError(t, err, "its work was done")
			require.Equal(t, 10*time.Second, time.Since(start))
			require.EqualError(t, context.Cause(inside), "tree: ended")
			require.Equal(t, why, context.Cause(ctx))
			return nil
		})
		require.NoError(t, err)
	})
}

// A grace of its own is the time that it gives itself; without one it has as long as
// the scope around has patience.
func TestTheShieldOfWithoutCancelEndsWithItsOwnGraceOrTheLastCall(t *testing.T) {
	for name, c := range map[string]struct {
		own   time.Duration
		after time.Duration
		cause string
	}{
		"its own grace": {time.Second, time.Second, "tree: grace of the scope over: tree: scope around draining: tree: canceled"},
		"no grace":      {0, 9 * time.Second, "tree: kill wait nearly over"},
		"a long grace":  {time.Hour, 9 * time.Second, "tree: kill wait nearly over"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				p, own := policy.TaskScope, policy.TaskScope
				p.Stop.Kill, own.Stop.Grace = 10*time.Second, c.own
				err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
					return tree.Run(context.WithoutCancel(ctx), own, func(ctx context.Context, _ *tree.Scope) error {
						s.Cancel(nil)
						<-ctx.Done()
						require.Equal(t, c.after, time.Since(start))
						require.EqualError(t, context.Cause(ctx), c.cause)
						return nil
					})
				})
				require.NoError(t, err)
			})
		})
	}
}

// A nested scope without a grace of its own has what is left of the one around: a
// service that gives its handlers 30 s gives them to the groups in them too.
func TestANestedScopeHasTheGraceOfTheOneAround(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Stop.Grace = 30 * time.Second
		s, _ := openSupervisor(t, p)
		result := make(chan error, 1)
		require.NoError(t, s.Go(t.Context(), func(ctx context.Context) error {
			err := tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, in *tree.Scope) error { return in.Go(ctx, takes(20*time.Second)) })
			result <- err
			return err
		}))
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.NoError(t, <-result)
		require.Equal(t, 20*time.Second, report.Took)
		require.Equal(t, 1, report.Drained)
	})
}
