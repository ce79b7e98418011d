package tree_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// heap returns the bytes that are in use after a collection.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// bigError holds on to 64 kB, and says so at length.
type bigError struct{ text string }

func (e *bigError) Error() string { return e.text }

func newBigError() error { return &bigError{strings.Repeat("x", 64<<10)} }

// crowd is how many come and go, one in ten failing: enough to see it if each
// left something behind.
func crowd(t *testing.T) int {
	if testing.Short() {
		return 20_000
	}
	return 200_000
}

// nobody is an observer that does not look.
func nobody() tree.Option { return tree.WithObserver(tree.ObserverFunc(func(tree.Event) {})) }

// flat checks that f, which has n come and go in the scope, leaves the heap as it
// was but for a few errors on their way and maps that keep their size.
func flat(t *testing.T, p policy.Scope, f func(ctx context.Context, s *tree.Scope)) {
	t.Helper()
	s, err := tree.Open(t.Context(), p, tree.WithName("crowd"), nobody())
	require.NoError(t, err)
	f(t.Context(), s) // what is made once is made here
	before := heap()
	f(t.Context(), s)
	after := heap()
	require.Less(t, after-before, int64(1<<20), "from %d to %d bytes", before, after)
	require.NoError(t, s.Close())
}

func TestTasksThatEndedLeaveNothingBehind(t *testing.T) {
	n := crowd(t)
	flat(t, policy.TaskScope, func(ctx context.Context, s *tree.Scope) {
		var all sync.WaitGroup
		for i := range n {
			all.Add(1)
			require.NoError(t, s.Go(ctx, func(context.Context) error {
				defer all.Done()
				if i%10 == 0 {
					return newBigError()
				}
				return nil
			}))
			if i%64 == 0 {
				all.Wait()
			}
		}
		all.Wait()
		settled(t, s)
	})
}

func TestTemporaryChildrenThatEndedLeaveNothingBehind(t *testing.T) {
	n := crowd(t) / 2
	flat(t, policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) {
		for i := range n {
			ch, err := s.Start(ctx, tree.ChildSpec{Name: "child", Restart: policy.Temporary, Run: func(context.Context) error {
				if i%10 == 0 {
					return newBigError()
				}
				return nil
			}})
			require.NoError(t, err)
			if err := ch.Wait(ctx); err != nil {
				require.Len(t, err.Error(), 64<<10)
			}
		}
		settled(t, s)
	})
}

func TestRestartsLeaveNothingBehind(t *testing.T) {
	n := crowd(t) / 2
	p := policy.SupervisorScope
	p.Intensity = policy.Intensity{Restarts: 10 * n, Within: policy.Forever}
	var lives int
	flat(t, p, func(ctx context.Context, s *tree.Scope) {
		lives = 0
		done := make(chan struct{})
		ch, err := s.Start(ctx, tree.ChildSpec{Name: "again", Run: func(ctx context.Context) error {
			derived, cancel := context.WithCancel(ctx)
			defer cancel()
			context.AfterFunc(derived, func() {})
			if lives++; lives < n {
				if lives%10 == 0 {
					return newBigError()
				}
				return errors.New("small")
			}
			close(done)
			return drainer(ctx)
		}})
		require.NoError(t, err)
		<-done
		require.Equal(t, n, ch.Incarnation())
		require.NoError(t, s.Remove("again"))
		require.NoError(t, ch.Wait(ctx))
		settled(t, s)
	})
}

// settled waits until all that came has gone, its events included.
func settled(t *testing.T, s *tree.Scope) {
	for s.Snapshot().Tasks > 0 {
		require.NoError(t, t.Context().Err())
		runtime.Gosched()
	}
}

func TestTheErrorOfAnEndedChildIsNotKept(t *testing.T) {
	for name, spec := range map[string]tree.ChildSpec{
		"temporary, ended":     {Restart: policy.Temporary},
		"permanent, restarted": {},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := tree.Open(t.Context(), policy.SupervisorScope, nobody())
			require.NoError(t, err)
			collected, second := make(chan struct{}), make(chan struct{})
			lives := 0
			spec.Name = "child"
			spec.Run = func(ctx context.Context) error {
				if lives++; lives > 1 {
					close(second)
					return blocker(ctx)
				}
				return &holdingError{gone(collected)}
			}
			ch, err := s.Start(t.Context(), spec)
			require.NoError(t, err)
			if spec.Restart == policy.Temporary {
				require.Error(t, ch.Wait(t.Context()))
				ch = nil
			} else {
				<-second
			}
			collect(t, collected) // while the scope lives
			runtime.KeepAlive(ch)
			require.Equal(t, int64(1), s.Snapshot().Counts.Failed)
			s.Cancel(nil)
			require.NoError(t, s.Close())
		})
	}
}

// holdingError holds on to something.
type holdingError struct{ what *[64]byte }

func (e *holdingError) Error() string { return "holding" }

func TestAScopeThatHasEndedLeavesNothingOnTheContextAround(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	round := func(n int) {
		for range n {
			require.NoError(t, tree.Run(ctx, policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
				return s.Go(ctx, func(context.Context) error { return nil })
			}))
			s, err := tree.Open(ctx, policy.TaskScope)
			require.NoError(t, err)
			require.NoError(t, s.Close())
		}
	}
	round(1000)
	before := liveHeap()
	round(5000)
	kept := liveHeap() - before
	for range 50 { // clean-ups of handles run some time after the collection
		if kept < 5000*100 {
			break
		}
		runtime.Gosched()
		kept = liveHeap() - before
	}
	require.Less(t, kept, int64(5000*100), "bytes kept by 10,000 scopes that have ended")
	runtime.KeepAlive(ctx)
}
