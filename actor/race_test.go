package actor

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/mailbox"
)

// ledger is a Host that counts what became of messages.
type ledger struct {
	ctx context.Context

	sent, refused, dead, handled, noReply atomic.Int64

	inside atomic.Int32 // handlers running; never more than one
	plain  int64        // counted without atomics: only one handler at a time may
	lives  atomic.Int64
	ended  chan struct{} // one per incarnation
}

// start begins an incarnation of a that ends with ctx.
func (l *ledger) start(ctx context.Context, a Hosted) {
	l.ctx = Inside(ctx, a)
	a.Start()
}

func (l *ledger) Context() context.Context { return l.ctx }
func (l *ledger) Serving()                 {}
func (l *ledger) Up()                      { l.lives.Add(1) }
func (l *ledger) Stuck(Stuck)              {}
func (l *ledger) Ended(error)              { l.ended <- struct{}{} }
func (l *ledger) ID() ID                   { return ID{Path: "ledger"} }
func (l *ledger) DeadLetter(any, error)    { l.dead.Add(1) }

// balance checks that every message went exactly one way.
func (l *ledger) balance(t *testing.T) {
	t.Helper()
	require.Equal(t, l.sent.Load(), l.handled.Load()+l.dead.Load()+l.refused.Load()+l.noReply.Load(),
		"sent = handled %d + dead %d + refused %d + failed asks %d",
		l.handled.Load(), l.dead.Load(), l.refused.Load(), l.noReply.Load())
	require.Equal(t, l.handled.Load(), l.plain, "handlers ran side by side")
}

type bill struct {
	fails  bool
	reply  *Reply[int]
	within func(context.Context) // done in its handling; nil for nothing
}

func ledgerActor(t *testing.T, l *ledger, box mailbox.Spec) *Actor[bill] {
	t.Helper()
	a, err := New(Spec[bill]{Name: "ledger", Mailbox: box,
		New: func(context.Context, Ref[bill]) (Receiver[bill], error) {
			return ReceiverFunc[bill](func(ctx context.Context, b bill) error {
				if l.inside.Add(1) != 1 {
					panic("two handlers at once")
				}
				defer l.inside.Add(-1)
				if b.within != nil {
					b.within(ctx)
				}
				if b.fails {
					return errBroken
				}
				l.handled.Add(1)
				l.plain++
				if b.reply != nil {
					b.reply.Send(1)
				}
				return nil
			}), nil
		}}, l)
	require.NoError(t, err)
	return a
}

// bury closes a and returns when all that was queued is dealt with.
func bury(a Hosted) {
	empty := make(chan struct{})
	a.Close()
	a.AfterEmpty(func() { close(empty) })
	<-empty
}

// trade sends n messages: sends, tries and asks, one in 64 of which fails.
func (l *ledger) trade(ctx context.Context, a *Actor[bill], n int) {
	for i := range n {
		l.sent.Add(1)
		var err error
		switch fails := i%64 == 7; i % 3 {
		case 0:
			err = a.Ref().Send(ctx, bill{fails: fails})
		case 1:
			err = a.Ref().TrySend(bill{fails: fails})
		default:
			_, err = Ask(ctx, a.Ref(), func(r Reply[int]) bill { return bill{reply: &r} })
		}
		switch {
		case err == nil:
		case errors.Is(err, ErrNoReply):
			l.noReply.Add(1)
		default:
			l.refused.Add(1)
		}
		if i%16 == 0 {
			runtime.Gosched()
		}
	}
}

func TestAStopThatRacesWithSendersLosesNothing(t *testing.T) {
	for name, box := range map[string]mailbox.Spec{
		"bounded": mailbox.Bounded(8, mailbox.Block), "rejecting": mailbox.Bounded(8, mailbox.Reject), "unbounded": mailbox.Unbounded(),
	} {
		t.Run(name, func(t *testing.T) {
			l := &ledger{ended: make(chan struct{}, 1)}
			a := ledgerActor(t, l, box)
			var senders sync.WaitGroup
			for range 4 {
				senders.Go(func() { l.trade(t.Context(), a, 3000) })
			}
			var quiet atomic.Bool
			var others sync.WaitGroup
			others.Go(func() { // the supervisor
				for !quiet.Load() {
					go l.start(t.Context(), a)
					<-l.ended
				}
			})
			others.Go(func() { // an operator
				for !quiet.Load() {
					a.Stop()
					runtime.Gosched()
				}
			})
			senders.Wait()
			quiet.Store(true)
			a.Stop() // in case one was started since
			waitFor(&others, a.Stop)
			bury(a)
			l.balance(t)
			require.Greater(t, l.lives.Load(), int64(1))
		})
	}
}

// waitFor waits for g, nudging it along.
func waitFor(g *sync.WaitGroup, nudge func()) {
	over := make(chan struct{})
	go func() { g.Wait(); close(over) }()
	for {
		select {
		case <-over:
			return
		default:
			nudge()
			runtime.Gosched()
		}
	}
}

func TestACloseThatRacesWithSendersLosesNothing(t *testing.T) {
	for range 300 {
		l := &ledger{ended: make(chan struct{}, 1)}
		a := ledgerActor(t, l, mailbox.Bounded(4, mailbox.Block))
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() { l.trade(t.Context(), a, 30) })
		}
		all.Go(func() { l.start(t.Context(), a) })
		all.Go(func() {
			for range 20 {
				runtime.Gosched()
			}
			a.Close()
		})
		all.Go(a.Close)
		<-l.ended
		all.Wait()
		bury(a)
		l.balance(t)
		require.Zero(t, a.Stats().Len)
	}
}

func TestEveryMessageOfManyBurstsIsHandled(t *testing.T) {
	l := &ledger{ended: make(chan struct{}, 1)}
	a := ledgerActor(t, l, mailbox.Unbounded())
	l.start(t.Context(), a)
	for i := range 20_000 {
		l.sent.Add(1)
		if i%2 == 0 { // each answer leaves the actor on its way to idle
			_, err := Ask(t.Context(), a.Ref(), func(r Reply[int]) bill { return bill{reply: &r} })
			require.NoError(t, err)
		} else {
			require.NoError(t, a.Ref().TrySend(bill{}))
		}
	}
	_, err := Ask(t.Context(), a.Ref(), func(r Reply[int]) bill { return bill{reply: &r} })
	require.NoError(t, err)
	l.sent.Add(1)
	a.Close()
	<-l.ended
	l.balance(t)
}

func TestAServerLeavesALaterIncarnationToAGoroutineOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		s.onServing = func() { s.note("serving") }
		a := actorOn(t, s, mailbox.Spec{})
		go s.start(t.Context(), a)
		require.Equal(t, []string{"serving", "up"}, s.told())

		// What a server of an earlier incarnation finds if it sleeps between making
		// that idle and its last look: a message not yet seen, in another one.
		require.NoError(t, a.box.TryPut(Envelope[play]{Message: say("1")}))
		a.lookAgain()
		require.Equal(t, []string{"serving", "got 1"}, s.told())
		a.lookAgain()
		require.Empty(t, s.told(), "nothing to do")
	})
}
