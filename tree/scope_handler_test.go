package tree_test

import (
	"bytes"
	"context"
	"errors"
	"log"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// lastResort catches what goes to slog.Default until the test ends.
func lastResort(t *testing.T) *bytes.Buffer {
	t.Helper()
	var out bytes.Buffer // slog's handler writes one line at a time
	logger, writer := slog.Default(), log.Writer()
	slog.SetDefault(slog.New(slog.NewTextHandler(&out, nil)))
	t.Cleanup(func() {
		slog.SetDefault(logger)
		log.SetOutput(writer)
	})
	return &out
}

// onFailure is an observer that is called for children that failed.
func onFailure(f func(tree.Event)) tree.Option {
	return tree.WithObserver(tree.ObserverFunc(func(e tree.Event) {
		if e.Kind == tree.ChildExited && e.Err != nil {
			f(e)
		}
	}))
}

func TestScope_019_TenFailuresOfTheHandlerItselfReachTheLastResort(t *testing.T) {
	out := lastResort(t)
	synctest.Test(t, func(t *testing.T) {
		var handle *tree.Scope
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			handle = s
			for range 10 {
				require.NoError(t, s.Go(ctx, failsAfter(tenth, errBoom)))
			}
			return nil
		}, onFailure(func(tree.Event) { panic("handler failed") }))
		require.NoError(t, err)
		snap := handle.Snapshot()
		require.Equal(t, tree.Counts{Failed: 10}, snap.Counts)
		require.Zero(t, snap.Tasks)
		require.Equal(t, tree.PhaseClosed, snap.Phase)
	})
	require.Equal(t, 10, strings.Count(out.String(), "handler failed"), out)
	require.Equal(t, 10, strings.Count(out.String(), "cause=boom"), out) // and what it was to handle
}

func TestScope_032_AHandlerMaySpawnIntoTheScopeThatTheErrorIsFrom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var s *tree.Scope
		var respawns []error
		respawn := onFailure(func(tree.Event) {
			spec := tree.ChildSpec{Name: "worker", Run: failsAfter(tenth, errBoom)} // the name is free by now
			if len(respawns) == 2 {
				spec.Run = takes(tenth)
			}
			_, err := s.Start(t.Context(), spec)
			respawns = append(respawns, err)
		})
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, handle *tree.Scope) error {
			s = handle
			launch(ctx, t, s, "worker", failsAfter(tenth, errBoom))
			return nil // long gone when the handler spawns, and nothing else runs then
		}, respawn)
		require.NoError(t, err)
		require.Equal(t, []error{nil, nil, nil}, respawns)
		require.Equal(t, 4*tenth, time.Since(start))
		require.Equal(t, tree.Counts{Returned: 1, Failed: 3}, s.Snapshot().Counts)
	})
}

func TestAHandlerThatBlocksDelaysNoSibling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		gate := make(chan struct{})
		var sibling time.Duration
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "worker", failsAfter(tenth, errBoom))
			child := launch(ctx, t, s, "sibling", takes(2*tenth))
			require.NoError(t, child.Wait(ctx))
			sibling = time.Since(start)
			pause(time.Second)
			close(gate)
			return nil
		}, onFailure(func(tree.Event) { <-gate }))
		require.NoError(t, err)
		require.Equal(t, 2*tenth, sibling)
		require.Equal(t, 2*tenth+time.Second, time.Since(start))
	})
}

func TestTheScopeEndsAfterItsLastFailureWasHandled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var handled atomic.Bool
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			return s.Go(ctx, failsAfter(tenth, errBoom))
		}, onFailure(func(tree.Event) {
			pause(time.Second)
			handled.Store(true)
		}))
		require.NoError(t, err)
		require.True(t, handled.Load())
		require.Equal(t, tenth+time.Second, time.Since(start))
	})
}

func TestTheScopeReturnsAfterItsEndWasObserved(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		slow := tree.ObserverFunc(func(e tree.Event) {
			if e.Kind == tree.ScopeClosed {
				pause(time.Second)
			}
		})
		err := tree.Run(t.Context(), p, func(context.Context, *tree.Scope) error { return nil }, tree.WithObserver(slow))
		require.NoError(t, err)
		require.Equal(t, time.Second, time.Since(start))
	})
}

func TestAnIsolatedFailureIsNeverSilentWithoutAHandler(t *testing.T) {
	out := lastResort(t)
	synctest.Test(t, func(t *testing.T) {
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "worker", failsAfter(tenth, errBoom))
			launch(ctx, t, s, "panicker", func(context.Context) error { panic("whoops") })
			return nil
		}, tree.WithName("app"))
		require.NoError(t, err)
	})
	require.Equal(t, 1, strings.Count(out.String(), "path=app/worker"), out)
	require.Equal(t, 1, strings.Count(out.String(), "error=boom"), out)
	require.Equal(t, 1, strings.Count(out.String(), "path=app/panicker"), out)
	require.Contains(t, out.String(), "whoops")
}

func TestAPanicIsIsolatedAsAnErrorIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var rec recorder
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			panicker := launch(ctx, t, s, "panicker", func(context.Context) error { panic(errBoom) })
			require.ErrorIs(t, panicker.Wait(ctx), errBoom)
			require.Equal(t, policy.Panicked, exitOf(t, panicker))
			require.NoError(t, ctx.Err())
			launch(ctx, t, s, "sibling", takes(tenth))
			return nil
		}, tree.WithName("app"), tree.WithObserver(&rec))
		require.NoError(t, err)
		require.Equal(t, tenth, time.Since(start))
		require.Equal(t, []string{"app/panicker"}, paths(rec.failures()))
		var panicked *policy.PanicError
		require.ErrorAs(t, rec.failures()[0].Err, &panicked)
		require.Same(t, errBoom, panicked.Value)
	})
}

func TestAFailureDuringTheShutdownOfAnIsolatingScopeIsReported(t *testing.T) {
	under(t, []preset{{"TaskScope", policy.TaskScope}, {"CancellationScope", policy.CancellationScope}},
		func(t *testing.T, p policy.Scope) {
			var rec recorder
			err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
				launch(ctx, t, s, "worker", cleansUp(tenth, errors.Join(context.Canceled, errCleanup)))
				s.Cancel(nil)
				return nil
			}, tree.WithName("app"), tree.WithObserver(&rec))
			require.NoError(t, err)
			require.Equal(t, []string{"app/worker"}, paths(rec.failures()))
			require.ErrorIs(t, rec.failures()[0].Err, errCleanup)
		})
}

func TestAForeignCancellationIsAFailureWhileTheScopeIsAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rec recorder
		foreign, cancel := context.WithCancel(t.Context())
		cancel()
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			child := launch(ctx, t, s, "worker", func(context.Context) error { return foreign.Err() })
			require.Equal(t, context.Canceled, child.Wait(ctx))
			require.Equal(t, policy.Failed, exitOf(t, child))
			return nil
		}, tree.WithName("app"), tree.WithObserver(&rec))
		require.NoError(t, err)
		require.Equal(t, []string{"app/worker"}, paths(rec.failures()))
	})
}
