package around_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/around"
	"github.com/understudy-go/understudy/policy"
)

func TestWhatIsOutsideSeesWhatIsInsideLetsThrough(t *testing.T) {
	again := around.Retries{Times: 1, Wait: policy.Backoff{Min: time.Second, Jitter: policy.JitterNone}}
	for name, c := range map[string]struct {
		wrap func(b *bench) []actor.Wrapper[job]
		want []string
	}{
		"time, retry": {func(b *bench) []actor.Wrapper[job] {
			return []actor.Wrapper[job]{b.observed("time"), around.Retry[job](again)}
		}, []string{"0s got x", "1s got x", "1s time x took 1s: broken", "1s dead x: broken", "1s ended: broken"}},
		"retry, time": {func(b *bench) []actor.Wrapper[job] {
			return []actor.Wrapper[job]{around.Retry[job](again), b.observed("time")}
		}, []string{"0s got x", "0s time x took 0s: broken", "1s got x", "1s time x took 0s: broken", "1s dead x: broken", "1s ended: broken"}},
		"resume, retry": {func(*bench) []actor.Wrapper[job] {
			return []actor.Wrapper[job]{around.Resume[job](nil), around.Retry[job](again)}
		}, []string{"0s got x", "1s got x", "1s dead x: broken"}},
		"retry, resume": {func(*bench) []actor.Wrapper[job] {
			return []actor.Wrapper[job]{around.Retry[job](again), around.Resume[job](nil)}
		}, []string{"0s got x", "1s got x", "1s dead x: broken"}},
		"limit, retry": {func(*bench) []actor.Wrapper[job] {
			return []actor.Wrapper[job]{around.Limit[job](&pace{every: time.Hour}), around.Retry[job](again)}
		}, []string{"1ns got x", "1.000000001s got x", "1.000000001s dead x: broken", "1.000000001s ended: broken"}},
		"retry, limit": {func(*bench) []actor.Wrapper[job] {
			return []actor.Wrapper[job]{around.Retry[job](again), around.Limit[job](&pace{every: time.Hour})}
		}, []string{"1ns got x", "1h0m0.000000001s got x", "1h0m0.000000001s dead x: broken", "1h0m0.000000001s ended: broken"}},
		"resume one, resume another": {func(*bench) []actor.Wrapper[job] {
			isOther := func(err error) bool { return err == errOther }
			return []actor.Wrapper[job]{around.Resume[job](isOther), around.Resume[job](isBroken)}
		}, []string{"0s got x", "0s dead x: broken"}},
		"gate, retry": {func(b *bench) []actor.Wrapper[job] {
			return []actor.Wrapper[job]{around.Gate[job](&breaker{bench: b, left: 1}), around.Retry[job](again)}
		}, []string{"0s got x", "1s got x", "1s done: broken", "1s dead x: broken", "1s ended: broken"}},
		"resume, retry, gate": {func(b *bench) []actor.Wrapper[job] {
			return []actor.Wrapper[job]{around.Resume[job](nil), around.Retry[job](again), around.Gate[job](&breaker{bench: b, left: 1})}
		}, []string{"0s got x", "0s done: broken", "1s dead x: circuit open"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench()
				b.employ(t, c.wrap(b)...)
				b.sends(t, fails("x", errBroken))
				require.Equal(t, c.want, b.told(24*time.Hour))
			})
		})
	}
}

// A Timeout outside of the others leaves them nothing to try with.
func TestATimeoutBelongsInsideOfWhatAnswersIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, around.Timeout[job](time.Second), around.Resume[job](nil), around.Retry[job](around.Retries{}))
		b.sends(t, pauses("x", time.Hour))
		require.Equal(t, []string{"0s got x", "1s dead x: context deadline exceeded", "1s ended: context deadline exceeded"}, b.told(time.Hour))

		b = newBench()
		b.employ(t, around.Resume[job](nil), around.Retry[job](around.Retries{Times: 1}), around.Timeout[job](time.Second))
		b.sends(t, pauses("x", time.Hour))
		require.Equal(t, []string{"0s got x", "1s got x", "2s dead x: context deadline exceeded"}, b.told(time.Hour))
	})
}

func TestWhoIsGivenNothingToWorkWithIsRefused(t *testing.T) {
	for name, w := range map[string]actor.Wrapper[job]{
		"time": around.Time[job](nil), "trace": around.Trace[job](nil),
		"limit": around.Limit[job](nil), "gate": around.Gate[job](nil),
	} {
		require.Nil(t, w, name)
		_, err := actor.New(actor.Spec[job]{Name: "worker", Wrap: []actor.Wrapper[job]{w}}, newBench())
		require.ErrorContains(t, err, "actor.Spec.Wrap[0] = nil: must be a function", name)
	}
}

// What is kept for one message must not be there for the next, nor for the next
// incarnation.
func TestARestartBeginsWithTheSameWrappers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, b.observed("time"), around.Resume[job](isBroken), around.Retry[job](around.Retries{Times: 1}))
		for range 2 {
			b.sends(t, fails("1", errBroken), fails("2", errOther))
			require.Equal(t, []string{"got 1", "got 1", "time 1 took 0s: broken", "dead 1: broken",
				"got 2", "got 2", "time 2 took 0s: other", "dead 2: other", "ended: other"}, untimed(b.told(0)))
			b.cancel()
			b.start(t)
		}
	})
}

// untimed cuts the times off.
func untimed(trail []string) (list []string) {
	for _, line := range trail {
		list = append(list, line[len("0s "):])
	}
	return list
}
