package actor

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
)

// sleeper is a player that wants to know when it is idle, and notes the time of all it is
// told.
type sleeper struct {
	Receiver[play]
	s    *stage
	from time.Time
	idle func(ctx context.Context) error // nil: nothing
}

func (p *sleeper) Idle(ctx context.Context) error {
	p.s.note("%v idle", time.Since(p.from))
	if p.idle == nil {
		return nil
	}
	return p.idle(ctx)
}

// sleepers returns an actor whose Receivers are sleepers of 10 s.
func sleepers(t *testing.T, s *stage, idle func(ctx context.Context) error) *Actor[play] {
	t.Helper()
	from := time.Now()
	a, err := New(Spec[play]{Name: "sleeper", IdleAfter: 10 * time.Second,
		New: func(context.Context, Ref[play]) (Receiver[play], error) {
			return &sleeper{s: s, from: from, idle: idle, Receiver: ReceiverFunc[play](func(ctx context.Context, p play) error {
				s.note("%v %s", time.Since(from), p.name)
				if p.do != nil {
					return p.do(ctx)
				}
				return nil
			})}, nil
		}}, s)
	require.NoError(t, err)
	return a
}

func TestSupervision_184_AnActorIsToldOnceThatItIsIdleAndNotWhileMessagesCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := sleepers(t, s, nil)
		defer s.live(t, a)()
		pass(4 * time.Second)
		send(t, a, say("a"))
		pass(9 * time.Second)
		send(t, a, say("b"))
		pass(9 * time.Second)
		send(t, a, works("c", 5*time.Second))
		pass(time.Hour)
		require.Equal(t, []string{"up", "4s a", "13s b", "22s c", "37s idle"}, s.told())
		send(t, a, say("d"))
		pass(time.Hour)
		require.Equal(t, []string{"1h0m22s d", "1h0m32s idle"}, s.told(), "and again after the next message")
	})
}

func TestAnActorToWhichNothingIsSentIsIdleFromWhenItIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		before := runtime.NumGoroutine()
		a := sleepers(t, s, nil)
		end := s.live(t, a)
		noMoreThan(t, before)
		pass(time.Hour)
		require.Equal(t, []string{"up", "10s idle"}, s.told())
		end()
		defer s.live(t, a)()
		pass(time.Hour)
		require.Equal(t, []string{"ended: <nil>", "up", "1h1m10s idle"}, s.told(), "each incarnation")
	})
}

func TestAnActorThatIsStoppedOrSuspendedIsNotToldThatItIsIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := sleepers(t, s, nil)
		end := s.live(t, a)
		pass(9 * time.Second)
		a.Stop()
		pass(time.Hour)
		end()
		require.Equal(t, []string{"up", "ended: <nil>"}, s.told())

		end = s.live(t, a)
		require.NoError(t, a.Suspend(t.Context()))
		pass(20 * time.Second)
		require.Equal(t, []string{"up"}, s.told())
		require.NoError(t, a.Resume(t.Context()))
		require.Equal(t, []string{"1h1m29s idle"}, s.told())

		send(t, a, say("a"))
		pass(time.Second)
		require.NoError(t, a.Suspend(t.Context()))
		pass(20 * time.Second)
		send(t, a, say("b"))
		require.NoError(t, a.Resume(t.Context()))
		require.Equal(t, []string{"1h1m29s a", "1h1m50s b"}, s.told(), "there is something to do")
		pass(20 * time.Second)
		require.Equal(t, []string{"1h2m0s idle"}, s.told())
		end()
	})
}

func TestAnActorsOwnTimersDoNotKeepItFromBeingIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := sleepers(t, s, nil)
		defer s.live(t, a)()
		send(t, a, plan("plan", a.Ref(), func(ctx context.Context, self Ref[play]) {
			_, err := self.Every(ctx, 4*time.Second, say("tick"))
			require.NoError(t, err)
		}))
		pass(13 * time.Second)
		require.Equal(t, []string{"up", "0s plan", "4s tick", "8s tick", "10s idle", "12s tick"}, s.told())
		pass(time.Hour)
		require.NotContains(t, fmt.Sprint(s.told()), "idle")
	})
}

func TestWhatIdleReturnsIsTreatedAsThatOfReceive(t *testing.T) {
	tests := []struct {
		name string
		idle func(context.Context) error
		want string
	}{
		{"an error", func(context.Context) error { return errBroken }, "ended: broken"},
		{"done", func(context.Context) error { return policy.Done(nil) }, "ended: policy: done"},
		{"a panic", func(context.Context) error { panic("oh no") }, "ended: panic: oh no"},
		{"Goexit", func(context.Context) error { runtime.Goexit(); return nil }, "ended: " + policy.ErrGoexit.Error()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{}
				a := sleepers(t, s, tt.idle)
				end := s.live(t, a)
				send(t, a, say("a"))
				pass(time.Hour)
				require.Equal(t, []string{"up", "0s a", "10s idle", tt.want}, s.told(), "and no dead letter")
				end()
				defer s.live(t, a)()
				pass(9 * time.Second)
				send(t, a, say("b"))
				require.Equal(t, []string{"up", "1h1m9s b"}, s.told(), "a restart begins anew")
			})
		})
	}
}

