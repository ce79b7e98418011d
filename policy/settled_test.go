package policy_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
)

// ended is the error of a scope, about a child that it has answered.
type ended struct{ last error }

func (e *ended) Error() string { return "ended: " + e.last.Error() }
func (e *ended) Unwrap() error { return e.last }
func (*ended) Settled()        {}

func TestASettledErrorDecidesNothingAround(t *testing.T) {
	boom := errors.New("boom")
	for _, err := range []error{policy.Fatal(boom), policy.Done(boom), policy.ErrIgnored} {
		settled := fmt.Errorf("scope: %w", &ended{fmt.Errorf("child: %w", err)})
		require.Equal(t, policy.ByRestart, policy.DecisionOf(settled), err)
		require.False(t, policy.IsIgnored(settled), err)
		require.ErrorIs(t, settled, err, "the error is still there to be found")
	}
	require.True(t, policy.IsIgnored(fmt.Errorf("child: %w", policy.ErrIgnored)))
	require.True(t, policy.IsIgnored(errors.Join(boom, policy.ErrIgnored)))
	require.Equal(t, policy.Escalate, policy.DecisionOf(policy.Fatal(&ended{boom})), "a decision around a settled error is new")
}
