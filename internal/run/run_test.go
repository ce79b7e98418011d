package run

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
)

func TestCallReturnsWhatTheFunctionReturns(t *testing.T) {
	boom := errors.New("boom")
	require.NoError(t, Call(t.Context(), func(context.Context) error { return nil }, false))
	require.Equal(t, boom, Call(t.Context(), func(context.Context) error { return boom }, true))
}

func TestAPanicComesBackAsAnErrorWithItsValueAndItsStack(t *testing.T) {
	for _, value := range []any{"text", 7, errors.New("boom"), nil} {
		err := Call(t.Context(), func(context.Context) error { panicWith(value); return nil }, false)
		var p *policy.PanicError
		require.ErrorAs(t, err, &p)
		if value == nil {
			var nilError *runtime.PanicNilError
			require.ErrorAs(t, err, &nilError)
		} else {
			require.Equal(t, value, p.Value)
		}
		stack := p.Stack()
		require.True(t, strings.HasPrefix(stack, "runtime.gopanic\n") || strings.HasPrefix(stack, "panic\n"), stack)
		require.Contains(t, stack, "run.panicWith")
		require.Contains(t, stack, "run_test.go:")
	}
}

func panicWith(value any) { panic(value) }

func TestARunawayRecursionKeepsNoMoreThanTheLastFrames(t *testing.T) {
	var deeper func(n int)
	deeper = func(n int) {
		if n == 0 {
			panic("deep")
		}
		deeper(n - 1)
	}
	err := Call(t.Context(), func(context.Context) error { deeper(10_000); return nil }, false)
	var p *policy.PanicError
	require.ErrorAs(t, err, &p)
	require.Equal(t, 2*maxFrames, strings.Count(p.Stack(), "\n"), "two lines a frame")
}

func TestGoexitDoesNotComeBackAndIsAnsweredInADefer(t *testing.T) {
	answer := make(chan error)
	Go(func() {
		err := policy.ErrGoexit
		defer func() { answer <- err }()
		err = Call(t.Context(), func(context.Context) error { runtime.Goexit(); return nil }, false)
	})
	require.ErrorIs(t, <-answer, policy.ErrGoexit)
}

func TestThePanicOfACallThatMayCrashEndsTheProcessWithItsOwnStack(t *testing.T) {
	const inChild = "UNDERSTUDY_RUN_CRASH"
	if os.Getenv(inChild) != "" {
		_ = Call(t.Context(), func(context.Context) error { panicWith("crash me"); return nil }, true)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), inChild+"=1")
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "crash me")
	require.Contains(t, string(out), "run.panicWith", "the trace shows where it began")
}
