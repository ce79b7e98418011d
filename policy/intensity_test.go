package policy_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
)

func TestAWindowAllowsTheLimitAndNotOneMore(t *testing.T) {
	w := policy.NewWindow(policy.Intensity{Restarts: 2, Within: time.Second})
	for range 2 {
		require.False(t, w.Full(0))
		w.Record(0)
	}
	require.True(t, w.Full(0))
}

func TestAWindowIncludesBothItsEndsToTheNanosecond(t *testing.T) {
	w := policy.NewWindow(policy.Intensity{Restarts: 1, Within: time.Second})
	w.Record(5)
	require.True(t, w.Full(5+time.Second))
	require.False(t, w.Full(6+time.Second))
}

func TestAWindowOfForeverForgetsNothing(t *testing.T) {
	w := policy.NewWindow(policy.Intensity{Restarts: 1, Within: policy.Forever})
	w.Record(0)
	require.True(t, w.Full(policy.Forever-1))
	w.Reset()
	require.False(t, w.Full(policy.Forever-1))
}

func TestAWindowWithoutRestartsIsAlwaysFull(t *testing.T) {
	w := policy.NewWindow(policy.NoRestarts)
	require.True(t, w.Full(0))
	w.Record(0)
	require.True(t, w.Full(policy.Forever))
	require.Equal(t, policy.NoRestarts, w.Limit())
}

func TestARestartToldLateCountsAsTheLastOne(t *testing.T) {
	w := policy.NewWindow(policy.Intensity{Restarts: 2, Within: time.Second})
	w.Record(time.Minute)
	w.Record(0)
	require.True(t, w.Full(time.Minute+time.Second))
	require.False(t, w.Full(time.Minute+2*time.Second))
}

func TestAFullWindowKeepsTheLatestRestarts(t *testing.T) {
	w := policy.NewWindow(policy.Intensity{Restarts: 2, Within: 10})
	for now := range time.Duration(3) {
		w.Record(now)
	}
	require.True(t, w.Full(11))
	require.False(t, w.Full(12))
}

func TestAWindowAllocatesNothingBeforeTheFirstRestart(t *testing.T) {
	var full bool
	require.Zero(t, testing.AllocsPerRun(100, func() {
		w := policy.NewWindow(policy.DefaultIntensity)
		full = w.Full(time.Hour)
	}))
	require.False(t, full)
}

// TestAWindowCountsLikeSomeoneWithAList compares it to counting every restart
// there ever was.
func TestAWindowCountsLikeSomeoneWithAList(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 2))
		limit := policy.Intensity{Restarts: 1 + r.IntN(6), Within: time.Duration(1 + r.IntN(20))}
		w, now, all := policy.NewWindow(limit), time.Duration(0), []time.Duration(nil)
		for range 300 {
			now += time.Duration(r.IntN(8))
			full := within(all, now, limit.Within) >= limit.Restarts
			require.Equal(t, full, w.Full(now), "seed %d at %d: %v of %v", seed, now, all, limit)
			if !full {
				w.Record(now)
				all = append(all, now)
			}
		}
	}
}

// within counts the times in the stretch that ends with now.
func within(all []time.Duration, now, stretch time.Duration) int {
	n := 0
	for _, at := range all {
		if now-at <= stretch {
			n++
		}
	}
	return n
}

// TestASupervisorGivesUpExactlyWhenOneRestartIsTooMany crashes children at
// random times, and holds every answer against a list of all restarts.
func TestASupervisorGivesUpExactlyWhenOneRestartIsTooMany(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		limit := policy.Intensity{Restarts: r.IntN(5), Within: time.Duration(1 + r.IntN(30))}
		p := crashing(policy.Strategies()[seed%3], limit)
		var all []time.Duration
		for now := time.Duration(0); !p.m.Ending() && len(all) < 1000; now += time.Duration(r.IntN(25)) {
			full := within(all, now, limit.Within) >= limit.Restarts
			p.do(p.m.Exited(p.slots[r.IntN(3)], policy.Failed, policy.ByRestart, 0, now))
			p.settle()
			require.Equal(t, full, p.m.Ending(), "seed %d at %d: %v of %v", seed, now, all, limit)
			all = append(all, now)
		}
	}
}

// crashing returns a player of three children that are up.
func crashing(strategy policy.Strategy, limit policy.Intensity) *player {
	scope := policy.SupervisorScope
	scope.Strategy, scope.Intensity = strategy, limit
	p := &player{m: policy.NewMachine(scope.WithDefaults())}
	for i := range 3 {
		p.slots = append(p.slots, &policy.Slot{Child: i})
	}
	p.do(p.m.Boot(p.slots))
	p.settle()
	return p
}
