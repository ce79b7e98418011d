package actor

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
)

func TestMessagesSentBeforeTheStartAreHandledInOrderAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		send(t, a, say("1"), say("2"), say("3"))
		require.Empty(t, s.told(), "an actor that was not started handles nothing")
		require.Equal(t, 3, a.Stats().Len)

		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "got 1", "got 2", "got 3"}, s.told())
		require.Zero(t, a.Stats().Len)
	})
}

func TestAnIdleActorHasNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := runtime.NumGoroutine()
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		go s.start(t.Context(), a)
		send(t, a, say("1"))
		require.Equal(t, []string{"up", "got 1"}, s.told())
		require.Equal(t, before, runtime.NumGoroutine(), "Start returned when the actor was idle")

		send(t, a, say("2"))
		require.Equal(t, []string{"got 2"}, s.told())
		require.Equal(t, before, runtime.NumGoroutine(), "the burst is over")
	})
}

func TestAMessageThatFindsTheActorIdleStartsOneServingGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		s.onServing = func() { s.note("serving") }
		a := actorOn(t, s, mailbox.Spec{})
		go s.start(t.Context(), a)
		require.Equal(t, []string{"serving", "up"}, s.told())

		gate := make(chan struct{})
		send(t, a, until("1", gate), say("2"), say("3"))
		require.Equal(t, []string{"serving", "got 1"}, s.told())
		close(gate)
		require.Equal(t, []string{"got 2", "got 3"}, s.told(), "one goroutine for the burst")
	})
}

func TestAHandlerNeverRunsOnTheGoroutineOfItsSender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		go s.start(t.Context(), a)
		synctest.Wait() // the actor is idle
		gate := make(chan struct{})
		send(t, a, until("1", gate)) // would block here if it ran here
		require.Equal(t, []string{"up", "got 1"}, s.told())
		close(gate)
	})
}

func TestARestartKeepsTheRefTheMailboxAndTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		ref := a.Ref()
		send(t, a, say("1"), fail("2"), say("3"))
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "got 1", "got 2", "dead 2: broken", "ended: broken"}, s.told())
		require.Equal(t, 1, a.Stats().Len, "what came after the failing message waits")

		send(t, a, say("4"))
		require.Empty(t, s.told(), "nobody handles it between two incarnations")
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "got 3", "got 4"}, s.told())
		require.Equal(t, ref, a.Ref())
		a.Close()
	})
}

func TestEveryWayToFailEndsTheIncarnationWithItsCause(t *testing.T) {
	tests := []struct {
		name  string
		play  play
		trail []string
		check func(t *testing.T, err error)
	}{
		{"an error", fail("x"), []string{"up", "got x", "dead x: broken", "ended: broken"},
			func(t *testing.T, err error) { require.Equal(t, errBroken, err) }},
		{"a panic", panics("x"), []string{"up", "got x", "dead x: panic: oh no", "ended: panic: oh no"},
			func(t *testing.T, err error) {
				var p *policy.PanicError
				require.ErrorAs(t, err, &p)
				require.Contains(t, p.Stack(), "host_test.go", "it says where")
			}},
		{"Goexit", exits("x"), []string{"up", "got x",
			"dead x: policy: child called runtime.Goexit", "ended: policy: child called runtime.Goexit"},
			func(t *testing.T, err error) { require.Equal(t, policy.ErrGoexit, err) }},
		{"Done(nil)", done("x"), []string{"up", "got x", "ended: policy: done"},
			func(t *testing.T, err error) { require.Equal(t, policy.NoRestart, policy.DecisionOf(err)) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{}
				a := actorOn(t, s, mailbox.Spec{})
				send(t, a, tt.play)
				go s.start(t.Context(), a) // on this goroutine …
				require.Equal(t, tt.trail, s.told())
				tt.check(t, s.lastEnd(t))

				go s.start(t.Context(), a)
				s.told()
				send(t, a, tt.play) // … and on that of a later burst
				require.Equal(t, tt.trail[1:], s.told())
				tt.check(t, s.lastEnd(t))
			})
		})
	}
}

