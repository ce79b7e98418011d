package tree_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// fewestOTP is how often at least each of these comes up in the golden programs.
const fewestOTP = 5

// otpMustMeet lists what the programs have to reach, under each strategy.
func otpMustMeet() []string {
	list := []string{"onstart", "onstop", "several exits wait", "a start is tried again",
		"add is ok", "add is failed", "add is taken", "add is gone", "stop is ok", "stop is unknown", "stop is gone",
		"restart is ok", "restart is running", "restart is failed", "restart is unknown", "restart is gone",
		"delete is ok", "delete is running", "delete is unknown", "delete is gone"}
	for _, kind := range otpRestarts {
		for _, exit := range otpExits {
			list = append(list, kind+" exits "+exit)
		}
		list = append(list, kind+" exits normal of a supervisor", kind+" exits shutdown of a supervisor",
			"a fixed "+kind+" child is ignored")
	}
	for _, place := range []string{"the root", "a nested one"} {
		list = append(list, place+" fails to boot", place+" gives up", place+" shuts down, any,", place+" shuts down, all,")
	}
	var all []string
	for _, what := range list {
		for _, strategy := range otpStrategies {
			all = append(all, what+" under "+strategy)
		}
	}
	for _, state := range []string{"up", "dead", "restarting"} {
		for _, strategy := range []string{"all", "rest"} {
			all = append(all, "a group takes one along that is "+state+" under "+strategy)
		}
	}
	return all
}

func TestTheGoldenProgramsReachEverything(t *testing.T) {
	met := map[string]int{}
	for _, g := range readGolden(t) {
		m := newOTPModel(g.program, 0)
		m.play(g.program)
		for what, n := range m.met {
			met[what] += n
		}
	}
	rare := map[string]int{}
	for _, what := range otpMustMeet() {
		t.Logf("%6d %s", met[what], what)
		if met[what] < fewestOTP {
			rare[what] = met[what]
		}
	}
	require.Empty(t, rare)
}
