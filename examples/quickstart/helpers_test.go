package main

import (
	"bytes"
	"context"
	"errors"
	"go/build"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// keyboard hands out contexts that end when a test presses Ctrl-C, as
// nextInterrupt does for signals.
type keyboard struct {
	mu      sync.Mutex
	waiting []context.CancelCauseFunc
}

var errPressed = errors.New("interrupt signal received")

func (k *keyboard) next() (context.Context, context.CancelFunc) {
	k.mu.Lock()
	defer k.mu.Unlock()
	ctx, cancel := context.WithCancelCause(context.Background())
	k.waiting = append(k.waiting, cancel)
	return ctx, func() { cancel(nil) }
}

// press reaches everybody who waits by now, and nobody who waits later.
func (k *keyboard) press() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, cancel := range k.waiting {
		cancel(errPressed)
	}
}

// result is what the program's work came to.
type result struct {
	sum *summary
	err error
}

// begin starts the work of c; the channel has its result when all has stopped.
func (c *config) begin(k *keyboard) <-chan result {
	done := make(chan result, 1)
	go func() {
		sum, err := c.work(k.next, io.Discard)
		done <- result{sum, err}
	}()
	return done
}

// index does the work of c, which nobody interrupts and nothing may end early.
func index(t *testing.T, c *config) *summary {
	t.Helper()
	k := &keyboard{}
	sum, err := c.work(k.next, io.Discard)
	require.NoError(t, err)
	require.False(t, sum.interrupted)
	require.True(t, sum.report.Clean(), "%v", sum.report)
	require.Zero(t, sum.report.Canceled)
	require.Zero(t, sum.watch.missed)
	require.Empty(t, sum.watch.notes)
	return sum
}

// command runs the program with arguments and returns what it wrote.
func command(args ...string) (code int, stdout, stderr string) {
	var out, complaints bytes.Buffer
	k := &keyboard{}
	code = quickstart(args, k.next, &out, &complaints)
	return code, out.String(), complaints.String()
}

// write makes a directory of files.
func write(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return dir
}

// toolchain is a folder of the source of Go.
func toolchain(folder string) string {
	return filepath.Join(build.Default.GOROOT, "src", filepath.FromSlash(folder))
}

// takes is a parse function that needs a while of the bubble's time.
func takes(d time.Duration) parseFunc {
	return func(ctx context.Context, path string) (source, error) {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			return parseFile(ctx, path)
		case <-ctx.Done():
			return source{}, ctx.Err()
		}
	}
}
