package main

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// held is a parse function that lets some files through and holds up the others.
type held struct {
	free int           // files let through
	gate chan struct{} // closed by the test; nil holds for ever
	deaf bool          // holds on when it is canceled, too

	mu    sync.Mutex
	begun []string // paths, in order, without repeats
}

func (h *held) parse(ctx context.Context, path string) (source, error) {
	if h.begin(path) <= h.free {
		return parseFile(ctx, path)
	}
	canceled := ctx.Done()
	if h.deaf {
		canceled = nil
	}
	select {
	case <-h.gate:
		return parseFile(ctx, path)
	case <-canceled:
		return source{}, ctx.Err()
	}
}

// begin returns which file this is, from 1.
func (h *held) begin(path string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, p := range h.begun {
		if p == path {
			return i + 1
		}
	}
	h.begun = append(h.begun, path)
	return len(h.begun)
}

func TestAnInterruptFinishesTheFilesInFlightAndBeginsNoOther(t *testing.T) {
	for name, rate := range map[string]float64{"calm": 0, "crashing": 0.8} {
		t.Run(name, func(t *testing.T) {
			dir := mixed(t, 120)
			synctest.Test(t, func(t *testing.T) {
				h := &held{free: 40, gate: make(chan struct{})}
				k := &keyboard{}
				done := (&config{dir: dir, workers: 3, crashRate: rate, seed: 1, parse: h.parse}).begin(k)
				synctest.Wait() // three parsers are held up
				require.Len(t, h.begun, 43)

				k.press()
				synctest.Wait() // the walker drains
				require.Len(t, h.begun, 43)
				require.Empty(t, done)
				close(h.gate)

				r := <-done
				require.NoError(t, r.err)
				require.True(t, r.sum.interrupted)
				require.False(t, r.sum.canceled)
				require.Len(t, h.begun, 43)
				require.Equal(t, 43, r.sum.walk.found)
				requireSame(t, sequentialOf(t, h.begun), r.sum.book)
				require.True(t, r.sum.report.Clean())
				require.Equal(t, 3, r.sum.report.Drained, "%v", r.sum.report)
				require.Zero(t, r.sum.report.Canceled)
				require.Equal(t, []string{"quickstart/walker", "quickstart/parsers", "quickstart/index"}, ended(r.sum.report))
			})
		})
	}
}

// ended lists who ended in a shutdown, in order.
func ended(r *tree.ShutdownReport) (paths []string) {
	for _, c := range r.Children {
		paths = append(paths, c.Path)
	}
	return paths
}

func TestASecondInterruptCancelsTheFilesInFlight(t *testing.T) {
	dir := mixed(t, 30)
	synctest.Test(t, func(t *testing.T) {
		h := &held{free: 10}
		k := &keyboard{}
		done := (&config{dir: dir, workers: 2, parse: h.parse}).begin(k)
		synctest.Wait() // two parsers are held up
		start := time.Now()
		k.press()
		synctest.Wait() // the walker drains
		require.Empty(t, done)
		k.press()

		r := <-done
		require.NoError(t, r.err)
		require.Zero(t, time.Since(start), "nobody waits for the grace")
		require.True(t, r.sum.canceled)
		require.True(t, r.sum.report.Clean())
		require.Equal(t, 3, r.sum.report.Canceled, "%v", r.sum.report)
		require.Equal(t, 12, r.sum.walk.found)
		requireSame(t, sequentialOf(t, h.begun[:10]), r.sum.book)
		for c := range r.sum.watch.crashes {
			require.Equal(t, "syntax error", c.kind, "a cancel is no crash")
		}
	})
}

func TestAParserThatNeverComesBackIsAbandonedAndNamed(t *testing.T) {
	dir := mixed(t, 30)
	synctest.Test(t, func(t *testing.T) {
		h := &held{free: 5, deaf: true, gate: make(chan struct{})}
		k := &keyboard{}
		done := (&config{dir: dir, workers: 1, parse: h.parse}).begin(k)
		synctest.Wait() // the parser is held up
		start := time.Now()
		k.press()

		r := <-done
		require.ErrorContains(t, r.err, "abandoned: quickstart/parsers/parser-1")
		require.Equal(t, policy.DefaultGrace+poolPolicy().Stop.Kill, time.Since(start))
		require.Equal(t, 5, r.sum.book.parsed+r.sum.book.failed)
		var out strings.Builder
		r.sum.print(&out)
		require.Contains(t, out.String(), "what should not have happened\n  quickstart/parsers/parser-1: child_abandoned after 15s\n")
		close(h.gate)
	})
}

func TestAnInterruptBeforeTheFirstFileIsAnInterruptToo(t *testing.T) {
	dir := mixed(t, 6)
	synctest.Test(t, func(t *testing.T) {
		pressed := func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			return ctx, cancel
		}
		sum, err := (&config{dir: dir, workers: 1, parse: parseFile}).work(pressed, t.Output())
		require.NoError(t, err)
		require.True(t, sum.interrupted)
		require.Nil(t, sum.walk)
		sum.print(t.Output())
	})
}

func TestALostPoolEndsTheTree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := tree.Open(t.Context(), rootPolicy(), tree.WithName("test"), tree.WithObserver(newWatch()))
		require.NoError(t, err)
		defer s.Close()
		under := poolPolicy()
		under.Intensity = policy.NoRestarts
		refs, err := startPool(t.Context(), s, under, 2, &parser{parse: parseFile})
		require.NoError(t, err)

		require.NoError(t, refs[1].Send(t.Context(), parseMessage{dir: "testdata", path: "no such file"}))
		require.ErrorIs(t, s.Wait(t.Context()), tree.ErrEscalated)
		require.ErrorIs(t, s.Wait(t.Context()), tree.ErrGaveUp)
	})
}
