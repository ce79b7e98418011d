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

func isBroken(err error) bool { return errors.Is(err, errBroken) }

func everyPanic(*policy.PanicError) bool { return true }

func TestAFailureThatIsResumedCostsItsMessageOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, around.Resume[job](isBroken))
		b.sends(t, fails("1", errBroken), works("2"), fails("3", errOther), works("4"))
		require.Equal(t, []string{"0s got 1", "0s dead 1: broken", "0s got 2",
			"0s got 3", "0s dead 3: other", "0s ended: other"}, b.told(0))
	})
}

func TestOnlyErrorsThatDecideNothingAreResumed(t *testing.T) {
	for name, way := range waysToFail() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, resume := range []actor.Wrapper[job]{around.Resume[job](nil), around.Resume[job](func(error) bool { return true })} {
					b := newBench()
					b.employ(t, resume)
					b.sends(t, way.job)
					trail := b.told(0)
					if name == "an error" {
						require.Equal(t, []string{"0s got x", "0s dead x: broken"}, trail)
						continue
					}
					require.Equal(t, "0s ended: "+way.want, trail[len(trail)-1])
				}
			})
		})
	}
}

func TestAPanicIsResumedWhereThatIsSaid(t *testing.T) {
	for name, way := range waysToFail() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, resume := range []actor.Wrapper[job]{around.ResumePanic[job](nil), around.ResumePanic[job](everyPanic)} {
					b := newBench()
					b.employ(t, resume)
					b.sends(t, way.job)
					trail := b.told(0)
					if name == "a panic" {
						require.Equal(t, []string{"0s got x", "0s dead x: panic: oh no"}, trail)
						continue
					}
					require.Equal(t, "0s ended: "+way.want, trail[len(trail)-1])
				}
			})
		})
	}
}

func TestAPanicThatIsNotMatchedEndsTheIncarnationWithItsStack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, around.ResumePanic[job](func(p *policy.PanicError) bool { return p.Value != "oh no" }))
		b.sends(t, panics("1"))
		require.Equal(t, []string{"0s got 1", "0s dead 1: panic: oh no", "0s ended: panic: oh no"}, b.told(0))
		var p *policy.PanicError
		require.ErrorAs(t, b.lastEnd(t), &p)
		require.Contains(t, p.Stack(), "helpers_test.go", "it says where")
	})
}

// What is seen from inside of a Time is an error already.
func TestAPanicThatWasTimedIsOneToWhatIsOutside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, around.Retry[job](around.Retries{}), around.Resume[job](nil), b.observed("time"))
		b.sends(t, panics("1"))
		require.Equal(t, []string{"0s got 1", "0s time 1 took 0s: panic: oh no", "0s dead 1: panic: oh no", "0s ended: panic: oh no"}, b.told(0))

		b = newBench()
		b.employ(t, around.ResumePanic[job](nil), b.observed("time"))
		b.sends(t, panics("1"), works("2"))
		require.Equal(t, []string{"0s got 1", "0s time 1 took 0s: panic: oh no", "0s dead 1: panic: oh no",
			"0s got 2", "0s time 2 took 0s: <nil>"}, b.told(0))
	})
}

func TestNothingIsResumedOnceTheContextHasEnded(t *testing.T) {
	for name, afterwards := range map[string]func() error{
		"an error": func() error { return errBroken },
		"a panic":  func() error { panic("oh no") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench()
				b.employ(t, around.Resume[job](nil), around.ResumePanic[job](nil))
				b.sends(t, job{"1", func(ctx context.Context) error { <-ctx.Done(); return afterwards() }})
				require.Equal(t, []string{"0s got 1"}, b.told(time.Second))
				b.cancel()
				require.Len(t, b.told(0), 2, "dead and ended")
				require.Error(t, b.lastEnd(t))
			})
		})
	}
}

func TestWhoAskedForWhatIsResumedHearsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, around.Resume[job](isBroken))
		_, err := actor.Ask(t.Context(), b.worker.Ref(), func(actor.Reply[int]) job { return fails("1", errBroken) })
		require.Equal(t, &actor.NoReplyError{Cause: errBroken}, err)
		n, err := actor.Ask(t.Context(), b.worker.Ref(), func(r actor.Reply[int]) job {
			return job{"2", func(context.Context) error { r.Send(7); return errBroken }}
		})
		require.NoError(t, err)
		require.Equal(t, 7, n, "an answer that was given holds")
		require.Equal(t, []string{"0s got 1", "0s dead 1: broken", "0s got 2", "0s dead 2: broken"}, b.told(0))
	})
}
