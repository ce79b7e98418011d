package actor

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/mailbox"
)

// noted returns a signal that notes when it is served, and when it is lost.
func noted(s *stage, name string, urgent bool) *signal[play] {
	return &signal[play]{
		urgent: urgent,
		serve: func() (e Envelope[play], deliver bool, err error) {
			s.note("served %s", name)
			return e, false, nil
		},
		lost: func() { s.note("lost %s", name) },
	}
}

func TestSignalsAreServedInTheirOrderAfterWhatWasQueuedAndAnUrgentOneBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		go s.start(t.Context(), a)
		gate := make(chan struct{})
		send(t, a, until("1", gate), say("2"))
		require.Equal(t, []string{"up", "got 1"}, s.told())
		for i := range 3 {
			a.post(noted(s, fmt.Sprint(i), false))
		}
		a.post(noted(s, "urgent", true))
		close(gate)
		require.Equal(t, []string{"served urgent", "got 2", "served 0", "served 1", "served 2"}, s.told())
		a.Close()
	})
}

func TestSignalsThatNoIncarnationWillServeAreLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		go s.start(t.Context(), a)
		gate := make(chan struct{})
		send(t, a, until("1", gate), say("2"))
		require.Equal(t, []string{"up", "got 1"}, s.told())
		a.post(noted(s, "a", false))
		a.post(noted(s, "b", true))
		a.Stop()
		close(gate)
		trail := s.told()
		require.ElementsMatch(t, []string{"lost a", "lost b"}, trail[:2])
		require.Equal(t, []string{"ended: <nil>"}, trail[2:])
	})
}

// forgetful is a mailbox that drops what it said it had.
type forgetful struct {
	mailbox.Mailbox[Envelope[play]]
	more int // than there is
}

func (f *forgetful) Len() int { return f.Mailbox.Len() + f.more }

func TestASignalIsServedAlthoughTheMailboxHasDroppedWhatItWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		box, err := mailbox.New[Envelope[play]](mailbox.Unbounded(), nil)
		require.NoError(t, err)
		f := &forgetful{Mailbox: box}
		a, err := New(Spec[play]{Name: "player", NewMailbox: func(func(Envelope[play])) (mailbox.Mailbox[Envelope[play]], error) { return f, nil },
			New: func(context.Context, Ref[play]) (Receiver[play], error) { return player(s), nil }}, s)
		require.NoError(t, err)
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up"}, s.told())
		f.more = 5
		a.post(&signal[play]{serve: func() (Envelope[play], bool, error) {
			f.more = 0
			return Envelope[play]{Message: say("tick")}, true, nil
		}})
		require.Equal(t, []string{"got tick"}, s.told())
		a.Close()
	})
}
