package around_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
)

func TestTimeTellsHowLongEachMessageTook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, b.observed("time"))
		b.sends(t, pauses("1", 2*time.Second), works("2"), pauses("3", time.Second))
		require.Equal(t, []string{"0s got 1", "2s time 1 took 2s: <nil>", "2s got 2", "2s time 2 took 0s: <nil>",
			"2s got 3", "3s time 3 took 1s: <nil>"}, b.told(time.Minute))
	})
}

func TestTimeTellsHowAMessageFailedAndTheIncarnationEndsAsWithout(t *testing.T) {
	for name, way := range waysToFail() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				plain, timed := newBench(), newBench()
				plain.employ(t)
				plain.sends(t, way.job)
				timed.employ(t, timed.observed("time"))
				timed.sends(t, way.job)
				trail := timed.told(0)
				require.Equal(t, "0s time x took 0s: "+way.want, trail[1])
				require.Equal(t, plain.told(0), append(trail[:1], trail[2:]...))
				require.Equal(t, policy.DecisionOf(plain.lastEnd(t)), policy.DecisionOf(timed.lastEnd(t)))
			})
		})
	}
}

func TestAPanicThatWasTimedKeepsTheStackOfItsOrigin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, b.observed("outer"), b.observed("inner"))
		b.sends(t, panics("x"))
		require.Equal(t, []string{"0s got x", "0s inner x took 0s: panic: oh no", "0s outer x took 0s: panic: oh no",
			"0s dead x: panic: oh no", "0s ended: panic: oh no"}, b.told(0))
		var p *policy.PanicError
		require.ErrorAs(t, b.lastEnd(t), &p)
		require.Contains(t, p.Stack(), "helpers_test.go", "it says where")
	})
}
