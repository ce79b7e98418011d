package actor

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
)

// door stashes what comes while it is shut, as it is at first, and plays it when it is
// open.
type door struct {
	s     *stage
	self  Ref[play]
	open  bool
	after func(ctx context.Context) error // called when it has stashed; nil for nothing
}

// make is the New of the door.
func (d *door) make(_ context.Context, self Ref[play]) (Receiver[play], error) {
	d.self, d.open, d.after = self, false, nil
	return d, nil
}

// Receive opens the door at a message of that name.
func (d *door) Receive(ctx context.Context, p play) error {
	switch {
	case p.name == "open":
		d.open = true
		n, err := d.self.Unstash(ctx)
		d.s.note("unstashed %d: %v", n, err)
		return nil
	case d.open:
		return player(d.s).Receive(ctx, p)
	}
	d.s.note("stash %s: %v", p.name, d.self.Stash(ctx))
	if d.after != nil {
		return d.after(ctx)
	}
	return nil
}

// doorOn returns a running actor that is a door and can stash three messages.
func doorOn(t *testing.T, s *stage) (*Actor[play], *door) {
	t.Helper()
	d := &door{s: s}
	a := playerOn(t, s, Spec[play]{Stash: 3, New: d.make})
	go s.start(t.Context(), a)
	require.Equal(t, []string{"up"}, s.told())
	return a, d
}

// stashed has a stash plays, and sees to it that it does.
func stashed(t *testing.T, s *stage, a *Actor[play], plays ...play) {
	t.Helper()
	send(t, a, plays...)
	told := s.told()
	require.Len(t, told, len(plays))
	for i, p := range plays {
		require.Equal(t, "stash "+p.name+": <nil>", told[i])
	}
}

func TestStashedMessagesComeBackInOrderBeforeWhatIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a, _ := doorOn(t, s)
		stashed(t, s, a, say("1"), say("2"))
		send(t, a, say("open"), say("3"))
		require.Equal(t, []string{"unstashed 2: <nil>", "got 1", "got 2", "got 3"}, s.told())
		send(t, a, say("open"))
		require.Equal(t, []string{"unstashed 0: <nil>"}, s.told(), "that was all")
		a.Close()
	})
}

func TestStashedMessagesCountAsWaitingUntilTheyAreInHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gate := &stage{}, make(chan struct{})
		a, _ := doorOn(t, s)
		stashed(t, s, a, say("1"), until("2", gate))
		require.Equal(t, 2, a.Stats().Len)
		send(t, a, say("open"), say("3"))
		require.Equal(t, []string{"unstashed 2: <nil>", "got 1", "got 2"}, s.told())
		require.Equal(t, mailbox.Stats{Len: 1, Peak: 2}, a.Stats(), "2 is in hand")
		close(gate)
		require.Equal(t, []string{"got 3"}, s.told())
		require.Zero(t, a.Stats().Len)
		a.Close()
	})
}

func TestAStashThatIsFullLeavesTheMessageInHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a, _ := doorOn(t, s)
		stashed(t, s, a, say("1"), say("2"), say("3"))
		send(t, a, say("4"), say("open"))
		require.Equal(t, []string{"stash 4: actor: stash full", "unstashed 3: <nil>", "got 1", "got 2", "got 3"}, s.told())
		a.Close()
	})
}

func TestWhatComesBackMayBeStashedAgainAndKeepsItsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a, d := doorOn(t, s)
		shut := play{name: "1", do: func(context.Context) error { d.open = false; return nil }}
		stashed(t, s, a, shut, say("2"), say("3"))
		send(t, a, say("open"), say("4"))
		require.Equal(t, []string{"unstashed 3: <nil>", "got 1", "stash 2: <nil>", "stash 3: <nil>", "stash 4: <nil>"}, s.told())
		send(t, a, say("open"))
		require.Equal(t, []string{"unstashed 3: <nil>", "got 2", "got 3", "got 4"}, s.told())
		a.Close()
	})
}

// A signal comes between; what is on its way back needs its place in the stash.
func TestWhatComesBackTakesRoomInTheStashUntilItIsInHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a, d := doorOn(t, s)
		gate := make(chan struct{})
		shut := play{name: "1", do: func(context.Context) error { <-gate; d.open = false; return nil }}
		stashed(t, s, a, shut, say("2"), say("3"))
		send(t, a, say("open"))
		require.Equal(t, []string{"unstashed 3: <nil>", "got 1"}, s.told())
		for _, name := range []string{"tick 1", "tick 2"} {
			a.post(&signal[play]{urgent: true, serve: func() (Envelope[play], bool, error) {
				return Envelope[play]{Message: say(name)}, true, nil
			}})
		}
		close(gate)
		require.Equal(t, []string{"stash tick 1: <nil>", "stash tick 2: actor: stash full", "stash 2: <nil>", "stash 3: <nil>"}, s.told())
		send(t, a, say("open"))
		require.Equal(t, []string{"unstashed 3: <nil>", "got tick 1", "got 2", "got 3"}, s.told())
		a.Close()
	})
}

func TestStashedMessagesComeFirstInTheNextIncarnation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a, d := doorOn(t, s)
		stashed(t, s, a, say("1"), say("2"))
		d.after = func(context.Context) error { return errBroken }
		send(t, a, say("3"), say("4"))
		require.Equal(t, []string{"stash 3: <nil>", "dead 3: broken", "ended: broken"}, s.told(),
			"the message with which it failed is not kept")
		require.Equal(t, 3, a.Stats().Len)
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "stash 1: <nil>", "stash 2: <nil>", "stash 4: <nil>"}, s.told())
		send(t, a, fail("5"), say("open"))
		require.Equal(t, []string{"stash 5: actor: stash full", "unstashed 3: <nil>", "got 1", "got 2", "got 4"}, s.told())
		a.Close()
	})
}

