package tree_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// all returns the events of a path, in order.
func (r *recorder) all(path string) []tree.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []tree.Event
	for _, e := range r.events {
		if e.Path == path {
			list = append(list, e)
		}
	}
	return list
}

// line puts an event into words: what it is, when, and the fields it set.
func line(start time.Time, e tree.Event) string {
	s := fmt.Sprintf("%v %s %s", e.Time.Sub(start), e.Kind, e.Path)
	if e.Incarnation > 0 {
		s += fmt.Sprintf(" #%d", e.Incarnation)
	}
	if e.Kind == tree.ChildExited || e.Kind == tree.ChildStartFailed {
		s += " " + e.Exit.String()
	}
	if e.Took > 0 {
		s += fmt.Sprintf(" took %v", e.Took)
	}
	if e.Delay > 0 {
		s += fmt.Sprintf(" delay %v", e.Delay)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// lines puts the events of a path into words.
func (r *recorder) lines(start time.Time, path string) []string {
	var list []string
	for _, e := range r.all(path) {
		list = append(list, line(start, e))
	}
	return list
}

func TestTheEventsOfAChildComeInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, rec, lives := time.Now(), &recorder{}, 0
		err := tree.Run(t.Context(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
			_, err := s.Start(ctx, tree.ChildSpec{Name: "db", WaitReady: true, Backoff: policy.Backoff{Min: time.Second, Jitter: policy.JitterNone},
				Run: func(ctx context.Context) error {
					lives++
					_ = tree.Ready(ctx)
					if lives == 1 {
						_ = sleep(ctx, 2*time.Second)
						return io.ErrUnexpectedEOF
					}
					return drainer(ctx)
				}})
			require.NoError(t, err)
			return sleep(ctx, 4*time.Second)
		}, tree.WithName("app"), tree.WithObserver(rec))
		require.NoError(t, err)
		require.Equal(t, []string{
			"0s child_started app/db #1",
			"0s child_ready app/db #1",
			"2s child_exited app/db #1 failed took 2s: unexpected EOF",
			"2s child_delayed app/db delay 1s",
			"3s child_started app/db #2",
			"3s child_ready app/db #2",
			"4s child_exited app/db #2 returned took 1s",
		}, rec.lines(start, "app/db"))
		require.Equal(t, []string{"4s scope_draining app: tree: body left", "4s scope_closed app took 4s"}, rec.lines(start, "app"))
		for _, e := range rec.all("app/db") {
			require.NotEqual(t, uuid.Nil, e.Tree)
			require.Equal(t, rec.all("app")[0].Tree, e.Tree, "one tree, one identity")
		}
	})
}

func TestGivingUpIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, rec := time.Now(), &recorder{}
		p := policy.SupervisorScope
		p.Intensity = policy.Intensity{Restarts: 1, Within: time.Minute}
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			_, err := s.Start(ctx, tree.ChildSpec{Name: "bad", Run: func(context.Context) error { return io.EOF }})
			require.NoError(t, err)
			return blocker(ctx)
		}, tree.WithName("app"), tree.WithObserver(rec))
		require.ErrorIs(t, err, tree.ErrGaveUp)
		require.ErrorIs(t, err, io.EOF)
		gaveUp := "tree: restart intensity exceeded: app/bad: EOF"
		require.Equal(t, []string{
			"0s child_started app/bad #1",
			"0s child_exited app/bad #1 failed: EOF",
			"0s child_started app/bad #2",
			"0s child_exited app/bad #2 failed: EOF",
			"0s gave_up app/bad: " + gaveUp,
		}, rec.lines(start, "app/bad"))
		require.Equal(t, []string{"0s scope_draining app: " + gaveUp, "0s scope_canceling app: " + gaveUp, "0s scope_closed app"}, rec.lines(start, "app"))
	})
}

func TestTenFailuresAreTenEvents(t *testing.T) {
	for _, p := range []policy.Scope{policy.TaskGroup, policy.TaskScope, policy.CancellationScope, policy.SupervisorScope} {
		synctest.Test(t, func(t *testing.T) {
			rec := &recorder{}
			gate, open := newGate(t)
			err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
				for i := range 10 {
					require.NoError(t, s.Go(ctx, func(context.Context) error { <-gate; return fmt.Errorf("failure %d", i) }))
				}
				open()
				synctest.Wait()
				return nil
			}, tree.WithName("ten"), tree.WithObserver(rec))
			require.Equal(t, p.OnFailure == policy.CancelTogether, err != nil)
			seen := map[string]int{}
			for _, e := range rec.failures() {
				require.Equal(t, "ten", e.Path)
				require.Regexp(t, `^events_test\.go:\d+$`, e.Site)
				require.Equal(t, p.OnFailure == policy.CancelTogether, e.Handed)
				seen[e.Err.Error()]++
			}
			require.Len(t, seen, 10)
			for text, n := range seen {
				require.Equal(t, 1, n, text)
			}
		})
	}
}

// awkward observers keep what they are told and then do something odd.
var awkward = map[string]func(){
	"panics":  func() { panic("odd observer") },
	"goexits": runtime.Goexit,
	"yields":  runtime.Gosched,
}

