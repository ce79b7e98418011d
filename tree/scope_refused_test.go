package tree_test

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestScope_163_ASpawnIntoAFinishedScopeIsRefusedAndStartsNothing(t *testing.T) {
	ends := map[string]func(t *testing.T, s *tree.Scope){
		"closed": func(*testing.T, *tree.Scope) {},
		"shut down": func(t *testing.T, s *tree.Scope) {
			_, err := s.Shutdown(t.Context())
			require.NoError(t, err)
		},
		"canceled": func(_ *testing.T, s *tree.Scope) { s.Cancel(errReason) },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				s, err := tree.Open(t.Context(), p, tree.WithName("app"))
				require.NoError(t, err)
				run, ran := ranTimes()
				require.NoError(t, s.Go(t.Context(), run))
				end(t, s)
				require.NoError(t, s.Close())
				before := runtime.NumGoroutine()
				for i := range 1000 {
					way := spawnings[i%3] // who asks by a message is refused by the address
					require.EqualError(t, way.spawn(t.Context(), s, "late", run), "tree: scope closed: app")
				}
				require.ErrorIs(t, spawnings[3].spawn(t.Context(), s, "late", run), actor.ErrStopped)
				require.Less(t, runtime.NumGoroutine(), before+100, "none was started for any of them")
				synctest.Wait() // whatever could still run has run
				require.Equal(t, int64(1), ran())
				require.Equal(t, tree.Counts{Returned: 1, Refused: 1000}, s.Snapshot().Counts)
				require.Empty(t, s.Snapshot().Children)
			})
		})
	}
}

// resource is what a function is given to close.
type resource struct {
	mu     sync.Mutex
	closed []string // by whom
}

func (r *resource) Close(by string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = append(r.closed, by)
}

// The answer to a spawn is there when it returns, so that of caller and function
// exactly one closes what was handed over.
func TestScope_164_WhatARefusedFunctionWasGivenIsClosedByItsCaller(t *testing.T) {
	for _, way := range spawnings {
		t.Run(way.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := policy.TaskScope
				p.Stop.Grace = 10 * tenth
				s, err := tree.Open(t.Context(), p, tree.WithObserver(&recorder{}))
				require.NoError(t, err)
				launch(t.Context(), t, s, "slow", cleansUp(10*tenth, context.Canceled))
				var handedOver []*resource
				hand := func(name string) {
					start := time.Now()
					r := new(resource)
					handedOver = append(handedOver, r)
					err := way.spawn(t.Context(), s, name, func(context.Context) error { r.Close("function"); return nil })
					if err != nil {
						r.Close(err.Error())
					}
					require.Zero(t, time.Since(start), "the answer does not wait")
				}
				hand("while open")
				finished := answerOf(func() error { _, err := s.Shutdown(t.Context()); return err })
				hand("while draining")
				pause(11 * tenth)
				hand("while canceling")
				require.NoError(t, <-finished)
				hand("when closed")
				synctest.Wait() // whatever could still run has run
				at := s.Path()
				want := []string{"function", "tree: scope draining: " + at, "tree: scope closed: " + at, "tree: scope closed: " + at}
				if way.name == "StartChild" {
					want[3] = actor.ErrStopped.Error()
				}
				for i, r := range handedOver {
					require.Len(t, r.closed, 1)
					require.Contains(t, r.closed[0], want[i])
				}
				require.NoError(t, s.Close())
			})
		})
	}
}

