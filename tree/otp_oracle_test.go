package tree_test

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

const otpScript = "../policy/testdata/otp/traces.erl"

// otpOracle is an Erlang machine that plays programs on OTP's own supervisor.
type otpOracle struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// startOTP starts one. Its Close must be called.
func startOTP() (*otpOracle, error) {
	escript, err := exec.LookPath("escript")
	if err != nil {
		return nil, fmt.Errorf("this needs Erlang/OTP, as in Debian's package erlang-base: %w", err)
	}
	o := &otpOracle{cmd: exec.Command(escript, otpScript)}
	if o.in, err = o.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := o.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	o.out = bufio.NewReader(out)
	return o, o.cmd.Start()
}

// play returns the trace of a program.
func (o *otpOracle) play(program string) (string, error) {
	if _, err := io.WriteString(o.in, program+"\n"); err != nil {
		return "", err
	}
	line, err := o.out.ReadString('\n')
	if trace := strings.TrimSpace(line); trace != "" {
		return trace, nil
	}
	return "", fmt.Errorf("%s has no answer to %q: %w", otpScript, program, cmp.Or(err, io.ErrNoProgress))
}

// Close ends the machine.
func (o *otpOracle) Close() error {
	if err := o.in.Close(); err != nil {
		return err
	}
	return o.cmd.Wait()
}
