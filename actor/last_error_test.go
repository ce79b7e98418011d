package actor

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"weak"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
)

func TestNewIsToldWhatTheIncarnationBeforeFailedWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		var broken error // of the next New
		a := playerOn(t, s, Spec[play]{New: func(ctx context.Context, _ Ref[play]) (Receiver[play], error) {
			s.note("after: %v", LastError(ctx))
			return player(s), broken
		}})
		next := func(why string) {
			t.Helper()
			go s.start(t.Context(), a)
			require.Equal(t, "after: "+why, s.told()[0])
		}
		next("<nil>") // there is none before
		send(t, a, fail("1"))
		synctest.Wait() // it has failed
		s.told()
		broken = errBroken
		next("broken") // and that fails as well
		broken = policy.ErrIgnored
		next("broken")
		broken = nil
		next("<nil>") // that was not needed, which is no failure
		send(t, a, panics("2"))
		s.told()
		next("panic: oh no")
		a.Stop()
		s.told()
		next("<nil>") // that was stopped
		send(t, a, exits("3"))
		s.told()
		a.Close()
		a.Open()
		next("<nil>") // that had ended for good
		send(t, a, done("4"))
		s.told()
		next("<nil>")
		a.Close()
	})
}

func TestTheLastErrorIsForNewAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := playerOn(t, s, Spec[play]{})
		send(t, a, fail("1"), play{name: "2", do: func(ctx context.Context) error {
			s.note("after: %v", LastError(ctx))
			return nil
		}})
		go s.start(t.Context(), a)
		s.told()
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "got 2", "after: <nil>"}, s.told())
		require.NoError(t, LastError(t.Context()), "which is nobody's")
		a.Close()
	})
}

// heavy is an error that is worth to be forgotten.
type heavy [64 << 10]byte

func (h *heavy) Error() string { return "heavy" }

func TestAnErrorIsForgottenWhenTheNextIncarnationIsUpOrThereWillBeNone(t *testing.T) {
	for name, follows := range map[string]func(t *testing.T, s *stage, a *Actor[play]){
		"a restart": func(t *testing.T, s *stage, a *Actor[play]) { s.start(t.Context(), a) },
		"a close":   func(t *testing.T, _ *stage, a *Actor[play]) { a.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			s := &stage{}
			a := playerOn(t, s, Spec[play]{})
			defer a.Close()
			var kept weak.Pointer[heavy]
			send(t, a, play{name: "1", do: func(context.Context) error {
				err := new(heavy)
				kept = weak.Make(err)
				return err
			}})
			s.start(t.Context(), a)
			s.ended, s.dead = nil, nil
			runtime.GC()
			require.NotNil(t, kept.Value(), "it is kept for the next New")
			follows(t, s, a)
			s.ended = nil
			for range 10 { // the stack may hold it a little longer
				if runtime.GC(); kept.Value() == nil {
					break
				}
			}
			require.Nil(t, kept.Value())
		})
	}
}
