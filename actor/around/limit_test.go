package around_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor/around"
)

// pace gives a turn every so often. It is for any number of actors.
type pace struct {
	every time.Duration

	mu   sync.Mutex
	next time.Time // guarded by mu
}

func (p *pace) Wait(ctx context.Context) error {
	p.mu.Lock()
	turn := p.next
	if now := time.Now(); turn.Before(now) {
		turn = now
	}
	p.next = turn.Add(p.every)
	p.mu.Unlock()
	t := time.NewTimer(time.Until(turn) + 1) // no timer that is over already
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// refusing has no turn for anybody.
type refusing struct{}

func (refusing) Wait(context.Context) error { return errBroken }

func TestMessagesWaitForTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, around.Limit[job](&pace{every: time.Second}))
		b.sends(t, works("1"), works("2"), works("3"))
		require.Equal(t, []string{"1ns got 1", "1.000000001s got 2", "2.000000001s got 3"}, b.told(time.Minute))
	})
}

func TestActorsWithOneLimitTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := around.Limit[job](&pace{every: time.Second})
		a, b := newBench(), newBench()
		a.employ(t, limit)
		b.employ(t, limit)
		for range 2 {
			a.sends(t, works("1"))
			b.sends(t, works("1"))
		}
		<-time.After(time.Minute)
		require.Len(t, append(a.told(0), b.told(0)...), 4)
		a.sends(t, works("2"))
		require.Equal(t, []string{"1m0.000000001s got 2"}, a.told(time.Second))
		b.sends(t, works("2"))
		require.Equal(t, []string{"1m1.000000001s got 2"}, b.told(time.Second))
	})
}

func TestAWaitForATurnEndsWithTheContextAndIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		limit := &pace{every: time.Hour}
		b.employ(t, around.Limit[job](limit))
		b.sends(t, works("1"), works("2"))
		require.Equal(t, []string{"1ns got 1"}, b.told(time.Second))
		b.cancel()
		require.Equal(t, []string{"1s dead 2: context canceled", "1s ended: context canceled"}, b.told(0))
		require.Equal(t, context.Canceled, b.lastEnd(t))
	})
}

func TestATurnThatNeverComesIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, around.Limit[job](refusing{}))
		b.sends(t, works("1"))
		require.Equal(t, []string{"0s dead 1: broken", "0s ended: broken"}, b.told(0))
	})
}
