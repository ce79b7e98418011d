package docs_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/around"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// quote is a price to be noted, of a share.
type quote struct {
	share string
	price int
	known actor.Reply[int] // how many shares have a price
}

var (
	errBadQuote = errors.New("bad quote")
	errFeedLost = errors.New("feed lost")
)

// ticker is what newTicker makes: the state of one incarnation.
type ticker map[string]int

func newTicker(context.Context, actor.Ref[quote]) (actor.Receiver[quote], error) {
	return ticker{}, nil
}

// Receive fails in three ways.
func (t ticker) Receive(_ context.Context, q quote) error {
	switch {
	case q.price < 0:
		return fmt.Errorf("%w: %s", errBadQuote, q.share)
	case q.share == "":
		return errFeedLost
	case q.share == "?":
		return errors.New("no such exchange")
	}
	t[q.share] = q.price
	q.known.Send(len(t))
	return nil
}

// supervised is the ticker with its strategies, from the inside out: a bad quote is
// resumed, a feed that is lost has it restarted after a wait, ten times at most, and what
// is neither stops it.
func supervised() actor.Spec[quote] {
	return actor.Spec[quote]{
		Name: "ticker",
		New:  newTicker,
		Wrap: []actor.Wrapper[quote]{
			around.Resume[quote](func(err error) bool { return errors.Is(err, errBadQuote) }),
		},
		Decide: func(err error) policy.Decision {
			if errors.Is(err, errFeedLost) {
				return policy.Retry
			}
			return policy.NoRestart
		},
		Backoff:   policy.Backoff{Min: 6 * time.Second, Max: time.Minute, Jitter: policy.JitterNone},
		Intensity: policy.Intensity{Restarts: 10, Within: time.Hour},
		Exhausted: policy.ExhaustedStopChild,
	}
}

// asInAkka has what no strategy matches stop, for a whole tree: give it to the root with
// tree.WithDecider. Who says policy.Retry inside is not asked.
func asInAkka(error) policy.Decision { return policy.NoRestart }

// known asks how many shares the ticker knows once it has noted this one.
func known(ctx context.Context, ticker actor.Ref[quote], share string) (int, error) {
	return actor.Ask(ctx, ticker, func(r actor.Reply[int]) quote { return quote{share, 1, r} })
}

func TestTheStrategiesOfThePageDoAsItSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := tree.Open(t.Context(), policy.SupervisorScope, unheard)
		require.NoError(t, err)
		defer s.Close()
		ref, err := tree.Spawn(t.Context(), s, supervised())
		require.NoError(t, err)
		n, err := known(t.Context(), ref, "a")
		require.NoError(t, err)
		require.Equal(t, 1, n)

		require.NoError(t, ref.TrySend(quote{share: "b", price: -1}))
		n, err = known(t.Context(), ref, "b")
		require.NoError(t, err)
		require.Equal(t, 2, n, "resumed with its state")

		begun := time.Now()
		for range 2 {
			require.NoError(t, ref.TrySend(quote{}))
			n, err = known(t.Context(), ref, "a")
			require.NoError(t, err)
			require.Equal(t, 1, n, "restarted")
		}
		require.Equal(t, 18*time.Second, time.Since(begun))

		require.NoError(t, ref.TrySend(quote{share: "?"}))
		synctest.Wait() // it has ended
		require.ErrorIs(t, ref.TrySend(quote{}), actor.ErrStopped)
	})
}

func TestTenRestartsAreAllowedByThePageAndThenTheTickerStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := tree.Open(t.Context(), policy.SupervisorScope, unheard)
		require.NoError(t, err)
		defer s.Close()
		ref, err := tree.Spawn(t.Context(), s, supervised())
		require.NoError(t, err)
		child, err := s.Child("ticker")
		require.NoError(t, err)
		for range 11 {
			require.NoError(t, ref.TrySend(quote{}))
		}
		require.ErrorIs(t, child.Wait(t.Context()), errFeedLost)
		require.Equal(t, 11, child.Incarnation())
		require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
	})
}

func TestADeciderAtTheRootStopsWhatNobodyMatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := tree.Open(t.Context(), policy.SupervisorScope, unheard, tree.WithDecider(asInAkka))
		require.NoError(t, err)
		defer s.Close()
		spec := supervised()
		spec.Wrap, spec.Decide = nil, nil
		ref, err := tree.Spawn(t.Context(), s, spec)
		require.NoError(t, err)
		require.NoError(t, ref.TrySend(quote{}))
		synctest.Wait() // it has ended
		require.ErrorIs(t, ref.TrySend(quote{}), actor.ErrStopped)
	})
}
