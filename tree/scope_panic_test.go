package tree_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// panicsAfter is a child that panics with v after d, canceled or not.
func panicsAfter(d time.Duration, v any) func(context.Context) error {
	return func(context.Context) error {
		pause(d)
		panic(v)
	}
}

// exitsAfter is a child that calls runtime.Goexit after d, as t.FailNow does.
func exitsAfter(d time.Duration) func(context.Context) error {
	return func(context.Context) error {
		pause(d)
		runtime.Goexit()
		return nil
	}
}

// panicOf returns the panic behind an error.
func panicOf(t *testing.T, err error) *policy.PanicError {
	t.Helper()
	var p *policy.PanicError
	require.ErrorAs(t, err, &p)
	return p
}

// oneFailure runs a child, which fails after a tenth, beside a blocker in each
// kind of scope, as a task and as a child, and returns its error: what Run
// returned of a cancel-together scope, and what the observer of another was
// told. It is told at once in all of them.
func oneFailure(t *testing.T, run func(context.Context) error, exit policy.Exit, check func(t *testing.T, err error)) {
	for _, way := range spawnings[:2] {
		t.Run(way.name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				start := time.Now()
				rec := &recorder{}
				var counts tree.Counts
				err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
					sibling := launch(ctx, t, s, "sibling", blocker)
					require.NoError(t, way.spawn(ctx, s, "worker", run))
					pause(tenth)
					synctest.Wait() // it has come back, and its observer was told
					require.Len(t, rec.failures(), 1)
					require.Equal(t, exit, rec.failures()[0].Exit)
					require.Equal(t, tenth, rec.failures()[0].Time.Sub(start))
					together := p.OnFailure == policy.CancelTogether
					require.Equal(t, together, ctx.Err() != nil, "siblings are canceled")
					require.Equal(t, together, sibling.State() == policy.SlotForgotten)
					counts = s.Snapshot().Counts
					s.Cancel(nil)
					return nil
				}, tree.WithName("app"), tree.WithObserver(rec))
				require.Equal(t, tenth, time.Since(start))
				require.Equal(t, int64(1), counts.Failed+counts.Panicked)
				require.Equal(t, exit == policy.Panicked, counts.Panicked == 1)
				if p.OnFailure == policy.CancelTogether {
					require.Len(t, leavesOf(t, err), 1)
					check(t, err)
				} else {
					require.NoError(t, err)
				}
				check(t, rec.failures()[0].Err)
			})
		})
	}
}

func TestScope_175_APanicWithAnErrorIsFoundByErrorsIs(t *testing.T) {
	run := func(context.Context) error {
		pause(tenth)
		return panicDeeper(fmt.Errorf("wrapped: %w", errBoom))
	}
	oneFailure(t, run, policy.Panicked, func(t *testing.T, err error) {
		require.ErrorIs(t, err, errBoom)
		require.ErrorContains(t, err, "panic: wrapped: boom")
		require.Contains(t, panicOf(t, err).Stack(), "tree_test.panicDeeper")
	})
}

//go:noinline
func panicDeeper(err error) error { panic(err) }

// Panics with nil are what the runtime makes of them: an error too.
func TestScope_175_APanicWithNilIsAnErrorOfTheRuntime(t *testing.T) {
	oneFailure(t, panicsAfter(tenth, nil), policy.Panicked, func(t *testing.T, err error) {
		var none *runtime.PanicNilError
		require.ErrorAs(t, err, &none)
	})
}

func TestScope_176_APanicWithAnotherValueIsNoErrorAndItsTextHasTheValue(t *testing.T) {
	for text, value := range map[string]any{
		"panic: text":          "text",
		"panic: 42":            42,
		"panic: {left right}":  struct{ a, b string }{"left", "right"},
		"panic: [boom]":        []error{errBoom}, // holds one, and is none
		"panic: a Stringer: 7": stringer(7),
	} {
		t.Run(text, func(t *testing.T) {
			oneFailure(t, panicsAfter(tenth, value), policy.Panicked, func(t *testing.T, err error) {
				require.ErrorContains(t, err, text)
				require.NotErrorIs(t, err, errBoom)
				require.Equal(t, value, panicOf(t, err).Value)
				require.NoError(t, errors.Unwrap(panicOf(t, err)))
			})
		})
	}
}

type stringer int

func (s stringer) String() string { return fmt.Sprintf("a Stringer: %d", int(s)) }

