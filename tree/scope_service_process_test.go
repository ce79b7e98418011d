//go:build unix

package tree_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// signalPrograms are programs that end by signals. They say how far they are,
// one word a line.
var signalPrograms = map[string]func(ctx context.Context) error{
	"drains": func(ctx context.Context) error {
		<-tree.Draining(ctx)
		fmt.Println("draining")
		return nil
	},
	"needs two": func(ctx context.Context) error {
		<-tree.Draining(ctx)
		fmt.Println("draining")
		<-ctx.Done()
		fmt.Println("canceled:", context.Cause(ctx))
		return ctx.Err()
	},
	"needs three": func(ctx context.Context) error {
		<-tree.Draining(ctx)
		fmt.Println("draining")
		<-ctx.Done()
		fmt.Println("canceled:", context.Cause(ctx))
		select {} // and never comes back
	},
}

// runSignalProgram is the main of such a program, which goes on after its scope.
func runSignalProgram(t *testing.T, run func(ctx context.Context) error) {
	p := policy.SupervisorScope
	p.Stop.Grace, p.Stop.Kill = policy.Forever, policy.Forever
	s, err := tree.Open(context.Background(), p, tree.WithName("app"))
	require.NoError(t, err)
	stop := obeySystem(s)
	_, err = s.Start(context.Background(), tree.ChildSpec{Name: "service", Run: func(ctx context.Context) error {
		fmt.Println("up")
		return run(ctx)
	}})
	require.NoError(t, err)
	err = s.Wait(context.Background())
	stop()
	report, _ := s.Shutdown(context.Background())
	fmt.Printf("ended: %v, %v\n", err, report.Reason)
	select {} // for ever, unless the process ends
}

// process is a program that runs and says how far it is.
type process struct {
	*exec.Cmd
	lines *bufio.Scanner
}

const inSignalProgram = "UNDERSTUDY_TREE_SIGNAL"

// startProgram runs this test again, as a program.
func startProgram(t *testing.T, what string) *process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=20s")
	cmd.Env = append(os.Environ(), inSignalProgram+"="+what)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return &process{cmd, bufio.NewScanner(out)}
}

// says requires that the program's next line is this one.
func (p *process) says(t *testing.T, line string) {
	t.Helper()
	require.True(t, p.lines.Scan(), "it ended before it said %q", line)
	require.Equal(t, line, p.lines.Text())
}

// ends returns how the process ended, which it must do without another word.
func (p *process) ends(t *testing.T) syscall.WaitStatus {
	t.Helper()
	for p.lines.Scan() {
		require.Fail(t, "it says more", p.lines.Text())
	}
	err := p.Wait()
	failed, ok := errors.AsType[*exec.ExitError](err)
	require.True(t, ok, "%v", err)
	return failed.Sys().(syscall.WaitStatus)
}

func TestScope_226_227_AProcessDrainsCancelsAndExitsBySignalsAndAfterwardsDiesOfOne(t *testing.T) {
	if what := os.Getenv(inSignalProgram); what != "" {
		runSignalProgram(t, signalPrograms[what])
	}
	type step struct {
		send syscall.Signal
		says []string
	}
	for _, c := range []struct {
		what  string
		steps []step
		last  syscall.Signal
		exit  int            // the code, or -1
		died  syscall.Signal // of which signal, or -1
	}{
		{"drains", []step{
			{syscall.SIGTERM, []string{"draining", "ended: <nil>, signal: terminated"}},
		}, syscall.SIGTERM, -1, syscall.SIGTERM},
		{"needs two", []step{
			{syscall.SIGINT, []string{"draining"}},
			{syscall.SIGTERM, []string{"canceled: signal: terminated", "ended: <nil>, signal: interrupt"}},
		}, syscall.SIGTERM, -1, syscall.SIGTERM},
		{"needs three", []step{
			{syscall.SIGTERM, []string{"draining"}},
			{syscall.SIGINT, []string{"canceled: signal: interrupt"}},
		}, syscall.SIGTERM, 128 + 15, -1},
		{"needs three", []step{
			{syscall.SIGTERM, []string{"draining"}},
			{syscall.SIGTERM, []string{"canceled: signal: terminated"}},
		}, syscall.SIGINT, 128 + 2, -1},
	} {
		p := startProgram(t, c.what)
		p.says(t, "up")
		for _, s := range c.steps {
			require.NoError(t, p.Process.Signal(s.send))
			for _, line := range s.says {
				p.says(t, line)
			}
		}
		require.NoError(t, p.Process.Signal(c.last))
		end := p.ends(t)
		require.Equal(t, c.exit, end.ExitStatus(), c.what)
		require.Equal(t, c.died, end.Signal(), c.what)
	}
}
