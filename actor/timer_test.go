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

// clocked returns a player that notes what it handles with the time since the call. New
// calls begin, if that is not nil.
func clocked(t *testing.T, s *stage, spec Spec[play], begin func(ctx context.Context, self Ref[play]) error) *Actor[play] {
	t.Helper()
	from := time.Now()
	spec.Name = "player"
	spec.New = func(ctx context.Context, self Ref[play]) (Receiver[play], error) {
		if begin != nil {
			if err := begin(ctx, self); err != nil {
				return nil, err
			}
		}
		return ReceiverFunc[play](func(ctx context.Context, p play) error {
			s.note("%v %s", time.Since(from), p.name)
			if p.do != nil {
				return p.do(ctx)
			}
			return nil
		}), nil
	}
	a, err := New(spec, s)
	require.NoError(t, err)
	return a
}

// live runs one incarnation of a as a host does, whose context ends with it, until end is
// called; its starts return when all is quiet.
func (s *stage) live(t *testing.T, a Hosted) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	go s.start(ctx, a)
	synctest.Wait() // it is up, and has handled what was queued
	return func() {
		a.Stop()
		pass(time.Minute) // what is in hand takes no longer
		cancel()
	}
}

// pass lets time go by, and what falls due in it happen.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait() // whoever was due at this very instant is done
}

// noMoreThan wants so many goroutines. One that is about to end may still be counted.
func noMoreThan(t *testing.T, goroutines int) {
	t.Helper()
	for range 1_000_000 {
		if runtime.NumGoroutine() <= goroutines {
			return
		}
		runtime.Gosched()
	}
	require.LessOrEqual(t, runtime.NumGoroutine(), goroutines)
}

// works is a message whose handling takes so long.
func works(name string, d time.Duration) play {
	return play{name: name, do: func(context.Context) error { <-time.After(d); return nil }}
}

// plan is a message whose handler does something to its own actor.
func plan(name string, self Ref[play], f func(ctx context.Context, self Ref[play])) play {
	return play{name: name, do: func(ctx context.Context) error { f(ctx, self); return nil }}
}

func TestAfterTicksOnceAtItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := clocked(t, s, Spec[play]{}, func(ctx context.Context, self Ref[play]) error {
			_, err := self.After(ctx, 3*time.Second, say("tick"))
			return err
		})
		defer s.live(t, a)()
		pass(time.Hour)
		require.Equal(t, []string{"up", "3s tick"}, s.told())
	})
}

func TestEveryTicksAtEachMultipleUntilItIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		var started *Timer
		a := clocked(t, s, Spec[play]{}, func(ctx context.Context, self Ref[play]) (err error) {
			started, err = self.Every(ctx, 2*time.Second, say("tick"))
			return err
		})
		defer s.live(t, a)()
		pass(7 * time.Second)
		require.Equal(t, []string{"up", "2s tick", "4s tick", "6s tick"}, s.told())
		require.True(t, started.Stop())
		require.False(t, started.Stop(), "it was stopped before")
		pass(time.Hour)
		require.Empty(t, s.told())
	})
}

func TestAtTicksAtItsTimeAndAtOnceWhenThatIsPast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		now := time.Now()
		a := clocked(t, s, Spec[play]{}, nil)
		defer s.live(t, a)()
		send(t, a, plan("plan", a.Ref(), func(ctx context.Context, self Ref[play]) {
			for name, at := range map[string]time.Time{"later": now.Add(90 * time.Second), "never set": {}} {
				_, err := self.At(ctx, at, say(name))
				require.NoError(t, err)
			}
		}), say("queued"))
		pass(time.Hour)
		require.Equal(t, []string{"up", "0s plan", "0s queued", "0s never set", "1m30s later"}, s.told())
	})
}

func TestATickComesAfterTheMessagesThatWereQueuedWhenItWasDueAndNeedsNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := clocked(t, s, Spec[play]{Mailbox: mailbox.Bounded(2, mailbox.Reject)}, nil)
		defer s.live(t, a)()
		send(t, a, plan("plan", a.Ref(), func(ctx context.Context, self Ref[play]) {
			_, err := self.After(ctx, 2*time.Second, say("tick"))
			require.NoError(t, err)
		}), works("long", 3*time.Second))
		pass(time.Second)
		send(t, a, works("before", time.Second), say("before too"))
		require.ErrorIs(t, a.Ref().TrySend(say("none")), ErrFull, "there is no room, and the tick needs none")
		pass(2500 * time.Millisecond)
		send(t, a, say("after"))
		pass(time.Hour)
		require.Equal(t, []string{"up", "0s plan", "0s long", "3s before", "4s before too", "4s tick", "4s after"}, s.told())
	})
}

