package around_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/around"
)

func TestEachMessageHasItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, around.Resume[job](nil), around.Timeout[job](2*time.Second))
		b.sends(t, pauses("1", time.Second), pauses("2", 3*time.Second), pauses("3", 2*time.Second-1))
		require.Equal(t, []string{"0s got 1", "1s got 2", "3s dead 2: context deadline exceeded", "3s got 3"}, b.told(time.Minute))
	})
}

func TestATimeThatWasNotHeededIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, around.Timeout[job](time.Second))
		b.sends(t, job{"1", func(context.Context) error { <-time.After(time.Minute); return nil }}, works("2"))
		require.Equal(t, []string{"0s got 1", "1m0s got 2"}, b.told(time.Hour))
	})
}

func TestATimeThatIsOverFailsTheMessageAsAnyError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, around.Timeout[job](time.Second))
		b.sends(t, pauses("1", time.Minute))
		require.Equal(t, []string{"0s got 1", "1s dead 1: context deadline exceeded", "1s ended: context deadline exceeded"}, b.told(time.Hour))
		require.NoError(t, b.ctx.Err(), "the incarnation's own context has not ended")
	})
}

func TestWithoutATimeThereIsNoBound(t *testing.T) {
	for _, d := range []time.Duration{0, -1} {
		rec := actor.ReceiverFunc[job](func(ctx context.Context, _ job) error {
			_, bounded := ctx.Deadline()
			require.False(t, bounded)
			return nil
		})
		require.NoError(t, around.Timeout[job](d)(rec).Receive(t.Context(), works("1")))
	}
}
