package tree_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// turnstile counts who is inside at once.
type turnstile struct{ now, most, all atomic.Int64 }

// around counts run in and out.
func (c *turnstile) around(run func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		c.all.Add(1)
		n := c.now.Add(1)
		defer c.now.Add(-1)
		for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
		}
		return run(ctx)
	}
}

func TestScope_185_NeverMoreThanTheLimitRunAtOnceAndAllRun(t *testing.T) {
	for _, way := range spawnings[:2] {
		t.Run(way.name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				const room, work = 3, 10
				var inside turnstile
				var order trail
				start := time.Now()
				var s *tree.Scope
				err := tree.Run(t.Context(), limited(p, room), func(ctx context.Context, scope *tree.Scope) error {
					s = scope
					for i := range work {
						err := way.spawn(ctx, s, fmt.Sprint("c", i), inside.around(func(ctx context.Context) error {
							order.add(fmt.Sprintf("%d at %v", i, time.Since(start)))
							return sleep(ctx, tenth)
						}))
						require.NoError(t, err)
						synctest.Wait() // it runs
						require.LessOrEqual(t, s.Counts().Running, int64(room))
						require.Equal(t, time.Duration(i/room)*tenth, time.Since(start), "the body waits for a place")
					}
					pause(tenth) // the last one too has ended
					return nil
				})
				require.NoError(t, err)
				require.Equal(t, []int64{room, work}, []int64{inside.most.Load(), inside.all.Load()})
				require.Equal(t, []string{"0 at 0s", "1 at 0s", "2 at 0s", "3 at 100ms", "4 at 100ms", "5 at 100ms",
					"6 at 200ms", "7 at 200ms", "8 at 200ms", "9 at 300ms"}, order.list())
				require.Equal(t, tree.Counts{Returned: work}, s.Counts())
				require.Equal(t, int64(work), s.Counts().Started())
			})
		})
	}
}

// Tasks, children and actors share the places; the body, shields and the scopes
// that they open take none.
func TestScope_185_TasksChildrenAndActorsCountAndTheBodyShieldsAndNestedTasksDoNot(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		err := tree.Run(t.Context(), limited(p, 3), func(ctx context.Context, s *tree.Scope) error {
			for _, way := range spawnings[1:3] {
				require.NoError(t, way.spawn(ctx, s, way.name, takes(0)))
			}
			synctest.Wait() // the child has ended, the actor is idle
			require.Equal(t, int64(1), s.Counts().Running)
			require.NoError(t, s.Go(ctx, func(ctx context.Context) error {
				return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, inner *tree.Scope) error {
					for range 10 {
						require.NoError(t, inner.TryGo(ctx, blocker))
					}
					return nil
				})
			}))
			require.NoError(t, s.TryGo(ctx, blocker))
			for range 2 {
				go func() { _ = s.Shield(t.Context(), "shield", blocker) }()
			}
			synctest.Wait() // they run
			require.Equal(t, int64(3+2), s.Counts().Running)
			require.EqualError(t, s.TryGo(ctx, blocker), "tree: scope full: app")
			for _, way := range spawnings[3:] {
				require.ErrorIs(t, way.spawn(ctx, s, "message", blocker), tree.ErrFull, "a message does not wait")
			}
			require.Equal(t, int64(2), s.Counts().Refused)
			p := s.Snapshot().Policy
			require.Equal(t, 3, p.Limit)
			s.Cancel(nil)
			return endShields(ctx, s)
		}, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
	})
}

// endShields cancels what is shielded in s.
func endShields(_ context.Context, s *tree.Scope) error {
	for child := range s.Children() {
		child.Cancel(nil)
	}
	return nil
}