func TestEveryKeepsItsScheduleAndLetsOneTickWaitForThoseThatItMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := clocked(t, s, Spec[play]{}, func(ctx context.Context, self Ref[play]) error {
			_, err := self.Every(ctx, time.Second, works("tick", 100*time.Millisecond))
			return err
		})
		end := s.live(t, a)
		pass(1500 * time.Millisecond)
		send(t, a, works("long", 3*time.Second)) // until 4.5 s
		pass(5 * time.Second)
		require.Equal(t, []string{"up", "1s tick", "1.5s long", "4.5s tick", "5s tick", "6s tick"}, s.told())
		end()
	})
}

func TestATickThatTakesLongerThanItsPeriodComesAgainWithoutAPileUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := clocked(t, s, Spec[play]{}, func(ctx context.Context, self Ref[play]) error {
			_, err := self.Every(ctx, 2*time.Second, works("tick", 5*time.Second))
			return err
		})
		end := s.live(t, a)
		pass(20 * time.Second)
		send(t, a, say("heard"))
		pass(3 * time.Second)
		require.Equal(t, []string{"up", "2s tick", "7s tick", "12s tick", "17s tick", "22s heard", "22s tick"}, s.told())
		end()
	})
}

func TestAStoppedTimerTicksNoMoreNotEvenIfItsTickWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		var early, waiting, again *Timer
		a := clocked(t, s, Spec[play]{}, func(ctx context.Context, self Ref[play]) error {
			early, _ = self.After(ctx, time.Second, say("early"))
			waiting, _ = self.After(ctx, 2*time.Second, say("waiting"))
			again, _ = self.Every(ctx, 2*time.Second, say("again"))
			return nil
		})
		defer s.live(t, a)()
		require.True(t, early.Stop())
		send(t, a, works("long", 10*time.Second))
		pass(3 * time.Second)
		require.True(t, waiting.Stop(), "it is due and not yet handled")
		require.True(t, again.Stop())
		pass(time.Hour)
		require.Equal(t, []string{"up", "0s long"}, s.told())
		for _, one := range []*Timer{early, waiting, again, {}, nil} {
			require.False(t, one.Stop())
		}
	})
}

func TestStopIsTooLateForTheOnlyTickOnceThatIsInHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		var once, again *Timer
		a := clocked(t, s, Spec[play]{}, func(ctx context.Context, self Ref[play]) error {
			once, _ = self.After(ctx, time.Second, works("once", time.Second))
			again, _ = self.Every(ctx, 3*time.Second, play{name: "again", do: func(context.Context) error {
				s.note("%v", again.Stop())
				return nil
			}})
			return nil
		})
		defer s.live(t, a)()
		pass(1500 * time.Millisecond)
		require.False(t, once.Stop())
		pass(time.Hour)
		require.Equal(t, []string{"up", "1s once", "3s again", "true"}, s.told(), "a tick may stop its own timer")
	})
}

func TestATimerEndsWithItsIncarnationAndSoDoesATickThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		var timers []*Timer
		lives := 0
		a := clocked(t, s, Spec[play]{}, func(ctx context.Context, self Ref[play]) error {
			if lives++; lives > 1 {
				return nil
			}
			for _, d := range []time.Duration{time.Second, 10 * time.Second} {
				once, err := self.After(ctx, d, say("once"))
				require.NoError(t, err)
				again, err := self.Every(ctx, d, say("again"))
				require.NoError(t, err)
				timers = append(timers, once, again)
			}
			return nil
		})
		end := s.live(t, a)
		send(t, a, play{name: "broken", do: func(context.Context) error { <-time.After(5 * time.Second); return errBroken }})
		pass(time.Hour)
		require.Equal(t, []string{"up", "0s broken", "dead broken: broken", "ended: broken"}, s.told(), "ticks are no dead letters")
		end()
		defer s.live(t, a)()
		pass(time.Hour)
		require.Equal(t, []string{"up"}, s.told())
		for _, one := range timers {
			require.False(t, one.Stop(), "it has ended")
		}
	})
}

func TestATickThatComesInTheInstantInWhichItsIncarnationEndsIsNotHandledByTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		var late *timer[play]
		a := clocked(t, s, Spec[play]{}, func(ctx context.Context, self Ref[play]) error {
			if late != nil {
				return nil
			}
			started, err := self.After(ctx, time.Hour, say("tick"))
			late = started.of.(*timer[play])
			return err
		})
		s.live(t, a)()
		a.post(&late.signal) // what its clock does that has looked just before
		defer s.live(t, a)()
		require.Equal(t, []string{"up", "ended: <nil>", "up"}, s.told())
	})
}