func TestIdleHasTheContextOfTheIncarnation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		var a *Actor[play]
		a = sleepers(t, s, func(ctx context.Context) error {
			_, err := Ask(ctx, a.Ref(), askFor(say("none")))
			s.note("%v", err)
			_, err = a.Ref().After(ctx, time.Second, say("tick"))
			return err
		})
		defer s.live(t, a)()
		pass(time.Hour)
		require.Equal(t, []string{"up", "10s idle", ErrSelfAsk.Error(), "11s tick"}, s.told())
	})
}

func TestAMessageInTheInstantInWhichAnActorIsIdleComesBeforeOrAfterAndIsNotLost(t *testing.T) {
	before := 0
	for range 200 {
		synctest.Test(t, func(t *testing.T) {
			s := &stage{}
			a := sleepers(t, s, nil)
			end := s.live(t, a)
			<-time.After(10 * time.Second) // not yet settled
			send(t, a, say("a"))
			pass(15 * time.Second)
			trail := s.told()
			if len(trail) == 3 {
				before++
				require.Equal(t, []string{"up", "10s a", "20s idle"}, trail)
			} else {
				require.Equal(t, []string{"up", "10s idle", "10s a", "20s idle"}, trail)
			}
			end()
		})
	}
	t.Logf("the message was first in %d of 200", before)
}

func TestAnIdlerThatIsDoneLosesNoMessageThatRacesWithThat(t *testing.T) {
	l := &ledger{ended: make(chan struct{}, 1)}
	var idle atomic.Int64
	a, err := New(Spec[bill]{Name: "ledger", Mailbox: mailbox.Unbounded(), IdleAfter: time.Microsecond,
		New: func(context.Context, Ref[bill]) (Receiver[bill], error) { return &passing{l: l, idle: &idle}, nil }}, l)
	require.NoError(t, err)
	for range 200 {
		go l.start(t.Context(), a)
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			for range 50 {
				l.sent.Add(1)
				if err := a.Ref().Send(t.Context(), bill{}); err != nil {
					l.refused.Add(1)
				}
				runtime.Gosched()
			}
		}()
		<-l.ended
		<-sent
	}
	bury(a)
	l.balance(t)
	require.Equal(t, int64(200), idle.Load())
}

// passing is an accountant that ends when it is idle.
type passing struct {
	l    *ledger
	idle *atomic.Int64
}

func (p *passing) Receive(context.Context, bill) error { p.l.handled.Add(1); p.l.plain++; return nil }
func (p *passing) Idle(context.Context) error          { p.idle.Add(1); return policy.Done(nil) }

func TestAReceiverThatIsNoIdlerDoesNotStartWithAnIdleAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := clocked(t, s, Spec[play]{IdleAfter: time.Second}, nil)
		go s.start(t.Context(), a)
		require.ErrorIs(t, s.lastEnd(t), errNotIdler)

		awake := &stage{}
		b, err := New(Spec[play]{Name: "awake", New: func(context.Context, Ref[play]) (Receiver[play], error) {
			return &sleeper{s: awake, Receiver: player(awake)}, nil
		}}, awake)
		require.NoError(t, err)
		defer awake.live(t, b)()
		pass(time.Hour)
		require.Equal(t, []string{"up"}, awake.told(), "an Idler that does not say after how long is never told")
		require.ErrorContains(t, Spec[play]{IdleAfter: -time.Second}.Validate(), "actor.Spec.IdleAfter = -1s: must not be negative")
	})
}

func TestAReceiverThatTakesThePlaceOfAnIdlerIsToldInItsPlaceAndHasToBeOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := sleepers(t, s, nil)
		defer s.live(t, a)()
		pass(6 * time.Second)
		replace := func(r Receiver[play]) error {
			return Replace(t.Context(), a.Ref(), func(*sleeper) (Receiver[play], error) { return r, nil })
		}
		require.ErrorIs(t, replace(player(s)), errNotIdler)
		other := &stage{}
		require.NoError(t, replace(&sleeper{s: other, from: time.Now(), Receiver: player(other)}))
		pass(time.Hour)
		require.Equal(t, []string{"up"}, s.told())
		require.Equal(t, []string{"10s idle"}, other.told())
	})
}
