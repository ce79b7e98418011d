package actor

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/mailbox"
)

// within has a do something as its own code, which must not fail, and returns when it
// has been done.
func within(t *testing.T, a *Actor[play], do func(ctx context.Context)) {
	t.Helper()
	_, err := Ask(t.Context(), a.Ref(), askFor(play{name: "within", do: func(ctx context.Context) error { do(ctx); return nil }}))
	require.NoError(t, err)
}

// ending makes notices that say whose end it was, and why.
func ending(name string) func(Terminated) play {
	return func(e Terminated) play { return say(fmt.Sprintf("%s: %v", name, e.Err)) }
}

// watched has w watch target as code of its own.
func watched(t *testing.T, w *Actor[play], target Ref[play], notice func(Terminated) play) (stop func() bool) {
	t.Helper()
	within(t, w, func(ctx context.Context) {
		var err error
		stop, err = Watch(ctx, target, w.Ref(), notice)
		require.NoError(t, err)
	})
	return stop
}

// upOn returns a player that is up.
func upOn(t *testing.T, s *stage, box mailbox.Spec) *Actor[play] {
	t.Helper()
	a := actorOn(t, s, box)
	go s.start(t.Context(), a)
	require.Equal(t, []string{"up"}, s.told())
	return a
}

func TestAWatcherIsToldWhyItsTargetEnded(t *testing.T) {
	for name, tt := range map[string]struct {
		last play
		want string
	}{
		"stopped": {say("1"), "<nil>"}, "done": {done("1"), "<nil>"}, "failed": {fail("1"), "broken"},
		"panicked": {panics("1"), "panic: oh no"}, "unwound": {exits("1"), "policy: child called runtime.Goexit"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, other := &stage{}, &stage{}
				w, target := upOn(t, s, mailbox.Spec{}), upOn(t, other, mailbox.Spec{})
				stop := watched(t, w, target.Ref(), ending("end"))
				send(t, target, tt.last)
				require.Equal(t, []string{"got within"}, s.told(), "it may be started again")
				target.Close()
				require.Equal(t, []string{"got end: " + tt.want}, s.told())
				require.False(t, stop())
				target.Close()
				require.Empty(t, s.told(), "it comes once")
				w.Close()
			})
		})
	}
}

func TestTheNoticeOfOneThatHasEndedComesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		w := upOn(t, s, mailbox.Spec{})
		dead := actorOn(t, &stage{}, mailbox.Spec{})
		dead.Close()
		watched(t, w, dead.Ref(), func(e Terminated) play { return say(fmt.Sprintf("%v: %v", e.ID, e.Err)) })
		watched(t, w, Ref[play]{}, ending("nobody"))
		require.Equal(t, []string{"got within", "got stage/actor: actor: stopped", "got within", "got nobody: actor: stopped"}, s.told())
		w.Close()
	})
}

func TestNewMayWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		dead := actorOn(t, &stage{}, mailbox.Spec{})
		dead.Close()
		w, err := New(Spec[play]{Name: "player", New: func(ctx context.Context, self Ref[play]) (Receiver[play], error) {
			_, err := Watch(ctx, dead.Ref(), self, ending("end"))
			return player(s), err
		}}, s)
		require.NoError(t, err)
		for range 2 {
			go s.start(t.Context(), w)
			require.Equal(t, []string{"up", "got end: actor: stopped"}, s.told())
			w.Stop()
			require.Equal(t, []string{"ended: <nil>"}, s.told())
		}
	})
}

func TestANoticeComesAfterWhatWasQueuedWhenItsTargetEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		w, target := upOn(t, s, mailbox.Bounded(2, mailbox.Reject)), upOn(t, &stage{}, mailbox.Spec{})
		watched(t, w, target.Ref(), ending("end"))
		gate := make(chan struct{})
		send(t, w, until("busy", gate))
		s.told()
		within(t, target, func(ctx context.Context) {
			require.NoError(t, w.Ref().Send(ctx, say("last words")))
			require.NoError(t, w.Ref().Send(ctx, say("more of them")))
			require.ErrorIs(t, w.Ref().Send(ctx, say("too many")), ErrFull)
		})
		target.Close()
		synctest.Wait() // it has ended
		close(gate)
		require.Equal(t, []string{"got last words", "got more of them", "got end: <nil>"}, s.told())
		w.Close()
	})
}

