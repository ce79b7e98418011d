package actor

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/mailbox"
)

// limited returns a player that may take 10 s for a call.
func limited(t *testing.T, s *stage, begin func(ctx context.Context, self Ref[play]) error) *Actor[play] {
	t.Helper()
	return clocked(t, s, Spec[play]{StuckAfter: 10 * time.Second}, begin)
}

func TestACallThatTakesTooLongIsToldOnceWhileItGoesOnAndWhenItComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := limited(t, s, nil)
		defer s.live(t, a)()
		send(t, a, works("long", time.Hour))
		pass(10*time.Second - 1)
		require.Equal(t, []string{"up", "0s long"}, s.told())
		pass(1)
		require.Equal(t, []string{"stuck for 10s: actor.play"}, s.told())
		pass(time.Hour - 10*time.Second)
		require.Equal(t, []string{"back after 1h0m0s: actor.play"}, s.told())

		pass(4 * time.Second)
		send(t, a, works("long again", 12*time.Second))
		pass(time.Hour)
		require.Equal(t, []string{"1h0m4s long again", "stuck for 10s: actor.play", "back after 12s: actor.play"}, s.told())
	})
}

func TestManyCallsThatTakeLongTogetherAreNotStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := limited(t, s, nil)
		defer s.live(t, a)()
		for range 60 {
			send(t, a, works("busy", 10*time.Second-1))
		}
		pass(time.Hour)
		require.NotContains(t, fmt.Sprint(s.told()), "stuck")
		send(t, a, works("shortly before", 4*time.Second))
		pass(7 * time.Second)
		send(t, a, works("stuck", 12*time.Second))
		pass(10*time.Second - 1)
		require.Equal(t, []string{"1h0m0s shortly before", "1h0m7s stuck"}, s.told())
		pass(1)
		require.Equal(t, []string{"stuck for 10s: actor.play"}, s.told(), "counted from its own beginning")
		pass(time.Minute)
	})
}

func TestEachMessageOfABurstThatIsStuckIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := limited(t, s, nil)
		defer s.live(t, a)()
		send(t, a, works("1", 11*time.Second), say("2"), works("3", 11*time.Second), works("4", 11*time.Second))
		pass(time.Hour)
		require.Equal(t, []string{"up",
			"0s 1", "stuck for 10s: actor.play", "back after 11s: actor.play",
			"11s 2",
			"11s 3", "stuck for 10s: actor.play", "back after 11s: actor.play",
			"22s 4", "stuck for 10s: actor.play", "back after 11s: actor.play"}, s.told())
	})
}

func TestACallThatFailsAfterItWasStuckIsBackBeforeItsIncarnationEnds(t *testing.T) {
	for name, end := range map[string]func() error{
		"broken": func() error { return errBroken }, "panic: oh no": func() error { panic("oh no") },
		"policy: child called runtime.Goexit": func() error { runtime.Goexit(); return nil },
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &stage{}
			a := limited(t, s, nil)
			stop := s.live(t, a)
			send(t, a, play{name: "x", do: func(context.Context) error { <-time.After(15 * time.Second); return end() }})
			pass(time.Hour)
			require.Equal(t, []string{"up", "0s x", "stuck for 10s: actor.play", "dead x: " + name,
				"back after 15s: actor.play", "ended: " + name}, s.told())
			stop()
			stop = s.live(t, a)
			pass(time.Hour)
			require.Equal(t, []string{"up"}, s.told())
			stop()
		})
	}
}

// slow is a sleeper of which every method takes long.
type slow struct {
	sleeper
	takes time.Duration
}

func (p *slow) Idle(ctx context.Context) error {
	<-time.After(p.takes)
	return p.sleeper.Idle(ctx)
}

func (p *slow) Stopped(context.Context, error) { <-time.After(p.takes) }

func TestEveryMethodOfAnActorIsWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		from := time.Now()
		a, err := New(Spec[play]{Name: "slow", StuckAfter: 2 * time.Second, IdleAfter: time.Hour, StopWithin: time.Hour,
			New: func(ctx context.Context, self Ref[play]) (Receiver[play], error) {
				<-time.After(3 * time.Second)
				_, err := self.After(ctx, 10*time.Second, works("tick", 3*time.Second))
				return &slow{sleeper{s: s, from: from, Receiver: player(s)}, 3 * time.Second}, err
			}}, s)
		require.NoError(t, err)
		go s.start(t.Context(), a)
		pass(20 * time.Second)
		require.Equal(t, []string{"stuck for 2s: New", "up", "back after 3s: New",
			"got tick", "stuck for 2s: actor.play", "back after 3s: actor.play"}, s.told())
		require.NoError(t, Inspect(t.Context(), a.Ref(), func(*slow) error { <-time.After(3 * time.Second); return nil }))
		require.Equal(t, []string{"stuck for 2s: Inspect", "back after 3s: Inspect"}, s.told())
		pass(time.Hour)
		require.Equal(t, []string{"stuck for 2s: Idle", "1h0m6s idle", "back after 3s: Idle"}, s.told())
		a.Stop()
		pass(time.Minute)
		require.Equal(t, []string{"stuck for 2s: Stopped", "back after 3s: Stopped", "ended: <nil>"}, s.told())
	})
}