func TestTheTickInHandWhenItsIncarnationFailsIsADeadLetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := clocked(t, s, Spec[play]{}, func(ctx context.Context, self Ref[play]) error {
			_, err := self.After(ctx, time.Second, fail("tick"))
			return err
		})
		defer s.live(t, a)()
		pass(time.Second)
		require.Equal(t, []string{"up", "1s tick", "dead tick: broken", "ended: broken"}, s.told())
	})
}

func TestATimerThatIsDueWhileNewRunsTicksWhenTheActorIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := clocked(t, s, Spec[play]{}, func(ctx context.Context, self Ref[play]) error {
			for name, d := range map[string]time.Duration{"at once": 0, "soon": time.Second} {
				_, err := self.After(ctx, d, say(name))
				require.NoError(t, err)
			}
			<-time.After(5 * time.Second)
			return nil
		})
		go s.start(t.Context(), a)
		pass(time.Hour)
		require.Equal(t, []string{"up", "5s at once", "5s soon"}, s.told())
		a.Close()
	})
}

func TestATickWaitsWhileTheActorIsSuspended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := clocked(t, s, Spec[play]{}, func(ctx context.Context, self Ref[play]) error {
			_, err := self.Every(ctx, 2*time.Second, say("tick"))
			return err
		})
		defer s.live(t, a)()
		require.NoError(t, a.Suspend(t.Context()))
		pass(9 * time.Second)
		require.Equal(t, []string{"up"}, s.told())
		require.NoError(t, a.Resume(t.Context()))
		pass(time.Second)
		require.Equal(t, []string{"9s tick", "10s tick"}, s.told())
	})
}

func TestOnlyTheActorsOwnCodeStartsATimerAndOnlyWhileItsIncarnationLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		var kept context.Context
		a := clocked(t, s, Spec[play]{}, func(ctx context.Context, _ Ref[play]) error {
			if kept == nil {
				kept = ctx
			}
			return nil
		})
		other := clocked(t, s, Spec[play]{}, nil)
		end := s.live(t, a)
		bounded, cancel := context.WithCancel(kept)
		cancel()
		tries := func(ctx context.Context, ref Ref[play], want error) {
			t.Helper()
			_, err := ref.After(ctx, time.Second, say("none"))
			require.ErrorIs(t, err, want)
			_, err = ref.At(ctx, time.Time{}, say("none"))
			require.ErrorIs(t, err, want)
			_, err = ref.Every(ctx, time.Hour, say("none"))
			require.ErrorIs(t, err, want)
		}
		tries(t.Context(), a.Ref(), ErrNotSelf)
		tries(kept, other.Ref(), ErrNotSelf)
		tries(kept, Ref[play]{}, ErrNotSelf)
		tries(kept, NewRef[play](&elsewhere{}), ErrNotSelf)
		_, err := a.Ref().After(bounded, time.Second, say("late in a call that has ended, early in the incarnation"))
		require.NoError(t, err)
		end()
		tries(kept, a.Ref(), ErrStopped)
		tries(context.WithoutCancel(kept), a.Ref(), ErrStopped)

		defer s.live(t, a)()
		tries(kept, a.Ref(), ErrStopped)
		tries(context.WithoutCancel(kept), a.Ref(), ErrStopped)
		pass(time.Hour)
		require.Equal(t, []string{"up", "ended: <nil>", "up"}, s.told())
	})
}

func TestADurationThatMakesNoSenseIsRefusedWithItsName(t *testing.T) {
	ref := Ref[play]{}
	_, err := ref.After(t.Context(), -time.Second, say("none"))
	require.EqualError(t, err, "actor.After.d = -1s: must not be negative")
	for _, d := range []time.Duration{0, -time.Second} {
		_, err = ref.Every(t.Context(), d, say("none"))
		var fault *policy.FieldError
		require.ErrorAs(t, err, &fault)
		require.Equal(t, "actor.Every.d", fault.Field)
		require.Equal(t, d, fault.Value)
	}
}

func TestTimersHaveNoGoroutineWhileTheyWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		before := runtime.NumGoroutine()
		a := clocked(t, s, Spec[play]{}, func(ctx context.Context, self Ref[play]) error {
			for range 1000 {
				if _, err := self.Every(ctx, time.Hour, say("tick")); err != nil {
					return err
				}
			}
			return nil
		})
		defer s.live(t, a)()
		noMoreThan(t, before)
		pass(time.Hour)
		require.Len(t, s.told(), 1001)
		noMoreThan(t, before)
	})
}