// What has been stashed since is older than what has not come back yet.
func TestWhatWasOnItsWayBackComesAfterWhatWasStashedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a, d := doorOn(t, s)
		again := say("1")
		again.do = func(ctx context.Context) error { return d.self.Stash(ctx) }
		stashed(t, s, a, again, fail("2"), say("3"))
		send(t, a, say("open"), say("4"))
		require.Equal(t, []string{"unstashed 3: <nil>", "got 1", "got 2", "dead 2: broken", "ended: broken"}, s.told())
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "stash 1: <nil>", "stash 3: <nil>", "stash 4: <nil>"}, s.told())
		a.Close()
	})
}

func TestWhatWasStashedWithoutAFailureIsKept(t *testing.T) {
	for name, c := range map[string]struct {
		after func(ctx context.Context) error
		ended string
		kept  bool
	}{
		"nil":            {func(context.Context) error { return nil }, "ended: <nil>", true},
		"Done":           {func(context.Context) error { return policy.Done(nil) }, "ended: policy: done", true},
		"its own cancel": {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, "ended: context canceled", true},
		"another's cancel": {func(context.Context) error { return context.Canceled },
			"ended: context canceled", false},
		"a panic": {func(context.Context) error { panic("oh no") }, "ended: panic: oh no", false},
		"Goexit": {func(context.Context) error { runtime.Goexit(); return nil },
			"ended: policy: child called runtime.Goexit", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{}
				ctx, cancel := context.WithCancel(t.Context())
				d := &door{s: s}
				a := playerOn(t, s, Spec[play]{Stash: 3, New: d.make})
				go s.start(ctx, a)
				synctest.Wait() // it is idle
				d.after = c.after
				send(t, a, say("1"))
				synctest.Wait() // it has stashed, and waits or has ended
				if name == "its own cancel" {
					cancel()
				}
				a.Stop()
				told := s.told()
				require.Equal(t, c.ended, told[len(told)-1])
				require.Equal(t, c.kept, a.Stats().Len == 1)
				a.Close()
				require.Equal(t, c.kept, len(s.told()) == 1, "a dead letter, now or then")
				cancel()
			})
		})
	}
}

func TestACloseMakesDeadLettersOfWhatIsStashedAndFailsAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a, _ := doorOn(t, s)
		send(t, a, say("1"))
		got := asking(t.Context(), a, say("2"))
		send(t, a, say("3"))
		require.Equal(t, []string{"stash 1: <nil>", "stash 2: <nil>", "stash 3: <nil>"}, s.told())
		a.Close()
		require.Equal(t, answer{err: ErrStopped}, <-got)
		require.Equal(t, []string{"dead 1: actor: stopped", "dead 3: actor: stopped", "ended: <nil>"}, s.told())
		require.Zero(t, a.Stats().Len)
	})
}

func TestAStashedAskWaitsThroughARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a, d := doorOn(t, s)
		got := asking(t.Context(), a, say("1"))
		d.after = func(context.Context) error { return errBroken }
		failed := asking(t.Context(), a, say("2"))
		require.ErrorIs(t, (<-failed).err, ErrNoReply, "it was in hand")
		go s.start(t.Context(), a)
		send(t, a, say("open"))
		require.Equal(t, answer{value: "1"}, <-got)
		a.Close()
	})
}

func TestAStashedAskMayBeTakenBackByItsAsker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a, _ := doorOn(t, s)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		got := asking(ctx, a, say("1"))
		send(t, a, say("2"))
		require.Equal(t, []string{"stash 1: <nil>", "stash 2: <nil>"}, s.told())
		require.Equal(t, answer{err: context.DeadlineExceeded}, <-got, "it was not handled")
		send(t, a, say("open"))
		require.Equal(t, []string{"unstashed 2: <nil>", "got 2"}, s.told())
		a.Close()
	})
}

func TestAnAskerThatLeavesWhileItsMessageIsBeingStashedIsNotAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a, d := doorOn(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		gate := make(chan struct{})
		d.after = func(context.Context) error { <-gate; return nil }
		got := asking(ctx, a, say("1"))
		cancel()
		require.ErrorIs(t, (<-got).err, ErrNoReply, "it is in hand")
		close(gate)
		require.Equal(t, []string{"stash 1: <nil>"}, s.told())
		require.Zero(t, a.Stats().Len)
		a.Close()
		require.Equal(t, []string{"ended: <nil>"}, s.told())
	})
}

func TestAStashedAskMayBeAnsweredByWhoeverHasItsReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a, _ := doorOn(t, s)
		var reply Reply[string]
		got := make(chan string)
		go func() {
			v, err := Ask(t.Context(), a.Ref(), func(r Reply[string]) play { reply = r; return say("1") })
			require.NoError(t, err)
			got <- v
		}()
		require.Equal(t, []string{"stash 1: <nil>"}, s.told())
		require.True(t, reply.Send("early"))
		require.Equal(t, "early", <-got)
		send(t, a, say("open"))
		require.Equal(t, []string{"unstashed 1: <nil>", "got 1"}, s.told(), "it is a message all the same")
		a.Close()
	})
}
