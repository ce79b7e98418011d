package policy_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
)

func TestAPanicShowsItsValueAndNotItsStack(t *testing.T) {
	cause := errors.New("index out of range")
	err := policy.NewPanicError(cause, nil)
	require.EqualError(t, err, "panic: index out of range")
	require.ErrorIs(t, err, cause)
	require.Empty(t, err.Stack())
	require.NoError(t, policy.NewPanicError("v", nil).Unwrap())
}

func TestTheStackOfAPanicNamesItsFramesInnermostFirst(t *testing.T) {
	pcs := make([]uintptr, 1)
	pcs = pcs[:runtime.Callers(1, pcs)]
	stack := policy.NewPanicError("v", pcs).Stack()
	require.Contains(t, stack, t.Name())
	require.Contains(t, stack, "errors_test.go:")
	require.Equal(t, 2, strings.Count(stack, "\n"))
}
