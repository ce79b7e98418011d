package tree_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// otpDeviation is a set of the places where Understudy does otherwise than OTP on
// purpose. Each is a switch of the model and a line of docs/FROM_ERLANG.md, which
// has the reason.
type otpDeviation uint

const (
	otpStopStays       otpDeviation = 1 << iota // a group does not start whom an operator stopped
	otpGivingUpFails                            // a supervisor that gave up has failed
	otpHearsMeanwhile                           // only a boot and a group restart make a supervisor deaf
	otpRestartsRunning                          // an operator's restart of who runs is a stop and a start
	otpDeletesRunning                           // so with delete
	otpAll             otpDeviation = 1<<iota - 1
)

// otpDeviations are their names in docs/FROM_ERLANG.md.
var otpDeviations = map[otpDeviation]string{
	otpStopStays:       "operator-stop-stays",
	otpGivingUpFails:   "giving-up-is-a-failure",
	otpHearsMeanwhile:  "hears-meanwhile",
	otpRestartsRunning: "restart-of-running",
	otpDeletesRunning:  "remove-of-running",
}

func TestEachDeviationFromOTPHasItsLine(t *testing.T) {
	page, err := os.ReadFile("../docs/FROM_ERLANG.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(page), "\n## Deviations\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n## ")
	var named []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|(.*)$").FindAllStringSubmatch(table, -1) {
		named = append(named, row[1])
		for cell := range strings.SplitSeq(strings.TrimSuffix(row[2], "|"), "|") {
			require.NotEmpty(t, strings.TrimSpace(cell), "a cell of %s", row[1])
		}
	}
	require.ElementsMatch(t, slices.Collect(maps.Values(otpDeviations)), named)
	all := otpDeviation(0)
	for d := range otpDeviations {
		all |= d
	}
	require.Equal(t, otpAll, all)
}

// Without any one of them some golden program would not do as predicted; and one
// that needs none is the same in both.
func TestEachDeviationFromOTPMattersInAGoldenProgram(t *testing.T) {
	matters := map[otpDeviation]int{}
	equal := 0
	golden := readGolden(t)
	require.GreaterOrEqual(t, len(golden), 5000)
	for _, g := range golden {
		tree := otpPredict(g.program, otpAll)
		if tree == g.trace {
			equal++
		}
		for d := range otpDeviations {
			if otpPredict(g.program, otpAll&^d) != tree {
				matters[d]++
			}
		}
	}
	t.Logf("of %d programs %d are the same in both", len(golden), equal)
	for d, name := range otpDeviations {
		t.Logf("%5d need %s", matters[d], name)
		require.Positive(t, matters[d], name)
	}
	require.Greater(t, equal, len(golden)/3, "most of what is compared is to be compared without a model in between")
}
