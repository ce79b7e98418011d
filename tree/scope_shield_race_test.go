package tree_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// toldOnce checks that an error of a shield came either to its caller or to the
// observer, as the answer says.
func toldOnce(t *testing.T, answer error, work error, e tree.Event) {
	t.Helper()
	require.Equal(t, work, e.Err)
	switch answer {
	case work:
		require.True(t, e.Handed, "returned, and reported too")
	case errReason:
		require.False(t, e.Handed, "neither returned nor reported")
	default:
		t.Errorf("Shield returned %v", answer)
	}
}

// In a bubble the two come at one instant, and either may be first.
func TestAnErrorAtTheInstantTheCallerLeavesIsEitherReturnedOrReported(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		s, seen := openSupervisor(t, p)
		var answers []error
		for range rounds {
			ctx, cancel := request(t)
			time.AfterFunc(tenth, func() { cancel(errReason) })
			answers = append(answers, s.Shield(ctx, "save", failsAfter(tenth, errBoom)))
			pause(tenth)
		}
		synctest.Wait() // the observer was told
		require.Len(t, seen.failures(), rounds)
		for i, answer := range answers {
			toldOnce(t, answer, errBoom, seen.failures()[i])
		}
		s.Cancel(nil)
		require.NoError(t, s.Close())
		require.Equal(t, tree.Counts{Failed: rounds}, s.Counts())
	})
}

// In real time they race, in many scopes and shields at once.
func TestAnErrorThatRacesWithTheCallersLeavingIsEitherReturnedOrReported(t *testing.T) {
	n := 2000
	if testing.Short() {
		n = 200
	}
	for _, preset := range allPresets() {
		t.Run(preset.name, func(t *testing.T) {
			var mu sync.Mutex
			events := map[string]tree.Event{}
			s, err := tree.Open(t.Context(), preset.policy, tree.WithObserver(tree.ObserverFunc(func(e tree.Event) {
				if e.Kind == tree.ChildExited {
					mu.Lock()
					defer mu.Unlock()
					events[e.Err.Error()] = e
				}
			})))
			require.NoError(t, err)
			answers, works := make([]error, n), make([]error, n)
			var all sync.WaitGroup
			for i := range n {
				works[i] = fmt.Errorf("%d: %w", i, errBoom)
				all.Go(func() {
					ctx, cancel := context.WithCancelCause(t.Context())
					fail := make(chan struct{})
					go func() {
						if i%3 == 0 {
							runtime.Gosched()
						}
						close(fail)
						if i%2 == 0 {
							runtime.Gosched()
						}
						cancel(errReason)
					}()
					answers[i] = s.Shield(ctx, "save", func(context.Context) error {
						<-fail
						return works[i]
					})
				})
			}
			all.Wait()
			report, err := s.Shutdown(t.Context())
			require.NoError(t, err)
			require.True(t, report.Clean())
			require.NoError(t, s.Close())
			require.Len(t, events, n)
			for i, answer := range answers {
				toldOnce(t, answer, works[i], events[works[i].Error()])
			}
			require.Equal(t, tree.Counts{Failed: int64(n)}, s.Counts())
		})
	}
}

// Shields race with the end of the scope: each either ran and was waited for, or was
// refused and did not run.
func TestShieldsThatRaceWithTheEndRanOrWereRefused(t *testing.T) {
	ends := map[string]func(*tree.Scope){
		"Drain":  func(s *tree.Scope) { s.Drain(nil) },
		"Cancel": func(s *tree.Scope) { s.Cancel(nil) },
		"both": func(s *tree.Scope) {
			s.Drain(nil)
			s.Cancel(nil)
		},
	}
	const n = 200
	for name, end := range ends {
		for _, preset := range allPresets() {
			t.Run(name+"/"+preset.name, func(t *testing.T) {
				s, err := tree.Open(t.Context(), preset.policy, nobody())
				require.NoError(t, err)
				var all sync.WaitGroup
				var mu sync.Mutex
				ran, refused, left := 0, 0, 0
				for i := range n {
					all.Go(func() {
						ctx, cancel := context.WithCancelCause(t.Context())
						defer cancel(nil)
						if i%2 == 0 {
							cancel(errReason)
						}
						err := s.Shield(ctx, "save", func(context.Context) error {
							mu.Lock()
							defer mu.Unlock()
							ran++
							return nil
						})
						mu.Lock()
						defer mu.Unlock()
						switch {
						case errors.Is(err, tree.ErrClosed):
							refused++
						case errors.Is(err, errReason): // it ran, or was refused just then
							left++
						default:
							require.NoError(t, err)
						}
					})
				}
				all.Go(func() {
					runtime.Gosched()
					end(s)
				})
				all.Wait()
				require.NoError(t, s.Close())
				counts := s.Counts()
				require.EqualValues(t, ran, counts.Returned)
				require.EqualValues(t, n, counts.Returned+counts.Refused)
				require.GreaterOrEqual(t, ran+refused+left, n)
			})
		}
	}
}

func TestShieldsLeaveNothingBehind(t *testing.T) {
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(errReason)
	for _, preset := range allPresets() {
		t.Run(preset.name, func(t *testing.T) {
			s := opened(t, preset.policy, nobody())
			flat(t, crowd(100_000), func(n int) {
				var all sync.WaitGroup
				for i := range n {
					caller, work := t.Context(), oneInTen(i)
					if i%2 == 0 {
						caller = ended // and so it leaves
					}
					all.Add(1)
					_ = s.Shield(context.WithValue(caller, ctxKey("big"), make([]byte, 1024)), "save", func(ctx context.Context) error {
						defer all.Done()
						return work(ctx)
					})
					if i%64 == 0 {
						all.Wait()
					}
				}
				all.Wait()
				for s.Counts().Running > 0 {
					runtime.Gosched()
				}
				settled(t, s)
				require.Empty(t, s.Snapshot().Children)
			})
			s.Cancel(nil)
		})
	}
}

func TestTheCallersValuesAndTheErrorOfAShieldAreNotKept(t *testing.T) {
	s, err := tree.Open(t.Context(), policy.TaskGroup, nobody())
	require.NoError(t, err)
	for _, left := range []bool{true, false} {
		value, failure := make(chan struct{}), make(chan struct{})
		func() {
			ctx, cancel := context.WithCancelCause(context.WithValue(context.Background(), ctxKey("v"), gone(value)))
			defer cancel(nil)
			if left {
				cancel(errReason)
			}
			require.Error(t, s.Shield(ctx, "save", func(context.Context) error { return &holdingError{gone(failure)} }))
		}()
		collect(t, value) // while the scope lives
		collect(t, failure)
	}
	require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
	require.NoError(t, s.Close())
}
