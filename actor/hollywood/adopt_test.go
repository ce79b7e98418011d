package hollywood

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestAnAdoptedReceiverGetsWhatHollywoodWouldSendIt(t *testing.T) {
	script := func(t *testing.T, spawn func(*hactor.Engine, hactor.Producer) *hactor.PID) []string {
		e, got := newEngine(t), &trail[string]{}
		pid := spawn(e, players(got, nil))
		e.Send(pid, "a")
		e.Send(pid, crashNow{})
		e.Send(pid, "b")
		e.Send(pid, crashNow{})
		settled() // b came to the one after the first crash
		e.Send(pid, "c")
		<-e.Poison(pid).Done()
		return got.told()
	}
	synctest.Test(t, func(t *testing.T) {
		theirs := script(t, func(e *hactor.Engine, p hactor.Producer) *hactor.PID {
			return e.Spawn(p, "star", hactor.WithID("one"), hactor.WithRestartDelay(0), hactor.WithInboxSize(16))
		})
		ours := script(t, func(e *hactor.Engine, p hactor.Producer) *hactor.PID {
			pid, _ := adopted(t, e, p, Adoption{Kind: "star", ID: "one"})
			return pid
		})
		require.Equal(t, theirs, ours)
		require.Equal(t, []string{
			"1: actor.Initialized", "1: actor.Started", "1: a", "1: crash", "1: actor.Stopped",
			"2: actor.Initialized", "2: actor.Started", "2: b", "2: crash", "2: actor.Stopped",
			"3: actor.Initialized", "3: actor.Started", "3: c", "3: actor.Stopped",
		}, ours)
	})
}

func TestAnAdoptedActorIsTheProcessThatItsContextSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type what struct{}
		e, got := newEngine(t), &trail[any]{}
		pid, star := adopted(t, e, players(&trail[string]{}, func(c *hactor.Context) {
			switch c.Message().(type) {
			case what:
				c.Respond(c.PID().String())
				scope, err := tree.From(c.Context())
				got.add([]any{c.PID(), c.Engine(), c.Parent(), c.GetPID("star/one"), c.Receiver().(*played).life, scope.Path(), err})
			case string:
				got.add([]any{c.Message(), c.Sender()})
			}
		}), Adoption{Kind: "star", ID: "one"})
		require.Equal(t, "local/star/one", pid.String())
		require.Same(t, pid, e.Registry.GetPID("star", "one"))
		require.Equal(t, "app/star", star.Path())

		v, err := e.Request(pid, what{}, time.Second).Result()
		require.NoError(t, err)
		require.Equal(t, "local/star/one", v)
		require.Equal(t, []any{[]any{pid, e, (*hactor.PID)(nil), pid, 1, "app", nil}}, got.told())

		who := hactor.NewPID("local", "who/knows")
		e.SendWithSender(pid, "from somebody", who)
		e.Send(pid, "from nobody")
		require.Equal(t, []any{[]any{"from somebody", who}, []any{"from nobody", (*hactor.PID)(nil)}}, got.told())
	})
}

func TestAnAdoptedActorSendsForwardsRequestsAndIsAnsweredInItsMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[string]{}
		echo := e.SpawnFunc(func(c *hactor.Context) {
			if m, ok := c.Message().(string); ok {
				c.Respond("echo of " + m + " for " + c.Sender().ID)
			}
		}, "echo", hactor.WithID("one"), hactor.WithInboxSize(4))
		pid, _ := adopted(t, e, players(got, func(c *hactor.Context) {
			switch c.Message() {
			case "send":
				c.Send(echo, "sent")
			case "forward":
				c.Forward(echo)
			case "request":
				v, err := c.Request(echo, "asked", time.Second).Result()
				got.add(v.(string)[:13])
				require.NoError(t, err)
			case "repeat":
				r := c.SendRepeat(c.PID(), "again", time.Second)
				time.AfterFunc(2500*time.Millisecond, r.Stop)
			}
		}), Adoption{Kind: "star", ID: "one"})
		got.told()
		for _, c := range []struct {
			say  string
			want []string
		}{
			{"send", []string{"1: send", "1: echo of sent for star/one"}},
			{"forward", []string{"1: forward", "1: echo of forward for star/one"}},
			{"request", []string{"1: request", "echo of asked"}},
		} {
			e.Send(pid, c.say)
			require.Equal(t, c.want, got.told())
		}
		e.Send(pid, "repeat")
		<-time.After(5 * time.Second)
		require.Equal(t, []string{"1: repeat", "1: again", "1: again"}, got.told())
	})
}

func TestMiddlewareIsAroundEachMessageOfAnAdoptedActor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[string]{}
		around := func(name string) hactor.MiddlewareFunc {
			return func(next hactor.ReceiveFunc) hactor.ReceiveFunc {
				return func(c *hactor.Context) {
					got.add(name + " before")
					next(c)
					got.add(name + " after")
				}
			}
		}
		pid, _ := adopted(t, e, players(got, nil), Adoption{Middleware: []hactor.MiddlewareFunc{around("outer"), around("inner")}})
		got.told()
		e.Send(pid, "a")
		require.Equal(t, []string{"outer before", "inner before", "1: a", "inner after", "outer after"}, got.told())
		<-e.Poison(pid).Done()
		require.Equal(t, []string{"outer before", "inner before", "1: actor.Stopped", "inner after", "outer after"}, got.told())
	})
}

