package policy_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
)

var errReal = errors.New("disk full")

// isCanceled looks through wrapping, as the leaf function of a scope does.
func isCanceled(err error) bool { return errors.Is(err, context.Canceled) }

// wrapsMany is an error whose branches include nils, and itself where asked.
type wrapsMany struct{ inner []error }

func (*wrapsMany) Error() string     { return "many" }
func (w *wrapsMany) Unwrap() []error { return w.inner }

// ownLeaf is an error that says itself that it is a cancellation.
type ownLeaf struct{ err error }

func (ownLeaf) Error() string           { return "gone away" }
func (o ownLeaf) Unwrap() error         { return o.err }
func (ownLeaf) Is(target error) bool    { return target == context.Canceled }
func wrap(err error) error              { return fmt.Errorf("reading: %w", err) }
func panicked(v any) *policy.PanicError { return policy.NewPanicError(v, nil) }

func TestAnExitIsClassifiedByEveryLeafOfItsError(t *testing.T) {
	canceled, real := context.Canceled, errReal
	for _, c := range []struct {
		name string
		err  error
		want policy.Exit
	}{
		{"nil", nil, policy.Returned},
		{"done without an error", policy.Done(nil), policy.Returned},
		{"fatal without an error", policy.Fatal(nil), policy.Failed},
		{"an error", real, policy.Failed},
		{"done with an error", policy.Done(real), policy.Failed},
		{"a panic", panicked("v"), policy.Panicked},
		{"a panic with a cancellation", panicked(canceled), policy.Panicked},
		{"somebody else's panic", wrap(panicked("v")), policy.Failed},
		{"somebody else's panic, done", policy.Done(panicked("v")), policy.Failed},
		{"Goexit", policy.ErrGoexit, policy.Failed},
		{"the cancellation", canceled, policy.Canceled},
		{"wrapped", wrap(wrap(canceled)), policy.Canceled},
		{"done", policy.Done(wrap(canceled)), policy.Canceled},
		{"fatal", policy.Fatal(canceled), policy.Canceled},
		{"joined with itself", errors.Join(canceled, wrap(canceled)), policy.Canceled},
		{"joined with an error", errors.Join(canceled, real), policy.Failed},
		{"joined with an error, wrapped", wrap(errors.Join(canceled, real)), policy.Failed},
		{"joined with an error, deep", errors.Join(canceled, wrap(errors.Join(canceled, wrap(real)))), policy.Failed},
		{"two verbs", fmt.Errorf("%w while %w", canceled, real), policy.Failed},
		{"nil branches", &wrapsMany{[]error{nil, canceled, nil}}, policy.Canceled},
		{"only nil branches", &wrapsMany{[]error{nil}}, policy.Failed},
		{"no branches", &wrapsMany{}, policy.Failed},
		{"a leaf for its own sake", ownLeaf{real}, policy.Canceled},
		{"a leaf for its own sake, wrapped", wrap(ownLeaf{real}), policy.Canceled},
		{"a leaf for its own sake, joined", errors.Join(ownLeaf{real}, real), policy.Failed},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, policy.Classify(c.err, true, isCanceled))
		})
	}
}

func TestACancellationOfAnotherContextIsAFailure(t *testing.T) {
	require.Equal(t, policy.Failed, policy.Classify(context.Canceled, false, isCanceled))
	require.Equal(t, policy.Returned, policy.Classify(nil, false, isCanceled))
	require.Equal(t, policy.Panicked, policy.Classify(panicked(1), false, isCanceled))
}

func TestWithoutLeavesNothingIsCanceled(t *testing.T) {
	require.Equal(t, policy.Failed, policy.Classify(context.Canceled, true, nil))
}

func TestALeafFunctionNeedNotLookThroughWrapping(t *testing.T) {
	same := func(err error) bool { return err == context.Canceled }
	require.Equal(t, policy.Canceled, policy.Classify(wrap(context.Canceled), true, same))
	require.Equal(t, policy.Failed, policy.Classify(errors.Join(wrap(context.Canceled), errReal), true, same))
}

func TestAnErrorWithoutAnEndIsAFailure(t *testing.T) {
	cycle := &wrapsMany{}
	cycle.inner = []error{context.Canceled, cycle}
	require.Equal(t, policy.Failed, policy.Classify(cycle, true, isCanceled))
	require.Equal(t, policy.ByRestart, policy.DecisionOf(cycle))

	bush := error(context.Canceled)
	for range 40 {
		bush = errors.Join(bush, bush)
	}
	require.Equal(t, policy.Failed, policy.Classify(bush, true, isCanceled))
	require.Equal(t, policy.ByRestart, policy.DecisionOf(bush))
}

func TestTheOutermostDecisionCounts(t *testing.T) {
	for _, c := range []struct {
		err  error
		want policy.Decision
	}{
		{nil, policy.ByRestart},
		{errReal, policy.ByRestart},
		{policy.Done(nil), policy.NoRestart},
		{policy.Done(errReal), policy.NoRestart},
		{policy.Fatal(errReal), policy.Escalate},
		{wrap(policy.Fatal(errReal)), policy.Escalate},
		{policy.Done(wrap(policy.Fatal(errReal))), policy.NoRestart},
		{policy.Fatal(policy.Done(nil)), policy.Escalate},
		{errors.Join(errReal, policy.Done(errReal), policy.Fatal(errReal)), policy.NoRestart},
	} {
		require.Equal(t, c.want, policy.DecisionOf(c.err), "%v", c.err)
	}
}

func TestADecisionIsSeenThrough(t *testing.T) {
	for _, err := range []error{policy.Done(wrap(errReal)), policy.Fatal(wrap(errReal))} {
		require.ErrorIs(t, err, errReal)
		require.EqualError(t, err, "reading: disk full")
	}
	require.EqualError(t, policy.Done(nil), "policy: done")
	require.EqualError(t, policy.Fatal(nil), "policy: fatal")
}
