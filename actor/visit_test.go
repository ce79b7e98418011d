package actor

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
)

// counter counts what it handles, says its count where it plays, and what is called of it.
type counter struct {
	s *stage
	n int
}

func (c *counter) Receive(ctx context.Context, p play) error {
	c.n++
	c.s.note("count %d", c.n)
	return player(c.s).Receive(ctx, p)
}

func (c *counter) Stopped(context.Context, error) { c.s.note("stopped at %d", c.n) }
func (c *counter) Idle(context.Context) error     { c.s.note("idle at %d", c.n); return nil }

// counterOn returns a running counter.
func counterOn(t *testing.T, s *stage, spec Spec[play]) *Actor[play] {
	t.Helper()
	spec.New = func(context.Context, Ref[play]) (Receiver[play], error) { return &counter{s: s}, nil }
	a := playerOn(t, s, spec)
	go s.start(t.Context(), a)
	require.Equal(t, []string{"up"}, s.told())
	return a
}

// count looks at the count of a.
func count(t *testing.T, a *Actor[play]) (n int) {
	t.Helper()
	require.NoError(t, Inspect(t.Context(), a.Ref(), func(c *counter) error { n = c.n; return nil }))
	return n
}

// set replaces the counter of a with one that has counted to n.
func set(ctx context.Context, a *Actor[play], n int) error {
	return Replace(ctx, a.Ref(), func(c *counter) (Receiver[play], error) { return &counter{c.s, n}, nil })
}

func TestAnActorMayBeLookedIntoBetweenTwoMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := counterOn(t, s, Spec[play]{})
		gate := make(chan struct{})
		require.Zero(t, count(t, a))
		send(t, a, say("1"), until("2", gate), say("3"))
		got := make(chan int)
		synctest.Wait() // 2 is in hand
		go func() { got <- count(t, a) }()
		synctest.Wait() // somebody waits to look
		close(gate)
		require.Equal(t, 2, <-got, "before 3")
		require.Equal(t, 3, count(t, a))
		require.NoError(t, a.Suspend(t.Context()))
		send(t, a, say("4"))
		require.Equal(t, 3, count(t, a))
		require.NoError(t, a.Resume(t.Context()))
		synctest.Wait() // 4 is handled
		require.Equal(t, 4, count(t, a))
		a.Close()
	})
}

func TestAReceiverThatWasReplacedIsTheOneThatHandlesWhatFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := counterOn(t, s, Spec[play]{IdleAfter: time.Minute})
		gate := make(chan struct{})
		send(t, a, until("1", gate), say("2"))
		require.Equal(t, []string{"count 1", "got 1"}, s.told())
		got := make(chan error, 1)
		go func() { got <- set(t.Context(), a, 40) }()
		synctest.Wait() // it waits for the message in hand
		close(gate)
		require.NoError(t, <-got)
		require.Equal(t, []string{"count 41", "got 2"}, s.told(), "in the same burst")
		require.Equal(t, 41, count(t, a))

		require.NoError(t, a.Suspend(t.Context()))
		require.NoError(t, set(t.Context(), a, 50))
		require.NoError(t, a.Resume(t.Context()))
		send(t, a, say("3"))
		require.Equal(t, []string{"count 51", "got 3"}, s.told(), "and in a later one")
		after(time.Minute)
		require.Equal(t, []string{"idle at 51"}, s.told(), "the others are asked no more")
		a.Stop()
		require.Equal(t, []string{"stopped at 51", "ended: <nil>"}, s.told())

		go s.start(t.Context(), a)
		send(t, a, say("4"))
		require.Equal(t, []string{"up", "count 1", "got 4"}, s.told(), "the next incarnation is as New makes it")
		a.Close()
	})
}

func TestAReceiverThatWasReplacedIsWrappedAsTheOneBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := counterOn(t, s, Spec[play]{Wrap: []Wrapper[play]{func(next Receiver[play]) Receiver[play] {
			return ReceiverFunc[play](func(ctx context.Context, p play) error {
				s.note("around")
				return next.Receive(ctx, p)
			})
		}}})
		send(t, a, say("1"))
		require.Equal(t, []string{"around", "count 1", "got 1"}, s.told())
		require.Equal(t, 1, count(t, a), "what is looked into is what New made")
		require.NoError(t, set(t.Context(), a, 7))
		send(t, a, say("2"))
		require.Equal(t, []string{"around", "count 8", "got 2"}, s.told())
		a.Close()
	})
}

