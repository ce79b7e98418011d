package actor

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/policy"
)

// foreignPlayer returns an actor as a foreign supervisor runs it.
func foreignPlayer(t *testing.T, s *stage) (func(context.Context) error, Ref[play]) {
	t.Helper()
	f, ref, err := Func(Spec[play]{Name: "player", New: func(context.Context, Ref[play]) (Receiver[play], error) {
		return player(s), nil
	}})
	require.NoError(t, err)
	return f, ref
}

func TestAForeignLoopMayRestartAnActor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		f, ref := foreignPlayer(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error, 1)
		go func() {
			for ctx.Err() == nil {
				if err := f(ctx); err != nil {
					s.note("failed: %v", err)
				}
			}
			over <- nil
		}()
		require.NoError(t, ref.Send(ctx, say("1")))
		require.NoError(t, ref.Send(ctx, panics("2")))
		require.NoError(t, ref.Send(ctx, exits("3")))
		v, err := Ask(ctx, ref, askFor(say("4")))
		require.NoError(t, err)
		require.Equal(t, "4", v)
		cancel()
		require.NoError(t, <-over)
		require.Equal(t, []string{"got 1", "got 2", "failed: panic: oh no", "got 3",
			"failed: policy: child called runtime.Goexit", "got 4"}, s.told())

		require.ErrorIs(t, ref.TrySend(say("5")), ErrStopped, "its context ended: it will not come back")
		require.ErrorIs(t, f(t.Context()), ErrStopped)
	})
}

func TestAForeignActorThatSaysDoneReturnsNilAndIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ref := foreignPlayer(t, &stage{})
		require.NoError(t, ref.TrySend(done("1")))
		require.NoError(t, f(t.Context()))
		require.ErrorIs(t, ref.TrySend(say("2")), ErrStopped)
	})
}

func TestAForeignActorThatSaysDoneWithAnErrorReturnsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ref := foreignPlayer(t, &stage{})
		require.NoError(t, ref.TrySend(play{do: func(context.Context) error { return policy.Done(errBroken) }}))
		require.ErrorIs(t, f(t.Context()), errBroken)
		require.ErrorIs(t, ref.TrySend(say("2")), ErrStopped)
	})
}

func TestAForeignActorRunsOnceAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := foreignPlayer(t, &stage{})
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error)
		go func() { over <- f(ctx) }()
		synctest.Wait() // it runs
		require.Equal(t, ErrRunning, f(ctx))
		cancel()
		require.NoError(t, <-over)
	})
}

func TestAForeignActorWhoseContextHasEndedStopsBeforeItsFirstMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		f, ref := foreignPlayer(t, s)
		require.NoError(t, ref.TrySend(say("1")))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.NoError(t, f(ctx))
		require.Empty(t, s.told())
	})
}

func TestAForeignActorGivesItsHandlerAContextThatEndsWithTheIncarnation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ref := foreignPlayer(t, &stage{})
		var kept context.Context
		require.NoError(t, ref.TrySend(play{do: func(ctx context.Context) error { kept = ctx; return errBroken }}))
		require.Equal(t, errBroken, f(t.Context()))
		require.ErrorIs(t, kept.Err(), context.Canceled)
	})
}

func TestAForeignActorThatReturnsItsContextsErrorWasStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ref := foreignPlayer(t, &stage{})
		ctx, cancel := context.WithCancel(t.Context())
		require.NoError(t, ref.TrySend(play{do: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}))
		over := make(chan error)
		go func() { over <- f(ctx) }()
		synctest.Wait() // the message is in hand
		cancel()
		require.NoError(t, <-over)

		f, ref = foreignPlayer(t, &stage{})
		require.NoError(t, ref.TrySend(play{do: func(context.Context) error { return context.Canceled }}))
		require.True(t, errors.Is(f(t.Context()), context.Canceled), "somebody else's cancel is a failure")
	})
}