func TestScope_178_TwoPanicsAreBothReportedAndDoNotStopAGracefulShutdown(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		rec := &recorder{}
		s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(rec))
		require.NoError(t, err)
		for i, name := range []string{"first", "second"} {
			launch(t.Context(), t, s, name, func(ctx context.Context) error {
				<-tree.Draining(ctx)
				return panicsAfter(tenth, fmt.Sprint("panic number ", i+1))(ctx)
			})
		}
		var finished bool
		polite := launch(t.Context(), t, s, "polite", func(ctx context.Context) error {
			<-tree.Draining(ctx)
			err := sleep(ctx, 3*tenth)
			finished = err == nil
			return err
		})
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		result := s.Close()
		require.ElementsMatch(t, []string{"app/first", "app/second"}, paths(rec.failures()))
		require.Equal(t, 2, report.Failed)
		require.Empty(t, report.Abandoned)
		require.Equal(t, int64(2), s.Snapshot().Counts.Panicked)
		if p.OnFailure != policy.CancelTogether {
			require.NoError(t, result)
			require.True(t, finished, "the third child drained")
			require.Equal(t, policy.Returned, exitOf(t, polite))
			require.Equal(t, 3*tenth, time.Since(start))
			require.Equal(t, 3, report.Drained)
			return
		}
		require.Len(t, leavesOf(t, result), 2)
		require.ErrorContains(t, result, "panic: panic number 1")
		require.ErrorContains(t, result, "panic: panic number 2")
		require.Equal(t, policy.Canceled, exitOf(t, polite), "a failure cancels them, also while they drain")
		require.Equal(t, tenth, time.Since(start))
	})
}

func TestScope_178_TwoPanicsAtTheSameInstantAreBothReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 100 {
			rec := &recorder{}
			err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
				require.NoError(t, s.Go(ctx, panicsAfter(tenth, errBoom)))
				launch(ctx, t, s, "child", panicsAfter(tenth, errBang))
				return nil
			}, tree.WithObserver(rec))
			require.Len(t, leavesOf(t, err), 2)
			require.ErrorIs(t, err, errBoom)
			require.ErrorIs(t, err, errBang)
			require.Len(t, rec.failures(), 2)
		}
	})
}

func TestScope_179_APanicInACleanUpIsReportedAndTheOthersAreWaitedFor(t *testing.T) {
	for _, way := range spawnings[:2] {
		t.Run(way.name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				start := time.Now()
				rec := &recorder{}
				var sibling *tree.Child
				err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
					sibling = launch(ctx, t, s, "sibling", cleansUp(time.Second, context.Canceled))
					require.NoError(t, way.spawn(ctx, s, "worker", func(ctx context.Context) error {
						<-ctx.Done()
						return panicsAfter(tenth, errCleanup)(ctx)
					}))
					s.Cancel(errReason)
					return nil
				}, tree.WithName("app"), tree.WithObserver(rec))
				require.Equal(t, time.Second, time.Since(start), "the wait is not cut")
				require.Equal(t, policy.Canceled, exitOf(t, sibling))
				require.Len(t, rec.failures(), 1)
				require.Equal(t, tenth, rec.failures()[0].Time.Sub(start), "reported when it happened")
				require.ErrorIs(t, rec.failures()[0].Err, errCleanup)
				if p.OnFailure == policy.CancelTogether {
					require.Len(t, leavesOf(t, err), 1)
					require.ErrorIs(t, err, errCleanup)
				} else {
					require.NoError(t, err)
				}
			})
		})
	}
}

func TestScope_181_AGoexitIsAFailureWithErrGoexitAndHangsNobody(t *testing.T) {
	oneFailure(t, exitsAfter(tenth), policy.Failed, func(t *testing.T, err error) {
		require.ErrorIs(t, err, policy.ErrGoexit)
		require.ErrorContains(t, err, "child called runtime.Goexit")
	})
}

func TestScope_181_WaitersAndStartersOfAChildThatCallsGoexitAreAnswered(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "starting", WaitReady: true, Run: exitsAfter(tenth)})
		require.EqualError(t, err, "app/starting: policy: child called runtime.Goexit")
		require.Equal(t, tenth, time.Since(start))
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "up", Run: exitsAfter(tenth), Restart: temporaryIn(s)})
		require.NoError(t, err)
		require.ErrorIs(t, child.Wait(t.Context()), policy.ErrGoexit)
		require.Equal(t, policy.Failed, exitOf(t, child))
		require.Equal(t, 2*tenth, time.Since(start))
		_ = s.Close()
		require.Equal(t, tree.PhaseClosed, s.Snapshot().Phase)
		require.Equal(t, 2*tenth, time.Since(start))
	})
}