func TestScope_187_AStartThatWaitsIsOverWhenItsContextEndsAndTakesNoPlace(t *testing.T) {
	for _, way := range spawnings[:3] {
		t.Run(way.name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				s, seen := openSupervisor(t, limited(p, 1))
				require.NoError(t, s.Go(t.Context(), takes(5*tenth)))
				start := time.Now()
				run, ran := ranTimes()
				next := make(chan error, 1)
				first := answerOf(func() error { return way.spawn(impatient(t, tenth), s, "first", run) })
				synctest.Wait() // the first is in line
				go func() { next <- s.Go(t.Context(), blocker) }()
				synctest.Wait() // and the next behind it
				require.Equal(t, int64(2), s.Counts().Waiting)

				require.Equal(t, errEnough, <-first, "the cause of its context")
				require.Equal(t, tenth, time.Since(start))
				require.Equal(t, int64(1), s.Counts().Waiting)
				require.NoError(t, <-next)
				require.Equal(t, 5*tenth, time.Since(start), "the next has the place")
				require.Zero(t, ran())
				require.Zero(t, s.Counts().Refused, "the scope did not refuse it")
				require.Empty(t, seen.of(tree.SpawnRefused))
				_, err := s.Child("first")
				require.ErrorIs(t, err, tree.ErrNotFound)
				report, err := s.Shutdown(t.Context())
				require.NoError(t, err)
				require.Zero(t, report.NotStarted, "it was called off before the end")
			})
		})
	}
}

// Package errgroup's group of one deadlocks here, and conc panics.
func TestScope_188_AChildThatSpawnsIntoItsOwnFullScopeIsToldThatItIsFull(t *testing.T) {
	for _, way := range spawnings[:3] {
		t.Run(way.name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				s, _ := openSupervisor(t, limited(p, 1))
				start := time.Now()
				answers := make(chan error, 4)
				spawn := func(ctx context.Context) error {
					answers <- way.spawn(ctx, s, "below", blocker)
					answers <- s.TryGo(ctx, blocker)
					return nil
				}
				require.NoError(t, s.Go(t.Context(), spawn))
				synctest.Wait() // the task has ended
				_, err := s.Start(t.Context(), tree.ChildSpec{Name: "child", Run: spawn, Restart: temporaryIn(s)})
				require.NoError(t, err)
				for range 2 {
					require.EqualError(t, <-answers, "tree: scope full: app: who has a place in it might wait for itself")
					require.EqualError(t, <-answers, "tree: scope full: app")
				}
				require.Zero(t, time.Since(start))
				synctest.Wait() // the child too has ended
				require.Equal(t, tree.Counts{Returned: 2, Refused: 4}, s.Counts())
				require.NoError(t, s.TryGo(t.Context(), takes(0)))
			})
		})
	}
}

func TestScope_188_AChildMaySpawnIntoItsOwnScopeWhileThereIsRoom(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		var deep trail
		s, _ := openSupervisor(t, limited(p, 2))
		var dig func(n int) func(ctx context.Context) error
		dig = func(n int) func(ctx context.Context) error {
			return func(ctx context.Context) error {
				err := s.Go(ctx, dig(n+1))
				deep.add(fmt.Sprintf("%d: %v", n, err))
				return blocker(ctx)
			}
		}
		require.NoError(t, s.Go(t.Context(), dig(1)))
		synctest.Wait() // both have had their answer
		require.ElementsMatch(t, []string{"1: <nil>", "2: tree: scope full: app: who has a place in it might wait for itself"}, deep.list())
		s.Cancel(nil)
	})
}

// A policy is copied, so there is nothing to change: what errgroup panics for
// cannot be written.
func TestScope_190_ALimitCannotBeChangedAPolicyIsCopied(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p = limited(p, 1)
		inner := p
		s, _ := openSupervisor(t, p)
		sup, err := s.Start(t.Context(), tree.ChildSpec{Name: "sup", Policy: &inner, Children: []tree.ChildSpec{{Name: "only", Run: blocker}}})
		require.NoError(t, err)
		p.Limit, inner.Limit, sup.Spec().Policy.Limit = 100, 100, 100
		below := scopeOf(t, sup)
		require.ErrorIs(t, s.TryGo(t.Context(), blocker), tree.ErrFull)
		require.ErrorIs(t, below.TryGo(t.Context(), blocker), tree.ErrFull)
		require.Equal(t, 1, below.Snapshot().Policy.Limit)
		require.Equal(t, 1, s.Snapshot().Policy.Limit)
		s.Cancel(nil)
	})
}

func TestScope_191_ALimitBelowZeroIsRefusedAndZeroIsNone(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		const fault = "policy.Scope.Limit = -1: must not be negative"
		err := tree.Run(t.Context(), limited(p, -1), func(context.Context, *tree.Scope) error {
			t.Error("the body ran")
			return nil
		})
		require.ErrorContains(t, err, fault)
		_, err = tree.Open(t.Context(), limited(p, -1))
		require.ErrorContains(t, err, fault)
		bad := limited(p, -1)
		require.EqualError(t, tree.Check(tree.ChildSpec{Name: "sup", Policy: &bad}), "tree.ChildSpec.Policy: "+fault)

		s, _ := openSupervisor(t, limited(p, 0))
		for range 1000 {
			require.NoError(t, s.TryGo(t.Context(), blocker))
		}
		require.Equal(t, tree.Counts{Running: 1000}, s.Counts())
		s.Cancel(nil)
	})
}

