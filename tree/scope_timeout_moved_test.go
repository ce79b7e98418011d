package tree_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// moved runs a body that waits for its end in a scope whose deadline, an hour from
// now, is moved; it returns when the scope ended.
func moved(t *testing.T, p policy.Scope, move func(ctx context.Context, s *tree.Scope)) (took time.Duration, s *tree.Scope, err error) {
	t.Helper()
	start := time.Now()
	if p.Timeout == 0 {
		p.Timeout = time.Hour
	}
	err = tree.Run(t.Context(), p, func(ctx context.Context, scope *tree.Scope) error {
		s = scope
		move(ctx, s)
		return sleep(ctx, 24*time.Hour)
	}, tree.WithName("app"))
	return time.Since(start), s, err
}

func TestADeadlineMayBeMovedNearerFurtherAndAway(t *testing.T) {
	in := func(d time.Duration) time.Time { return time.Now().Add(d) }
	for name, c := range map[string]struct {
		move func(t *testing.T, s *tree.Scope)
		took time.Duration
	}{
		"not at all": {func(*testing.T, *tree.Scope) {}, time.Hour},
		"nearer":     {func(t *testing.T, s *tree.Scope) { require.NoError(t, s.SetDeadline(in(time.Minute))) }, time.Minute},
		"further":    {func(t *testing.T, s *tree.Scope) { require.NoError(t, s.SetDeadline(in(2*time.Hour))) }, 2 * time.Hour},
		"away":       {func(t *testing.T, s *tree.Scope) { require.NoError(t, s.SetDeadline(time.Time{})) }, 24 * time.Hour},
		"away and back": {func(t *testing.T, s *tree.Scope) {
			require.NoError(t, s.SetDeadline(time.Time{}))
			require.NoError(t, s.SetDeadline(in(time.Minute)))
		}, time.Minute},
		"nearer and further, again and again": {func(t *testing.T, s *tree.Scope) {
			for range 60 {
				require.NoError(t, s.SetDeadline(in(time.Second)))
				require.NoError(t, s.SetDeadline(in(2*time.Minute)))
				pause(time.Minute)
			}
		}, 59*time.Minute + 2*time.Minute},
		"to now": {func(t *testing.T, s *tree.Scope) { require.NoError(t, s.SetDeadline(time.Now())) }, 0},
		"past":   {func(t *testing.T, s *tree.Scope) { require.NoError(t, s.SetDeadline(in(-time.Hour))) }, 0},
		"by a wall clock": {func(t *testing.T, s *tree.Scope) {
			require.NoError(t, s.SetDeadline(in(time.Minute).Round(0).UTC()))
		}, time.Minute},
		"just in time": {func(t *testing.T, s *tree.Scope) {
			pause(time.Hour - 1)
			require.NoError(t, s.SetDeadline(in(time.Minute)))
		}, time.Hour - 1 + time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			timed(t, 0, func(t *testing.T, p policy.Scope) {
				took, s, err := moved(t, p, func(_ context.Context, s *tree.Scope) { c.move(t, s) })
				if name == "nearer and further, again and again" {
					require.Equal(t, 61*time.Minute, took)
				}
				require.Equal(t, c.took, took)
				if c.took == 24*time.Hour {
					require.NoError(t, err)
					require.False(t, s.TimedOut())
					return
				}
				require.EqualError(t, err, "tree: app: context deadline exceeded: tree: timed out: app")
				require.True(t, s.TimedOut())
			})
		})
	}
}

// Keeping a scope alive from below is what a moved deadline is for.
func TestADeadlineMayBeMovedFromAnywhere(t *testing.T) {
	timed(t, 0, func(t *testing.T, p policy.Scope) {
		movers := map[string]func(ctx context.Context, s *tree.Scope, move func(context.Context) error) error{
			"task": func(ctx context.Context, s *tree.Scope, move func(context.Context) error) error {
				return s.Go(ctx, move)
			},
			"child": func(ctx context.Context, s *tree.Scope, move func(context.Context) error) error {
				_, err := s.Start(ctx, tree.ChildSpec{Name: "child", OnFailure: new(policy.Report), Run: move})
				return err
			},
			"nested": func(ctx context.Context, s *tree.Scope, move func(context.Context) error) error {
				return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, _ *tree.Scope) error { return move(ctx) })
			},
			"shield": func(ctx context.Context, s *tree.Scope, move func(context.Context) error) error {
				return s.Shield(context.WithoutCancel(ctx), "move", move)
			},
			"outsider": func(ctx context.Context, _ *tree.Scope, move func(context.Context) error) error {
				go func() { _ = move(ctx) }()
				return nil
			},
		}
		for name, mover := range movers {
			for _, by := range []time.Duration{0, time.Minute} {
				took, s, err := moved(t, p, func(ctx context.Context, s *tree.Scope) {
					require.NoError(t, mover(ctx, s, func(context.Context) error { return s.SetDeadline(time.Now().Add(by)) }), name)
				})
				require.Equal(t, by, took, name)
				require.True(t, s.TimedOut(), name)
				require.ErrorIs(t, err, tree.ErrTimeout, name)
			}
		}
	})
}

