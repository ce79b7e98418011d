package actor

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
)

// askFor returns what builds an ask out of p, which is answered with its name
// if its handling comes to an end.
func askFor(p play) func(Reply[string]) play {
	return func(r Reply[string]) play {
		p.answer = &r
		return p
	}
}

// answer is what an ask came back with.
type answer struct {
	value string
	err   error
}

// asking asks a on a goroutine of its own.
func asking(ctx context.Context, a *Actor[play], p play) <-chan answer {
	got := make(chan answer, 1)
	go func() {
		v, err := Ask(ctx, a.Ref(), askFor(p))
		got <- answer{v, err}
	}()
	synctest.Wait() // the ask is queued, or back
	return got
}

func TestAskReturnsTheAnswerWhateverStateTheActorWasIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		got := asking(t.Context(), a, say("1"))
		go s.start(t.Context(), a)
		require.Equal(t, answer{value: "1"}, <-got, "asked before the start")
		synctest.Wait() // the actor is idle

		v, err := Ask(t.Context(), a.Ref(), askFor(say("2")))
		require.NoError(t, err)
		require.Equal(t, "2", v)
		require.Equal(t, []string{"up", "got 1", "got 2"}, s.told())
	})
}

func TestALateOrSecondAnswerIsHarmless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		go s.start(t.Context(), a)
		var kept Reply[string]
		v, err := Ask(t.Context(), a.Ref(), func(r Reply[string]) play {
			kept = r
			return play{name: "1", do: func(context.Context) error {
				s.note("%v %v", r.Send("first"), r.Send("second"))
				return nil
			}}
		})
		require.NoError(t, err)
		require.Equal(t, "first", v)
		require.False(t, kept.Send("third"))
		require.Equal(t, []string{"up", "got 1", "true false"}, s.told())
		require.False(t, Reply[int]{}.Send(1), "nobody asked")
	})
}

func TestAnAnswerMayComeLaterAndFromAnotherGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		go s.start(t.Context(), a)
		replies := make(chan Reply[string], 1)
		got := make(chan answer, 1)
		go func() {
			v, err := Ask(t.Context(), a.Ref(), func(r Reply[string]) play {
				return play{name: "1", do: func(context.Context) error { replies <- r; return nil }}
			})
			got <- answer{v, err}
		}()
		r := <-replies
		synctest.Wait() // the actor is idle again, without having answered
		require.True(t, r.Send("at last"))
		require.Equal(t, answer{value: "at last"}, <-got)
	})
}

func TestAskingNobodyFailsAtOnce(t *testing.T) {
	_, err := Ask(t.Context(), Ref[play]{}, askFor(say("1")))
	require.ErrorIs(t, err, ErrStopped)
	require.ErrorIs(t, Ref[play]{}.Send(t.Context(), say("1")), ErrStopped)
	require.ErrorIs(t, Ref[play]{}.TrySend(say("1")), ErrStopped)
}

func TestAQueuedAskFailsWithErrStoppedWhenTheActorIsClosedAndIsNoDeadLetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		got := asking(t.Context(), a, say("1"))
		a.Close()
		require.Equal(t, answer{err: ErrStopped}, <-got)
		require.Empty(t, s.told(), "it went back to the asker")

		_, err := Ask(t.Context(), a.Ref(), askFor(say("2")))
		require.Equal(t, ErrStopped, err)
	})
}

func TestAnAskQueuedAtTheEndOfAnIncarnationIsAnsweredByTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		send(t, a, fail("1"))
		got := asking(t.Context(), a, say("2"))
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "got 1", "dead 1: broken", "ended: broken"}, s.told())
		go s.start(t.Context(), a)
		require.Equal(t, answer{value: "2"}, <-got)
	})
}

func TestAnAskWhoseHandlerFailsSaysThatNobodyKnows(t *testing.T) {
	for name, p := range map[string]play{
		"error": fail("1"), "panic": panics("1"), "Goexit": exits("1"), "done": done("1"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{}
				a := actorOn(t, s, mailbox.Spec{})
				go s.start(t.Context(), a)
				_, err := Ask(t.Context(), a.Ref(), askFor(p))
				require.ErrorIs(t, err, ErrNoReply)
				require.ErrorIs(t, err, s.lastEnd(t))
				var no *NoReplyError
				require.ErrorAs(t, err, &no)
				require.Equal(t, s.lastEnd(t), no.Cause)
			})
		})
	}
}