// Where peers disagree: it is refused, from descendants too, and not born
// canceled. An error can neither lose work silently nor leak it.
func TestScope_166_ASpawnIntoACanceledScopeIsRefused(t *testing.T) {
	cancels := map[string]func(s *tree.Scope, outside context.CancelCauseFunc){
		"by Cancel":    func(s *tree.Scope, _ context.CancelCauseFunc) { s.Cancel(errReason) },
		"from outside": func(_ *tree.Scope, outside context.CancelCauseFunc) { outside(errReason) },
		"by a fatal child": func(s *tree.Scope, _ context.CancelCauseFunc) {
			_ = s.Go(context.Background(), failsAfter(0, policy.Fatal(errBoom)))
		},
		"by the end of its grace": func(s *tree.Scope, _ context.CancelCauseFunc) {
			go func() { _, _ = s.Shutdown(context.Background()) }()
		},
	}
	for name, cancel := range cancels {
		t.Run(name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				p.Stop.Grace = policy.NoGrace
				rec := &recorder{}
				outside, end := context.WithCancelCause(t.Context())
				s, err := tree.Open(outside, p, tree.WithName("app"), tree.WithObserver(rec))
				require.NoError(t, err)
				run, ran := ranTimes()
				var inside []error
				launch(t.Context(), t, s, "cleaner", func(ctx context.Context) error {
					<-ctx.Done()
					pause(tenth)
					for _, way := range spawnings {
						inside = append(inside, way.spawn(context.WithoutCancel(ctx), s, "late", run))
					}
					return ctx.Err()
				})
				cancel(s, end)
				synctest.Wait() // it is canceled, and the child cleans up
				require.Equal(t, tree.PhaseCanceling, s.Snapshot().Phase)
				for _, way := range spawnings {
					require.EqualError(t, way.spawn(t.Context(), s, "late", run), "tree: scope closed: app")
				}
				_ = s.Close()
				require.Len(t, inside, len(spawnings))
				for _, err := range inside {
					require.ErrorIs(t, err, tree.ErrClosed)
				}
				synctest.Wait() // whatever could still run has run
				require.Zero(t, ran())
				require.Equal(t, int64(2*len(spawnings)), s.Snapshot().Counts.Refused)
				require.Len(t, rec.of(tree.SpawnRefused), 2*len(spawnings))
				end(nil)
			})
		})
	}
}

// A scope has nothing to enter: a policy is data, from which each Run and Open
// makes a scope of its own. What is entered once is a name.
func TestScope_169_APolicyEnteredTwiceMakesTwoScopes(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		opts := []tree.Option{tree.WithName("app"), tree.WithObserver(&recorder{})}
		first, err := tree.Open(t.Context(), p, opts...)
		require.NoError(t, err)
		second, err := tree.Open(t.Context(), p, opts...)
		require.NoError(t, err)
		one, two := launch(t.Context(), t, first, "child", blocker), launch(t.Context(), t, second, "child", blocker)
		first.Cancel(errReason)
		require.NoError(t, first.Close())
		synctest.Wait() // what the cancel could reach it has reached
		require.Equal(t, policy.Canceled, exitOf(t, one))
		require.Equal(t, policy.SlotRunning, two.State())
		second.Cancel(nil)
		require.NoError(t, second.Close())
	})
}

func TestScope_169_AHandleOrAChildIsNotEnteredAgain(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		var ended context.Context
		spec := tree.ChildSpec{Name: "child", Run: blocker}
		require.NoError(t, tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			ended = ctx
			require.ErrorIs(t, s.Close(), tree.ErrSelfWait, "it is not the body's to leave")
			answers := make(chan error)
			for range 10 {
				go func() {
					_, err := s.Start(ctx, spec)
					answers <- err
				}()
			}
			refused := 0
			for range 10 {
				if err := <-answers; err != nil {
					require.EqualError(t, err, `tree: name already taken: tree.ChildSpec.Name = "child" in app`)
					require.ErrorIs(t, err, tree.ErrDuplicate)
					refused++
				}
			}
			require.Equal(t, 9, refused)
			s.Cancel(nil)
			return nil
		}, tree.WithName("app")))
		start := time.Now()
		err := tree.Run(ended, p, func(ctx context.Context, s *tree.Scope) error { return s.Go(ctx, blocker) }, tree.WithName("again"))
		require.ErrorIs(t, err, context.Canceled, "the context of an ended scope opens one that has ended")
		require.Zero(t, time.Since(start))
	})
}

