package actor

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/mailbox"
)

// byInitial has the newest of what begins with the same letter.
func byInitial(p play) byte { return p.name[0] }

// drop is a way to have room for two, and what a third message makes a dead letter of,
// when the first and the third begin with the same letter.
type drop struct {
	spec    Spec[play]
	dropped string
	handled []string
}

func dropping() map[string]drop {
	return map[string]drop{
		"the newest":             {Spec[play]{Mailbox: mailbox.Bounded(2, mailbox.DropNewest)}, "a3", []string{"got a1", "got b2"}},
		"the oldest":             {Spec[play]{Mailbox: mailbox.Bounded(2, mailbox.DropOldest)}, "a1", []string{"got b2", "got a3"}},
		"all but a key's latest": {Spec[play]{NewMailbox: Latest(2, byInitial)}, "a1", []string{"got a3", "got b2"}},
	}
}

func TestWhatAMailboxDropsIsADeadLetter(t *testing.T) {
	for name, c := range dropping() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{}
				a := playerOn(t, s, c.spec)
				send(t, a, say("a1"), say("b2"), say("a3"))
				require.Equal(t, []string{"dead " + c.dropped + ": mailbox: dropped"}, s.told())
				require.Equal(t, mailbox.Stats{Len: 2, Peak: 2, Dropped: 1}, a.Stats())
				go s.start(t.Context(), a)
				require.Equal(t, append([]string{"up"}, c.handled...), s.told())
				a.Close()
			})
		})
	}
}

func TestAnAskThatAMailboxDropsGoesBackToItsAsker(t *testing.T) {
	for name, c := range dropping() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{}
				a := playerOn(t, s, c.spec)
				answers := map[string]<-chan answer{}
				for _, p := range []play{say("a1"), say("b2"), say("a3")} {
					answers[p.name] = asking(t.Context(), a, p)
				}
				got := <-answers[c.dropped]
				require.Equal(t, mailbox.ErrDropped, got.err)
				require.False(t, errors.Is(got.err, ErrNoReply), "it was not handled")
				go s.start(t.Context(), a)
				require.Equal(t, append([]string{"up"}, c.handled...), s.told(), "and no dead letter")
				a.Close()
			})
		})
	}
}

func TestAMailboxOfKeysThatIsFullHasTheSenderOfAnotherKeyWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := playerOn(t, s, Spec[play]{NewMailbox: Latest(1, byInitial)})
		send(t, a, say("a1"))
		require.ErrorIs(t, a.Ref().TrySend(say("b2")), ErrFull)
		got := make(chan error)
		go func() { got <- a.Ref().Send(t.Context(), say("b2")) }()
		synctest.Wait() // it waits for room
		go s.start(t.Context(), a)
		require.NoError(t, <-got)
		require.Equal(t, []string{"up", "got a1", "got b2"}, s.told())
		a.Close()
	})
}

func newNobody(context.Context, Ref[play]) (Receiver[play], error) { return nil, nil }

func TestAMailboxThatCannotBeMadeMakesNoActor(t *testing.T) {
	for want, box := range map[string]func(func(Envelope[play])) (mailbox.Mailbox[Envelope[play]], error){
		"mailbox.NewLatest: capacity = 0: must be at least 1": Latest(0, byInitial),
		"mailbox.NewLatest: key = nil: must be a function":    Latest[play, int](1, nil),
		"broken": func(func(Envelope[play])) (mailbox.Mailbox[Envelope[play]], error) { return nil, errBroken },
		"actor: Spec.NewMailbox returned a nil mailbox and a nil error": func(func(Envelope[play])) (mailbox.Mailbox[Envelope[play]], error) { return nil, nil },
	} {
		a, err := New(Spec[play]{Name: "player", New: newNobody, NewMailbox: box}, &stage{})
		require.Nil(t, a)
		require.EqualError(t, err, want)
	}
	err := Spec[play]{Name: "player", New: newNobody, NewMailbox: Latest(1, byInitial), Mailbox: mailbox.Unbounded()}.Validate()
	require.EqualError(t, err, "actor.Spec.Mailbox = Unbounded(): has no meaning when NewMailbox is set")
}

// shrinking is a mailbox of somebody's own, whose consumer may drop what is queued.
type shrinking struct {
	mailbox.Mailbox[Envelope[play]]
	drop func(Envelope[play])
}

func (b *shrinking) shrink() {
	for e, ok := b.Take(); ok; e, ok = b.Take() {
		b.drop(e)
	}
}

func (b *shrinking) make(drop func(Envelope[play])) (_ mailbox.Mailbox[Envelope[play]], err error) {
	b.drop = drop
	b.Mailbox, err = mailbox.New[Envelope[play]](mailbox.Spec{}, nil)
	return b, err
}

func TestASignalWaitsForNoMessageThatAMailboxHasDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, box := &stage{}, &shrinking{}
		a := playerOn(t, s, Spec[play]{NewMailbox: box.make})
		gate := make(chan struct{})
		shrink := play{name: "2", do: func(context.Context) error { box.shrink(); return nil }}
		send(t, a, until("1", gate), shrink, say("3"), say("4"))
		go s.start(t.Context(), a)
		synctest.Wait() // 1 is in hand
		a.post(&signal[play]{serve: func() (e Envelope[play], deliver bool, err error) {
			return Envelope[play]{Message: say("signal")}, true, nil
		}})
		close(gate)
		require.Equal(t, []string{"up", "got 1", "got 2", "dead 3: mailbox: dropped", "dead 4: mailbox: dropped",
			"got signal"}, s.told())
		a.Close()
	})
}

func TestAnActorKeepsFewOfTheAsksThatItsMailboxHasDropped(t *testing.T) {
	for name, spec := range map[string]Spec[play]{
		"the newest":           {Mailbox: mailbox.Bounded(1, mailbox.DropNewest)},
		"the oldest":           {Mailbox: mailbox.Bounded(1, mailbox.DropOldest)},
		"all but a key's last": {NewMailbox: Latest(1, byInitial)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{}
				a := playerOn(t, s, spec)
				gate := make(chan struct{})
				go s.start(t.Context(), a)
				inHand := asking(t.Context(), a, until("stuck", gate))
				var got []<-chan answer
				for range 1000 {
					got = append(got, asking(t.Context(), a, say("x")))
				}
				require.LessOrEqual(t, owes(a), minSweep+2, "and the one in hand, and the one queued")
				close(gate)
				require.NoError(t, (<-inHand).err)
				dropped := 0
				for _, g := range got {
					if (<-g).err == mailbox.ErrDropped {
						dropped++
					}
				}
				require.Equal(t, 999, dropped)
				s.told() // it is idle
				require.Zero(t, owes(a))
				a.Close()
			})
		})
	}
}
