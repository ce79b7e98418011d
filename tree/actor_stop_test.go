package tree_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// gated spawns an actor whose handler waits until something comes through gate, and fails
// with what that is.
func gated(t *testing.T, s *tree.Scope, gate <-chan error, handled *trail) actor.Ref[string] {
	t.Helper()
	ref, err := tree.Spawn(t.Context(), s, actor.Spec[string]{Name: "busy", Drain: true,
		New: func(context.Context, actor.Ref[string]) (actor.Receiver[string], error) {
			return actor.ReceiverFunc[string](func(_ context.Context, m string) error {
				handled.add(m)
				return <-gate
			}), nil
		}})
	require.NoError(t, err)
	return ref
}

func TestWhoSendsToAnActorThatEndsForGoodLearnsItBeforeItHasEnded(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, s *tree.Scope) error{
		"its own stop": func(t *testing.T, s *tree.Scope) error {
			ch, err := s.Child("busy")
			require.NoError(t, err)
			return ch.Shutdown(t.Context())
		},
		"its removal": func(t *testing.T, s *tree.Scope) error {
			ch, err := s.Child("busy")
			require.NoError(t, err)
			return ch.Remove(t.Context())
		},
		"its scope's end": func(_ *testing.T, s *tree.Scope) error { return s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, err := tree.Open(t.Context(), policy.SupervisorScope, tree.WithObserver(&recorder{}))
				require.NoError(t, err)
				gate, handled := make(chan error), &trail{}
				ref := gated(t, s, gate, handled)
				require.NoError(t, ref.TrySend("in hand"))
				synctest.Wait() // it is
				require.NoError(t, ref.TrySend("queued"))
				over := make(chan error)
				go func() { over <- end(t, s) }()
				synctest.Wait() // it was asked
				require.ErrorIs(t, ref.TrySend("late"), actor.ErrStopped)
				close(gate)
				require.NoError(t, <-over)
				require.Equal(t, []string{"in hand", "queued"}, handled.list(), "what it had taken in it handled")
				require.NoError(t, s.Close())
				require.Zero(t, s.Counts().DeadLetters)
			})
		})
	}
}

func TestWhoSendsToAnActorThatIsStoppedWithItsGroupFindsItAgainAfterTheRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Strategy = policy.OneForAll
		s, err := tree.Open(t.Context(), p, tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		gate, handled := make(chan error), &trail{}
		ref := gated(t, s, gate, handled)
		fail := make(chan error)
		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "other", Run: func(ctx context.Context) error {
			select {
			case err := <-fail:
				return err
			case <-tree.Draining(ctx):
				return nil
			}
		}})
		require.NoError(t, err)
		require.NoError(t, ref.TrySend("in hand"))
		synctest.Wait() // it is
		fail <- errBoom
		synctest.Wait() // busy was asked to stop, for its restart
		require.NoError(t, ref.TrySend("late"))
		close(gate)
		require.NoError(t, s.Close())
		require.Equal(t, []string{"in hand", "late"}, handled.list())
	})
}
