package bench_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/around"
	"github.com/understudy-go/understudy/policy"
)

// The limiter most programs have fits around an actor as it is.
var _ around.Waiter = (*rate.Limiter)(nil)

func TestALimiterOfPackageRateFitsAroundAnActor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		begun := time.Now()
		run, ref, err := actor.Func(actor.Spec[error]{
			Name: "limited",
			New: func(context.Context, actor.Ref[error]) (actor.Receiver[error], error) {
				return actor.ReceiverFunc[error](func(_ context.Context, err error) error {
					at = append(at, time.Since(begun))
					return err
				}), nil
			},
			Wrap: []actor.Wrapper[error]{around.Limit[error](rate.NewLimiter(rate.Every(time.Second), 2))},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{nil, nil, nil, nil, policy.Done(nil)} {
			if err := ref.TrySend(err); err != nil {
				t.Fatal(err)
			}
		}
		if err := run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want := []time.Duration{0, 0, time.Second, 2 * time.Second, 3 * time.Second}; !slices.Equal(want, at) {
			t.Errorf("handled at %v, want %v", at, want)
		}
	})
}
