package policy_test

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write what the machine answers into testdata/*.txt")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
