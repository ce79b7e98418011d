package tree_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// mustNotRun is a function that must not run.
func mustNotRun(context.Context) error { panic("it ran") }

// The body is called all the same: it is the caller's own code, with a context that
// has ended.
func TestScope_157_AScopeWhoseDeadlineHasPassedIsBornCanceledAndStartsNothing(t *testing.T) {
	timed(t, 0, func(t *testing.T, p policy.Scope) {
		start := time.Now()
		ctx, cancel := context.WithDeadline(t.Context(), start.Add(-time.Second))
		defer cancel()
		called := false
		var handle *tree.Scope
		err := tree.Run(ctx, p, func(ctx context.Context, s *tree.Scope) error {
			called, handle = true, s
			require.Equal(t, context.DeadlineExceeded, ctx.Err())
			require.Equal(t, tree.PhaseCanceling, s.Snapshot().Phase)
			require.ErrorIs(t, s.Go(ctx, mustNotRun), tree.ErrClosed)
			_, err := s.Start(ctx, tree.ChildSpec{Name: "child", Run: mustNotRun})
			require.Equal(t, context.DeadlineExceeded, err)
			_, err = s.Start(context.WithoutCancel(ctx), tree.ChildSpec{Name: "child", Run: mustNotRun})
			require.ErrorIs(t, err, tree.ErrClosed)
			_, err = tree.Spawn(context.WithoutCancel(ctx), s, actor.Spec[int]{Name: "actor", New: func(context.Context, actor.Ref[int]) (actor.Receiver[int], error) { panic("it ran") }})
			require.ErrorIs(t, err, tree.ErrClosed)
			select {
			case <-tree.Draining(ctx):
			default:
				t.Error("it is not asked to end")
			}
			return ctx.Err()
		}, tree.WithName("app"))
		require.True(t, called)
		require.EqualError(t, err, "tree: app: context deadline exceeded")
		require.Zero(t, time.Since(start))
		require.False(t, handle.TimedOut(), "it is not its own deadline")
		require.Zero(t, handle.Counts().Started())

		s, err := tree.Open(ctx, p)
		require.NoError(t, err)
		require.ErrorIs(t, s.Go(t.Context(), mustNotRun), tree.ErrClosed)
		require.NoError(t, s.Close(), "it had closed before anything was asked of it")
	})
}

func TestScope_157_ABodyThatSetsADeadlineInThePastIsCutAtOnce(t *testing.T) {
	timed(t, 0, func(t *testing.T, p policy.Scope) {
		start := time.Now()
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			require.NoError(t, s.SetDeadline(start.Add(-1)))
			require.Equal(t, context.DeadlineExceeded, ctx.Err(), "before SetDeadline returns")
			require.True(t, s.TimedOut())
			require.ErrorIs(t, s.Go(ctx, mustNotRun), tree.ErrClosed)
			return ctx.Err()
		}, tree.WithName("app"))
		require.EqualError(t, err, "tree: app: context deadline exceeded: tree: timed out: app")
		require.Zero(t, time.Since(start))
	})
}

func TestScope_158_TheEffectiveDeadlineIsTheSoonestOfTheScopesAroundUpToAShield(t *testing.T) {
	within := func(d time.Duration) policy.Scope {
		p := policy.TaskScope
		p.Timeout = d
		return p
	}
	nest := func(ctx context.Context, p policy.Scope, body func(ctx context.Context, s *tree.Scope)) {
		require.NoError(t, tree.Run(ctx, p, func(ctx context.Context, s *tree.Scope) error {
			body(ctx, s)
			return nil
		}))
	}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		// in is when both a scope and its contexts say that they end; 0 is never.
		in := func(ctx context.Context, s *tree.Scope) (d time.Duration) {
			at, ok := s.Deadline()
			of, has := ctx.Deadline()
			require.Equal(t, at, of)
			require.Equal(t, ok, has)
			if ok {
				d = at.Sub(start)
			}
			return d
		}
		nest(t.Context(), within(0), func(ctx context.Context, s *tree.Scope) { require.Zero(t, in(ctx, s)) })
		outside, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		nest(outside, within(time.Hour), func(ctx context.Context, s *tree.Scope) {
			require.Equal(t, 5*time.Minute, in(ctx, s), "what is around counts")
			nest(context.WithoutCancel(ctx), within(time.Hour), func(ctx context.Context, s *tree.Scope) {
				require.Equal(t, time.Hour, in(ctx, s), "not beyond a shield")
				nest(ctx, within(0), func(ctx context.Context, s *tree.Scope) { require.Equal(t, time.Hour, in(ctx, s)) })
				nest(ctx, within(time.Minute), func(ctx context.Context, s *tree.Scope) {
					require.Equal(t, time.Minute, in(ctx, s))
					nest(ctx, within(2*time.Minute), func(ctx context.Context, s *tree.Scope) {
						require.Equal(t, time.Minute, in(ctx, s))
					})
				})
				require.NoError(t, s.Shield(ctx, "save", func(inside context.Context) error {
					_, ok := inside.Deadline()
					require.False(t, ok, "a shield has none")
					nest(inside, within(time.Second), func(ctx context.Context, s *tree.Scope) { require.Equal(t, time.Second, in(ctx, s)) })
					return nil
				}))
			})
			derived, stop := context.WithTimeout(ctx, time.Minute)
			defer stop()
			nest(derived, within(0), func(ctx context.Context, s *tree.Scope) {
				require.Equal(t, time.Minute, in(ctx, s))
				require.Equal(t, time.Minute, in(childContext(ctx, t, s), s), "children show it too")
			})
		})
		_, ok := new(tree.Scope).Deadline()
		require.False(t, ok)
	})
}

