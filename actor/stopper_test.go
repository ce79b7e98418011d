package actor

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
)

// closing is a player that does something when it ends, and notes why.
type closing struct {
	Receiver[play]
	s  *stage
	do func(ctx context.Context) // nil for nothing
}

func (c closing) Stopped(ctx context.Context, why error) {
	c.s.note("stopped: %v", why)
	if c.do != nil {
		c.do(ctx)
	}
}

// closingOn returns an actor that does do when it ends.
func closingOn(t *testing.T, s *stage, spec Spec[play], do func(ctx context.Context)) *Actor[play] {
	t.Helper()
	spec.New = func(context.Context, Ref[play]) (Receiver[play], error) { return closing{player(s), s, do}, nil }
	return playerOn(t, s, spec)
}

func TestAStopperIsToldOnceWhyItEnds(t *testing.T) {
	stops := func(a *Actor[play]) { a.Stop() }
	sends := func(p play) func(*Actor[play]) {
		return func(a *Actor[play]) { require.NoError(t, a.Ref().TrySend(p)) }
	}
	waits := play{name: "x", do: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
	for name, c := range map[string]struct {
		end   func(a *Actor[play])
		trail []string
	}{
		"a stop":   {stops, []string{"stopped: <nil>", "ended: <nil>"}},
		"a close":  {(*Actor[play]).Close, []string{"stopped: <nil>", "ended: <nil>"}},
		"Done":     {sends(done("x")), []string{"got x", "stopped: <nil>", "ended: policy: done"}},
		"an error": {sends(fail("x")), []string{"got x", "dead x: broken", "stopped: broken", "ended: broken"}},
		"a panic":  {sends(panics("x")), []string{"got x", "dead x: panic: oh no", "stopped: panic: oh no", "ended: panic: oh no"}},
		"Goexit": {sends(exits("x")), []string{"got x", "dead x: policy: child called runtime.Goexit",
			"stopped: policy: child called runtime.Goexit", "ended: policy: child called runtime.Goexit"}},
		"a cancel": {sends(waits), []string{"got x", "dead x: context canceled", "stopped: <nil>", "ended: context canceled"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{}
				ctx, cancel := context.WithCancel(t.Context())
				a := closingOn(t, s, Spec[play]{}, nil)
				go s.start(ctx, a)
				require.Equal(t, []string{"up"}, s.told())
				c.end(a)
				synctest.Wait() // it has ended, or waits for the cancel
				cancel()
				a.Stop()
				require.Equal(t, c.trail, s.told())
				a.Close()
				require.Empty(t, s.told())
			})
		})
	}
}

func TestAnActorAskedToStopWhileNewRunsIsToldOfTheEndOfWhatThatMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gate := &stage{}, make(chan struct{})
		a := playerOn(t, s, Spec[play]{New: func(context.Context, Ref[play]) (Receiver[play], error) {
			<-gate
			return closing{player(s), s, nil}, nil
		}})
		go s.start(t.Context(), a)
		synctest.Wait() // New is waiting
		a.Stop()
		close(gate)
		require.Equal(t, []string{"up", "stopped: <nil>", "ended: <nil>"}, s.told())
		a.Close()
	})
}

func TestTheContextOfAStopperHasABound(t *testing.T) {
	for name, c := range map[string]struct {
		within, canceled time.Duration
		took             time.Duration
		cause            error
	}{
		"by default":                {0, time.Hour, DefaultStopWithin, context.DeadlineExceeded},
		"its own":                   {time.Minute, time.Hour, time.Minute, context.DeadlineExceeded},
		"that of the incarnation":   {time.Minute, time.Second, time.Second, errBroken},
		"which may be over already": {time.Minute, 0, 0, errBroken},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{}
				ctx, cancel := context.WithCancelCause(t.Context())
				a := closingOn(t, s, Spec[play]{StopWithin: c.within}, func(ctx context.Context) {
					<-ctx.Done()
					s.note("%v", context.Cause(ctx))
				})
				go s.start(ctx, a)
				synctest.Wait() // it is idle
				begun := time.Now()
				if c.canceled == 0 {
					cancel(errBroken)
				} else {
					hard := time.AfterFunc(c.canceled, func() { cancel(errBroken) })
					defer hard.Stop()
				}
				s.onEnded = func() { require.Equal(t, c.took, time.Since(begun)) }
				a.Stop()
				after(2 * time.Minute)
				require.Equal(t, []string{"up", "stopped: <nil>", c.cause.Error(), "ended: <nil>"}, s.told())
				a.Close()
				cancel(nil)
			})
		})
	}
}

