package tree_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// tally is what became of spawns.
type tally struct {
	accepted, closed, draining, began, ended atomic.Int64
	wrong                                    atomic.Pointer[error]
}

// took notes the answer to a spawn.
func (n *tally) took(err error) {
	switch {
	case err == nil:
		n.accepted.Add(1)
	case errors.Is(err, tree.ErrClosed):
		n.closed.Add(1)
	case errors.Is(err, tree.ErrDraining):
		n.draining.Add(1)
	default:
		n.wrong.Store(&err)
	}
}

// work is a spawned function that notes that it ran.
func (n *tally) work(context.Context) error {
	n.began.Add(1)
	n.ended.Add(1)
	return nil
}

// spawners are the ways to have the i-th function run in a scope.
var spawners = []func(ctx context.Context, s *tree.Scope, n *tally, i int){
	func(ctx context.Context, s *tree.Scope, n *tally, _ int) { n.took(s.Go(ctx, n.work)) },
	func(ctx context.Context, s *tree.Scope, n *tally, i int) {
		_, err := s.Start(ctx, tree.ChildSpec{Name: fmt.Sprint("child-", i), Run: n.work, Restart: temporaryIn(s)})
		n.took(err)
	},
	func(ctx context.Context, s *tree.Scope, n *tally, _ int) { // a task, with a scope of its own, with a task
		n.took(s.Go(ctx, func(ctx context.Context) error {
			n.began.Add(1)
			defer n.ended.Add(1)
			err := tree.Run(ctx, policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
				err := s.Go(ctx, n.work)
				n.took(err)
				if err == nil {
					return nil
				}
				return ctx.Err()
			})
			if err != nil && ctx.Err() == nil {
				n.wrong.Store(&err)
			}
			return nil
		}))
	},
	func(ctx context.Context, s *tree.Scope, n *tally, _ int) { // a task whose sibling comes from within
		n.took(s.Go(ctx, func(ctx context.Context) error {
			n.began.Add(1)
			defer n.ended.Add(1)
			err := s.Go(ctx, n.work)
			if errors.Is(err, tree.ErrDraining) {
				n.wrong.Store(&err) // it is no outsider
			}
			n.took(err)
			return nil
		}))
	},
}

// temporaryIn returns the Restart of children that come once.
func temporaryIn(s *tree.Scope) policy.Restart {
	if s.Snapshot().Policy.OnFailure == policy.Supervise {
		return policy.Temporary
	}
	return policy.Permanent
}

// raceSpawns has 1000 goroutines spawn into a scope while end ends it.
func raceSpawns(t *testing.T, p policy.Scope, end func(*tree.Scope), opts ...tree.Option) {
	s, err := tree.Open(t.Context(), p, opts...)
	require.NoError(t, err)
	var n tally
	var all sync.WaitGroup
	ready := make(chan struct{})
	const spawns = 1000
	for i := range spawns {
		all.Go(func() {
			<-ready
			spawners[i%len(spawners)](context.Background(), s, &n, i)
		})
	}
	var over sync.WaitGroup
	over.Go(func() {
		<-ready
		for range 10 {
			_ = s.Snapshot()
		}
		end(s)
		require.NoError(t, s.Close())
		began, ended := n.began.Load(), n.ended.Load()
		require.Equal(t, began, ended, "all that began was waited for")
	})
	close(ready)
	all.Wait()
	over.Wait()
	if err := n.wrong.Load(); err != nil {
		t.Fatalf("unexpected: %v", *err)
	}
	require.Equal(t, n.accepted.Load(), n.ended.Load(), "what was accepted ran")
	require.Equal(t, n.accepted.Load(), n.began.Load(), "and nothing else, nor twice")
	require.GreaterOrEqual(t, n.accepted.Load()+n.closed.Load()+n.draining.Load(), int64(spawns))
	snap := s.Snapshot()
	require.Equal(t, tree.PhaseClosed, snap.Phase)
	require.Zero(t, snap.Tasks)
	require.Zero(t, snap.Counts.Failed+snap.Counts.Panicked)
}