// What is moved shows at once in all contexts of the scope and below.
func TestScope_158_AMovedDeadlineShowsInTheScopesBelow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		p := policy.TaskScope
		p.Timeout = time.Hour
		require.NoError(t, tree.Run(t.Context(), p, func(ctx context.Context, outer *tree.Scope) error {
			return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, inner *tree.Scope) error {
				derived, stop := context.WithTimeout(ctx, 24*time.Hour)
				defer stop()
				child := childContext(ctx, t, inner)
				for at, want := range map[time.Time]time.Time{
					start.Add(time.Minute): start.Add(time.Minute), start.Add(48 * time.Hour): start.Add(48 * time.Hour), {}: {}} {
					require.NoError(t, outer.SetDeadline(at))
					for _, ctx := range []context.Context{ctx, child} {
						got, ok := ctx.Deadline()
						require.Equal(t, !want.IsZero(), ok)
						require.Equal(t, want, got)
					}
					got, ok := inner.Deadline()
					require.Equal(t, !want.IsZero(), ok)
					require.Equal(t, want, got)
				}
				require.NoError(t, outer.SetDeadline(start.Add(48*time.Hour)))
				at, _ := derived.Deadline()
				require.Equal(t, start.Add(48*time.Hour), at, "it gave up its own, which was later than the one it found")
				return nil
			})
		}))
	})
}

func TestScope_160_AStartAfterTheTimeOutIsRefused(t *testing.T) {
	timed(t, tenth, func(t *testing.T, p policy.Scope) {
		start := time.Now()
		rec := &recorder{}
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			pause(2 * tenth)
			for _, ctx := range []context.Context{t.Context(), context.WithoutCancel(ctx)} {
				require.ErrorIs(t, s.Go(ctx, mustNotRun), tree.ErrClosed)
				require.ErrorIs(t, s.TryGo(ctx, mustNotRun), tree.ErrClosed)
				_, err := s.Start(ctx, tree.ChildSpec{Name: "child", Run: mustNotRun})
				require.ErrorIs(t, err, tree.ErrClosed)
			}
			require.ErrorIs(t, s.Shield(t.Context(), "save", mustNotRun), tree.ErrClosed, "an outsider's")
			require.NoError(t, s.Shield(context.WithoutCancel(ctx), "cleanup", takes(tenth)), "its own may clean up")
			return nil
		}, tree.WithName("app"), tree.WithObserver(rec))
		require.Equal(t, 3*tenth, time.Since(start))
		require.EqualError(t, err, "tree: app: context deadline exceeded: tree: timed out: app", "what was refused was cut")
		require.Len(t, rec.of(tree.SpawnRefused), 7)
	})
}

// Under a time-out that moves on, what is refused is no error either.
func TestScope_160_AStartAfterATimeOutThatMovesOnIsRefusedAndTheScopeReturnsNil(t *testing.T) {
	timed(t, tenth, func(t *testing.T, p policy.Scope) {
		p.OnTimeout = policy.TimeoutMovesOn
		require.NoError(t, tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			<-ctx.Done()
			return s.Go(ctx, mustNotRun) // which says no more than the cancel
		}))
	})
}
