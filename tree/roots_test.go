package tree_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// named returns the paths of the live roots that are in want, newest first.
func named(want ...string) []string {
	var list []string
	for s := range tree.Roots() {
		for _, w := range want {
			if s.Path() == w {
				list = append(list, w)
			}
		}
	}
	return list
}

func TestRootsAreListedWhileTheyLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		want := []string{"roots-a", "roots-b", "roots-c", "roots-a/nested", "nested"}
		open := map[string]*tree.Scope{}
		for _, name := range want[:3] {
			s, err := tree.Open(t.Context(), policy.SupervisorScope, tree.WithName(name))
			require.NoError(t, err)
			open[name] = s
		}
		require.Equal(t, []string{"roots-c", "roots-b", "roots-a"}, named(want...))
		_, err := open["roots-a"].Start(t.Context(), tree.ChildSpec{Name: "opener", Run: func(ctx context.Context) error {
			return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, _ *tree.Scope) error { return drainer(ctx) }, tree.WithName("nested"))
		}})
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, []string{"roots-c", "roots-b", "roots-a"}, named(want...), "a nested scope is no root")
		for i, name := range []string{"roots-b", "roots-c", "roots-a"} {
			require.NoError(t, open[name].Close())
			require.Len(t, named(want...), 2-i)
		}
	})
}

func TestARootIsListedWhileWhatItAbandonedRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		p := policy.SupervisorScope
		p.Stop = policy.Stop{Grace: policy.NoGrace, Kill: time.Second}
		s, err := tree.Open(t.Context(), p, tree.WithName("left-behind"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "stuck", Run: stubborn(gate)})
		require.NoError(t, err)
		require.NoError(t, s.Go(t.Context(), stubborn(gate)))
		require.ErrorIs(t, s.Close(), tree.ErrAbandoned)
		require.Equal(t, 1, rootsNamed("left-behind"))
		open()
		synctest.Wait()
		require.Zero(t, rootsNamed("left-behind"))
	})
}

// collect runs the garbage collector until done is closed or the test is over.
// Clean-ups run outside of bubbles, so this is for tests without one.
func collect(t *testing.T, done <-chan struct{}) {
	t.Helper()
	deadline, ok := t.Deadline()
	if !ok || time.Until(deadline) > 20*time.Second {
		deadline = time.Now().Add(20 * time.Second)
	}
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	for {
		runtime.GC()
		select {
		case <-done:
			return
		case <-ctx.Done():
			t.Error("it was not collected")
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// forget opens a scope with a child and lets the handle go.
//
//go:noinline
func forget(t *testing.T, obs tree.Observer, run func(context.Context) error) {
	s, err := tree.Open(context.Background(), policy.SupervisorScope, tree.WithName("forgotten"), tree.WithObserver(obs))
	require.NoError(t, err)
	_, err = s.Start(context.Background(), tree.ChildSpec{Name: "child", Run: run})
	require.NoError(t, err)
}

func TestAForgottenHandleIsReportedAndItsScopeShutDown(t *testing.T) {
	rec := &recorder{}
	closed, ended := make(chan struct{}), make(chan struct{})
	forget(t, tree.ObserverFunc(func(e tree.Event) {
		rec.Observe(e)
		if e.Kind == tree.ScopeClosed {
			close(closed)
		}
	}), func(ctx context.Context) error {
		defer close(ended)
		<-tree.Draining(ctx)
		if ctx.Err() != nil {
			return errors.New("it was canceled, not asked")
		}
		return nil
	})
	require.Equal(t, 1, rootsNamed("forgotten"), "found while it is forgotten")
	collect(t, ended)
	collect(t, closed)
	told := rec.of(tree.ScopeForgotten)
	require.Len(t, told, 1)
	require.Equal(t, "forgotten", told[0].Path)
	require.Regexp(t, `^roots_test\.go:\d+$`, told[0].Site, "where it was opened")
	require.Empty(t, rec.failures())
	for rootsNamed("forgotten") > 0 { // it ends when its last event was observed
		runtime.Gosched()
	}
}

// gone is closed when an object that was made by it has been collected.
func gone(done chan struct{}) *[64]byte {
	b := new([64]byte)
	runtime.AddCleanup(b, func(done chan struct{}) { close(done) }, done)
	return b
}

func TestAClosedHandleIsNotReported(t *testing.T) {
	rec, collected := &recorder{}, make(chan struct{})
	func() {
		b := gone(collected)
		s, err := tree.Open(context.Background(), policy.SupervisorScope, tree.WithName("closed"), tree.WithObserver(rec))
		require.NoError(t, err)
		_, err = s.Start(context.Background(), tree.ChildSpec{Name: "child", Run: func(ctx context.Context) error { b[0]++; return drainer(ctx) }})
		require.NoError(t, err)
		require.NoError(t, s.Close())
	}()
	collect(t, collected) // the scope, and all that its child held on to
	require.Empty(t, rec.of(tree.ScopeForgotten))
	require.Len(t, rec.of(tree.ScopeClosed), 1)
}

func TestAHandleInUseIsNotForgotten(t *testing.T) {
	for name, use := range map[string]func(ctx context.Context, s *tree.Scope) error{
		"Wait": func(ctx context.Context, s *tree.Scope) error { return s.Wait(ctx) },
		"Start": func(ctx context.Context, s *tree.Scope) error {
			_, err := s.Start(ctx, tree.ChildSpec{Name: "slow", WaitReady: true, Run: blocker})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			rec, in, out := &recorder{}, make(chan struct{}), make(chan error, 1)
			ctx, cancel := context.WithCancelCause(t.Context())
			go func() {
				s, err := tree.Open(context.Background(), policy.SupervisorScope, tree.WithName("used"), tree.WithObserver(rec))
				if err != nil {
					panic(err)
				}
				close(in)
				out <- use(ctx, s)
			}()
			<-in
			for range 20 {
				collected := make(chan struct{})
				gone(collected)
				collect(t, collected)
			}
			require.Empty(t, rec.of(tree.ScopeForgotten), "it is waited on")
			cancel(io.EOF)
			require.ErrorIs(t, <-out, io.EOF)
			for s := range tree.Roots() {
				if s.Path() == "used" {
					s.Cancel(nil)
					require.NoError(t, s.Wait(t.Context()))
				}
			}
		})
	}
}
