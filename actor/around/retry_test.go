package around_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/around"
	"github.com/understudy-go/understudy/policy"
)

// failsTimes fails with err so many times, and then works.
func failsTimes(name string, n int, err error) job {
	return job{name, func(context.Context) error {
		if n--; n >= 0 {
			return err
		}
		return nil
	}}
}

// growing waits a second, then two, then three at most.
var growing = policy.Backoff{Min: time.Second, Max: 3 * time.Second, Jitter: policy.JitterNone}

func TestAMessageIsTriedAgainSoOftenAndSoLateAsIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, around.Retry[job](around.Retries{Times: 4, Wait: growing}))
		b.sends(t, failsTimes("1", 4, errBroken), works("2"), failsTimes("3", 5, errBroken))
		require.Equal(t, []string{
			"0s got 1", "1s got 1", "3s got 1", "6s got 1", "9s got 1", "9s got 2",
			"9s got 3", "10s got 3", "12s got 3", "15s got 3", "18s got 3", "18s dead 3: broken", "18s ended: broken",
		}, b.told(time.Minute))
	})
}

func TestWithoutANumberThereAreThreeRetriesAtOnce(t *testing.T) {
	for times, want := range map[int]int{0: 1 + around.DefaultRetries, 1: 2, -1: 1} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench()
			b.employ(t, around.Retry[job](around.Retries{Times: times}))
			b.sends(t, fails("1", errBroken))
			trail := b.told(0)
			require.Len(t, trail, want+2, "the dead letter and the end")
			require.Equal(t, "0s ended: broken", trail[want+1])
		})
	}
}

func TestOnlyErrorsThatAreMatchedAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, around.Retry[job](around.Retries{Times: 1, When: isBroken}))
		b.sends(t, failsTimes("1", 1, errBroken), failsTimes("2", 1, errOther))
		require.Equal(t, []string{"0s got 1", "0s got 1", "0s got 2", "0s dead 2: other", "0s ended: other"}, b.told(0))
	})
}

func TestWhatDecidesForItselfIsNotTriedAgain(t *testing.T) {
	for name, way := range waysToFail() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench()
				b.employ(t, around.Retry[job](around.Retries{Times: 1}))
				b.sends(t, way.job)
				trail := b.told(0)
				if name == "an error" {
					require.Equal(t, "0s got x", trail[1])
					return
				}
				require.NotContains(t, trail[1:], "0s got x")
				require.Equal(t, "0s ended: "+way.want, trail[len(trail)-1])
			})
		})
	}
}

func TestAWaitForARetryEndsWithTheContextAndTheMessageHasFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, around.Retry[job](around.Retries{Wait: policy.Backoff{Min: time.Hour, Jitter: policy.JitterNone}}))
		b.sends(t, fails("1", errBroken))
		require.Equal(t, []string{"0s got 1"}, b.told(time.Second))
		b.cancel()
		require.Equal(t, []string{"1s dead 1: broken", "1s ended: broken"}, b.told(0))
	})
}

func TestAnErrorThatComesWithTheEndOfTheContextIsNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, around.Retry[job](around.Retries{}))
		b.sends(t, job{"1", func(ctx context.Context) error { <-ctx.Done(); return errors.Join(ctx.Err(), errBroken) }})
		b.told(0)
		b.cancel()
		require.Len(t, b.told(0), 2, "dead and ended")
	})
}

// Chance shortens a wait and never makes it longer.
func TestTheWaitsOfRetriesAreSpreadByChance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, around.Retry[job](around.Retries{Times: 20, Wait: policy.Backoff{Min: time.Second, Factor: 1}}))
		b.sends(t, failsTimes("1", 20, errBroken))
		begun := time.Now()
		_, err := actor.Ask(t.Context(), b.worker.Ref(), func(r actor.Reply[bool]) job {
			return job{"2", func(context.Context) error { r.Send(true); return nil }}
		})
		require.NoError(t, err)
		took := time.Since(begun)
		require.Greater(t, took, time.Duration(0))
		require.Less(t, took, 20*time.Second)
	})
}

func TestATryThatHasAnsweredAnAskAndFailedAnswersItOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, around.Retry[job](around.Retries{Times: 1}))
		tries := 0
		n, err := actor.Ask(t.Context(), b.worker.Ref(), func(r actor.Reply[int]) job {
			return job{"1", func(context.Context) error {
				if tries++; r.Send(tries) {
					return errBroken
				}
				return nil
			}}
		})
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.Equal(t, []string{"0s got 1", "0s got 1"}, b.told(0))
		require.Equal(t, 2, tries)
	})
}