func TestWhatFailsToReplaceAReceiverLeavesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		nilWrapped := false
		a := counterOn(t, s, Spec[play]{Wrap: []Wrapper[play]{func(next Receiver[play]) Receiver[play] {
			if nilWrapped {
				return nil
			}
			return next
		}}})
		send(t, a, say("1"))
		for name, with := range map[string]func(*counter) (Receiver[play], error){
			"an error": func(*counter) (Receiver[play], error) { return &counter{}, errBroken },
			"nil":      func(*counter) (Receiver[play], error) { return nil, nil },
			"a panic":  func(*counter) (Receiver[play], error) { panic(errBroken) },
			"a wrapper": func(*counter) (Receiver[play], error) {
				nilWrapped = true
				return &counter{s: s, n: 5}, nil
			},
		} {
			require.Error(t, Replace(t.Context(), a.Ref(), with), name)
			require.Equal(t, 1, count(t, a), name)
		}
		require.Error(t, Replace(t.Context(), a.Ref(), func(*door) (Receiver[play], error) { return &door{}, nil }))
		require.Equal(t, []string{"count 1", "got 1"}, s.told())
		a.Close()
		require.Equal(t, []string{"stopped at 1", "ended: <nil>"}, s.told())
	})
}

func TestALookSaysWhatBecameOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := counterOn(t, s, Spec[play]{})
		look := func(f func() error) error {
			return Inspect(t.Context(), a.Ref(), func(Receiver[play]) error { return f() })
		}
		require.Equal(t, errBroken, look(func() error { return errBroken }))
		require.EqualError(t, Inspect(t.Context(), a.Ref(), func(*door) error { return nil }),
			"actor: the Receiver of stage/actor is a *actor.counter")
		var p *policy.PanicError
		require.ErrorAs(t, look(func() error { panic(errBroken) }), &p)
		require.Equal(t, errBroken, p.Value)
		require.Zero(t, count(t, a), "it is none the worse")
		require.Empty(t, s.told())

		err := look(func() error { runtime.Goexit(); return nil })
		require.ErrorIs(t, err, ErrNoReply)
		require.ErrorIs(t, err, policy.ErrGoexit)
		require.Equal(t, []string{"stopped at 0", "ended: policy: child called runtime.Goexit"}, s.told())
		a.Close()
		require.Equal(t, ErrStopped, look(func() error { return nil }))
		require.Equal(t, ErrStopped, Inspect(t.Context(), Ref[play]{}, func(Receiver[play]) error { return nil }))
		require.Equal(t, errElsewhere, Inspect(t.Context(), NewRef[play](&elsewhere{}), func(Receiver[play]) error { return nil }))
	})
}

func TestWhoLeavesWhileItsLookIsUnderWayCannotKnow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gate := &stage{}, make(chan struct{})
		a := counterOn(t, s, Spec[play]{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := Inspect(ctx, a.Ref(), func(c *counter) error { <-gate; c.n = 9; return nil })
		require.True(t, errors.Is(err, ErrNoReply) && errors.Is(err, context.DeadlineExceeded), err)

		waiting, leave := context.WithCancel(t.Context())
		got := make(chan error)
		go func() {
			got <- Inspect(waiting, a.Ref(), func(*counter) error { s.note("called for nobody"); return nil })
		}()
		synctest.Wait() // it waits for the one before
		leave()
		require.Equal(t, context.Canceled, <-got)
		close(gate)
		require.Equal(t, 9, count(t, a))
		require.Empty(t, s.told())
		a.Close()
	})
}

func TestAnActorCannotWaitForALookIntoItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := counterOn(t, s, Spec[play]{})
		send(t, a, play{name: "1", do: func(ctx context.Context) error {
			s.note("%v", set(ctx, a, 1))
			return nil
		}})
		require.Equal(t, []string{"count 1", "got 1", "actor: asks itself"}, s.told())
		a.Close()
	})
}

func TestALookWaitsForAnIncarnationAsAnAskDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		got := make(chan error, 1)
		look := func() {
			got <- Inspect(t.Context(), a.Ref(), func(ReceiverFunc[play]) error { s.note("look"); return nil })
		}
		go look()
		synctest.Wait() // it waits
		send(t, a, say("1"))
		go s.start(t.Context(), a)
		require.NoError(t, <-got)
		require.Equal(t, []string{"up", "look", "got 1"}, s.told())
		a.Stop()
		s.told()

		go look()
		synctest.Wait() // it waits
		a.Close()
		require.Equal(t, ErrStopped, <-got)
		a.Open()
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up"}, s.told(), "nobody waits for the look any more")
		a.Close()
	})
}

func TestALookIsNoMessageForAnActorThatWantsToKnowWhenItIsIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := counterOn(t, s, Spec[play]{IdleAfter: time.Minute})
		for range 3 {
			after(20*time.Second - 1)
			require.Zero(t, count(t, a))
		}
		require.Empty(t, s.told())
		after(3)
		require.Equal(t, []string{"idle at 0"}, s.told())
		a.Close()
	})
}