func TestAnAdoptedActorIsRestartedAsItsDescriptionSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[string]{}
		s := scope(t)
		pid, err := Spawn(t.Context(), s, e, players(got, nil), Adoption{ID: "one"}, func(s *actor.Spec[hactor.Envelope]) {
			s.Backoff = policy.Backoff{Min: time.Minute, Jitter: policy.JitterNone}
			s.Mailbox = mailbox.Bounded(2, mailbox.Reject)
			s.Restart = policy.Transient
		})
		require.NoError(t, err)
		star, err := s.Child("understudy.one")
		require.NoError(t, err, "it is called after its kind and id")
		got.told()
		e.Send(pid, crashNow{})
		require.Equal(t, []string{"1: crash", "1: actor.Stopped"}, got.told())
		require.Same(t, pid, e.Registry.GetPID("understudy", "one"), "it can be sent to while it waits")
		for _, m := range []string{"a", "b", "too many"} {
			e.Send(pid, m)
		}
		<-time.After(time.Minute - 1)
		require.Empty(t, got.told())
		<-time.After(1)
		require.Equal(t, []string{"2: actor.Initialized", "2: actor.Started", "2: a", "2: b"}, got.told())
		require.Equal(t, 2, star.Incarnation())
	})
}

func TestAReceiverThatFailsToBeginIsASpawnThatFailed(t *testing.T) {
	for name, c := range map[string]struct {
		producer hactor.Producer
		want     string
		told     []string
	}{
		"producer": {producer: func() hactor.Receiver { panic("no producer") }, want: "panic: no producer"},
		"nothing":  {producer: func() hactor.Receiver { return nil }, want: "the producer returned nil"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEngine(t)
				_, err := Spawn(t.Context(), scope(t), e, c.producer, Adoption{ID: "one"}, nil)
				require.ErrorContains(t, err, c.want)
				require.Nil(t, e.Registry.GetPID("understudy", "one"))
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[string]{}
		_, err := Spawn(t.Context(), scope(t), e, players(got, on(func(*hactor.Context, hactor.Started) { panic(errCrash) })), Adoption{}, nil)
		require.ErrorIs(t, err, errCrash)
		require.Equal(t, []string{"1: actor.Initialized", "1: actor.Started", "1: actor.Stopped"}, got.told())
	})
}

func TestAnAdoptedActorWhoseIDIsTakenDoesNotStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		theirs := e.SpawnFunc(func(*hactor.Context) {}, "star", hactor.WithID("one"), hactor.WithInboxSize(4))
		s := scope(t)
		_, err := Spawn(t.Context(), s, e, players(&trail[string]{}, nil), Adoption{Kind: "star", ID: "one"}, nil)
		require.ErrorIs(t, err, ErrDuplicate)
		require.Same(t, theirs, e.Registry.GetPID("star", "one"))
		require.Zero(t, s.CountChildren().Children)

		spec, pid, err := Adopt(e, players(&trail[string]{}, nil), Adoption{Kind: "star", ID: "two"})
		require.NoError(t, err)
		ref, err := tree.Spawn(t.Context(), s, spec)
		require.NoError(t, err)
		_, err = tree.Spawn(t.Context(), scope(t), spec)
		require.ErrorIs(t, err, ErrDuplicate, "one description, one actor at a time")
		require.NoError(t, ref.TrySend(hactor.Envelope{Msg: "still here"}))
		require.Same(t, pid, e.Registry.GetPID("star", "two"))
	})
}

func TestAnAdoptedActorRunsWithoutATree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[string]{}
		spec, pid, err := Adopt(e, players(got, nil), Adoption{Kind: "star", ID: "one"})
		require.NoError(t, err)
		run, ref, err := actor.Func(spec)
		require.NoError(t, err)
		over := make(chan error, 1)
		go func() { over <- run(t.Context()) }()
		require.Equal(t, []string{"1: actor.Initialized", "1: actor.Started"}, got.told())
		require.NoError(t, ref.Send(t.Context(), hactor.Envelope{Msg: crashNow{}}))
		require.ErrorIs(t, <-over, errCrash)
		go func() { over <- run(t.Context()) }()
		e.Send(pid, "a")
		<-e.Poison(pid).Done()
		require.NoError(t, <-over)
		require.Equal(t, []string{"1: crash", "1: actor.Stopped", "2: actor.Initialized", "2: actor.Started", "2: a", "2: actor.Stopped"}, got.told())
		require.Nil(t, e.Registry.GetPID("star", "one"))
	})
}

func TestWhatIsWrongWithAnAdoptionIsNamed(t *testing.T) {
	_, _, err := Adopt(nil, nil, Adoption{Kind: "/a", Patience: -1})
	for _, want := range []string{"engine = nil", "producer = nil", "hollywood.Adoption.Patience = -1ns", `hollywood.Adoption.Kind = "/a"`} {
		require.ErrorContains(t, err, want)
	}
	_, err = Spawn(context.Background(), nil, nil, nil, Adoption{}, nil)
	require.ErrorContains(t, err, "engine = nil")
	require.False(t, errors.Is(err, ErrDuplicate))
}
