package tree_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// newFailing makes an actor that fails with what it is sent.
func newFailing(context.Context, actor.Ref[error]) (actor.Receiver[error], error) {
	return actor.ReceiverFunc[error](func(_ context.Context, err error) error { return err }), nil
}

func TestAnActorHasABudgetAWaitAndADeciderOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errHopeless := errors.New("hopeless")
		s, seen := openSupervisor(t, intense(9, time.Minute))
		spec := actor.Spec[error]{
			Name: "a", New: newFailing, Backoff: backoff(time.Second),
			Intensity: policy.Intensity{Restarts: 1, Within: time.Minute}, Exhausted: policy.ExhaustedCoolDown,
			Decide: func(err error) policy.Decision {
				if errors.Is(err, errHopeless) {
					return policy.NoRestart
				}
				return policy.ByRestart
			},
		}
		ref, err := tree.Spawn(t.Context(), s, spec)
		require.NoError(t, err)
		begun := time.Now()
		for range 2 {
			require.NoError(t, ref.Send(t.Context(), errCrash))
		}
		synctest.Wait() // the first has failed
		require.NoError(t, sleep(t.Context(), time.Hour))
		require.NoError(t, ref.Send(t.Context(), errHopeless))
		synctest.Wait() // and so has the third
		var waits []time.Duration
		for _, e := range seen.of(tree.ChildDelayed) {
			waits = append(waits, e.Time.Sub(begun), e.Delay)
		}
		require.Equal(t, []time.Duration{0, time.Second, time.Second, time.Minute}, waits)
		require.Equal(t, []string{"a stopped"}, slots(s.Snapshot()))
		require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
	})
}

func TestAnActorsBudgetIsRefusedWhereItHasNoMeaning(t *testing.T) {
	s, _ := openSupervisor(t, policy.SupervisorScope)
	for want, spec := range map[string]actor.Spec[error]{
		"actor.Spec.Intensity = {1 1s}: a temporary child is never restarted": {Restart: policy.Temporary,
			Intensity: policy.Intensity{Restarts: 1, Within: time.Second}},
		"actor.Spec.Exhausted = stop_child: has no meaning without an Intensity of the child's own": {Exhausted: policy.ExhaustedStopChild},
	} {
		spec.Name, spec.New = "a", newFailing
		_, err := tree.Spawn(t.Context(), s, spec)
		require.EqualError(t, err, want)
	}
	require.Empty(t, s.Snapshot().Children)
}
