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

func TestScope_154_AnEarlierDeadlineAroundIsNamedAsTheParentsAndItsCauseTellsWhose(t *testing.T) {
	timed(t, 3*tenth, func(t *testing.T, p policy.Scope) {
		for name, c := range map[string]struct {
			cause error
			text  string
		}{
			"plain":        {nil, "tree: app: context deadline exceeded"},
			"with a cause": {errReason, "tree: app: context deadline exceeded: reason"},
		} {
			start := time.Now()
			ctx, cancel := context.WithTimeoutCause(t.Context(), 2*tenth, c.cause)
			causes := make(chan error, 1)
			var handle *tree.Scope
			err := tree.Run(ctx, p, func(ctx context.Context, s *tree.Scope) error {
				handle = s
				_, err := s.Start(ctx, tree.ChildSpec{Name: "worker", OnFailure: new(policy.Report), Run: tells(causes)})
				return err
			}, tree.WithName("app"))
			require.Equal(t, 2*tenth, time.Since(start), name)
			require.EqualError(t, err, c.text, name)
			require.ErrorIs(t, err, context.DeadlineExceeded, name)
			require.NotErrorIs(t, err, tree.ErrTimeout, name)
			require.Equal(t, context.Cause(ctx), <-causes, name)
			require.False(t, handle.TimedOut(), name)
			cancel()
		}
	})
}

// Of two scopes, each with a time-out, the earlier one is named, wherever it stands.
func TestScope_154_OfNestedTimeOutsTheEarlierOneIsNamedByItsPath(t *testing.T) {
	for _, c := range []struct {
		name         string
		outer, inner time.Duration
		errInner     string
		errOuter     string
	}{
		{"the inner", 3 * tenth, 2 * tenth, "tree: app/inner: context deadline exceeded: tree: timed out: app/inner", ""},
		{"the outer", 2 * tenth, 3 * tenth, "tree: app/inner: context deadline exceeded: tree: timed out: app",
			"tree: app: context deadline exceeded: tree: timed out: app"},
	} {
		for _, moveOn := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, moves on=%v", c.name, moveOn), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					outer, inner := policy.TaskGroup, policy.TaskGroup
					outer.Timeout, inner.Timeout = c.outer, c.inner
					if moveOn {
						outer.OnTimeout = policy.TimeoutMovesOn
					}
					start := time.Now()
					var errInner error
					var in, out *tree.Scope
					errOuter := tree.Run(t.Context(), outer, func(ctx context.Context, s *tree.Scope) error {
						out = s
						errInner = tree.Run(ctx, inner, func(ctx context.Context, s *tree.Scope) error {
							in = s
							launch(ctx, t, s, "worker", blocker)
							return nil
						}, tree.WithName("inner"))
						if c.errOuter != "" {
							return errInner // which says no more than its own cancel
						}
						return ctx.Err()
					}, tree.WithName("app"))
					require.Equal(t, 2*tenth, time.Since(start))
					require.EqualError(t, errInner, c.errInner)
					require.ErrorIs(t, errInner, tree.ErrTimeout)
					if c.errOuter == "" || moveOn {
						require.NoError(t, errOuter)
					} else {
						require.EqualError(t, errOuter, c.errOuter)
					}
					require.Equal(t, []bool{c.errOuter == "", c.errOuter != ""}, []bool{in.TimedOut(), out.TimedOut()})
				})
			})
		}
	}
}

// The two at one instant: either is named.
func TestScope_154_ADeadlineAroundAtTheInstantOfItsOwnIsOneOrTheOther(t *testing.T) {
	for range rounds {
		synctest.Test(t, func(t *testing.T) {
			p := policy.TaskGroup
			p.Timeout = tenth
			ctx, cancel := context.WithTimeoutCause(t.Context(), tenth, errReason)
			defer cancel()
			start := time.Now()
			var handle *tree.Scope
			err := tree.Run(ctx, p, func(ctx context.Context, s *tree.Scope) error {
				handle = s
				return blocker(ctx)
			})
			require.Equal(t, tenth, time.Since(start))
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, handle.TimedOut(), errors.Is(err, tree.ErrTimeout))
			require.Equal(t, handle.TimedOut(), !errors.Is(err, errReason))
		})
	}
}

