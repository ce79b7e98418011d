package tree_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

var manyMessages = flag.Int("messages", 400_000, "how many messages TestEveryMessageIsAccountedFor counts")

// coin is a message whose way is counted.
type coin struct {
	key   int
	fails bool
	reply actor.Reply[bool] // zero for a send
}

// till is an actor that counts the coins it handles.
type till struct {
	name    string
	ref     actor.Ref[coin]
	handled int // by one incarnation at a time, so plain
	box     mailbox.Spec
	own     func(drop func(actor.Envelope[coin])) (mailbox.Mailbox[actor.Envelope[coin]], error)
}

var errForged = errors.New("forged")

// open spawns the till. Every incarnation counts on.
func (c *till) open(t *testing.T, s *tree.Scope) {
	var err error
	c.ref, err = tree.Spawn(t.Context(), s, actor.Spec[coin]{Name: c.name, Mailbox: c.box, NewMailbox: c.own,
		New: func(context.Context, actor.Ref[coin]) (actor.Receiver[coin], error) {
			return actor.ReceiverFunc[coin](func(_ context.Context, m coin) error {
				if m.fails {
					return errForged
				}
				c.handled++
				m.reply.Send(true)
				return nil
			}), nil
		}})
	require.NoError(t, err)
}

// purse is what one goroutine has sent, and what came back to it as an error.
type purse struct {
	sent, refused int
	dice          *rand.Rand
}

// spend sends n messages to tills: sends, tries and asks, a few of which fail, while it
// stops a till now and then and starts it again.
func (p *purse) spend(ctx context.Context, s *tree.Scope, tills []*till, n int) error {
	for range n {
		c := tills[p.dice.IntN(len(tills))]
		m := coin{key: p.dice.IntN(4), fails: p.dice.IntN(5000) == 0}
		var err error
		switch p.dice.IntN(64) {
		case 0:
			_, err = actor.Ask(ctx, c.ref, func(r actor.Reply[bool]) coin { return coin{key: m.key, reply: r} })
		case 1, 2, 3, 4:
			err = c.ref.Send(ctx, m)
		default:
			err = c.ref.TrySend(m)
		}
		if p.sent++; err != nil {
			p.refused++
		}
		closed := errors.Is(err, actor.ErrStopped)
		if closed && p.dice.IntN(1000) == 0 || !closed && p.dice.IntN(50_000) == 0 {
			if err := p.disturb(ctx, s, c, closed); err != nil {
				return err
			}
		}
	}
	return nil
}

// disturb stops a till, or starts it again.
func (p *purse) disturb(ctx context.Context, s *tree.Scope, c *till, closed bool) error {
	ch, err := s.Child(c.name)
	if err != nil {
		return err
	}
	if !closed && p.dice.IntN(2) == 0 {
		return ch.Shutdown(ctx) // until somebody starts it again, everything is refused
	}
	if err := ch.Restart(ctx); err != nil && !errors.Is(err, tree.ErrRestarting) && !errors.Is(err, tree.ErrNotReady) {
		return err
	}
	return nil
}

// tillsOf opens a till of every kind of mailbox.
func tillsOf(t *testing.T, s *tree.Scope) (tills []*till) {
	for _, box := range []mailbox.Spec{
		mailbox.Bounded(64, mailbox.Block), mailbox.Bounded(16, mailbox.Reject), mailbox.Bounded(16, mailbox.DropNewest),
		mailbox.Bounded(16, mailbox.DropOldest), mailbox.Unbounded(),
	} {
		tills = append(tills, &till{name: fmt.Sprint(box), box: box})
	}
	tills = append(tills, &till{name: "latest", own: actor.Latest(8, func(m coin) int { return m.key })})
	for _, c := range tills {
		c.open(t, s)
	}
	return tills
}

// TestEveryMessageIsAccountedFor sends -messages messages to supervised actors through
// restarts, stops and overflow. What was sent was handled, came back as an error, or is a
// dead letter; nothing was lost, and nothing happened twice. `make count` counts a
// hundred million.
func TestEveryMessageIsAccountedFor(t *testing.T) {
	const senders = 4
	p := policy.SupervisorScope
	p.Intensity = policy.Intensity{Restarts: *manyMessages, Within: policy.Forever}
	s, err := tree.Open(t.Context(), p, tree.WithName("bank"), tree.WithObserver(tree.ObserverFunc(func(tree.Event) {})))
	require.NoError(t, err)
	tills := tillsOf(t, s)
	purses := make([]purse, senders)
	var all sync.WaitGroup
	for i := range purses {
		purses[i].dice = rand.New(rand.NewPCG(uint64(i), 20261128))
		all.Go(func() { require.NoError(t, purses[i].spend(t.Context(), s, tills, *manyMessages/senders)) })
	}
	all.Wait()
	require.NoError(t, s.Close())

	var sent, refused, handled int
	for _, p := range purses {
		sent += p.sent
		refused += p.refused
	}
	for _, c := range tills {
		handled += c.handled
	}
	n := s.Counts()
	t.Logf("sent %d = handled %d + refused %d + dead letters %d; restarts %d", sent, handled, refused, n.DeadLetters, n.Restarts)
	require.Equal(t, sent, handled+refused+int(n.DeadLetters))
	require.Greater(t, handled, sent/4)
	require.Positive(t, refused)
	require.Positive(t, n.Restarts)
}