// Where peers disagree: waiting again returns the recorded result, as often as it
// is asked for; everything else that a handle can do is refused.
func TestScope_170_AHandleThatLeakedOutOfRunIsClosedAndRemembersTheResult(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		var leaked *tree.Scope
		var ctx context.Context
		result := tree.Run(t.Context(), p, func(inside context.Context, s *tree.Scope) error {
			leaked, ctx = s, inside
			launch(inside, t, s, "child", drainer)
			return errBody
		}, tree.WithName("app"))
		require.ErrorIs(t, result, errBody)
		run, ran := ranTimes()
		for range 3 {
			require.Same(t, result, leaked.Wait(t.Context()))
			require.Same(t, result, leaked.Wait(ctx), "nobody waits for himself any more")
			require.Same(t, result, leaked.Close())
			report, err := leaked.Shutdown(t.Context())
			require.NoError(t, err)
			require.Equal(t, tree.PhaseClosed, report.Phase)
			require.ErrorIs(t, report.Reason, errBody)
			for i, way := range spawnings[:3] {
				require.ErrorIs(t, way.spawn(t.Context(), leaked, strconv.Itoa(i), run), tree.ErrClosed)
				require.ErrorIs(t, way.spawn(context.WithoutCancel(ctx), leaked, strconv.Itoa(i), run), tree.ErrClosed)
			}
			leaked.Cancel(errReason)
		}
		require.ErrorIs(t, leaked.Ref().Send(t.Context(), tree.ShutdownScope{}), actor.ErrStopped)
		restart := leaked.Restart("child") // a Permanent one keeps its place, and is not begun again
		if p.OnFailure == policy.Supervise {
			require.ErrorIs(t, restart, tree.ErrClosed)
		} else {
			require.ErrorIs(t, restart, tree.ErrNotFound)
		}
		from, err := tree.From(ctx)
		require.NoError(t, err)
		require.Same(t, leaked, from)
		require.Equal(t, "app", leaked.Path())
		require.Error(t, ctx.Err())
		require.NotErrorIs(t, context.Cause(ctx), errReason)
		synctest.Wait() // whatever could still run has run
		require.Zero(t, ran())
	})
}

func TestScope_170_TheZeroScopeIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s tree.Scope
		run, ran := ranTimes()
		require.ErrorIs(t, s.Go(t.Context(), run), tree.ErrClosed)
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "child", Run: run})
		require.ErrorIs(t, err, tree.ErrClosed)
		require.NoError(t, errors.Join(s.Wait(t.Context()), s.Close()))
		s.Cancel(errReason)
		require.Equal(t, tree.PhaseClosed, s.Snapshot().Phase)
		synctest.Wait() // whatever could still run has run
		require.Zero(t, ran())
	})
}

// strays waits on a goroutine that no scope knows of.
func strays(gate <-chan struct{}) { <-gate }

// What a child starts with a bare go is its own business, as the README says:
// not counted, not waited for, and found by a leak test only.
func TestScope_172_AGoroutineOfABareGoIsNeitherCountedNorWaitedForAndGoleakFindsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		others := goleak.IgnoreCurrent()
		start := time.Now()
		gate, open := newGate(t)
		var s *tree.Scope
		require.NoError(t, tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, scope *tree.Scope) error {
			s = scope
			child := launch(ctx, t, s, "child", func(ctx context.Context) error {
				go strays(gate)
				return sleep(ctx, tenth)
			})
			pause(tenth / 2)
			require.Equal(t, policy.SlotRunning, child.State())
			require.Len(t, s.Snapshot().Children, 1)
			require.NoError(t, child.Wait(t.Context()))
			synctest.Wait() // the child has gone
			require.Empty(t, s.Snapshot().Children)
			require.Equal(t, tree.Counts{Returned: 1}, s.Snapshot().Counts)
			return nil
		}))
		require.Equal(t, tenth, time.Since(start), "nobody waited for it")
		require.Equal(t, tree.PhaseClosed, s.Snapshot().Phase)
		leak := goleak.Find(others)
		require.ErrorContains(t, leak, "tree_test.strays")
		open()
		synctest.Wait() // it has ended too
		require.NoError(t, goleak.Find(others))
	})
}