func TestAnActorThatIsIdleOrSuspendedOrWithoutALimitIsNotStuckAndHasNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := runtime.NumGoroutine()
		s := &stage{}
		a := limited(t, s, nil)
		end := s.live(t, a)
		send(t, a, say("a"))
		require.Equal(t, []string{"up", "0s a"}, s.told())
		require.NoError(t, a.Suspend(t.Context()))
		send(t, a, say("b"))
		pass(time.Hour)
		noMoreThan(t, before)
		require.NoError(t, a.Resume(t.Context()))
		pass(time.Hour)
		require.Equal(t, []string{"1h0m0s b"}, s.told())
		end()
		require.Equal(t, []string{"ended: <nil>"}, s.told())

		free := clocked(t, s, Spec[play]{}, nil)
		defer s.live(t, free)()
		send(t, free, works("long", time.Hour))
		pass(2 * time.Hour)
		require.Len(t, s.told(), 2)
	})
}

func TestOfAMessageThatIsAnInterfaceItsOwnTypeIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a, err := New(Spec[fmt.Stringer]{Name: "any", StuckAfter: time.Second,
			New: func(context.Context, Ref[fmt.Stringer]) (Receiver[fmt.Stringer], error) {
				return ReceiverFunc[fmt.Stringer](func(context.Context, fmt.Stringer) error { <-time.After(2 * time.Second); return nil }), nil
			}}, s)
		require.NoError(t, err)
		defer s.live(t, a)()
		for _, m := range []fmt.Stringer{time.Second, &bytes.Buffer{}, nil} {
			require.NoError(t, a.Ref().TrySend(m))
		}
		pass(time.Hour)
		require.Equal(t, []string{"up", "stuck for 1s: time.Duration", "back after 2s: time.Duration",
			"stuck for 1s: *bytes.Buffer", "back after 2s: *bytes.Buffer",
			"stuck for 1s: <nil>", "back after 2s: <nil>"}, s.told())
	})
}

func TestAForeignActorThatIsStuckIsLoggedWithItsStack(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	synctest.Test(t, func(t *testing.T) {
		f, ref, err := Func(Spec[play]{Name: "hung", StuckAfter: time.Minute,
			New: func(context.Context, Ref[play]) (Receiver[play], error) { return player(&stage{}), nil }})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error)
		go func() { over <- f(ctx) }()
		gate := make(chan struct{})
		require.NoError(t, ref.TrySend(until("x", gate)))
		pass(time.Hour)
		close(gate)
		cancel()
		require.NoError(t, <-over)
	})
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	require.Len(t, lines, 2)
	require.Contains(t, lines[0], `level=ERROR msg="actor: handler stuck" actor=hung doing=actor.play age=1m0s stack=`)
	require.Contains(t, lines[0], "host_test.go", "where it hangs")
	require.NotContains(t, lines[0], "tRunner", "the stacks of others")
	require.Contains(t, lines[1], `level=WARN msg="actor: handler came back" actor=hung doing=actor.play age=1h0m0s`)
}

func TestABadStuckAfterIsAFault(t *testing.T) {
	require.ErrorContains(t, Spec[play]{StuckAfter: -1}.Validate(), "actor.Spec.StuckAfter = -1ns: must not be negative")
}

// hasty is a Host that wants each call which is told to be stuck, and no other, to be told
// to be back, in that order.
type hasty struct {
	*quiet
	mu          sync.Mutex
	stuck, back int // guarded by mu
	wrong       int // guarded by mu
}

func (h *hasty) Stuck(s Stuck) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.Back {
		h.back++
	} else {
		h.stuck++
	}
	if h.back > h.stuck {
		h.wrong++
	}
}

func TestACallThatComesBackWhenItIsToldToBeStuckIsToldToBeBackAfterThat(t *testing.T) {
	h := &hasty{quiet: newQuiet()}
	const n = 3000
	handled := make(chan struct{})
	a, err := New(Spec[int]{Name: "hasty", StuckAfter: 20 * time.Microsecond, Mailbox: mailbox.Unbounded(),
		New: func(context.Context, Ref[int]) (Receiver[int], error) {
			return ReceiverFunc[int](func(_ context.Context, i int) error {
				for from := time.Now(); time.Since(from) < time.Duration(i%40)*time.Microsecond; {
					runtime.Gosched()
				}
				if i == n-1 {
					close(handled)
				}
				return nil
			}), nil
		}}, h)
	require.NoError(t, err)
	h.start(t.Context(), a)
	for i := range n {
		require.NoError(t, a.Ref().TrySend(i))
	}
	<-handled
	a.Close()
	<-h.ended
	for settled := false; !settled; runtime.Gosched() { // the last report may be under way; or the test times out
		h.mu.Lock()
		settled = h.stuck == h.back
		h.mu.Unlock()
	}
	require.Zero(t, h.wrong)
	require.NotZero(t, h.stuck)
}

func TestAWatchedMessageAllocatesNothing(t *testing.T) {
	handled := make(chan struct{})
	rec := ReceiverFunc[letter](func(context.Context, letter) error { handled <- struct{}{}; return nil })
	q := newQuiet()
	a, err := New(Spec[letter]{Name: "steady", StuckAfter: time.Minute,
		New: func(context.Context, Ref[letter]) (Receiver[letter], error) { return rec, nil }}, q)
	require.NoError(t, err)
	a.Start()
	got := testing.AllocsPerRun(1000, func() {
		_ = a.Ref().Send(context.Background(), letter{})
		<-handled
	})
	require.Zero(t, got)
	a.Close()
	<-q.ended
}