func TestScope_184_APanicInANestedGroupCancelsItsSiblingsAndIsOneErrorOutside(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, outer policy.Scope) {
		start := time.Now()
		rec := &recorder{}
		var inside, outside *tree.Child
		err := tree.Run(t.Context(), outer, func(ctx context.Context, s *tree.Scope) error {
			outside = launch(ctx, t, s, "outside", blocker)
			nested, err := s.Start(ctx, tree.ChildSpec{Name: "nested", Restart: temporaryIn(s), Run: func(ctx context.Context) error {
				return tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
					inside = launch(ctx, t, s, "inside", blocker)
					launch(ctx, t, s, "worker", panicsAfter(tenth, errBoom))
					return nil
				}, tree.WithObserver(&recorder{}))
			}})
			require.NoError(t, err)
			require.Error(t, nested.Wait(t.Context()))
			require.Equal(t, policy.Failed, exitOf(t, nested), "the panic was contained inside")
			require.Equal(t, tenth, time.Since(start))
			synctest.Wait() // siblings outside have heard of it
			_, canceled := outside.Exit()
			require.Equal(t, outer.OnFailure == policy.CancelTogether, canceled)
			s.Cancel(nil)
			return nil
		}, tree.WithName("app"), tree.WithObserver(rec))
		require.Equal(t, policy.Canceled, exitOf(t, inside))
		require.Equal(t, policy.Canceled, exitOf(t, outside))
		require.Equal(t, []string{"app/nested"}, paths(rec.failures()), "outside it is one failure")
		require.EqualError(t, rec.failures()[0].Err, "app/nested/worker: panic: boom")
		require.ErrorIs(t, rec.failures()[0].Err, errBoom)
		if outer.OnFailure != policy.CancelTogether {
			require.NoError(t, err)
			return
		}
		require.EqualError(t, err, "app/nested: app/nested/worker: panic: boom")
		require.Len(t, leavesOf(t, err), 1)
		require.ErrorIs(t, err, errBoom)
	})
}

// What a scope was canceled with is a cancel when a child returns it, but calling
// Goexit is not to return.
func TestScope_181_AGoexitIsAFailureAlsoInAScopeCanceledWithErrGoexit(t *testing.T) {
	under(t, taskPresets(), func(t *testing.T, p policy.Scope) {
		s, seen := openSupervisor(t, p)
		require.NoError(t, s.Go(t.Context(), func(ctx context.Context) error {
			<-ctx.Done()
			runtime.Goexit()
			return nil
		}))
		s.Cancel(policy.ErrGoexit)
		if err := s.Close(); p.OnFailure == policy.CancelTogether {
			require.ErrorIs(t, err, policy.ErrGoexit)
		}
		require.Equal(t, int64(1), s.Counts().Failed)
		require.Len(t, seen.failures(), 1)
	})
}

func TestScope_182_AThousandPanicsUseUpNoPlaces(t *testing.T) {
	presets := append(taskPresets()[1:], preset{"SupervisorScope", policy.SupervisorScope}) // the first would end a TaskGroup
	for _, way := range spawnings[:2] {
		t.Run(way.name, func(t *testing.T) {
			under(t, presets, func(t *testing.T, p policy.Scope) {
				const panics, places = 1000, 4
				p.Limit = places
				start := time.Now()
				s, err := tree.Open(t.Context(), p, nobody())
				require.NoError(t, err)
				for i := range panics {
					require.NoError(t, way.spawn(t.Context(), s, strconv.Itoa(i), panicsAfter(tenth, errBoom)))
				}
				require.Equal(t, (panics/places-1)*tenth, time.Since(start), "four at a time")
				pause(tenth)
				synctest.Wait() // the last have come back
				require.Equal(t, tree.Counts{Panicked: panics}, s.Counts())
				for range places {
					require.NoError(t, s.TryGo(t.Context(), blocker))
				}
				require.ErrorIs(t, s.TryGo(t.Context(), blocker), tree.ErrFull)
				require.Equal(t, tree.Counts{Running: places, Panicked: panics, Refused: 1}, s.Counts())
				s.Cancel(nil)
				require.NoError(t, s.Close())
			})
		})
	}
}