func TestAWatchThatIsTakenBackHasNoNotice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		w, target := upOn(t, s, mailbox.Spec{}), upOn(t, &stage{}, mailbox.Spec{})
		stop := watched(t, w, target.Ref(), ending("never"))
		late := watched(t, w, target.Ref(), ending("nor this"))
		watched(t, w, target.Ref(), ending("end"))
		require.True(t, stop())
		require.False(t, stop())
		gate := make(chan struct{})
		send(t, w, until("busy", gate))
		s.told()
		target.Close()
		synctest.Wait() // two notices wait
		require.True(t, late())
		require.False(t, late())
		close(gate)
		require.Equal(t, []string{"got end: <nil>"}, s.told())
		w.Close()
	})
}

func TestARestartEndsTheWatchesOfTheWatcherAndIsNoEndOfTheWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, other := &stage{}, &stage{}
		w, target := upOn(t, s, mailbox.Spec{}), upOn(t, other, mailbox.Spec{})
		watched(t, w, target.Ref(), ending("early"))
		send(t, w, fail("1"))
		s.told()
		go s.start(t.Context(), w)
		require.Equal(t, []string{"up"}, s.told())
		watched(t, w, target.Ref(), ending("anew"))
		send(t, target, fail("1"))
		other.told()
		go other.start(t.Context(), target)
		require.Equal(t, []string{"got within"}, s.told())
		target.Close()
		require.Equal(t, []string{"got anew: <nil>"}, s.told())
		w.Close()
	})
}

func TestANoticeThatWaitsEndsWithItsIncarnation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		w, target := upOn(t, s, mailbox.Spec{}), upOn(t, &stage{}, mailbox.Spec{})
		stop := watched(t, w, target.Ref(), ending("never"))
		gate := make(chan struct{})
		send(t, w, play{name: "busy", do: func(context.Context) error { <-gate; return errBroken }})
		s.told()
		target.Close()
		close(gate)
		require.Equal(t, []string{"dead busy: broken", "ended: broken"}, s.told())
		require.False(t, stop())
		go s.start(t.Context(), w)
		require.Equal(t, []string{"up"}, s.told())
		w.Close()
	})
}

func TestOneMayWatchManyAndManyOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 100
		var stages, others [many]stage
		one, target := upOn(t, &stages[0], mailbox.Spec{}), actorOn(t, &stage{}, mailbox.Spec{})
		var watchers []*Actor[play]
		for i := 1; i < many; i++ {
			a := actorOn(t, &others[i], mailbox.Spec{})
			watched(t, one, a.Ref(), ending(fmt.Sprint(i)))
			defer a.Close()
			b := upOn(t, &stages[i], mailbox.Spec{})
			watched(t, b, target.Ref(), ending("end"))
			watchers = append(watchers, b)
			if i%2 == 0 {
				a.Close()
			}
		}
		target.Close()
		for i, b := range watchers {
			require.Equal(t, []string{"got within", "got end: <nil>"}, stages[i+1].told())
			b.Close()
		}
		var want []string
		for i := 1; i < many; i++ {
			want = append(want, "got within")
			if i%2 == 0 {
				want = append(want, fmt.Sprintf("got %d: <nil>", i))
			}
		}
		require.ElementsMatch(t, want, stages[0].told())
		one.Close()
	})
}

