//go:build unix

package tree_test

import (
	"context"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// worked returns how long this process has run on any processor, which is not
// longer for others who want it too.
func worked(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// Thousands may be stuck, and the scope does not end before each is named.
func TestTheStacksOfThousandsAreFoundInOnePass(t *testing.T) {
	const n = 4000
	p := policy.SupervisorScope
	p.Stop.Grace, p.Stop.Kill = policy.NoGrace, 10*time.Millisecond
	gate := make(chan struct{})
	s, err := tree.Open(t.Context(), p, tree.WithName("crowd"), nobody())
	require.NoError(t, err)
	stuck := func(ctx context.Context) error {
		defer func() { <-gate }()
		return tree.Ready(ctx) // it runs, and so has a stack to be found
	}
	for i := range n {
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: fmt.Sprint(i), Run: stuck, WaitReady: true})
		require.NoError(t, err)
	}
	before := worked(t)
	report, err := s.Shutdown(t.Context())
	took := worked(t) - before
	close(gate)
	for rootNamed("crowd") != nil { // it stays listed until the last of them has come back
		runtime.Gosched()
	}
	require.NoError(t, err)
	require.Len(t, report.Abandoned, n)
	require.NotEmpty(t, report.Abandoned[n-1].Stack)
	require.Less(t, took, 3*time.Second, "it took more than 5 s when each was held against each")
}

// Thousands of handlers may hang in the same thing, and be told of at the same time.
func TestTheStacksOfThousandsOfHandlersAreFoundInFewLooks(t *testing.T) {
	const n = 2000
	gate := make(chan struct{})
	told := make(chan string, n)
	s, err := tree.Open(t.Context(), policy.SupervisorScope, tree.WithName("hung"), tree.WithObserver(tree.ObserverFunc(func(e tree.Event) {
		if e.Kind == tree.HandlerStuck {
			told <- e.Stack
		}
	})))
	require.NoError(t, err)
	before := worked(t)
	for i := range n {
		ref, err := tree.Spawn(t.Context(), s, actor.Spec[chore]{Name: fmt.Sprint(i), New: newChores, StuckAfter: 100 * time.Millisecond})
		require.NoError(t, err)
		require.NoError(t, ref.Send(t.Context(), func(context.Context) error { <-gate; return nil }))
	}
	for range n {
		require.NotEmpty(t, <-told)
	}
	took := worked(t) - before
	close(gate)
	require.NoError(t, s.Close())
	require.Less(t, took, 10*time.Second, "a look for each took ten times that")
}
