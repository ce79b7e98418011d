package policy_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
)

func TestTheZeroBackoffRestartsAtOnce(t *testing.T) {
	for _, attempt := range []int{-1, 0, 1, 2, math.MaxInt} {
		require.Zero(t, policy.Backoff{}.Delay(attempt, rand.Float64))
	}
	require.NoError(t, policy.Backoff{}.Validate())
	require.Equal(t, policy.Backoff{}, policy.Backoff{}.WithDefaults())
}

func TestABackoffDoublesUpToItsMax(t *testing.T) {
	b := policy.Backoff{Min: time.Second, Max: 5 * time.Second, Jitter: policy.JitterNone}
	for attempt, want := range []time.Duration{1, 1, 2, 4, 5, 5, 5} {
		require.Equal(t, want*time.Second, b.Delay(attempt, rand.Float64), "attempt %d", attempt)
	}
	require.Equal(t, 5*time.Second, b.Delay(math.MaxInt, nil))
}

func TestJitterIsAnythingBelowTheWaitAndStaysSoAtTheCap(t *testing.T) {
	b := policy.Backoff{Min: time.Second, Max: 4 * time.Second}
	half := func() float64 { return 0.5 }
	require.Equal(t, time.Second/2, b.Delay(1, half))
	require.Equal(t, time.Second, b.Delay(2, half))
	require.Equal(t, 2*time.Second, b.Delay(9, half), "the cap itself is spread")
	require.Equal(t, 4*time.Second, b.Delay(9, nil), "nothing to leave it to")
}

func TestAStrangeSourceOfChanceDoesNoHarm(t *testing.T) {
	b := policy.Backoff{Min: time.Second}
	for strange, want := range map[float64]time.Duration{-1: 0, 0: 0, 1: time.Second, 7: time.Second} {
		require.Equal(t, want, b.Delay(1, func() float64 { return strange }))
	}
	require.Equal(t, time.Second, b.Delay(1, math.NaN))
}

func TestDefaultsOfABackoff(t *testing.T) {
	require.Equal(t, policy.Backoff{Min: time.Second, Max: policy.DefaultMaxBackoff, Factor: 2, Reset: policy.DefaultMaxBackoff},
		policy.Backoff{Min: time.Second}.WithDefaults())
	require.Equal(t, time.Hour, policy.Backoff{Min: time.Hour}.WithDefaults().Max)
}

func TestTheCountStartsAgainAfterAStableRun(t *testing.T) {
	b := policy.Backoff{Min: time.Second, Max: time.Minute}
	require.False(t, b.Stable(time.Minute-1))
	require.True(t, b.Stable(time.Minute))
	b.Reset = time.Second
	require.True(t, b.Stable(time.Second))
}

func TestNoBackoffIsEverNegativeOrOverItsMax(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 4))
	for range 20_000 {
		b := policy.Backoff{
			Min:    time.Duration(r.Int64() >> r.IntN(63)),
			Factor: 1 + r.ExpFloat64()*10,
			Jitter: policy.Jitter(r.IntN(2)),
		}
		if r.IntN(2) == 0 {
			b.Max = b.Min + time.Duration(r.Float64()*float64((math.MaxInt64-b.Min)/2))
		}
		if b.Min == 0 {
			continue
		}
		require.NoError(t, b.Validate())
		wait := b.Delay(int(r.Int64()>>r.IntN(63)), r.Float64)
		require.GreaterOrEqual(t, wait, time.Duration(0), "%+v", b)
		require.LessOrEqual(t, wait, b.WithDefaults().Max, "%+v", b)
	}
}

func TestEachFaultOfABackoffIsNamed(t *testing.T) {
	for _, c := range []struct {
		b    policy.Backoff
		want string
	}{
		{policy.Backoff{Min: -1}, "policy.Backoff.Min = -1ns: must not be negative"},
		{policy.Backoff{Min: 2, Max: -1}, "policy.Backoff.Max = -1ns: must not be negative"},
		{policy.Backoff{Min: 2, Reset: -1}, "policy.Backoff.Reset = -1ns: must not be negative"},
		{policy.Backoff{Min: 2, Max: 1}, "policy.Backoff.Max = 1ns: must not be shorter than Min"},
		{policy.Backoff{Min: 2, Factor: 0.5}, "policy.Backoff.Factor = 0.5: must be a number of at least 1"},
		{policy.Backoff{Min: 2, Factor: math.Inf(1)}, "policy.Backoff.Factor = +Inf: must be a number of at least 1"},
		{policy.Backoff{Min: 2, Factor: math.NaN()}, "policy.Backoff.Factor = NaN: must be a number of at least 1"},
		{policy.Backoff{Min: 2, Jitter: 9}, "policy.Backoff.Jitter = jitter(9): is not a known value"},
		{policy.Backoff{Max: 2}, "policy.Backoff.Min = 0s: must be set, or nothing else has a meaning"},
	} {
		require.EqualError(t, c.b.Validate(), c.want)
	}
}