func TestAWatchWithoutANoticeFailsWithItsTarget(t *testing.T) {
	for name, tt := range map[string]struct {
		last play
		want string
	}{
		"stopped": {say("1"), "actor: linked with stage/actor, which ended"},
		"failed":  {fail("1"), "actor: linked with stage/actor, which ended: broken"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{}
				w, target := upOn(t, s, mailbox.Spec{}), upOn(t, &stage{}, mailbox.Spec{})
				watched(t, w, target.Ref(), nil)
				send(t, target, tt.last)
				synctest.Wait() // it was handled
				target.Close()
				require.Equal(t, []string{"got within", "ended: " + tt.want}, s.told())
				err := s.lastEnd(t)
				require.ErrorIs(t, err, ErrLinked)
				var linked *LinkError
				require.ErrorAs(t, err, &linked)
				require.Equal(t, target.ID(), linked.ID)
				if tt.last.do != nil {
					require.ErrorIs(t, err, errBroken)
				}
			})
		})
	}
}

func TestANoticeThatPanicsFailsItsWatcher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		w := upOn(t, s, mailbox.Spec{})
		watched(t, w, Ref[play]{}, func(Terminated) play { panic("no words") })
		require.Equal(t, []string{"got within", "ended: panic: no words"}, s.told())
	})
}

func TestOnlyTheActorItselfMayWatchForItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		w, other := upOn(t, s, mailbox.Spec{}), upOn(t, &stage{}, mailbox.Spec{})
		tries := func(ctx context.Context, self Ref[play], want error) {
			t.Helper()
			for _, watch := range []func(context.Context, Ref[play], Ref[play], func(Terminated) play) (func() bool, error){
				Watch[play, play], WatchIncarnation[play, play],
				func(ctx context.Context, target, self Ref[play], _ func(Terminated) play) (func() bool, error) {
					return Link(ctx, target, self)
				},
			} {
				stop, err := watch(ctx, other.Ref(), self, ending("never"))
				require.Equal(t, want, err)
				require.Nil(t, stop)
			}
		}
		tries(t.Context(), w.Ref(), ErrNotSelf)
		var kept context.Context
		within(t, w, func(ctx context.Context) {
			kept = ctx
			tries(ctx, other.Ref(), ErrNotSelf)
			tries(ctx, Ref[play]{}, ErrNotSelf)
			tries(ctx, NewRef[play](through{w}), ErrNotSelf)
			derived, cancel := context.WithCancel(ctx)
			cancel()
			_, err := Watch(derived, other.Ref(), w.Ref(), ending("end"))
			require.NoError(t, err, "its incarnation goes on")
		})
		other.Close()
		require.Equal(t, []string{"got within", "got end: <nil>"}, s.told())
		w.Stop()
		synctest.Wait() // it has ended
		tries(kept, w.Ref(), ErrStopped)
	})
}

func TestWhoWatchesItselfIsNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		w := upOn(t, s, mailbox.Spec{})
		watched(t, w, w.Ref(), ending("never"))
		w.Close()
		require.Equal(t, []string{"got within", "ended: <nil>"}, s.told())
	})
}

func TestAWatchThatIsOverKeepsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		w, target := upOn(t, s, mailbox.Spec{}), upOn(t, &stage{}, mailbox.Spec{})
		x, y := w.extra(), target.extra()
		within(t, w, func(ctx context.Context) {
			for range 100 {
				stop, err := Watch(ctx, target.Ref(), w.Ref(), ending("never"))
				require.NoError(t, err)
				require.True(t, stop())
				stop, err = WatchIncarnation(ctx, target.Ref(), w.Ref(), ending("never"))
				require.NoError(t, err)
				require.True(t, stop())
				stop, err = Link(ctx, target.Ref(), w.Ref())
				require.NoError(t, err)
				require.True(t, stop())
			}
		})
		require.Equal(t, hooks{}, y.ends)
		require.Equal(t, hooks{}, y.lives)
		require.Nil(t, x.bound)
		watched(t, w, target.Ref(), ending("end"))
		w.Stop()
		synctest.Wait() // it has ended
		require.Equal(t, hooks{}, y.ends)
		target.Close()
	})
}
