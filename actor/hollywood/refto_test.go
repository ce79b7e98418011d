package hollywood

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/wrapperspb"

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

func TestAnAskFailsWhenTheHollywoodActorStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		pid := e.SpawnFunc(func(*hactor.Context) {}, "deaf", hactor.WithInboxSize(4))
		ref := RefTo[ask](e, pid)
		time.AfterFunc(time.Hour, func() { e.Stop(pid) })
		_, err := actor.Ask(t.Context(), ref, func(r actor.Reply[string]) ask { return ask{r} })
		require.Equal(t, &actor.NoReplyError{}, err)
		_, err = actor.Ask(t.Context(), ref, func(r actor.Reply[string]) ask { return ask{r} })
		require.Equal(t, actor.ErrStopped, err)
	})
}

func TestAsksThatWereAnsweredAreNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		pid := e.SpawnFunc(on(func(_ *hactor.Context, m ask) { m.reply.Send("here") }), "theirs", hactor.WithInboxSize(4))
		ref := RefTo[ask](e, pid)
		for range 1000 {
			_, err := actor.Ask(t.Context(), ref, func(r actor.Reply[string]) ask { return ask{r} })
			require.NoError(t, err)
		}
		require.LessOrEqual(t, len(hubOf(e).owns[pid].asks), minSweep)
	})
}

func TestTheEndOfAHollywoodActorIsToldToWhoWaitsForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[any]{}
		spawn := func() *hactor.PID {
			return e.SpawnFunc(func(*hactor.Context) {}, "theirs", hactor.WithID("one"), hactor.WithInboxSize(4))
		}
		first := spawn()
		ref := RefTo[int](e, first)
		stop := ref.AfterEnd(func(why error) { got.add(why) })
		unwanted := ref.AfterEnd(func(error) { got.add("unwanted") })
		require.True(t, unwanted())
		require.False(t, unwanted())
		<-e.Stop(first).Done()
		require.Equal(t, []any{nil}, got.told())
		require.False(t, stop())
		ref.AfterEnd(func(why error) { got.add(why) })
		require.Equal(t, []any{actor.ErrStopped}, got.told(), "it had ended")

		second := spawn()
		ref.AfterEnd(func(error) { got.add("the second") })
		e.BroadcastEvent(hactor.ActorStoppedEvent{PID: first}) // late news of the first
		require.Empty(t, got.told(), "they have one id and are two")
		<-e.Stop(second).Done()
		require.Equal(t, []any{"the second"}, got.told())
		require.Zero(t, waiting(hubOf(e)))
	})
}

func TestTheEndOfAnActorOfOursIsToldByItsPIDToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[any]{}
		pid, star := adopted(t, e, players(&trail[string]{}, nil), Adoption{})
		RefTo[int](e, pid).AfterEnd(func(why error) { got.add(why) })
		e.Send(pid, crashNow{})
		require.Empty(t, got.told(), "a restart is no end")
		require.NoError(t, star.Shutdown(t.Context()))
		require.Equal(t, []any{nil}, got.told())
	})
}

func TestTheLossOfANodeIsToldToWhoWaitsForWhatRunsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[any]{}
		far := RefTo[*wrapperspb.StringValue](e, hactor.NewPID("10.0.0.1:4000", "theirs/one"))
		far.AfterEnd(func(why error) { got.add(why.Error()) })
		unwanted := far.AfterEnd(func(error) { got.add("unwanted") })
		require.True(t, unwanted())
		e.BroadcastEvent(hactor.RemoteUnreachableEvent{ListenAddr: "10.0.0.2:4000"})
		require.Empty(t, got.told(), "another node")
		e.BroadcastEvent(hactor.RemoteUnreachableEvent{ListenAddr: "10.0.0.1:4000"})
		require.Equal(t, []any{"hollywood: node cannot be reached: 10.0.0.1:4000"}, got.told())
		require.ErrorIs(t, far.TrySend(wrapperspb.String("hello")), ErrUnreachable)
		far.AfterEnd(func(why error) { got.add(errors.Is(why, ErrUnreachable)) })
		require.Equal(t, []any{true}, got.told())

		<-time.After(RetryAfter)
		require.NoError(t, far.TrySend(wrapperspb.String("hello")), "it is tried again")
		stop := far.AfterEnd(func(error) { got.add("not yet") })
		require.True(t, stop())
		require.Empty(t, got.told())
	})
}

func TestWhatCannotGoToAnotherNodeIsTheSendersError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		far := hactor.NewPID("10.0.0.1:4000", "theirs/one")
		err := RefTo[string](e, far).TrySend("hello")
		require.ErrorIs(t, err, ErrMarshal)
		require.ErrorContains(t, err, "string is no protobuf message")
		for want, m := range map[string]*wrapperspb.StringValue{
			"*wrapperspb.StringValue is nil": nil, "invalid UTF-8": wrapperspb.String("\xff"),
		} {
			err := RefTo[*wrapperspb.StringValue](e, far).TrySend(m)
			require.ErrorIs(t, err, ErrMarshal)
			require.ErrorContains(t, err, want)
		}
		near := RefTo[string](e, e.SpawnFunc(func(*hactor.Context) {}, "theirs", hactor.WithInboxSize(4)))
		require.NoError(t, near.TrySend("anything goes on this node"))
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
