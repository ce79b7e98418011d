package tree_test

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// goldenOTP holds programs with what OTP 25.2.3 made of them: lines of a program, a
// tab and a trace. -otp-golden writes it; this one is of -otp-seed 20261128.
const goldenOTP = "../policy/testdata/otp/golden.gz"

// otpGolden is a program with its trace from OTP.
type otpGolden struct {
	program *otpProgram
	trace   string
}

func readGolden(t *testing.T) (list []otpGolden) {
	t.Helper()
	f, err := os.Open(goldenOTP)
	require.NoError(t, err)
	defer f.Close()
	text, err := gzip.NewReader(f)
	require.NoError(t, err)
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		program, trace, found := strings.Cut(lines.Text(), "\t")
		require.True(t, found, lines.Text())
		p, err := parseOTP(program)
		require.NoError(t, err)
		list = append(list, otpGolden{p, trace})
	}
	require.NoError(t, lines.Err())
	return list
}

// writeGolden has OTP play the programs of a seed and writes them down.
func writeGolden(seed uint64, count int) (err error) {
	o, err := startOTP()
	if err != nil {
		return err
	}
	defer o.Close()
	f, err := os.Create(goldenOTP)
	if err != nil {
		return err
	}
	defer f.Close()
	text, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	for i := range count {
		program := drawOTP(seed, uint64(i)).String()
		trace, err := o.play(program)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(text, "%s\t%s\n", program, trace); err != nil {
			return err
		}
	}
	return text.Close()
}
