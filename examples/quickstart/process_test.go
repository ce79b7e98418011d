//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// built makes a program of this package, as go run does.
func built(t *testing.T) (program string) {
	program = filepath.Join(t.TempDir(), "quickstart")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

// start runs the program until it is at work, and returns it with what it
// writes; stderr may be read when it has ended.
func start(t *testing.T, program string, args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer, log *bufio.Reader) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // for a program that never ends
	t.Cleanup(cancel)
	cmd = exec.CommandContext(ctx, program, args...)
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	cmd.Stdout = stdout
	pipe, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	log = bufio.NewReader(pipe)
	for {
		line, err := log.ReadString('\n')
		require.NoError(t, err, "%s", stderr)
		stderr.WriteString(line)
		if strings.Contains(line, "files parsed") && !strings.HasPrefix(line, "0 ") {
			return cmd, stdout, stderr, log
		}
	}
}

func TestCtrlCOnARealProcessDrainsIt(t *testing.T) {
	program := built(t)
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			// So many crashes that the work cannot be over before the signal comes.
			cmd, stdout, stderr, log := start(t, program, "-progress", "-crash-rate=0.9", toolchain("."))
			require.NoError(t, cmd.Process.Signal(sig))
			_, err := stderr.ReadFrom(log)
			require.NoError(t, err)
			require.NoError(t, cmd.Wait(), "exit code 0\n%s", stderr)

			require.Contains(t, stderr.String(), "quickstart: interrupted; files in flight will be finished")
			require.Regexp(t, `(?m)^files found +[1-9][0-9,]*  until the interrupt$`, stdout.String())
			require.Regexp(t, `(?m)^  parsed +[1-9][0-9,]*$`, stdout.String())
			require.NotContains(t, stdout.String(), "not finished")
			require.Contains(t, stdout.String(), "4 drained, 0 canceled, 0 abandoned")
			require.Regexp(t, `(?m)^  +returned +quickstart/walker`, stdout.String())
			require.NotContains(t, stdout.String(), "should not have happened")
		})
	}
}

func TestARealProcessExitsWithTwoOnBadInput(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), built(t), "-workers=0", os.DevNull)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, exitUsage, exit.ExitCode())
	require.Equal(t, "quickstart: -workers = 0: must be 1 to 1024\nquickstart: dir = \"/dev/null\": is a file, not a directory\n", stderr.String())
}
