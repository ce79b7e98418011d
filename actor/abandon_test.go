package actor

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/mailbox"
)

// keep is a message whose Reply is kept and not answered.
func keep(Reply[string]) play { return say("kept") }

// keeping asks a, which takes the message and does not answer it.
func keeping(ctx context.Context, a *Actor[play]) <-chan answer {
	got := make(chan answer, 1)
	go func() {
		v, err := Ask(ctx, a.Ref(), keep)
		got <- answer{v, err}
	}()
	synctest.Wait() // it is taken
	return got
}

// owes returns how many asks a keeps.
func owes(a *Actor[play]) (n int) {
	for k := a.asks.newest.Load(); k != nil; k = k.below {
		n++
	}
	return n
}

func TestTheAsksOfAnAbandonedActorFailAtOnceAndItsOtherMessagesWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		gate := make(chan struct{})
		go s.start(t.Context(), a)
		kept := keeping(t.Context(), a)
		inHand := asking(t.Context(), a, until("stuck", gate))
		send(t, a, say("1"))
		queued := asking(t.Context(), a, say("2"))
		require.Equal(t, []string{"up", "got kept", "got stuck"}, s.told())

		a.Abandon()
		require.Equal(t, answer{err: ErrStopped}, <-queued)
		for _, taken := range []<-chan answer{kept, inHand} {
			err := (<-taken).err
			require.ErrorIs(t, err, ErrNoReply)
			require.ErrorIs(t, err, errAbandoned)
		}
		_, err := Ask(t.Context(), a.Ref(), askFor(say("3")))
		require.Equal(t, ErrStopped, err)
		send(t, a, say("4"))
		require.Empty(t, s.told(), "it is stuck")

		close(gate)
		require.Equal(t, []string{"ended: <nil>"}, s.told())
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "got 1", "got 4"}, s.told(), "nobody waits for the others")
		v, err := Ask(t.Context(), a.Ref(), askFor(say("5")))
		require.Equal(t, answer{value: "5"}, answer{v, err})
	})
}

func TestTheAsksOfAnActorThatIsStuckInNewFailWhenItIsAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		gate := make(chan struct{})
		a, err := New(Spec[play]{Name: "player", New: func(context.Context, Ref[play]) (Receiver[play], error) {
			<-gate
			return player(s), nil
		}}, s)
		require.NoError(t, err)
		go s.start(t.Context(), a)
		queued := asking(t.Context(), a, say("1"))
		a.Abandon()
		require.Equal(t, answer{err: ErrStopped}, <-queued)
		close(gate)
		require.Equal(t, []string{"up", "ended: <nil>"}, s.told())
	})
}

func TestToAbandonWhoIsNotStuckIsToStopIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		queued := asking(t.Context(), a, say("1"))
		a.Abandon()
		require.Empty(t, s.told())
		go s.start(t.Context(), a)
		require.Equal(t, answer{err: ErrStopped}, <-queued, "it was given up by then")
		require.Equal(t, []string{"up"}, s.told())
		a.Abandon()
		require.Equal(t, []string{"ended: <nil>"}, s.told())
	})
}

func TestAnActorKeepsNoAskThatNobodyWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Unbounded())
		go s.start(t.Context(), a)
		for range 100 {
			_, err := Ask(t.Context(), a.Ref(), askFor(say("x")))
			require.NoError(t, err)
		}
		synctest.Wait() // it is idle
		require.Zero(t, owes(a))

		gate := make(chan struct{})
		send(t, a, until("burst", gate))
		var got []<-chan answer
		for range 100 {
			got = append(got, asking(t.Context(), a, say("x")))
		}
		send(t, a, play{name: "count", do: func(context.Context) error { s.note("owes %d", owes(a)); return nil }})
		s.told()
		close(gate)
		require.Contains(t, s.told(), "owes 68", "of 100, as many as waited when it last looked")
		for _, g := range got {
			require.NoError(t, (<-g).err)
		}
		require.Zero(t, owes(a))
	})
}

func TestAnActorThatOwesManyAnswersLooksThroughThemSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		go s.start(t.Context(), a)
		var kept []<-chan answer
		for range 10 {
			kept = append(kept, keeping(t.Context(), a))
		}
		most := 0
		for range 100 {
			_, err := Ask(t.Context(), a.Ref(), askFor(say("x")))
			require.NoError(t, err)
			synctest.Wait() // it is idle
			most = max(most, owes(a))
		}
		require.Equal(t, 19, most, "it looks when there may be as many that it does not owe")
		a.Close()
		for _, k := range kept {
			require.ErrorIs(t, (<-k).err, ErrNoReply)
		}
	})
}

func TestNoAskHangsWhenItsActorIsAbandoned(t *testing.T) {
	for range 200 {
		l := &ledger{ended: make(chan struct{}, 1)}
		gate := make(chan struct{})
		a := ledgerActor(t, l, mailbox.Bounded(8, mailbox.Block))
		var all sync.WaitGroup
		stuck := make(chan struct{})
		go l.start(t.Context(), a)
		all.Go(func() {
			_, err := Ask(t.Context(), a.Ref(), func(r Reply[int]) bill {
				return bill{reply: &r, within: func(context.Context) { close(stuck); <-gate }}
			})
			require.ErrorIs(t, err, ErrNoReply)
		})
		for range 6 {
			all.Go(func() {
				_, err := Ask(t.Context(), a.Ref(), func(r Reply[int]) bill { return bill{reply: &r} })
				if err != nil {
					require.Equal(t, ErrStopped, err)
				}
			})
		}
		all.Go(func() {
			<-stuck
			for range 10 {
				runtime.Gosched()
			}
			a.Abandon()
		})
		all.Wait() // none waits for the gate
		close(gate)
		<-l.ended
		a.Close()
	}
}
