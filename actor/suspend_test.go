package actor

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/mailbox"
)

// suspended returns an actor that is suspended and has nothing to do.
func suspended(t *testing.T, s *stage) *Actor[play] {
	t.Helper()
	a := actorOn(t, s, mailbox.Spec{})
	go s.start(t.Context(), a)
	require.NoError(t, a.Suspend(t.Context()))
	require.Equal(t, []string{"up"}, s.told())
	return a
}

// tick has the actor handle say(name) after what is queued, as a timer does.
func tick(a *Actor[play], name string) {
	a.post(&signal[play]{serve: func() (Envelope[play], bool, error) {
		return Envelope[play]{Message: say(name)}, true, nil
	}})
}

func TestASuspendedActorHandlesNothingUntilItIsResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := runtime.NumGoroutine()
		s := &stage{}
		a := suspended(t, s)
		require.True(t, a.Suspended())
		send(t, a, say("1"), say("2"))
		tick(a, "tick")
		require.Empty(t, s.told())
		send(t, a, say("3"))
		require.Empty(t, s.told())
		require.Equal(t, before, runtime.NumGoroutine(), "it has no goroutine")
		require.Equal(t, 3, a.Stats().Len)

		require.NoError(t, a.Resume(t.Context()))
		require.Equal(t, []string{"got 1", "got 2", "got tick", "got 3"}, s.told())
		require.False(t, a.Suspended())
		a.Close()
	})
}

func TestAnAskOfASuspendedActorEndsWithItsContextAndIsTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := suspended(t, s)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begun := time.Now()
		_, err := Ask(ctx, a.Ref(), askFor(say("1")))
		require.Equal(t, context.DeadlineExceeded, err)
		require.Equal(t, time.Minute, time.Since(begun))
		got := asking(t.Context(), a, say("2"))
		require.NoError(t, a.Resume(t.Context()))
		require.Equal(t, answer{value: "2"}, <-got)
		require.Equal(t, []string{"got 2"}, s.told())
		a.Close()
	})
}

func TestSuspendReturnsWhenTheMessageInHandIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gate := &stage{}, make(chan struct{})
		a := actorOn(t, s, mailbox.Spec{})
		send(t, a, until("1", gate), say("2"))
		go s.start(t.Context(), a)
		synctest.Wait() // 1 is in hand
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.Equal(t, context.DeadlineExceeded, a.Suspend(ctx), "this one has left")
		got := make(chan error, 1)
		go func() { got <- a.Suspend(t.Context()) }()
		require.Equal(t, []string{"up", "got 1"}, s.told())
		require.Empty(t, got)
		close(gate)
		require.NoError(t, <-got)
		require.Empty(t, s.told(), "2 waits")

		require.NoError(t, a.Suspend(t.Context()), "again is once")
		require.NoError(t, a.Resume(t.Context()))
		require.NoError(t, a.Resume(t.Context()), "again is once")
		require.Equal(t, []string{"got 2"}, s.told())
		a.Close()
	})
}

func TestASuspendThatNobodyWaitsForAnyMoreSuspendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gate := &stage{}, make(chan struct{})
		a := actorOn(t, s, mailbox.Spec{})
		send(t, a, until("1", gate), say("2"))
		go s.start(t.Context(), a)
		synctest.Wait() // 1 is in hand
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errBroken)
		require.Equal(t, errBroken, a.Suspend(ctx))
		close(gate)
		require.Equal(t, []string{"up", "got 1", "got 2"}, s.told())
		a.Close()
	})
}

func TestAStopEndsASuspendedActorAtOnceAndTheNextIncarnationIsNotSuspended(t *testing.T) {
	for name, spec := range map[string]Spec[play]{"": {}, "that drains": {Drain: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{}
				a := playerOn(t, s, spec)
				go s.start(t.Context(), a)
				require.NoError(t, a.Suspend(t.Context()))
				send(t, a, say("1"))
				tick(a, "tick")
				require.Equal(t, []string{"up"}, s.told())
				a.Stop()
				require.Equal(t, []string{"ended: <nil>"}, s.told())
				require.False(t, a.Suspended())
				go s.start(t.Context(), a)
				require.Equal(t, []string{"up", "got 1"}, s.told(), "the tick was of the one before")

				require.NoError(t, a.Suspend(t.Context()))
				send(t, a, say("2"))
				a.Close()
				require.ElementsMatch(t, []string{"dead 2: actor: stopped", "ended: <nil>"}, s.told())
			})
		})
	}
}