func TestWhatAStopperFailsWithBecomesPartOfTheEnd(t *testing.T) {
	errHook := errors.New("hook")
	for name, c := range map[string]struct {
		end  play // say: a stop
		do   func(ctx context.Context)
		want []error
		text string
	}{
		"a panic at a stop":     {say("x"), func(context.Context) { panic(errHook) }, []error{errHook}, "panic: hook"},
		"a panic at a failure":  {fail("x"), func(context.Context) { panic(errHook) }, []error{errBroken, errHook}, "broken\npanic: hook"},
		"a panic at a panic":    {panics("x"), func(context.Context) { panic(errHook) }, []error{errHook}, "panic: oh no\npanic: hook"},
		"Goexit at a stop":      {say("x"), func(context.Context) { runtime.Goexit() }, []error{policy.ErrGoexit}, "policy: child called runtime.Goexit"},
		"Goexit at a failure":   {fail("x"), func(context.Context) { runtime.Goexit() }, []error{errBroken, policy.ErrGoexit}, "broken\npolicy: child called runtime.Goexit"},
		"a panic after Goexit":  {exits("x"), func(context.Context) { panic(errHook) }, []error{policy.ErrGoexit, errHook}, "policy: child called runtime.Goexit\npanic: hook"},
		"a panic after it said": {done("x"), func(context.Context) { panic(errHook) }, []error{errHook}, "policy: done\npanic: hook"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{}
				a := closingOn(t, s, Spec[play]{}, c.do)
				send(t, a, c.end)
				go s.start(t.Context(), a)
				synctest.Wait() // the message is handled
				a.Stop()
				err := s.lastEnd(t)
				for _, want := range c.want {
					require.ErrorIs(t, err, want)
				}
				require.EqualError(t, err, c.text)
				require.Len(t, s.ended, 1)
				var heard error
				a.AfterEnd(func(why error) { heard = why })
				a.Close()
				for _, want := range c.want {
					require.ErrorIs(t, heard, want)
				}
			})
		})
	}
}

func TestAStopOfAnIdleActorDoesNotWaitForItsStopper(t *testing.T) {
	for name, end := range map[string]func(*Actor[play]){"Stop": (*Actor[play]).Stop, "Close": (*Actor[play]).Close} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{}
				a := closingOn(t, s, Spec[play]{}, func(ctx context.Context) { <-ctx.Done() })
				go s.start(t.Context(), a)
				require.Equal(t, []string{"up"}, s.told())
				begun := time.Now()
				end(a)
				require.Zero(t, time.Since(begun))
				require.Equal(t, []string{"stopped: <nil>"}, s.told())
				after(DefaultStopWithin)
				require.Equal(t, []string{"ended: <nil>"}, s.told())
				a.Close()
			})
		})
	}
}

func TestWhatIsSentWhileAStopperRunsWaitsForTheNextIncarnation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gate := &stage{}, make(chan struct{})
		a := closingOn(t, s, Spec[play]{}, func(context.Context) { <-gate })
		send(t, a, fail("1"), say("2"))
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "got 1", "dead 1: broken", "stopped: broken"}, s.told())
		send(t, a, say("3"))
		tick(a, "tick")
		a.Stop()
		require.Empty(t, s.told())
		close(gate)
		require.Equal(t, []string{"ended: broken"}, s.told())
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "got 2", "got 3"}, s.told())
		a.Close()
	})
}

func TestAnActorThatIsClosedWhileItsStopperRunsIsEmptiedAfterThat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gate := &stage{}, make(chan struct{})
		a := closingOn(t, s, Spec[play]{}, func(context.Context) { <-gate })
		send(t, a, fail("1"), say("2"))
		go s.start(t.Context(), a)
		got := asking(t.Context(), a, say("3"))
		require.Equal(t, []string{"up", "got 1", "dead 1: broken", "stopped: broken"}, s.told())
		a.Close()
		require.Equal(t, ErrStopped, a.Ref().TrySend(say("4")))
		require.Empty(t, s.told())
		require.Empty(t, got)
		close(gate)
		require.Equal(t, []string{"dead 2: actor: stopped", "ended: broken"}, s.told())
		require.Equal(t, answer{err: ErrStopped}, <-got)
	})
}

// What was taken and not answered fails when the incarnation is over, not before.
func TestAStopperMayAnswerWhatTheActorHasKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		var kept Reply[string]
		a := closingOn(t, s, Spec[play]{}, func(context.Context) { kept.Send("goodbye") })
		got := make(chan string)
		go s.start(t.Context(), a)
		go func() {
			v, err := Ask(t.Context(), a.Ref(), func(r Reply[string]) play { kept = r; return say("1") })
			require.NoError(t, err)
			got <- v
		}()
		synctest.Wait() // it was taken, and not answered
		a.Stop()
		require.Equal(t, "goodbye", <-got)
		a.Close()
	})
}
