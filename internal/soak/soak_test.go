package soak

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/tree"
	"go.uber.org/goleak"
)

var howLong = flag.Duration("soak", 0, "for how long TestNothingIsLostAndNothingIsLeft builds towns; 0 is one town")

const (
	houses  = 60
	senders = 4
	letters = 40_000 // a town and sender
)

// TestNothingIsLostAndNothingIsLeft has supervised actors with every kind of mailbox send
// to each other, fail, stash, watch and tick, while an operator stops and starts them.
// At the end every letter was handled, came back as an error or is a dead letter, and no
// goroutine and no name is left. `make soak` does so for minutes.
func TestNothingIsLostAndNothingIsLeft(t *testing.T) {
	begun := time.Now()
	for towns := uint64(1); ; towns++ {
		seed := rand.Uint64()
		if !t.Run("", func(t *testing.T) { t.Logf("seed %d", seed); soak(t, seed) }) || time.Since(begun) >= *howLong {
			t.Logf("%d towns in %v", towns, time.Since(begun).Round(time.Second))
			return
		}
	}
}

func soak(t *testing.T, seed uint64) {
	w, err := open(t.Context(), rand.New(rand.NewPCG(seed, 0)))
	require.NoError(t, err)
	var all sync.WaitGroup
	for i := range senders {
		all.Go(func() { require.NoError(t, w.write(t.Context(), rand.New(rand.NewPCG(seed, uint64(i+1))), letters)) })
	}
	all.Wait()
	require.NoError(t, w.root.Close())

	var dead int64
	for _, s := range w.streets {
		dead += s.Counts().DeadLetters
	}
	t.Logf("sent %d = handled %d + refused %d + dead %d; %d ticks, %d of %d watches told", w.sent.Load(), w.handled.Load(),
		w.refused.Load(), dead, w.ticks.Load(), w.notices.Load(), w.watches.Load())
	require.Equal(t, w.sent.Load(), w.handled.Load()+w.refused.Load()+dead)
	require.LessOrEqual(t, w.notices.Load(), w.watches.Load())
	require.Zero(t, w.names.Len())
	require.Zero(t, w.group.Len())
	require.NoError(t, goleak.Find())
}

// write sends n letters, and has an operator come by now and then.
func (w *town) write(ctx context.Context, dice *rand.Rand, n int) error {
	for range n {
		to := w.names.Via(dice.IntN(houses))
		var err error
		switch l := draw(dice); dice.IntN(32) {
		case 0:
			_, err = actor.Ask(ctx, to, func(r actor.Reply[int]) letter { return letter{key: l.key, answer: r} })
		case 1, 2:
			err = to.Send(ctx, l)
		default:
			err = to.TrySend(l)
		}
		w.count(err)
		if dice.IntN(2000) == 0 {
			if err := operate(ctx, w.houses[dice.IntN(houses)], dice); err != nil {
				return err
			}
		}
	}
	return nil
}

// operate does to a child what an operator may.
func operate(ctx context.Context, ch *tree.Child, dice *rand.Rand) error {
	if dice.IntN(3) == 0 {
		return ch.Shutdown(ctx)
	}
	err := ch.Restart(ctx)
	if errors.Is(err, tree.ErrRestarting) || errors.Is(err, tree.ErrNotReady) {
		return nil // somebody else is at it
	}
	return err
}
