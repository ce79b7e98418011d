package tree_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// spawning is a way to have a function run in a scope.
type spawning struct {
	name  string
	spawn func(ctx context.Context, s *tree.Scope, name string, run func(context.Context) error) error
}

// spawnings are all ways. The last one asks as an outsider, whatever ctx says.
var spawnings = []spawning{
	{"Go", func(ctx context.Context, s *tree.Scope, _ string, run func(context.Context) error) error {
		return s.Go(ctx, run)
	}},
	{"Start", func(ctx context.Context, s *tree.Scope, name string, run func(context.Context) error) error {
		_, err := s.Start(ctx, tree.ChildSpec{Name: name, Run: run, Restart: temporaryIn(s)})
		return err
	}},
	{"Spawn", func(ctx context.Context, s *tree.Scope, name string, run func(context.Context) error) error {
		_, err := tree.Spawn(ctx, s, actor.Spec[int]{Name: name, Restart: temporaryIn(s), New: constructor(run)})
		return err
	}},
	{"StartChild", func(ctx context.Context, s *tree.Scope, name string, run func(context.Context) error) error {
		spec := tree.ChildSpec{Name: name, Run: run, Restart: temporaryIn(s)}
		got, err := actor.Ask(ctx, s.Ref(), func(r actor.Reply[tree.Started]) tree.Message {
			return tree.StartChild{Spec: spec, Reply: r}
		})
		return errors.Join(err, got.Err)
	}},
}

// constructor makes run the New of an actor, or nil of nil.
func constructor(run func(context.Context) error) func(context.Context, actor.Ref[int]) (actor.Receiver[int], error) {
	if run == nil {
		return nil
	}
	return func(ctx context.Context, _ actor.Ref[int]) (actor.Receiver[int], error) { return nothing{}, run(ctx) }
}

// ranTimes is a child that counts how often it ran, and the count.
func ranTimes() (run func(context.Context) error, count func() int64) {
	n := new(atomic.Int64)
	return func(context.Context) error {
		n.Add(1)
		return nil
	}, n.Load
}

// A scope that ends when its body leaves refuses such siblings, as all that is
// spawned into a canceled scope.
func TestScope_161_AChildMaySpawnSiblingsWhileTheOwnerAlreadyWaits(t *testing.T) {
	presets := append(autoPresets(), preset{"SupervisorScope", policy.SupervisorScope}) // drains, which its descendants may use
	under(t, presets, func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var log trail
		var handle *tree.Scope
		step := func(d time.Duration, name string) func(context.Context) error {
			return func(ctx context.Context) error {
				err := sleep(ctx, d)
				log.add(name)
				return err
			}
		}
		require.NoError(t, tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			handle = s
			return s.Go(ctx, func(ctx context.Context) error {
				if err := sleep(ctx, tenth); err != nil {
					return err
				}
				log.add("spawner")
				return errors.Join(
					s.Go(ctx, step(3*tenth, "task")),
					spawnings[1].spawn(ctx, s, "child", step(2*tenth, "child")))
			})
		}))
		require.Equal(t, 4*tenth, time.Since(start))
		require.Equal(t, []string{"spawner", "child", "task"}, log.list())
		require.Equal(t, int64(3), handle.Snapshot().Counts.Returned)
	})
}

func TestScope_161_AChainOfChildrenThatEachSpawnTheNextIsWaitedForToItsEnd(t *testing.T) {
	for _, way := range spawnings[:2] {
		t.Run(way.name, func(t *testing.T) {
			under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
				const links = 1000
				start := time.Now()
				var ran atomic.Int64
				require.NoError(t, tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
					var link func(ctx context.Context) error
					link = func(ctx context.Context) error {
						pause(time.Millisecond)
						if n := ran.Add(1); n < links {
							return way.spawn(ctx, s, strconv.FormatInt(n, 10), link) // its last deed
						}
						return nil
					}
					return way.spawn(ctx, s, "0", link)
				}))
				require.Equal(t, int64(links), ran.Load())
				require.Equal(t, links*time.Millisecond, time.Since(start))
			})
		})
	}
}