func TestOnlyDoneOfNothingIsANormalEndOfTheMessageInHand(t *testing.T) {
	require.True(t, policy.IsDone(policy.Done(nil)))
	require.False(t, policy.IsDone(nil))
	require.False(t, policy.IsDone(errBroken))
	require.False(t, policy.IsDone(policy.Done(errBroken)))
	require.False(t, policy.IsDone(policy.Fatal(nil)))
	require.False(t, policy.IsDone(errors.Join(policy.Done(nil), errBroken)))
}

func TestAStartThatFailsIsToldWithoutUp(t *testing.T) {
	tests := []struct {
		name string
		new  func(context.Context, Ref[play]) (Receiver[play], error)
		want error
	}{
		{"error", func(context.Context, Ref[play]) (Receiver[play], error) { return nil, errBroken }, errBroken},
		{"not needed", func(context.Context, Ref[play]) (Receiver[play], error) { return nil, policy.ErrIgnored }, policy.ErrIgnored},
		{"nothing", func(context.Context, Ref[play]) (Receiver[play], error) { return nil, nil }, errNilReceiver},
		{"panic", func(context.Context, Ref[play]) (Receiver[play], error) { panic(errBroken) }, errBroken},
		{"Goexit", func(context.Context, Ref[play]) (Receiver[play], error) { runtime.Goexit(); return nil, nil }, policy.ErrGoexit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{}
				a, err := New(Spec[play]{Name: "player", New: tt.new}, s)
				require.NoError(t, err)
				send(t, a, say("1"))
				go s.start(t.Context(), a)
				require.Len(t, s.told(), 1)
				require.ErrorIs(t, s.lastEnd(t), tt.want)
				require.Equal(t, 1, a.Stats().Len, "the message waits for an incarnation that comes up")
				a.Close()
				require.Equal(t, []string{"dead 1: actor: stopped"}, s.told())
			})
		})
	}
}

func TestNewMaySendToItselfAndSeesItsOwnRef(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a, err := New(Spec[play]{Name: "player", New: func(ctx context.Context, self Ref[play]) (Receiver[play], error) {
			return player(s), self.Send(ctx, say("first"))
		}}, s)
		require.NoError(t, err)
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "got first"}, s.told())
	})
}

func TestStartingAnIncarnationBesideAnotherIsTheCallersBug(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		go s.start(t.Context(), a)
		synctest.Wait() // it is idle
		require.PanicsWithValue(t, "actor: Start of stage/actor, whose incarnation has not ended",
			func() { s.start(t.Context(), a) })
	})
}

func TestTheContextOfAHandlerHasTheHostsValuesAndEndsWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		ctx, cancel := context.WithCancelCause(context.WithValue(t.Context(), key{}, "mine"))
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		send(t, a, play{name: "wait", do: func(ctx context.Context) error {
			s.note("value %v", ctx.Value(key{}))
			<-ctx.Done()
			return context.Cause(ctx)
		}})
		go s.start(ctx, a)
		require.Equal(t, []string{"up", "got wait", "value mine"}, s.told())
		cancel(errBroken)
		require.Equal(t, []string{"dead wait: broken", "ended: broken"}, s.told())
	})
}

// custom is a context that the context package does not know, with the
// AfterFunc that spares it a goroutine per derived context.
type custom struct {
	context.Context
	registered int
}

func (c *custom) Value(key any) any { return nil } // hides the one inside
func (c *custom) AfterFunc(f func()) func() bool {
	c.registered++
	return context.AfterFunc(c.Context, f)
}

func TestContextsDerivedInAHandlerCostNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parent, cancel := context.WithCancel(t.Context())
		defer cancel()
		outer := &custom{Context: parent}
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		var more int
		send(t, a, play{name: "derive", do: func(ctx context.Context) error {
			before := runtime.NumGoroutine()
			for range 10 {
				_, cancel := context.WithCancel(ctx)
				defer cancel()
			}
			more = runtime.NumGoroutine() - before
			return nil
		}})
		go s.start(outer, a)
		s.told()
		require.Zero(t, more)
		require.Equal(t, 10, outer.registered)
	})
}
