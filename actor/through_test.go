package actor

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/mailbox"
)

// through is a target that hands on to another what it is given.
type through struct{ Target[play] }

func TestAnActorThatAsksItselfIsToldSoAlsoByWayOfAnotherTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		go s.start(t.Context(), a)
		by := NewRef[play](through{a.Ref().Target()})
		for _, ref := range []Ref[play]{a.Ref(), by} {
			require.NoError(t, ref.Send(t.Context(), play{name: "1", do: func(ctx context.Context) error {
				_, err := Ask(ctx, ref, askFor(say("2")))
				s.note("%v", err)
				return nil
			}}))
		}
		require.Equal(t, []string{"up", "got 1", "actor: asks itself", "got 1", "actor: asks itself"}, s.told())
		require.Nil(t, Ref[play]{}.Target())
	})
}