func TestScope_161_AChildOfAnOpenedScopeMaySpawnWhileOthersWaitForItsEnd(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		s, err := tree.Open(t.Context(), p)
		require.NoError(t, err)
		waited := answerOf(func() error { return s.Wait(t.Context()) })
		run, ran := ranTimes()
		require.NoError(t, s.Go(t.Context(), func(ctx context.Context) error {
			pause(tenth)
			return errors.Join(s.Go(ctx, run), spawnings[1].spawn(ctx, s, "child", run))
		}))
		pause(2 * tenth)
		require.Equal(t, int64(2), ran())
		require.NoError(t, s.Close())
		require.NoError(t, <-waited)
		require.Equal(t, 2*tenth, time.Since(start))
	})
}

// The race of the list, with the exact sum; race_test.go has it in real time, for
// every preset and every way to spawn and to end.
func TestScope_167_OfAThousandSpawnsDuringAShutdownEachRanOrWasRefused(t *testing.T) {
	for _, way := range spawnings[:2] {
		t.Run(way.name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) { shutDownAmidst(t, p, way) })
		})
	}
}

// shutDownAmidst shuts a scope down when half of a thousand goroutines have
// spawned into it.
func shutDownAmidst(t *testing.T, p policy.Scope, way spawning) {
	const spawners = 1000
	s, err := tree.Open(t.Context(), p)
	require.NoError(t, err)
	run, ran := ranTimes()
	var accepted, refused atomic.Int64
	var all sync.WaitGroup
	begin, half := make(chan struct{}), make(chan struct{})
	for i := range spawners {
		all.Go(func() {
			<-begin
			switch err := way.spawn(context.Background(), s, strconv.Itoa(i), run); {
			case err == nil && accepted.Add(1) == spawners/2:
				close(half)
			case errors.Is(err, tree.ErrClosed), errors.Is(err, tree.ErrDraining):
				refused.Add(1)
			case err != nil:
				t.Errorf("neither ran nor refused: %v", err)
			}
		})
	}
	close(begin)
	<-half
	report, err := s.Shutdown(t.Context())
	require.NoError(t, err)
	atReturn := ran()
	all.Wait()
	synctest.Wait() // whatever could still run has run
	require.Equal(t, int64(spawners), accepted.Load()+refused.Load())
	require.Equal(t, accepted.Load(), ran(), "accepted and nothing else, once each")
	require.Equal(t, ran(), atReturn, "all of it was waited for")
	require.Equal(t, tree.PhaseClosed, report.Phase)
	require.Empty(t, report.Abandoned)
	counts := s.Snapshot().Counts
	require.Equal(t, accepted.Load(), counts.Returned)
	require.Equal(t, refused.Load(), counts.Refused)
	require.NoError(t, s.Close())
}

func TestScope_173_ANilFunctionIsRefusedWhereItIsGiven(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		s, err := tree.Open(t.Context(), p, tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		for _, way := range spawnings {
			var field *policy.FieldError
			require.ErrorAs(t, way.spawn(t.Context(), s, "none", nil), &field, way.name)
			require.Nil(t, field.Value)
			require.Contains(t, field.Reason, "must be a function")
		}
		require.EqualError(t, s.Go(t.Context(), nil), "tree.Scope.Go.f = nil: must be a function")
		require.EqualError(t, tree.Run(t.Context(), p, nil), "tree.Run.body = nil: must be a function")
		require.Zero(t, s.Snapshot().Tasks)
		require.Empty(t, s.Snapshot().Children)
		require.Equal(t, tree.Counts{}, s.Snapshot().Counts, "nothing came that could be refused")
		require.NoError(t, s.Close())
	})
}