func TestAnAwkwardObserverMissesNothingAndStopsNothing(t *testing.T) {
	logged := recordLog(t)
	for name, odd := range awkward {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rec := &recorder{}
				s, err := tree.Open(t.Context(), policy.TaskScope, tree.WithName("app"), tree.WithObserver(tree.ObserverFunc(func(e tree.Event) {
					rec.Observe(e)
					odd()
				})))
				require.NoError(t, err)
				for range 100 {
					require.NoError(t, s.Go(t.Context(), func(context.Context) error { return io.EOF }))
				}
				require.NoError(t, s.Close())
				require.Len(t, rec.failures(), 100)
				require.Len(t, rec.of(tree.ScopeClosed), 1)
			})
		})
	}
	require.Len(t, logged.lines("tree: observer failed"), 101)
	require.Contains(t, logged.lines("tree: observer failed")[0], "odd observer")
	require.Contains(t, logged.lines("tree: observer failed")[0], "EOF", "the failure itself is not lost")
}

func TestAnObserverMaySpawnIntoTheScopeItObserves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *tree.Scope
		ctxOf := make(chan context.Context, 1)
		tries := 0
		var ran atomic.Int32
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, scope *tree.Scope) error {
			s = scope
			ctxOf <- ctx
			return s.Go(ctx, func(context.Context) error { return io.EOF })
		}, tree.WithObserver(tree.ObserverFunc(func(e tree.Event) {
			if e.Kind != tree.ChildExited {
				return
			}
			if tries++; tries < 5 { // it does again what failed
				ctx := <-ctxOf
				ctxOf <- ctx
				_ = s.Go(ctx, func(context.Context) error { ran.Add(1); return io.EOF })
			}
		})))
		require.NoError(t, err)
		require.Equal(t, int32(4), ran.Load())
		require.Equal(t, 5, tries)
	})
}

func TestAnObserverThatSpawnsOnEveryEventDoesNotKeepTheScopeFromEnding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var scope atomic.Pointer[tree.Scope]
		var calls atomic.Int32
		s, err := tree.Open(t.Context(), policy.SupervisorScope, tree.WithName("app"), tree.WithObserver(tree.ObserverFunc(func(tree.Event) {
			if calls.Add(1) < 10_000 { // or it would go on for ever
				_ = scope.Load().Go(t.Context(), func(context.Context) error { return nil })
			}
		})))
		require.NoError(t, err)
		scope.Store(s)
		s.Cancel(nil)
		require.NoError(t, s.Close())
		synctest.Wait()
		require.Less(t, calls.Load(), int32(10_000), "it ended before the observer gave up")
	})
}

func TestABlockedObserverHoldsItsScopeUntilTheKillWaitIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		gate, open := newGate(t)
		p := policy.SupervisorScope
		p.Stop = policy.Stop{Grace: time.Second, Kill: 2 * time.Second}
		s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(tree.ObserverFunc(func(tree.Event) { <-gate })))
		require.NoError(t, err)
		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "quick", Restart: policy.Temporary, Run: func(context.Context) error { return nil }})
		require.NoError(t, err)
		require.NoError(t, s.Close(), "all work was done")
		require.Equal(t, 3*time.Second, time.Since(start))
		open()
	})
}

func TestAScopeEndsThoughTheJournalOfItsTreeIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		rec := &recorder{}
		s, err := tree.Open(t.Context(), policy.TaskScope, tree.WithName("app"), tree.WithObserver(tree.ObserverFunc(func(e tree.Event) { <-gate; rec.Observe(e) })))
		require.NoError(t, err)
		const n = 10_000
		for range n {
			require.NoError(t, s.Go(t.Context(), func(context.Context) error { return io.EOF }))
		}
		synctest.Wait()
		ctxOf := make(chan context.Context, 1)
		require.NoError(t, s.Go(t.Context(), func(ctx context.Context) error { ctxOf <- ctx; return blocker(ctx) }))
		ended := make(chan error, 1)
		go func() {
			ended <- tree.Run(<-ctxOf, policy.TaskScope, func(context.Context, *tree.Scope) error { return nil }, tree.WithName("below"))
		}()
		synctest.Wait()
		open() // and the observer catches up
		synctest.Wait()
		select {
		case err := <-ended:
			require.NoError(t, err)
		default:
			t.Error("the scope below hangs: its last event was dropped, and it waits for it to be observed")
		}
		s.Cancel(errors.New("over"))
		if !t.Failed() {
			require.NoError(t, s.Close())
		}
		dropped := rec.of(tree.EventsDropped)
		require.NotEmpty(t, dropped)
		total := len(rec.failures())
		for _, e := range dropped {
			total += e.Count
		}
		require.GreaterOrEqual(t, total, n, "told or counted")
	})
}

func TestNothingIsToldOfAScopeAfterItClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		rec := &recorder{}
		s, err := tree.Open(t.Context(), policy.TaskScope, tree.WithName("app"), tree.WithObserver(tree.ObserverFunc(func(e tree.Event) {
			rec.Observe(e)
			if e.Kind == tree.ScopeClosed {
				<-gate
			}
		})))
		require.NoError(t, err)
		go s.Close()
		synctest.Wait()
		s.Cancel(errors.New("too late")) // while the observer is told that all has ended
		open()
		require.NoError(t, s.Close())
		synctest.Wait()
		all := rec.all("app")
		require.Equal(t, tree.ScopeClosed, all[len(all)-1].Kind)
		require.Len(t, all, 1)
	})
}
