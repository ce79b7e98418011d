package actor

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/mailbox"
)

// draining returns an actor that was asked to stop and drains: it has 1 in hand until
// gate is closed, and 2 and 3 are queued.
func draining(ctx context.Context, t *testing.T, s *stage, gate <-chan struct{}) *Actor[play] {
	t.Helper()
	a := playerOn(t, s, Spec[play]{Drain: true})
	first := make(chan struct{})
	send(t, a, until("0", first), until("1", gate), say("2"), say("3"))
	go s.start(ctx, a)
	synctest.Wait() // 0 is in hand
	a.Stop()
	close(first)
	require.Equal(t, []string{"up", "got 0", "got 1"}, s.told())
	return a
}

func TestAnActorThatIsAskedToStopAndDrainsFirstHandlesWhatIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gate := &stage{}, make(chan struct{})
		a := draining(t.Context(), t, s, gate)
		send(t, a, say("4"))
		a.Stop() // does not begin anew
		close(gate)
		require.Equal(t, []string{"got 2", "got 3", "ended: <nil>"}, s.told())
		require.Equal(t, 1, a.Stats().Len, "what came later waits")
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "got 4"}, s.told())
		a.Close()
	})
}

func TestADrainEndsWithTheContextAfterTheMessageInHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gate := &stage{}, make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		a := draining(ctx, t, s, gate)
		cancel()
		require.Empty(t, s.told())
		close(gate)
		require.Equal(t, []string{"ended: <nil>"}, s.told())
		require.Equal(t, 2, a.Stats().Len)
		a.Close()
	})
}

func TestAFailureEndsADrainToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gate := &stage{}, make(chan struct{})
		a := playerOn(t, s, Spec[play]{Drain: true})
		send(t, a, until("1", gate), fail("2"), say("3"))
		go s.start(t.Context(), a)
		synctest.Wait() // 1 is in hand
		a.Stop()
		close(gate)
		require.Equal(t, []string{"up", "got 1", "got 2", "dead 2: broken", "ended: broken"}, s.told())
		require.Equal(t, 1, a.Stats().Len)
		a.Close()
	})
}

func TestAnActorThatDrainsAndIsClosedRefusesAtOnceAndHandlesWhatIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gate := &stage{}, make(chan struct{})
		a := playerOn(t, s, Spec[play]{Drain: true})
		send(t, a, until("1", gate), say("2"))
		got := asking(t.Context(), a, say("3"))
		go s.start(t.Context(), a)
		synctest.Wait() // 1 is in hand
		a.Close()
		require.ErrorIs(t, a.Ref().TrySend(say("4")), ErrStopped)
		close(gate)
		require.Equal(t, answer{value: "3"}, <-got)
		require.Equal(t, []string{"up", "got 1", "got 2", "got 3", "ended: <nil>"}, s.told())
	})
}

func TestAnIdleActorHasNothingToDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := playerOn(t, s, Spec[play]{Drain: true})
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up"}, s.told())
		a.Stop()
		require.Equal(t, []string{"ended: <nil>"}, s.told())
		a.Close()
	})
}

func TestAnActorAskedToStopWhileNewRunsDrainsWhatIsQueuedThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gate := &stage{}, make(chan struct{})
		a := playerOn(t, s, Spec[play]{Drain: true, New: func(context.Context, Ref[play]) (Receiver[play], error) {
			<-gate
			return player(s), nil
		}})
		send(t, a, say("1"))
		go s.start(t.Context(), a)
		synctest.Wait() // New is waiting
		a.Stop()
		send(t, a, say("2"))
		close(gate)
		require.Equal(t, []string{"up", "got 1", "got 2", "ended: <nil>"}, s.told())
		a.Close()
	})
}

// Or an actor that feeds itself would drain for ever.
func TestWhatAnActorSendsItselfWhileItDrainsIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gate := &stage{}, make(chan struct{})
		a := playerOn(t, s, Spec[play]{Drain: true})
		more := play{name: "2", do: func(context.Context) error { return a.Ref().TrySend(say("3")) }}
		send(t, a, until("1", gate), more)
		go s.start(t.Context(), a)
		synctest.Wait() // 1 is in hand
		a.Stop()
		close(gate)
		require.Equal(t, []string{"up", "got 1", "got 2", "ended: <nil>"}, s.told())
		a.Close()
		require.Equal(t, []string{"dead 3: actor: stopped"}, s.told())
	})
}

func TestAnAskThatIsTakenBackCountsForADrainAsWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gate := &stage{}, make(chan struct{})
		a := playerOn(t, s, Spec[play]{Drain: true})
		first := make(chan struct{})
		send(t, a, until("1", first), until("2", gate))
		ctx, cancel := context.WithCancel(t.Context())
		got := asking(ctx, a, say("3"))
		go s.start(t.Context(), a)
		synctest.Wait() // 1 is in hand
		a.Stop()
		close(first)
		synctest.Wait() // 2 is in hand, and 3 to be drained
		send(t, a, say("4"))
		cancel()
		require.Equal(t, context.Canceled, (<-got).err)
		close(gate)
		require.Equal(t, []string{"up", "got 1", "got 2", "ended: <nil>"}, s.told())
		require.Equal(t, 1, a.Stats().Len)
		a.Close()
	})
}

func TestADrainDropsNothingOfADroppingMailboxThatItWouldHandle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gate := &stage{}, make(chan struct{})
		a := playerOn(t, s, Spec[play]{Drain: true, Mailbox: mailbox.Bounded(2, mailbox.DropOldest)})
		send(t, a, until("1", gate))
		go s.start(t.Context(), a)
		synctest.Wait() // 1 is in hand
		send(t, a, say("2"), say("3"))
		a.Stop()
		send(t, a, say("4"))
		close(gate)
		require.Equal(t, []string{"up", "got 1", "dead 2: mailbox: dropped", "got 3", "got 4", "ended: <nil>"}, s.told())
		a.Close()
	})
}

func TestADrainHandlesWhatComesBackFromTheStashAndNotWhatRemainsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gate := &stage{}, make(chan struct{})
		d := &door{s: s}
		a := playerOn(t, s, Spec[play]{Drain: true, Stash: 3, New: d.make})
		go s.start(t.Context(), a)
		s.told()
		stashed(t, s, a, until("1", gate), say("2"))
		send(t, a, say("open"))
		require.Equal(t, []string{"unstashed 2: <nil>", "got 1"}, s.told())
		second := make(chan struct{})
		shut := play{name: "3", do: func(context.Context) error { <-second; d.open = false; return nil }}
		send(t, a, shut, say("4"), say("open"), say("5"))
		a.Stop()
		close(gate)
		require.Equal(t, []string{"got 2", "got 3"}, s.told())
		send(t, a, say("6"))
		close(second)
		require.Equal(t, []string{"stash 4: <nil>", "unstashed 1: <nil>", "got 4", "got 5", "ended: <nil>"}, s.told())

		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "stash 6: <nil>"}, s.told())
		a.Stop()
		require.Equal(t, []string{"ended: <nil>"}, s.told(), "it waits for something that will not come now")
		require.Equal(t, 1, a.Stats().Len)
		a.Close()
	})
}