func TestSpawnsThatRaceWithTheEndRunOrAreRefused(t *testing.T) {
	ends := map[string]func(*tree.Scope){
		"Shutdown": func(s *tree.Scope) { _, _ = s.Shutdown(context.Background()) },
		"Cancel":   func(s *tree.Scope) { s.Cancel(io.EOF) },
		"Close":    func(*tree.Scope) {},
	}
	presets := map[string]policy.Scope{"TaskGroup": policy.TaskGroup, "TaskScope": policy.TaskScope,
		"CancellationScope": policy.CancellationScope, "SupervisorScope": policy.SupervisorScope}
	rounds := 5
	if testing.Short() {
		rounds = 1
	}
	for name, p := range presets {
		for how, end := range ends {
			t.Run(name+"/"+how, func(t *testing.T) {
				for range rounds {
					raceSpawns(t, p, end)
					raceSpawns(t, p, end, tree.WithObserver(tree.ObserverFunc(func(tree.Event) {})))
				}
			})
		}
	}
}

func TestAFailureThatRacesWithTheCancelIsOneOrTheOther(t *testing.T) {
	for range 500 {
		s, err := tree.Open(t.Context(), policy.TaskScope, tree.WithObserver(tree.ObserverFunc(func(tree.Event) {})))
		require.NoError(t, err)
		var in, all sync.WaitGroup
		in.Add(20)
		for i := range 20 {
			run := func(ctx context.Context) error {
				in.Done()
				if i%4 == 0 {
					return io.ErrUnexpectedEOF
				}
				if i%4 == 1 {
					return context.Canceled // a cancel, if it is its own
				}
				<-ctx.Done()
				return ctx.Err()
			}
			if i%2 == 0 {
				require.NoError(t, s.Go(t.Context(), run))
			} else {
				_, err := s.Start(t.Context(), tree.ChildSpec{Name: fmt.Sprint(i), Run: run})
				require.NoError(t, err)
			}
		}
		all.Go(func() { s.Cancel(io.ErrClosedPipe) })
		require.NoError(t, s.Close())
		all.Wait()
		counts := s.Snapshot().Counts
		require.GreaterOrEqual(t, counts.Failed, int64(5))
		require.Equal(t, int64(20), counts.Failed+counts.Canceled)
	}
}

func TestAnExitThatRacesWithItsAbandonment(t *testing.T) {
	for i := range 200 {
		p := policy.SupervisorScope
		p.Stop = policy.Stop{Grace: policy.NoGrace, Kill: time.Millisecond}
		rec, back := &recorder{}, make(chan struct{})
		s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(rec))
		require.NoError(t, err)
		ch, err := s.Start(t.Context(), tree.ChildSpec{Name: "edge", Run: func(ctx context.Context) error {
			defer close(back)
			<-ctx.Done()
			_ = sleep(context.Background(), time.Millisecond+time.Duration(i-100)*2*time.Microsecond)
			return io.ErrUnexpectedEOF
		}})
		require.NoError(t, err)
		err = s.Close()
		waited := ch.Wait(t.Context())
		if errors.Is(err, tree.ErrAbandoned) {
			require.Error(t, waited)
		} else {
			require.NoError(t, err)
			require.ErrorContains(t, waited, io.ErrUnexpectedEOF.Error())
		}
		<-back
	}
}

func TestAReplacementThatRacesWithWhatItReplaces(t *testing.T) {
	for i := range 100 {
		p := policy.SupervisorScope
		p.Stop = policy.Stop{Grace: policy.NoGrace, Kill: time.Millisecond, Stuck: policy.StuckReplace}
		s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		back := make(chan struct{}, 16)
		edge, err := s.Start(t.Context(), tree.ChildSpec{Name: "edge", Backoff: policy.Backoff{Min: time.Microsecond, Reset: time.Microsecond},
			Run: func(ctx context.Context) error {
				defer func() { back <- struct{}{} }()
				<-ctx.Done()
				return sleep(context.Background(), time.Millisecond+time.Duration(i-50)*4*time.Microsecond)
			}})
		require.NoError(t, err)
		require.NoError(t, s.Restart("edge"))
		_ = sleep(t.Context(), 2*time.Millisecond)
		if err := s.Close(); err != nil {
			require.ErrorIs(t, err, tree.ErrAbandoned)
		}
		for range edge.Incarnation() { // all that were begun come back, abandoned or not
			<-back
		}
	}
}
