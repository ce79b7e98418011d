package tree_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestTheFirstChildStartedWhileItsScopeDrainsIsAskedToFinishToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := tree.Open(t.Context(), policy.SupervisorScope, tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		require.NoError(t, s.Go(t.Context(), func(ctx context.Context) error {
			<-tree.Draining(ctx)
			last, err := s.Start(ctx, tree.ChildSpec{Name: "last", Run: drainer})
			require.NoError(t, err)
			return last.Wait(ctx)
		}))
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, time.Duration(0), report.Took)
		require.Equal(t, 2, report.Drained)
		require.Equal(t, 0, report.Canceled)
	})
}

func TestAnActorThatCouldNotShareItsMailboxIsRefused(t *testing.T) {
	s, err := tree.Open(t.Context(), policy.SupervisorScope)
	require.NoError(t, err)
	spec := actor.Spec[int]{Name: "a", Stop: policy.Stop{Stuck: policy.StuckReplace}, New: func(context.Context, actor.Ref[int]) (actor.Receiver[int], error) {
		return nil, errors.New("must not be called")
	}}
	_, err = tree.Spawn(t.Context(), s, spec)
	var fault *policy.FieldError
	require.ErrorAs(t, err, &fault)
	require.Equal(t, "actor.Spec.Stop.Stuck", fault.Field)
	require.Equal(t, policy.StuckReplace, fault.Value)
	_, err = s.Child("a")
	require.ErrorIs(t, err, tree.ErrNotFound)
	require.NoError(t, s.Close())
}

// heavy is an error that somebody would notice if it were kept.
type heavy struct{ _ [1 << 16]byte }

func (*heavy) Error() string { return "heavy" }

func TestAStoppedChildThatKeepsItsPlaceKeepsTheTextOfItsErrorAlone(t *testing.T) {
	s, err := tree.Open(t.Context(), policy.SupervisorScope, tree.WithObserver(tree.ObserverFunc(func(tree.Event) {})))
	require.NoError(t, err)
	err = new(heavy)
	kept := weak.Make(err.(*heavy))
	ch, startErr := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: failsOnceWith(&err)})
	require.NoError(t, startErr)
	require.ErrorContains(t, ch.Wait(t.Context()), "heavy", "itself, or its text")
	for kept.Value() != nil && t.Context().Err() == nil {
		runtime.GC()
	}
	require.Nil(t, kept.Value())
	var text *tree.ExitError
	require.ErrorAs(t, ch.Wait(t.Context()), &text)
	require.Equal(t, "heavy", text.Text)
	require.NoError(t, s.Close())
}

// failsOnceWith returns a body that gives its error away and is not restarted.
func failsOnceWith(err *error) func(context.Context) error {
	return func(context.Context) error {
		e := *err
		*err = nil
		return policy.Done(e)
	}
}
