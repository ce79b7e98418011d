package tree_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	freshOTP  = flag.Int("otp", 0, "draw this many programs and have OTP and Understudy play them, in TestProgramsDoAsOTPDoes")
	seedOTP   = flag.Uint64("otp-seed", 1, "the seed of -otp and -otp-golden")
	oneOTP    = flag.String("otp-program", "", "have OTP and Understudy play this one program, in TestProgramsDoAsOTPDoes")
	remakeOTP = flag.Bool("otp-golden", false, "write policy/testdata/otp/golden.gz anew, 6000 programs unless -otp says otherwise")
)

// TestProgramsDoAsOTPDoes plays programs on OTP's own supervisor and on
// Understudy's. Both have to do what a small model predicts: OTP the model as it is,
// Understudy the model with the switches of otpDeviation. So a difference is excused
// exactly where, and only as far as, a line of docs/FROM_ERLANG.md says.
//
// What OTP did is on file, so nothing but Go is needed. With -otp, as by `make
// otp`, fresh programs are played on both, and one with a difference is shrunk.
func TestProgramsDoAsOTPDoes(t *testing.T) {
	switch {
	case *remakeOTP:
		count := *freshOTP
		if count == 0 {
			count = 6000
		}
		require.NoError(t, writeGolden(*seedOTP, count))
	case *oneOTP != "":
		p, err := parseOTP(*oneOTP)
		require.NoError(t, err)
		o, err := startOTP()
		require.NoError(t, err)
		defer o.Close()
		c, err := o.compare(t, p)
		require.NoError(t, err)
		t.Log(c)
		require.False(t, c.differs(), "see above")
	case *freshOTP > 0:
		freshPrograms(t, *seedOTP, *freshOTP)
	default:
		goldenPrograms(t)
	}
}

// goldenPrograms plays the programs on file, a part of them when there is little
// time.
func goldenPrograms(t *testing.T) {
	golden := readGolden(t)
	require.GreaterOrEqual(t, len(golden), 5000)
	step := 1
	if testing.Short() || raceDetector {
		step = 10
	}
	for i := 0; i < len(golden); i += step {
		g := golden[i]
		if c := compareOTP(g.program, g.trace, playOTP(t, g.program)); c.differs() {
			shrunk := shrinkOTP(g.program, func(p *otpProgram) bool {
				return playOTP(t, p) != otpPredict(p, otpAll) // what OTP does with it is not known
			})
			t.Fatalf("%s\n\nUnderstudy and the model differ by as little as\n\n%s", c, compareOTP(shrunk, "", playOTP(t, shrunk)))
		}
	}
}

// freshPrograms plays programs that are drawn now.
func freshPrograms(t *testing.T, seed uint64, count int) {
	t.Logf("seed %d: %d programs", seed, count)
	o, err := startOTP()
	require.NoError(t, err)
	defer o.Close()
	deviating := 0
	for i := range count {
		c, err := o.compare(t, drawOTP(seed, uint64(i)))
		require.NoError(t, err)
		if c.otp != c.tree {
			deviating++
		}
		if !c.differs() {
			continue
		}
		shrinkOTP(c.program, func(p *otpProgram) bool {
			smaller, err := o.compare(t, p)
			require.NoError(t, err)
			if smaller.differs() {
				c = smaller
			}
			return smaller.differs()
		})
		t.Fatalf("seed %d, program %d, shrunk:\n%s", seed, i, c)
	}
	t.Logf("%d programs: %d have equal traces, %d differ as docs/FROM_ERLANG.md says", count, count-deviating, deviating)
}

// otpComparison is what OTP, Understudy and the model make of a program.
type otpComparison struct {
	program *otpProgram
	otp     string // empty: not known
	tree    string
}

// compare plays a program on both.
func (o *otpOracle) compare(t *testing.T, p *otpProgram) (*otpComparison, error) {
	t.Helper()
	trace, err := o.play(p.String())
	return compareOTP(p, trace, playOTP(t, p)), err
}

func compareOTP(p *otpProgram, otp, tree string) *otpComparison {
	return &otpComparison{program: p, otp: otp, tree: tree}
}

// differs reports whether one of them does not do as the model says.
func (c *otpComparison) differs() bool {
	return c.otp != "" && c.otp != otpPredict(c.program, 0) || c.tree != otpPredict(c.program, otpAll)
}

// String lists all traces and how to see them again.
func (c *otpComparison) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", c.program)
	if c.otp != "" {
		fmt.Fprintf(&b, "  OTP            %s\n  the model of it %s\n", c.otp, otpPredict(c.program, 0))
	}
	fmt.Fprintf(&b, "  Understudy     %s\n  the model of it %s\n", c.tree, otpPredict(c.program, otpAll))
	fmt.Fprintf(&b, "to play it again:\n  go test ./tree -run '^TestProgramsDoAsOTPDoes$' -v -otp-program '%s'", c.program)
	return b.String()
}