func TestScope_191_ALimitBelowTheNumberOfFixedChildrenIsRefused(t *testing.T) {
	two := []tree.ChildSpec{{Name: "a", Run: blocker}, {Name: "b", Run: blocker}}
	p := limited(policy.SupervisorScope, 1)
	const fault = "tree.ChildSpec.Policy.Limit = 1: has 2 fixed Children"
	bad := tree.ChildSpec{Name: "sup", Policy: &p, Children: two}
	require.EqualError(t, tree.Check(bad), fault)
	require.ErrorContains(t, tree.Check(tree.ChildSpec{Name: "top", Policy: new(policy.SupervisorScope), Children: []tree.ChildSpec{bad}}),
		"tree.ChildSpec.Children[0].Policy.Limit = 1: has 2 fixed Children")
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		_, err := s.Start(t.Context(), bad)
		require.EqualError(t, err, fault)
		require.Empty(t, s.Snapshot().Children)
		p.Limit = 2
		sup, err := s.Start(t.Context(), bad)
		require.NoError(t, err)
		inner := scopeOf(t, sup)
		require.Equal(t, tree.Counts{Running: 2}, inner.Counts())
		require.ErrorIs(t, inner.TryGo(t.Context(), blocker), tree.ErrFull)
	})
}

// There is no queue of jobs beside the callers who wait: what waits is closed by
// ending the context with which it was asked for, and nobody waits for room to wait.
func TestScope_193_AJobThatIsCalledOffWhileItWaitsNeverStarts(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		s, _ := openSupervisor(t, limited(p, 1))
		require.NoError(t, s.Go(t.Context(), takes(tenth)))
		ctx, cancel := context.WithCancelCause(t.Context())
		run, ran := ranTimes()
		waiting := answerOf(func() error { return s.Go(ctx, run) })
		synctest.Wait() // job 2 is pending
		require.Equal(t, tree.Counts{Running: 1, Waiting: 1}, s.Counts())
		cancel(errReason)
		require.Equal(t, errReason, <-waiting)
		require.Equal(t, tree.Counts{Running: 1}, s.Counts())
		pause(2 * tenth) // job 1 has ended
		require.Zero(t, ran())
		require.Equal(t, tree.Counts{Returned: 1}, s.Counts())
	})
}

func TestScope_194_AFailureEndsAScopeWhosePlacesAllWaitForTheirCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		run, ran := ranTimes()
		var s *tree.Scope
		err := tree.Run(t.Context(), limited(policy.TaskGroup, 3), func(ctx context.Context, scope *tree.Scope) error {
			s = scope
			require.NoError(t, s.Go(ctx, blocker))
			launch(ctx, t, s, "blocker", blocker)
			launch(ctx, t, s, "fails", failsAfter(tenth, errBoom))
			err := s.Go(ctx, run)
			require.ErrorIs(t, err, tree.ErrClosed, "not the place of the one that failed")
			return err
		}, tree.WithName("app"))
		require.EqualError(t, err, "app/fails: boom")
		require.Equal(t, tenth, time.Since(start))
		require.Zero(t, ran())
		require.Equal(t, tree.Counts{Canceled: 2, Failed: 1, Refused: 1}, s.Counts())
	})
}

// The same with a plain task, and with starts that wait from outside.
func TestScope_194_NobodyWhoWaitsGetsThePlaceOfTheFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, limited(policy.TaskGroup, 2))
		require.NoError(t, s.Go(t.Context(), blocker))
		require.NoError(t, s.Go(t.Context(), failsAfter(tenth, errBoom)))
		answers := pendingStarts(t.Context(), t, s)
		for range cap(answers) {
			require.ErrorIs(t, <-answers, tree.ErrClosed)
		}
		require.ErrorIs(t, s.Close(), errBoom)
		require.Equal(t, tree.Counts{Canceled: 1, Failed: 1, Refused: 3}, s.Counts())
	})
}
