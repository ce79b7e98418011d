package hollywood

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What ends a whole process is shown in one of its own: the binary of the tests,
// started again with the name of a program in its environment.
const (
	programKey = "UNDERSTUDY_PROGRAM"
	survived   = "survived"
)

// patience bounds what real processes and connections take.
const patience = time.Minute

// programs are filled in beside the tests that play them.
var programs = map[string]func(){}

// runProgram runs the program that the environment names, if any. One that comes back
// has survived.
func runProgram() (ran bool) {
	name := os.Getenv(programKey)
	if name == "" {
		return false
	}
	programs[name]()
	fmt.Println(survived)
	return true
}

// program returns the named program as a process that is to be started.
func program(ctx context.Context, name string, env ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(append(os.Environ(), programKey+"="+name), env...)
	return cmd
}

// play runs a program to its end and returns what it printed.
func play(t *testing.T, name string) (output string, ok bool) {
	t.Helper()
	require.Contains(t, programs, name)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := program(ctx, name).CombinedOutput()
	require.NoError(t, ctx.Err(), "%s did not end:\n%s", name, out)
	return string(out), err == nil && strings.Contains(string(out), survived)
}

// dies plays a program that does not survive, for a reason that its output has.
func dies(t *testing.T, name, reason string) {
	t.Helper()
	out, ok := play(t, name)
	require.False(t, ok, out)
	require.Contains(t, out, reason)
}

// survives plays a program that does.
func survives(t *testing.T, name string) {
	t.Helper()
	out, ok := play(t, name)
	require.True(t, ok, out)
}
