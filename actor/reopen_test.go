package actor

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
)

// noteEnd has the end of a noted on the stage.
func noteEnd(s *stage, a *Actor[play], who string) (stop func() bool) {
	return a.AfterEnd(func(why error) { s.note("%s hears: %v", who, why) })
}

// emptyingAt closes a, which has no incarnation, and returns when the first of what is
// queued is about to become a dead letter; then it goes on once gate is closed.
func emptyingAt(s *stage, a *Actor[play], gate <-chan struct{}) {
	s.onDead = func(error) {
		s.onDead = nil
		<-gate
	}
	go a.Close()
	synctest.Wait() // the dead letter waits
}

func TestAnActorThatIsOpenedWhileItIsEmptiedRefusesUntilItIsStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gate := &stage{}, make(chan struct{})
		a := actorOn(t, s, mailbox.Spec{})
		send(t, a, say("1"), say("2"))
		emptyingAt(s, a, gate)
		a.Open()
		require.ErrorIs(t, a.Ref().TrySend(say("3")), ErrStopped)
		close(gate)
		require.Equal(t, []string{"dead 1: actor: stopped", "dead 2: actor: stopped"}, s.told())
		require.ErrorIs(t, a.Ref().TrySend(say("3")), ErrStopped, "until the start")
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up"}, s.told())
		send(t, a, say("4"))
		require.Equal(t, []string{"got 4"}, s.told())
		a.Close()
	})
}

func TestThatAnActorIsOpenedWhileItIsEmptiedDoesNotHideWhatItFailedWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gate := &stage{}, make(chan struct{})
		a := actorOn(t, s, mailbox.Spec{})
		send(t, a, fail("1"), say("2"))
		go s.start(t.Context(), a)
		noteEnd(s, a, "watcher")
		require.Equal(t, []string{"up", "got 1", "dead 1: broken", "ended: broken"}, s.told())
		emptyingAt(s, a, gate)
		a.Open()
		close(gate)
		require.Equal(t, []string{"watcher hears: broken", "dead 2: actor: stopped"}, s.told())
	})
}

func TestWhoAsksForTheEndOfAnActorThatHasEndedTakesNobodysAnswerAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		noteEnd(s, a, "first")
		// As the goroutine that ends it leaves it, just before it tells why.
		a.word.Store(halted | closeFlag)
		stop := noteEnd(s, a, "second")
		require.Equal(t, []string{"second hears: actor: stopped"}, s.told())
		require.False(t, stop())
		a.more.Load().tellEnd(errBroken)
		require.Equal(t, []string{"first hears: broken"}, s.told())
	})
}

func TestStartingAnActorTwiceWhileItIsEmptiedIsTheCallersBug(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gate := &stage{}, make(chan struct{})
		a := actorOn(t, s, mailbox.Spec{})
		send(t, a, say("1"))
		emptyingAt(s, a, gate)
		a.Open()
		s.start(t.Context(), a)
		require.PanicsWithValue(t, "actor: Start of stage/actor, whose incarnation has not ended",
			func() { s.start(t.Context(), a) })
		close(gate)
		require.Equal(t, []string{"dead 1: actor: stopped", "up"}, s.told())
		a.Close()
	})
}

func TestAStartThatCameWhileItWasEmptiedIsRefusedByALaterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gate := &stage{}, make(chan struct{})
		a := actorOn(t, s, mailbox.Spec{})
		send(t, a, say("1"))
		emptyingAt(s, a, gate)
		a.Open()
		s.start(t.Context(), a)
		a.Close()
		close(gate)
		require.Equal(t, []string{"dead 1: actor: stopped", "ended: actor: stopped"}, s.told())
		a.Open()
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up"}, s.told())
		a.Close()
	})
}

func TestAnEndThatIsNoFailureIsToldAsNone(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(a *Actor[play])
		told []string
	}{
		"a stop":  {func(a *Actor[play]) { a.Stop() }, []string{"up", "ended: <nil>"}},
		"Done":    {func(a *Actor[play]) { send(t, a, done("1")) }, []string{"up", "got 1", "ended: policy: done"}},
		"a close": {func(a *Actor[play]) {}, []string{"up"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{}
				a := actorOn(t, s, mailbox.Spec{})
				go s.start(t.Context(), a)
				noteEnd(s, a, "watcher")
				synctest.Wait() // it is idle
				c.end(a)
				require.Equal(t, c.told, s.told())
				a.Close()
				require.Contains(t, s.told(), "watcher hears: <nil>")
			})
		})
	}
	t.Run("that it is not needed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &stage{}
			a := playerOn(t, s, Spec[play]{New: func(context.Context, Ref[play]) (Receiver[play], error) { return nil, policy.ErrIgnored }})
			noteEnd(s, a, "watcher")
			go s.start(t.Context(), a)
			require.Equal(t, []string{"ended: policy: child need not run"}, s.told())
			a.Close()
			require.Equal(t, []string{"watcher hears: <nil>"}, s.told())
		})
	})
}