func TestADeadlineCannotBeMovedOnceTheScopeWasCanceledOrHasEnded(t *testing.T) {
	soon := func() time.Time { return time.Now().Add(tenth) }
	timed(t, time.Hour, func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var handle *tree.Scope
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			handle = s
			s.Cancel(errReason)
			for _, at := range []time.Time{soon(), {}, start.Add(-1)} {
				require.EqualError(t, s.SetDeadline(at), "tree: scope closed: app")
			}
			pause(time.Second)
			require.Equal(t, errReason, context.Cause(ctx))
			return ctx.Err()
		}, tree.WithName("app"))
		require.NoError(t, err)
		require.False(t, handle.TimedOut())
		require.ErrorIs(t, handle.SetDeadline(soon()), tree.ErrClosed)
		require.Equal(t, time.Second, time.Since(start))
	})
	require.Equal(t, tree.ErrClosed, new(tree.Scope).SetDeadline(time.Now()))
	require.False(t, new(tree.Scope).TimedOut())
}

// A drain is soft, so a deadline may still cut it: the time for the end itself.
func TestADeadlineHoldsWhileTheScopeDrains(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Timeout = time.Hour
		s, _ := openSupervisor(t, p)
		start := time.Now()
		child := launch(t.Context(), t, s, "worker", blocker)
		s.Drain(errReason)
		require.NoError(t, s.SetDeadline(start.Add(tenth)))
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, tenth, time.Since(start))
		require.Equal(t, errReason, report.Reason)
		require.True(t, s.TimedOut())
		require.Len(t, report.Children, 1)
		require.ErrorIs(t, report.Children[0].Cause, tree.ErrTimeout)
		require.Equal(t, policy.Canceled, exitOf(t, child))
		require.ErrorIs(t, s.Close(), tree.ErrTimeout)
	})
}

// What is around cuts the scope in its own time, however far its own was moved.
func TestADeadlineCannotBeMovedBeyondWhatIsAround(t *testing.T) {
	timed(t, time.Second, func(t *testing.T, p policy.Scope) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		err := tree.Run(ctx, p, func(ctx context.Context, s *tree.Scope) error {
			require.NoError(t, s.SetDeadline(start.Add(time.Hour)))
			at, ok := s.Deadline()
			require.True(t, ok)
			require.Equal(t, start.Add(2*time.Second), at)
			return blocker(ctx)
		}, tree.WithName("app"))
		require.Equal(t, 2*time.Second, time.Since(start))
		require.EqualError(t, err, "tree: app: context deadline exceeded")
	})
}

func TestAContextDerivedBeforeTheDeadlineWasMovedEndsWithTheScope(t *testing.T) {
	timed(t, 0, func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var ended, still time.Duration
		took, _, _ := moved(t, p, func(ctx context.Context, s *tree.Scope) {
			derived, stop := context.WithTimeout(ctx, 2*time.Hour) // later than the hour, so it has no timer of its own
			t.Cleanup(stop)
			context.AfterFunc(derived, func() { ended = time.Since(start) })
			own, stop := context.WithTimeout(ctx, time.Minute)
			t.Cleanup(stop)
			context.AfterFunc(own, func() { still = time.Since(start) })
			require.NoError(t, s.SetDeadline(start.Add(30*time.Minute)))
		})
		synctest.Wait() // both were told
		require.Equal(t, 30*time.Minute, took)
		require.Equal(t, 30*time.Minute, ended)
		require.Equal(t, time.Minute, still)
	})
}

// Many move it at once while it comes: whoever was told nil before the end moved it.
func TestMovingADeadlineRacesWithIt(t *testing.T) {
	for range 50 {
		p := policy.TaskGroup
		p.Timeout = time.Millisecond
		var all sync.WaitGroup
		var handle *tree.Scope
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			handle = s
			for i := range 8 {
				all.Go(func() {
					for {
						err := s.SetDeadline(time.Now().Add(time.Duration(i-4) * 50 * time.Microsecond * time.Duration(i)))
						if errors.Is(err, tree.ErrClosed) {
							return
						}
						_, _ = s.Deadline()
						_ = s.TimedOut()
						runtime.Gosched()
					}
				})
			}
			return blocker(ctx)
		})
		all.Wait()
		require.ErrorIs(t, err, tree.ErrTimeout)
		require.True(t, handle.TimedOut())
	}
}
