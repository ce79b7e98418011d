package tree_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// logbook is what slog's default logger was given.
type logbook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logbook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// lines returns the lines that contain every one of words, in order.
func (b *logbook) lines(words ...string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []string
	for l := range strings.Lines(b.buf.String()) {
		found := true
		for _, w := range words {
			found = found && strings.Contains(l, w)
		}
		if found {
			list = append(list, strings.TrimSuffix(l, "\n"))
		}
	}
	return list
}

// recordLog makes the default logger a logbook until the test ends. Tests that
// use it cannot run beside others.
func recordLog(t *testing.T) *logbook {
	b, before := &logbook{}, slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})))
	t.Cleanup(func() { slog.SetDefault(before) })
	return b
}

func TestWithoutAnObserverFailuresAreLoggedAndNothingElse(t *testing.T) {
	log := recordLog(t)
	synctest.Test(t, func(t *testing.T) {
		err := tree.Run(t.Context(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
			for _, c := range []struct {
				name string
				run  func(context.Context) error
			}{
				{"fine", func(context.Context) error { return nil }},
				{"canceled", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
				{"failed", func(ctx context.Context) error { _ = sleep(ctx, time.Second); return io.ErrUnexpectedEOF }},
				{"panicked", func(context.Context) error { panic("at the disco") }},
			} {
				_, err := s.Start(ctx, tree.ChildSpec{Name: c.name, Restart: policy.Temporary, Run: c.run})
				require.NoError(t, err)
			}
			require.NoError(t, s.Go(ctx, func(context.Context) error { return io.ErrShortWrite }))
			return nil
		}, tree.WithName("app"))
		require.NoError(t, err)
	})
	all := log.lines()
	require.Len(t, all, 3, "%q", all)
	require.Equal(t, []string{`level=ERROR msg="tree: child_exited" path=app/failed incarnation=1 error="unexpected EOF" age=1s`}, log.lines("app/failed"))
	panicked := log.lines("app/panicked")
	require.Len(t, panicked, 1)
	require.Contains(t, panicked[0], `level=ERROR msg="tree: child_exited" path=app/panicked incarnation=1 error="panic: at the disco"`)
	require.Contains(t, panicked[0], "logger_test.go", "where it panicked")
	require.Regexp(t, `^level=ERROR msg="tree: child_exited" path=app site=logger_test\.go:\d+ error="short write"$`, log.lines("short write")[0])
}

func TestRepeatsAreLoggedAtPowersOfTwo(t *testing.T) {
	log := recordLog(t)
	synctest.Test(t, func(t *testing.T) {
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			for range 100 {
				require.NoError(t, s.Go(ctx, func(context.Context) error { return io.EOF }))
			}
			synctest.Wait()
			return s.Go(ctx, func(context.Context) error { return io.ErrShortWrite })
		}, tree.WithName("app"))
		require.NoError(t, err)
	})
	eof := log.lines("EOF")
	require.Len(t, eof, 7)
	require.NotContains(t, eof[0], "times=")
	for i, times := range []int{2, 4, 8, 16, 32, 64} {
		require.True(t, strings.HasSuffix(eof[i+1], fmt.Sprintf("times=%d", times)), eof[i+1])
	}
	require.Len(t, log.lines("short write"), 1, "another line is not a repeat")
}

func TestAFloodOfDifferentFailuresIsLoggedWhole(t *testing.T) {
	log := recordLog(t)
	synctest.Test(t, func(t *testing.T) {
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			for i := range 1000 {
				require.NoError(t, s.Go(ctx, func(context.Context) error { return fmt.Errorf("failure %d", i) }))
			}
			return nil
		}, tree.WithName("app"))
		require.NoError(t, err)
	})
	for i := range 1000 {
		require.Len(t, log.lines(fmt.Sprintf("error=\"failure %d\"", i)), 1)
	}
}

