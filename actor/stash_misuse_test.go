package actor

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/mailbox"
)

// saysGoodbye is a player that tries to stash when it ends.
type saysGoodbye struct {
	Receiver[play]
	s    *stage
	self Ref[play]
}

func (g saysGoodbye) Stopped(ctx context.Context, _ error) {
	g.s.note("stash at the end: %v", g.self.Stash(ctx))
}

func TestOnlyAMessageInHandMayBeStashedByTheActorItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		other := actorOn(t, &stage{}, mailbox.Spec{})
		a := playerOn(t, s, Spec[play]{Stash: 1, New: func(ctx context.Context, self Ref[play]) (Receiver[play], error) {
			s.note("stash in New: %v", self.Stash(ctx))
			n, err := self.Unstash(ctx)
			s.note("unstashed %d: %v", n, err)
			return saysGoodbye{player(s), s, self}, nil
		}})
		ref := a.Ref()
		var kept context.Context
		send(t, a, play{name: "1", do: func(ctx context.Context) error {
			kept = ctx
			s.note("another's: %v", other.Ref().Stash(ctx))
			s.note("nobody's: %v", Ref[play]{}.Stash(ctx))
			s.note("without its context: %v", ref.Stash(context.Background()))
			return nil
		}})
		go s.start(t.Context(), a)
		require.Equal(t, []string{
			"stash in New: actor: no message in hand to stash", "unstashed 0: <nil>", "up", "got 1",
			"another's: actor: not called by the actor itself",
			"nobody's: actor: not called by the actor itself",
			"without its context: actor: not called by the actor itself",
		}, s.told())
		require.Equal(t, errNoHand, ref.Stash(kept))
		_, err := ref.Unstash(t.Context())
		require.Equal(t, ErrNotSelf, err)
		a.Close()
		require.Equal(t, []string{"stash at the end: actor: no message in hand to stash", "ended: <nil>"}, s.told())
		other.Close()
	})
}

func TestAnActorWithoutAStashSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		ref := a.Ref()
		send(t, a, play{name: "1", do: func(ctx context.Context) error {
			_, err := ref.Unstash(ctx)
			s.note("%v, %v", ref.Stash(ctx), err)
			return nil
		}})
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "got 1", "actor: Spec.Stash is zero, actor: Spec.Stash is zero"}, s.told())
		a.Close()
	})
}

func TestStashingAMessageTwiceIsStashingItOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a, d := doorOn(t, s)
		d.after = func(ctx context.Context) error { return d.self.Stash(ctx) }
		stashed(t, s, a, say("1"))
		require.Equal(t, 1, a.Stats().Len)
		a.Close()
	})
}

// A handler that takes up what is stashed does not have its own message at once again.
func TestTheMessageInHandIsNotAmongThoseThatComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a, d := doorOn(t, s)
		stashed(t, s, a, say("1"))
		d.after = func(ctx context.Context) error {
			d.open, d.after = true, nil
			n, err := d.self.Unstash(ctx)
			s.note("unstashed %d: %v", n, err)
			return nil
		}
		send(t, a, say("2"), say("3"))
		require.Equal(t, []string{"stash 2: <nil>", "unstashed 1: <nil>", "got 1", "got 3"}, s.told())
		send(t, a, say("open"))
		require.Equal(t, []string{"unstashed 1: <nil>", "got 2"}, s.told())
		a.Close()
	})
}
