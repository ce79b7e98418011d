package around_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/around"
)

var errOpen = errors.New("circuit open")

// breaker refuses after so many failures, and notes what it is told.
type breaker struct {
	bench *bench
	left  int
	mute  bool // wants to hear nothing
}

func (b *breaker) Allow() (done func(error), err error) {
	if b.left == 0 {
		return nil, errOpen
	}
	if b.mute {
		return nil, nil
	}
	return func(err error) {
		b.bench.note("done: %v", err)
		if err != nil {
			b.left--
		}
	}, nil
}

func TestAGateRefusesMessagesWithoutCostingTheActorItsState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, around.Resume[job](nil), around.Gate[job](&breaker{bench: b, left: 2}))
		b.sends(t, fails("1", errBroken), works("2"), fails("3", errBroken), works("4"))
		require.Equal(t, []string{"0s got 1", "0s done: broken", "0s dead 1: broken", "0s got 2", "0s done: <nil>",
			"0s got 3", "0s done: broken", "0s dead 3: broken", "0s dead 4: circuit open"}, b.told(0))
		_, err := actor.Ask(t.Context(), b.worker.Ref(), func(actor.Reply[int]) job { return works("5") })
		require.Equal(t, &actor.NoReplyError{Cause: errOpen}, err)
	})
}

func TestAGateTellsHoweverAMessageFailed(t *testing.T) {
	for name, way := range waysToFail() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench()
				b.employ(t, around.Gate[job](&breaker{bench: b, left: 1}))
				b.sends(t, way.job)
				want := "0s done: " + way.want
				if name == "done" {
					want = "0s done: <nil>"
				}
				require.Equal(t, want, b.told(0)[1])
			})
		})
	}
}

func TestABreakerMayWantToHearNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, around.Gate[job](&breaker{bench: b, left: 1, mute: true}))
		b.sends(t, works("1"))
		require.Equal(t, []string{"0s got 1"}, b.told(0))
	})
}
