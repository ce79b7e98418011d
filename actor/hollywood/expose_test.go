package hollywood

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/mailbox"
)

func TestAHollywoodSenderReachesAnExposedActorInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[int]{}
		ref, _ := adder(t, mailbox.Spec{}, got)
		pid, unexpose, err := Expose(e, ref, Options[add]{})
		require.NoError(t, err)
		defer unexpose()
		require.True(t, strings.HasPrefix(pid.ID, "understudy/"), pid.ID)
		for n := range 5 {
			e.Send(pid, add{n: n})
		}
		require.Equal(t, []int{0, 1, 2, 3, 4}, got.told())

		e.SpawnFunc(func(c *hactor.Context) {
			if _, ok := c.Message().(hactor.Started); ok {
				c.Send(pid, add{n: 5})
			}
		}, "sender", hactor.WithInboxSize(4))
		require.Equal(t, []int{5}, got.told())
	})
}

func TestWhatAnExposedActorCannotTakeIsToldAndNeverLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got, refused := newEngine(t), &trail[int]{}, &trail[Refusal]{}
		ref, stop := adder(t, mailbox.Bounded(1, mailbox.Block), got)
		pid, _, err := Expose(e, ref, Options[add]{Kind: "adder", ID: "one", Refused: refused.add})
		require.NoError(t, err)
		require.Equal(t, "local/adder/one", pid.String())

		sender := hactor.NewPID("local", "who/knows")
		e.SendWithSender(pid, "no number", sender)
		e.Send(pid, nil)
		require.Equal(t, []Refusal{
			{To: pid, From: sender, Message: "no number", Err: ErrType}, {To: pid, Err: ErrType},
		}, refused.told())

		gate := make(chan struct{})
		e.Send(pid, add{n: 1, gate: gate})
		synctest.Wait() // 1 is in hand
		e.Send(pid, add{n: 2})
		e.Send(pid, add{n: 3})
		require.Equal(t, []Refusal{{To: pid, Message: add{n: 3}, Err: actor.ErrFull}}, refused.told())
		close(gate)
		require.Equal(t, []int{1, 2}, got.told())

		dead := deadLetters(e)
		e.Send(pid, 4)
		require.Equal(t, []any{4}, dead.told(), "what is refused is a dead letter there")
		stop()
		require.Nil(t, e.Registry.GetPID("adder", "one"), "the exposure ended with the actor")
		e.Send(pid, add{n: 5})
		require.Equal(t, []any{add{n: 5}}, dead.told())
		_, _, err = Expose(e, ref, Options[add]{})
		require.ErrorIs(t, err, actor.ErrStopped)
	})
}

func TestRefusalsThatNobodyWantsAreLoggedEachTimeTheirNumberDoubles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := logged(t)
		e := newEngine(t)
		ref, _ := adder(t, mailbox.Spec{}, &trail[int]{})
		pid, _, err := Expose(e, ref, Options[add]{ID: "one"})
		require.NoError(t, err)
		for range 100 {
			e.Send(pid, "no number")
		}
		require.Equal(t, 7, strings.Count(log(), "message refused"), log())
		require.Contains(t, log(), "to=local/understudy/one message=string")
	})
}

func TestASenderWithPatienceWaitsForRoomAndNoLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got, refused := newEngine(t), &trail[int]{}, &trail[Refusal]{}
		ref, _ := adder(t, mailbox.Bounded(1, mailbox.Block), got)
		pid, unexpose, err := Expose(e, ref, Options[add]{Patience: time.Second, Refused: refused.add})
		require.NoError(t, err)
		defer unexpose()
		gate := make(chan struct{})
		e.Send(pid, add{n: 1, gate: gate})
		synctest.Wait() // 1 is in hand
		e.Send(pid, add{n: 2})

		start := time.Now()
		e.Send(pid, add{n: 3})
		require.Equal(t, time.Second, time.Since(start))
		require.Equal(t, []Refusal{{To: pid, Message: add{n: 3}, Err: context.DeadlineExceeded}}, refused.told())

		time.AfterFunc(time.Second/2, func() { close(gate) })
		e.Send(pid, add{n: 4})
		require.Equal(t, time.Second*3/2, time.Since(start))
		require.Equal(t, []int{1, 2, 4}, got.told())
	})
}

func TestARequestIsAnsweredOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[int]{}
		ref, _ := adder(t, mailbox.Spec{}, got)
		pid, unexpose, err := Expose(e, ref, Options[add]{Accept: func(m any, from *Sender) (add, bool) {
			n, ok := m.(int)
			return add{n: n, from: from}, ok
		}})
		require.NoError(t, err)
		defer unexpose()
		e.Send(pid, 40) // nobody to answer
		total, err := e.Request(pid, 2, time.Second).Result()
		require.NoError(t, err)
		require.Equal(t, 42, total)

		pending := e.Request(pid, "no number", time.Second)
		_, err = pending.Result()
		require.ErrorIs(t, err, context.DeadlineExceeded)

		s := hubOf(e).sender(pid)
		require.True(t, s.Respond(1))
		require.False(t, s.Respond(2))
		require.Equal(t, pid, s.PID())
		require.Nil(t, (*Sender)(nil).PID())
		require.Equal(t, []int{40, 2, 1}, got.told())
	})
}

func TestPoisonAndStopEndTheExposureAndNotTheActor(t *testing.T) {
	for name, end := range map[string]func(*hactor.Engine, *hactor.PID) context.Context{
		"poison": (*hactor.Engine).Poison, "stop": (*hactor.Engine).Stop,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, got := newEngine(t), &trail[int]{}
				ref, _ := adder(t, mailbox.Spec{}, got)
				pid, unexpose, err := Expose(e, ref, Options[add]{ID: "one",
					Accept: func(any, *Sender) (add, bool) { return add{n: -1}, true }})
				require.NoError(t, err)
				<-end(e, pid).Done()
				require.Nil(t, e.Registry.GetPID(DefaultKind, "one"))
				require.NoError(t, ref.TrySend(add{n: 1}))
				require.Equal(t, []int{1}, got.told(), "a pill is no message")

				again, _, err := Expose(e, ref, Options[add]{ID: "one"})
				require.NoError(t, err, "the id is free")
				unexpose()
				require.Same(t, again, e.Registry.GetPID(DefaultKind, "one"), "the first exposure was over")
			})
		})
	}
}

func TestAnIDThatIsTakenIsAnErrorAndLeavesItsOwnerAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[int]{}
		ref, _ := adder(t, mailbox.Spec{}, got)
		first, unexpose, err := Expose(e, ref, Options[add]{ID: "one"})
		require.NoError(t, err)
		pid, _, err := Expose(e, ref, Options[add]{ID: "one"})
		require.ErrorIs(t, err, ErrDuplicate)
		require.Nil(t, pid)
		require.Same(t, first, e.Registry.GetPID(DefaultKind, "one"))

		unexpose()
		unexpose()
		_, _, err = Expose(e, ref, Options[add]{ID: "one"})
		require.NoError(t, err)
	})
}

func TestArgumentsThatCannotWorkAreNamed(t *testing.T) {
	_, _, err := Expose(nil, actor.Ref[int]{}, Options[int]{Patience: -1, Kind: "a/"})
	for _, want := range []string{"engine = nil", "ref = (no actor)", "Patience = -1ns", `Kind = "a/"`} {
		require.ErrorContains(t, err, want)
	}
}