func TestScope_155_ATimeOutAroundAnUnshieldedScopeCutsIt(t *testing.T) {
	timed(t, 0, func(t *testing.T, p policy.Scope) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), quarter)
		defer cancel()
		var c course
		err := tree.Run(ctx, p, c.body(t), tree.WithName("app"))
		require.EqualError(t, err, "tree: app: context deadline exceeded")
		require.Equal(t, quarter, time.Since(start))
		results, canceled := c.ran(t)
		require.Equal(t, []int{4, 1, 2}, results)
		require.Equal(t, 1, canceled)
	})
}

// Where peers disagree: as in trio, who is shielded finishes, and then the one who
// looks at the deadline, or waits for anything, is told of it. One that has nothing
// more to do has lost nothing: no error, where aiotools raises its TimeoutError in any
// case.
func TestScope_155_ATimeOutAroundAShieldedScopeIsFeltAfterIt(t *testing.T) {
	for name, goesOn := range map[string]bool{"goes on": true, "is done": false} {
		t.Run(name, func(t *testing.T) {
			timed(t, 0, func(t *testing.T, p policy.Scope) {
				start := time.Now()
				outer := policy.TaskScope
				outer.Timeout = quarter
				var c course
				err := tree.Run(t.Context(), outer, func(ctx context.Context, _ *tree.Scope) error {
					require.NoError(t, tree.Run(context.WithoutCancel(ctx), p, c.body(t)))
					require.Equal(t, 3*tenth, time.Since(start))
					require.ErrorIs(t, context.Cause(ctx), tree.ErrTimeout)
					if goesOn {
						return sleep(ctx, tenth)
					}
					return nil
				}, tree.WithName("app"))
				require.Equal(t, 3*tenth, time.Since(start))
				results, canceled := c.ran(t)
				require.Equal(t, []int{4, 5, 1, 2, 3}, results)
				require.Zero(t, canceled)
				if goesOn {
					require.EqualError(t, err, "tree: app: context deadline exceeded: tree: timed out: app")
				} else {
					require.NoError(t, err)
				}
			})
		})
	}
}

// A scope's own deadline holds whatever it is shielded from.
func TestScope_155_AScopesOwnTimeOutPiercesItsOwnShield(t *testing.T) {
	timed(t, quarter, func(t *testing.T, p policy.Scope) {
		start := time.Now()
		ctx, cancel := request(t)
		time.AfterFunc(tenth/2, func() { cancel(errReason) })
		var c course
		var err error
		require.NoError(t, tree.Run(ctx, policy.TaskScope, func(ctx context.Context, _ *tree.Scope) error {
			err = tree.Run(context.WithoutCancel(ctx), p, c.body(t), tree.WithName("inner"))
			return nil
		}, tree.WithName("app")))
		require.EqualError(t, err, "tree: app/inner: context deadline exceeded: tree: timed out: app/inner")
		require.Equal(t, quarter, time.Since(start))
		results, canceled := c.ran(t)
		require.Equal(t, []int{4, 1, 2}, results)
		require.Equal(t, 1, canceled)
	})
}

// It does not pierce the shields that stand in the scope: those are the last to be
// called.
func TestScope_155_AScopesTimeOutDoesNotCutAShieldInIt(t *testing.T) {
	timed(t, quarter, func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var shielded error
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			return s.Shield(ctx, "save", func(ctx context.Context) error {
				shielded = sleep(ctx, time.Second)
				return shielded
			})
		}, tree.WithName("app"))
		require.EqualError(t, err, "tree: app: context deadline exceeded: tree: timed out: app", "its body was cut")
		require.NoError(t, shielded)
		require.Equal(t, time.Second, time.Since(start))
	})
}