func TestWhatRunReturnsIsNotLoggedToo(t *testing.T) {
	log := recordLog(t)
	synctest.Test(t, func(t *testing.T) {
		p := policy.TaskGroup
		p.KeepErrors = 2
		gate, open := newGate(t)
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			for i := range 4 {
				require.NoError(t, s.Go(ctx, func(context.Context) error { <-gate; return fmt.Errorf("failure %d", i) }))
			}
			require.NoError(t, s.Go(ctx, func(context.Context) error { <-gate; panic("loud") }))
			_, err := s.Start(ctx, tree.ChildSpec{Name: "child", Run: func(context.Context) error { <-gate; return io.EOF }})
			require.NoError(t, err)
			open()
			return nil
		}, tree.WithName("app"))
		var all *tree.Errors
		require.ErrorAs(t, err, &all)
		require.Len(t, all.Unwrap(), 2)
		require.Equal(t, 4, all.Dropped())
		require.Len(t, log.lines("loud"), 1, "a panic is logged whatever becomes of it")
		for _, kept := range all.Unwrap() {
			var of *tree.ChildError
			require.ErrorAs(t, kept, &of)
			if of.Exit != policy.Panicked {
				require.Empty(t, log.lines(of.Err.Error()), "returned")
			}
		}
	})
	require.GreaterOrEqual(t, len(log.lines()), 4, "what was not kept is logged")
	require.LessOrEqual(t, len(log.lines()), 5)
}

func TestTheFailureOfAStartIsNotLost(t *testing.T) {
	log := recordLog(t)
	synctest.Test(t, func(t *testing.T) {
		s, err := tree.Open(t.Context(), policy.TaskGroup, tree.WithName("app"))
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		answer := make(chan error, 1)
		gate, open := newGate(t)
		go func() {
			_, err := s.Start(ctx, tree.ChildSpec{Name: "slow", WaitReady: true, Run: func(context.Context) error { <-gate; return io.EOF }})
			answer <- err
		}()
		synctest.Wait()
		cancel() // the starter leaves, and nobody is there for the error
		require.ErrorIs(t, <-answer, context.Canceled)
		open()
		require.NoError(t, s.Close())
	})
	require.Len(t, log.lines("app/slow", "EOF"), 1)
}

func TestGivingUpAndStragglersAreLogged(t *testing.T) {
	log := recordLog(t)
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		p := policy.SupervisorScope
		p.Intensity = policy.NoRestarts
		p.Stop = policy.Stop{Grace: time.Second, Kill: time.Second}
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			_, err := s.Start(ctx, tree.ChildSpec{Name: "stuck", Run: stubborn(gate)})
			require.NoError(t, err)
			_, err = s.Start(ctx, tree.ChildSpec{Name: "bad", Run: func(context.Context) error { return io.EOF }})
			require.NoError(t, err)
			return blocker(ctx)
		}, tree.WithName("app"))
		require.ErrorIs(t, err, tree.ErrGaveUp)
		require.ErrorIs(t, err, tree.ErrAbandoned)
		synctest.Wait()
		require.Len(t, log.lines(`msg="tree: gave_up"`, "path=app/bad", "level=ERROR"), 1)
		abandoned := log.lines(`msg="tree: child_abandoned"`, "path=app/stuck", "level=ERROR")
		require.Len(t, abandoned, 1)
		require.Contains(t, abandoned[0], "stubborn")
		require.Contains(t, abandoned[0], "age=2s")
		open()
		synctest.Wait()
		require.Len(t, log.lines(`msg="tree: child_ended_late"`, "path=app/stuck", "level=WARN"), 1)
	})
}

func TestADeadLetterIsLogged(t *testing.T) {
	log := recordLog(t)
	synctest.Test(t, func(t *testing.T) {
		err := tree.Run(t.Context(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
			ref, err := tree.Spawn(ctx, s, actor.Spec[int]{Name: "box", Restart: policy.Temporary, New: func(context.Context, actor.Ref[int]) (actor.Receiver[int], error) {
				return actor.ReceiverFunc[int](func(context.Context, int) error { return errors.New("no") }), nil
			}})
			require.NoError(t, err)
			require.NoError(t, ref.Send(ctx, 1))
			synctest.Wait()
			return nil
		}, tree.WithName("app"))
		require.NoError(t, err)
	})
	require.Len(t, log.lines(`level=WARN msg="tree: dead_letter"`, "path=app/box", "error=no"), 1)
}