func TestAsksTakenEarlierFailWithTheIncarnationThatTookThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		go s.start(t.Context(), a)
		ask := func() <-chan answer {
			got := make(chan answer, 1)
			go func() {
				v, err := Ask(t.Context(), a.Ref(), func(Reply[string]) play { return say("kept") })
				got <- answer{v, err}
			}()
			synctest.Wait() // it was taken, and not answered
			return got
		}
		first, second := ask(), ask()
		send(t, a, fail("x"))
		for _, got := range []<-chan answer{first, second} {
			require.EqualError(t, (<-got).err, "actor: no reply: broken")
		}
		s.told()
		go s.start(t.Context(), a)
		third := ask()
		a.Stop()
		require.EqualError(t, (<-third).err, "actor: no reply: stopped")
	})
}

func TestTheFailureOfAnotherActorIsNotTakenForTheAskersOwn(t *testing.T) {
	var err error = &NoReplyError{Cause: policy.Fatal(&policy.PanicError{Value: errBroken})}
	require.ErrorIs(t, err, ErrNoReply)
	require.ErrorIs(t, err, errBroken)
	require.Equal(t, policy.ByRestart, policy.DecisionOf(err))
	var p *policy.PanicError
	require.NotErrorAs(t, err, &p)
}

func TestAnAskThatGivesUpWhileQueuedTakesItsMessageBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		_, err := Ask(ctx, a.Ref(), askFor(say("1")))
		require.Equal(t, context.DeadlineExceeded, err, "not executed, and never will be")
		require.Equal(t, time.Minute, time.Since(start))

		go s.start(t.Context(), a)
		require.Equal(t, []string{"up"}, s.told())
	})
}

func TestAnAskThatGivesUpOnceItsMessageWasTakenSaysThatNobodyKnows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		go s.start(t.Context(), a)
		gate := make(chan struct{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		_, err := Ask(ctx, a.Ref(), askFor(until("1", gate)))
		require.Equal(t, time.Minute, time.Since(start))
		require.ErrorIs(t, err, ErrNoReply)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		close(gate)
	})
}

func TestAnAskWhoseContextHasEndedSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := actorOn(t, &stage{}, mailbox.Spec{})
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errBroken)
		_, err := Ask(ctx, a.Ref(), askFor(say("1")))
		require.Equal(t, errBroken, err)
		require.Zero(t, a.Stats().Len)
	})
}

func TestAnAskThatWaitsForRoomFailsWithWhatEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := actorOn(t, &stage{}, mailbox.Bounded(1, mailbox.Block))
		send(t, a, say("1"))
		var kept Reply[string]
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := Ask(ctx, a.Ref(), func(r Reply[string]) play { kept = r; return say("2") })
		require.Equal(t, context.DeadlineExceeded, err)
		require.False(t, kept.Send("too late"))

		full := actorOn(t, &stage{}, mailbox.Bounded(1, mailbox.Reject))
		send(t, full, say("1"))
		_, err = Ask(t.Context(), full.Ref(), askFor(say("2")))
		require.Equal(t, ErrFull, err)
	})
}

func TestAnActorThatAsksItselfIsToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		other := actorOn(t, s, mailbox.Spec{})
		send(t, a, play{name: "ask", do: func(ctx context.Context) error {
			_, err := Ask(ctx, a.Ref(), askFor(say("never")))
			s.note("%v", err)
			ctx, cancel := context.WithTimeout(ctx, time.Hour)
			defer cancel()
			_, err = Ask(ctx, a.Ref(), askFor(say("never")))
			s.note("%v", err)
			v, err := Ask(ctx, other.Ref(), askFor(say("another actor")))
			s.note("%s %v", v, err)
			return nil
		}})
		go (&stage{}).start(t.Context(), other)
		s.told()
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "got ask", "actor: asks itself", "actor: asks itself",
			"got another actor", "another actor <nil>"}, s.told())
	})
}

func TestAnActorThatAsksItselfInNewIsToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a, err := New(Spec[play]{Name: "player", New: func(ctx context.Context, self Ref[play]) (Receiver[play], error) {
			_, err := Ask(ctx, self, askFor(say("never")))
			return nil, err
		}}, s)
		require.NoError(t, err)
		go s.start(t.Context(), a)
		require.Equal(t, []string{"ended: actor: asks itself"}, s.told())
	})
}
