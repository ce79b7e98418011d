package hollywood

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/actor"
)

type ask struct{ reply actor.Reply[string] }

func TestAHollywoodActorIsSentToAndAskedThroughARef(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[any]{}
		pid := e.SpawnFunc(func(c *hactor.Context) {
			switch m := c.Message().(type) {
			case string:
				got.add(m)
			case ask:
				m.reply.Send("here")
			}
		}, "theirs", hactor.WithInboxSize(4))
		ref := RefTo[string](e, pid)
		require.Equal(t, ref, RefTo[string](e, hactor.NewPID(pid.Address, pid.ID)))
		require.Equal(t, pid.String(), ref.Path())
		require.NoError(t, ref.Send(t.Context(), "one"))
		require.NoError(t, ref.TrySend("two"))
		require.Equal(t, []any{"one", "two"}, got.told())

		v, err := actor.Ask(t.Context(), RefTo[ask](e, pid), func(r actor.Reply[string]) ask { return ask{r} })
		require.NoError(t, err)
		require.Equal(t, "here", v)

		<-e.Stop(pid).Done()
		require.ErrorIs(t, ref.TrySend("three"), actor.ErrStopped)
	})
}

func TestAHollywoodActorThatDoesNotAnswerIsWaitedForAsLongAsTheContextSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		pid := e.SpawnFunc(func(*hactor.Context) {}, "deaf", hactor.WithInboxSize(4))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := actor.Ask(ctx, RefTo[ask](e, pid), func(r actor.Reply[string]) ask { return ask{r} })
		require.ErrorIs(t, err, actor.ErrNoReply, "it may have done its work")
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestAHollywoodActorOnAnotherNodeCannotBeAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ref := RefTo[ask](newEngine(t), hactor.NewPID("10.0.0.1:4000", "theirs/one"))
		_, err := actor.Ask(t.Context(), ref, func(r actor.Reply[string]) ask { return ask{r} })
		require.ErrorIs(t, err, ErrRemote)
		require.ErrorIs(t, ref.TrySend(ask{}), ErrMarshal)
	})
}

func TestNobodysPIDIsTheZeroRef(t *testing.T) {
	require.True(t, RefTo[int](nil, hactor.NewPID("a", "b/c")).IsZero())
	require.True(t, RefTo[int](&hactor.Engine{}, nil).IsZero())
}

func TestAnEngineLeavesNoGoroutineBehind(t *testing.T) {
	// A bubble ends only when every goroutine started in it has.
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		for range 10 {
			e.SpawnFunc(func(*hactor.Context) {}, "idle", hactor.WithInboxSize(4))
		}
	})
}
