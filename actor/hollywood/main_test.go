package hollywood

import (
	"log/slog"
	"testing"

	"go.uber.org/goleak"
)

// No goroutine of Hollywood is excused: an engine without a remote keeps none.
func TestMain(m *testing.M) {
	if runProgram() {
		return
	}
	slog.SetDefault(slog.New(slog.DiscardHandler)) // Hollywood logs its own events
	goleak.VerifyTestMain(m)
}