func TestWhoSuspendsAnActorBetweenTwoIncarnationsWaitsForTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		got := make(chan error, 1)
		suspend := func() { got <- a.Suspend(t.Context()) }
		go suspend()
		send(t, a, say("1"))
		synctest.Wait() // it waits
		require.Empty(t, got)
		go s.start(t.Context(), a)
		require.NoError(t, <-got)
		require.Equal(t, []string{"up"}, s.told(), "before its first message")
		a.Stop()
		s.told()

		go suspend()
		synctest.Wait() // it waits
		a.Close()
		require.Equal(t, ErrStopped, <-got)
		require.Equal(t, ErrStopped, a.Suspend(t.Context()), "at once")
		require.Equal(t, ErrStopped, a.Resume(t.Context()))
	})
}

func TestWhoSuspendsAnActorThatFailsWaitsForItsNextIncarnation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gate := &stage{}, make(chan struct{})
		a := actorOn(t, s, mailbox.Spec{})
		send(t, a, play{name: "1", do: func(context.Context) error { <-gate; return errBroken }}, say("2"))
		go s.start(t.Context(), a)
		synctest.Wait() // 1 is in hand
		got := make(chan error, 1)
		go func() { got <- a.Suspend(t.Context()) }()
		synctest.Wait() // it waits
		close(gate)
		require.Equal(t, []string{"up", "got 1", "dead 1: broken", "ended: broken"}, s.told())
		require.Empty(t, got)
		go s.start(t.Context(), a)
		require.NoError(t, <-got)
		require.Equal(t, []string{"up"}, s.told())
		a.Close()
	})
}

func TestAnActorCannotSuspendItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		send(t, a, play{name: "1", do: func(ctx context.Context) error {
			s.note("%v", a.Suspend(ctx))
			return nil
		}}, say("2"))
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "got 1", "actor: asks itself", "got 2"}, s.told())
		a.Close()
	})
}

// It was idle for all that time, but then has something to do.
func TestASuspendedActorIsNotToldThatItIsIdleBeforeItHasHandledWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := playerOn(t, s, Spec[play]{IdleAfter: time.Minute, New: newHooked(s)})
		go s.start(t.Context(), a)
		synctest.Wait() // it is idle
		require.NoError(t, a.Suspend(t.Context()))
		send(t, a, say("1"))
		after(2 * time.Minute)
		require.Equal(t, []string{"up"}, s.told())
		require.NoError(t, a.Resume(t.Context()))
		require.Equal(t, []string{"got 1"}, s.told())
		after(time.Minute)
		require.Equal(t, []string{"idle"}, s.told())
		a.Close()
	})
}

// after returns d later.
func after(d time.Duration) { <-time.After(d) }

// Its supervisor may do so in a turn, and what waits may be much.
func TestTheCloseOfAnActorThatIsSuspendedOrHasStashedDoesNotWaitUntilItIsEmpty(t *testing.T) {
	for name, wait := range map[string]func(t *testing.T, s *stage) *Actor[play]{
		"suspended": func(t *testing.T, s *stage) *Actor[play] {
			a := suspended(t, s)
			send(t, a, say("1"))
			return a
		},
		"has stashed": func(t *testing.T, s *stage) *Actor[play] {
			a, _ := doorOn(t, s)
			stashed(t, s, a, say("1"))
			return a
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, gate := &stage{}, make(chan struct{})
				a := wait(t, s)
				s.onDead = func(error) { <-gate }
				a.Close()
				require.Empty(t, s.told())
				require.False(t, a.Suspended())
				close(gate)
				require.Equal(t, []string{"dead 1: actor: stopped", "ended: <nil>"}, s.told())
			})
		})
	}
}
