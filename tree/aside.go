package tree

import (
	"context"
	"runtime/pprof"

	"github.com/understudy-go/understudy/internal/run"
)

// aside runs f on a goroutine of its own that carries nobody's labels.
func aside(f func()) {
	run.Go(func() {
		pprof.SetGoroutineLabels(context.Background())
		f()
	})
}
