package actor

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/mailbox"
)

func TestStopEndsAnIdleActorAtOnceOnItsCallersGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up"}, s.told())
		a.Stop()
		require.Equal(t, []string{"ended: <nil>"}, s.trail, "before Stop returned")
		a.Stop()
		require.Len(t, s.told(), 1, "a second Stop finds nothing to end")
	})
}

func TestStopWaitsForTheMessageInHandAndLeavesTheOthersToTheNextIncarnation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		gate := make(chan struct{})
		send(t, a, until("1", gate), say("2"))
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "got 1"}, s.told())
		a.Stop()
		a.Stop()
		require.Empty(t, s.told(), "the message in hand is not interrupted")
		close(gate)
		require.Equal(t, []string{"ended: <nil>"}, s.told())

		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "got 2"}, s.told())
	})
}

func TestStopWhileNewRunsEndsTheIncarnationBeforeItsFirstMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		gate := make(chan struct{})
		a, err := New(Spec[play]{Name: "player", New: func(context.Context, Ref[play]) (Receiver[play], error) {
			<-gate
			return player(s), nil
		}}, s)
		require.NoError(t, err)
		send(t, a, say("1"))
		go s.start(t.Context(), a)
		synctest.Wait() // New is waiting
		a.Stop()
		require.Empty(t, s.told())
		close(gate)
		require.Equal(t, []string{"up", "ended: <nil>"}, s.told())
		require.Equal(t, 1, a.Stats().Len)
		a.Close()
	})
}

func TestStopWithoutAnIncarnationHasNoEffectOnTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		a.Stop()
		send(t, a, say("1"))
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "got 1"}, s.told())
		a.Stop()
		a.Stop()
		go s.start(t.Context(), a)
		send(t, a, say("2"))
		require.Equal(t, []string{"ended: <nil>", "up", "got 2"}, s.told())
	})
}

func TestAHostThatWasAskedToStopBeforeTheStartStopsItWhenServing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		s.onServing = a.Stop
		send(t, a, say("1"))
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "ended: <nil>"}, s.told())
	})
}

func TestAHandlerMayStopItsOwnActor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		send(t, a, play{name: "1", do: func(context.Context) error { a.Stop(); return nil }}, say("2"))
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "got 1", "ended: <nil>"}, s.told())
	})
}

func TestCloseWithoutAnIncarnationMakesDeadLettersOfWhatIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		send(t, a, say("1"), say("2"))
		a.Close()
		a.Close()
		require.Equal(t, []string{"dead 1: actor: stopped", "dead 2: actor: stopped"}, s.told())
		require.ErrorIs(t, a.Ref().TrySend(say("3")), ErrStopped)
		require.ErrorIs(t, a.Ref().Send(t.Context(), say("3")), ErrStopped)

		s.start(t.Context(), a)
		require.Equal(t, []string{"ended: actor: stopped"}, s.told(), "there is no further incarnation")
	})
}

func TestCloseEndsAnIdleActorAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up"}, s.told())
		a.Close()
		require.Equal(t, []string{"ended: <nil>"}, s.told())
		require.ErrorIs(t, a.Ref().TrySend(say("1")), ErrStopped)
	})
}

func TestCloseOfABusyActorRefusesAtOnceAndEmptiesItsMailboxWhenItHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		gate := make(chan struct{})
		send(t, a, until("1", gate), say("2"))
		go s.start(t.Context(), a)
		synctest.Wait() // 1 is in hand
		a.Close()
		require.ErrorIs(t, a.Ref().TrySend(say("3")), ErrStopped)
		require.Equal(t, []string{"up", "got 1"}, s.told())
		close(gate)
		require.Equal(t, []string{"dead 2: actor: stopped", "ended: <nil>"}, s.told())
	})
}

func TestCloseWhileNewRunsEndsTheIncarnationAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		gate := make(chan struct{})
		a, err := New(Spec[play]{Name: "player", New: func(context.Context, Ref[play]) (Receiver[play], error) {
			<-gate
			return nil, errBroken
		}}, s)
		require.NoError(t, err)
		send(t, a, say("1"))
		go s.start(t.Context(), a)
		synctest.Wait() // New is waiting
		a.Close()
		close(gate)
		require.Equal(t, []string{"dead 1: actor: stopped", "ended: broken"}, s.told())
	})
}

func TestASenderWaitingForRoomGetsItsAnswerFromRoomFromItsContextOrFromClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Bounded(1, mailbox.Block))
		ref := a.Ref()
		send(t, a, say("1"))
		require.ErrorIs(t, ref.TrySend(say("2")), ErrFull)

		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		start := time.Now()
		require.ErrorIs(t, ref.Send(ctx, say("2")), context.DeadlineExceeded)
		require.Equal(t, time.Hour, time.Since(start))

		got := make(chan error)
		go func() { got <- ref.Send(t.Context(), say("2")) }()
		synctest.Wait() // it waits for room
		go s.start(t.Context(), a)
		require.NoError(t, <-got)
		require.Equal(t, []string{"up", "got 1", "got 2"}, s.told())

		a.Stop()
		send(t, a, say("3"))
		go func() { got <- ref.Send(t.Context(), say("4")) }()
		synctest.Wait() // it waits for room that will not come
		a.Close()
		require.ErrorIs(t, <-got, ErrStopped)
		require.Equal(t, []string{"ended: <nil>", "dead 3: actor: stopped"}, s.told())
	})
}

func TestAnActorThatFillsItsOwnMailboxIsToldSoAndDoesNotWaitForItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Bounded(1, mailbox.Block))
		send(t, a, play{name: "1", do: func(ctx context.Context) error {
			s.note("%v", a.Ref().Send(ctx, say("2")))
			s.note("%v", a.Ref().Send(ctx, say("3")))
			return nil
		}})
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "got 1", "<nil>", "mailbox: full", "got 2"}, s.told())
	})
}
