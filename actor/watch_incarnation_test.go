package actor

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/mailbox"
)

// watchedIncarnation has w watch the incarnation of target as code of its own.
func watchedIncarnation(t *testing.T, w *Actor[play], target Ref[play], notice func(Terminated) play) (stop func() bool) {
	t.Helper()
	within(t, w, func(ctx context.Context) {
		var err error
		stop, err = WatchIncarnation(ctx, target, w.Ref(), notice)
		require.NoError(t, err)
	})
	return stop
}

func TestTheEndOfAnIncarnationIsToldWhetherAnotherFollowsOrNot(t *testing.T) {
	for name, tt := range map[string]struct {
		end  func(t *testing.T, a *Actor[play])
		want string
	}{
		"stopped": {func(_ *testing.T, a *Actor[play]) { a.Stop() }, "<nil>"},
		"closed":  {func(_ *testing.T, a *Actor[play]) { a.Close() }, "<nil>"},
		"done":    {func(t *testing.T, a *Actor[play]) { send(t, a, done("1")) }, "<nil>"},
		"failed":  {func(t *testing.T, a *Actor[play]) { send(t, a, fail("1")) }, "broken"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{}
				w, target := upOn(t, s, mailbox.Spec{}), upOn(t, &stage{}, mailbox.Spec{})
				watchedIncarnation(t, w, target.Ref(), ending("life"))
				watched(t, w, target.Ref(), ending("end"))
				s.told()
				tt.end(t, target)
				want := []string{"got life: " + tt.want}
				if name == "closed" {
					want = append(want, "got end: "+tt.want)
				}
				require.Equal(t, want, s.told())
				target.Close()
				w.Close()
			})
		})
	}
}

func TestAWatchBetweenTwoIncarnationsIsOfTheNextThatComesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, other := &stage{}, &stage{}
		w := upOn(t, s, mailbox.Spec{})
		fails := true
		target, err := New(Spec[play]{Name: "player", New: func(context.Context, Ref[play]) (Receiver[play], error) {
			if fails {
				return nil, errBroken
			}
			return player(other), nil
		}}, other)
		require.NoError(t, err)
		watchedIncarnation(t, w, target.Ref(), ending("next"))
		stop := watchedIncarnation(t, w, target.Ref(), ending("never"))
		for range 2 {
			go other.start(t.Context(), target)
			require.Equal(t, []string{"ended: broken"}, other.told())
		}
		fails = false
		go other.start(t.Context(), target)
		require.Equal(t, []string{"up"}, other.told())
		require.Equal(t, []string{"got within", "got within"}, s.told())
		require.True(t, stop())
		target.Stop()
		require.Equal(t, []string{"got next: <nil>"}, s.told())

		watchedIncarnation(t, w, target.Ref(), ending("after"))
		target.Close()
		require.Equal(t, []string{"got within", "got after: actor: stopped"}, s.told(), "none comes")
		watchedIncarnation(t, w, target.Ref(), ending("late"))
		require.Equal(t, []string{"got within", "got late: actor: stopped"}, s.told())
		w.Close()
	})
}

func TestWhatIsNoActorHasOneIncarnation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, other := &stage{}, &stage{}
		w, target := upOn(t, s, mailbox.Spec{}), upOn(t, other, mailbox.Spec{})
		watchedIncarnation(t, w, NewRef[play](through{target}), ending("through"))
		watchedIncarnation(t, w, NewRef[play](named{through{target}}), ending("named"))
		watchedIncarnation(t, w, Ref[play]{}, ending("nobody"))
		s.told()
		send(t, target, fail("1"))
		require.Equal(t, []string{"got named: broken"}, s.told())
		target.Close()
		require.Equal(t, []string{"got through: broken"}, s.told())
		w.Close()
	})
}

func TestWhoCannotDoWithoutAnIncarnationFailsWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		w, target := upOn(t, s, mailbox.Spec{}), upOn(t, &stage{}, mailbox.Spec{})
		watchedIncarnation(t, w, target.Ref(), nil)
		target.Stop()
		require.Equal(t, []string{"got within", "ended: actor: linked with stage/actor, which ended"}, s.told())
		target.Close()
	})
}
