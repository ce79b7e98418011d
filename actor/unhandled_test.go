package actor

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
)

// givesUp is a message that its handler gives up with err.
func givesUp(name string, err error) play {
	return play{name: name, do: func(context.Context) error { return Unhandled(err) }}
}

func TestAMessageThatIsGivenUpIsADeadLetterAndTheActorGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		send(t, a, say("1"), givesUp("2", errBroken), say("3"), givesUp("4", nil), givesUp("5", Unhandled(errBroken)))
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "got 1", "got 2", "dead 2: broken", "got 3",
			"got 4", "dead 4: actor: unhandled", "got 5", "dead 5: broken"}, s.told())
		require.Empty(t, s.ended)
		a.Close()
		require.Equal(t, []string{"ended: <nil>"}, s.told())
	})
}

func TestAnAskThatIsGivenUpFailsAtOnceWithTheCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		go s.start(t.Context(), a)
		_, err := Ask(t.Context(), a.Ref(), askFor(givesUp("1", errBroken)))
		require.Equal(t, &NoReplyError{Cause: errBroken}, err)
		v, err := Ask(t.Context(), a.Ref(), askFor(say("2")))
		require.NoError(t, err)
		require.Equal(t, "2", v)
		require.Equal(t, []string{"up", "got 1", "dead 1: broken", "got 2"}, s.told())
	})
}

func TestAnAskThatWasAnsweredBeforeItWasGivenUpKeepsItsAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		go s.start(t.Context(), a)
		v, err := Ask(t.Context(), a.Ref(), func(r Reply[string]) play {
			return play{name: "1", do: func(context.Context) error {
				r.Send("the answer")
				return Unhandled(errBroken)
			}}
		})
		require.NoError(t, err)
		require.Equal(t, "the answer", v)
		require.Equal(t, []string{"up", "got 1", "dead 1: broken"}, s.told())
	})
}

func TestAMessageThatIsStashedAndGivenUpIsADeadLetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a, d := doorOn(t, s)
		d.after = func(context.Context) error { return Unhandled(errBroken) }
		send(t, a, say("1"))
		require.Equal(t, []string{"stash 1: <nil>", "dead 1: broken"}, s.told())
		require.ErrorIs(t, d.self.Stash(s.ctx), errNoHand, "it is out of hand")
		send(t, a, say("open"))
		require.Equal(t, []string{"unstashed 0: <nil>"}, s.told())
		a.Close()
	})
}

func TestOnlyAnUnhandledThatIsAllKeepsTheIncarnation(t *testing.T) {
	for name, err := range map[string]error{
		"joined":  errors.Join(Unhandled(errBroken), errors.New("more")),
		"wrapped": fmt.Errorf("handling: %w", Unhandled(errBroken)),
		"done":    policy.Done(Unhandled(errBroken)),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{}
				a := actorOn(t, s, mailbox.Spec{})
				send(t, a, play{name: "1", do: func(context.Context) error { return err }})
				go s.start(t.Context(), a)
				require.Len(t, s.told(), 4, "up, got, dead, ended")
				require.Equal(t, err, s.lastEnd(t))
				require.ErrorIs(t, err, errBroken)
			})
		})
	}
}

func TestANewThatReturnsAnUnhandledHasFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := playerOn(t, s, Spec[play]{
			New: func(context.Context, Ref[play]) (Receiver[play], error) { return nil, Unhandled(errBroken) }})
		go s.start(t.Context(), a)
		require.Equal(t, []string{"ended: broken"}, s.told())
	})
}

// Giving up a message is no failure that the next incarnation should hear of.
func TestWhatWasGivenUpIsNotTheLastError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := playerOn(t, s, Spec[play]{New: func(ctx context.Context, _ Ref[play]) (Receiver[play], error) {
			s.note("last %v", LastError(ctx))
			return player(s), nil
		}})
		send(t, a, givesUp("1", errBroken))
		go s.start(t.Context(), a)
		s.told()
		a.Stop()
		go s.start(t.Context(), a)
		require.Equal(t, []string{"ended: <nil>", "last <nil>", "up"}, s.told())
		a.Close()
	})
}
