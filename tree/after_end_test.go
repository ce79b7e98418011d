package tree_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/internal/self"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// endNote notes what is told of an end, and how often.
type endNote struct {
	times atomic.Int32
	why   atomic.Pointer[error]
}

func (e *endNote) wait(on interface {
	OnEnd(f self.Ending) (stop func() bool)
}) (stop func() bool) {
	return on.OnEnd(self.Ending{Told: func(why error) {
		e.why.Store(&why)
		e.times.Add(1)
	}})
}

// of returns the error that was told, which must have been, once.
func (e *endNote) of(t *testing.T) error {
	t.Helper()
	require.Equal(t, int32(1), e.times.Load())
	return *e.why.Load()
}

// spawnFailing makes an actor called "a" that fails with what it is sent, once gate is
// closed; nil is no failure.
func spawnFailing(t *testing.T, s *tree.Scope, r policy.Restart, gate <-chan struct{}) (actor.Ref[error], *tree.Child) {
	t.Helper()
	ref, err := tree.Spawn(t.Context(), s, actor.Spec[error]{Name: "a", Restart: r,
		New: func(context.Context, actor.Ref[error]) (actor.Receiver[error], error) {
			return actor.ReceiverFunc[error](func(_ context.Context, err error) error { <-gate; return err }), nil
		}})
	require.NoError(t, err)
	ch, err := s.Child("a")
	require.NoError(t, err)
	return ref, ch
}

func TestTheEndOfAnActorIsToldBeforeItsWaitReturns(t *testing.T) {
	for name, tt := range map[string]struct {
		restart policy.Restart
		end     func(*tree.Scope, *tree.Child, actor.Ref[error])
		want    error
	}{
		"finished": {policy.Transient, func(_ *tree.Scope, _ *tree.Child, r actor.Ref[error]) { _ = r.TrySend(policy.Done(nil)) }, nil},
		"failed":   {policy.Temporary, func(_ *tree.Scope, _ *tree.Child, r actor.Ref[error]) { _ = r.TrySend(errCrash) }, errCrash},
		"stopped":  {policy.Permanent, func(_ *tree.Scope, ch *tree.Child, _ actor.Ref[error]) { go ch.Shutdown(context.Background()) }, nil},
		"canceled": {policy.Permanent, func(_ *tree.Scope, ch *tree.Child, _ actor.Ref[error]) { ch.Cancel(errReason) }, nil},
		"removed":  {policy.Permanent, func(_ *tree.Scope, ch *tree.Child, _ actor.Ref[error]) { go ch.Remove(context.Background()) }, nil},
		"its scope closed": {policy.Permanent, func(s *tree.Scope, _ *tree.Child, r actor.Ref[error]) {
			_ = r.TrySend(nil)
			s.Drain(nil)
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := openSupervisor(t, policy.SupervisorScope)
				gate := make(chan struct{})
				ref, ch := spawnFailing(t, s, tt.restart, gate)
				var end endNote
				end.wait(ref)
				_ = ref.TrySend(nil)
				synctest.Wait() // it is in hand
				tt.end(s, ch, ref)
				for range 20 {
					_ = ref.TrySend(nil) // which will not be handled
				}
				synctest.Wait() // the stop has been asked for
				require.Zero(t, end.times.Load())
				close(gate)
				_ = ch.Wait(t.Context())
				require.Equal(t, tt.want, end.of(t))
				require.ErrorIs(t, ref.TrySend(nil), actor.ErrStopped)
			})
		})
	}
}

func TestTheEndOfAnActorIsToldAndItsNameFreeBeforeAnObserverHearsOfItsExit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log trail
		var s *tree.Scope
		s, err := tree.Open(t.Context(), policy.SupervisorScope, tree.WithObserver(tree.ObserverFunc(func(e tree.Event) {
			if e.Kind != tree.ChildExited {
				return
			}
			log.add("exit seen")
			_, err := s.Start(t.Context(), tree.ChildSpec{Name: "a", Run: blocker})
			log.add(fmt.Sprintf("named anew: %v", err))
		})))
		require.NoError(t, err)
		defer s.Close()
		open := make(chan struct{})
		close(open)
		ref, ch := spawnFailing(t, s, policy.Temporary, open)
		ref.OnEnd(self.Ending{Told: func(error) {
			synctest.Wait() // whoever could know of the exit by now does
			log.add("end told")
		}})
		require.NoError(t, ref.TrySend(errCrash))
		require.ErrorIs(t, ch.Wait(t.Context()), errCrash)
		synctest.Wait() // the observer has been told
		require.Equal(t, []string{"end told", "exit seen", "named anew: <nil>"}, log.list())
	})
}

func TestTheEndOfAnActorThatIsStartedAgainIsNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		open := make(chan struct{})
		close(open)
		ref, ch := spawnFailing(t, s, policy.Permanent, open)
		var end, later endNote
		end.wait(ref)
		require.NoError(t, ref.TrySend(errCrash))
		synctest.Wait() // it has failed and is up again
		require.Len(t, seen.failures(), 1)
		require.Zero(t, end.times.Load())
		require.NoError(t, ch.Shutdown(t.Context()))
		require.NoError(t, end.of(t), "it was stopped")

		require.NoError(t, ch.Restart(t.Context()))
		later.wait(ref)
		require.NoError(t, ref.TrySend(policy.Fatal(errCrash)))
		require.Error(t, s.Wait(t.Context()))
		require.ErrorIs(t, later.of(t), errCrash)
		require.NoError(t, end.of(t), "it was told of the end before")
	})
}

func TestTheEndOfAScopeIsToldBeforeItsWaitReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		sup, err := s.Start(t.Context(), supervisorSpec(tree.ChildSpec{Name: "a", Run: failsAfter(time.Second, policy.Fatal(errCrash))}))
		require.NoError(t, err)
		ref, whole := scopeOf(t, sup).Ref(), s.Ref()
		var end, back, all, late endNote
		end.wait(ref)
		stop := back.wait(ref)
		all.wait(whole)
		require.True(t, stop())
		require.False(t, stop())
		require.NoError(t, sleep(t.Context(), time.Second))
		synctest.Wait() // the supervisor has escalated, and was started again
		require.ErrorIs(t, end.of(t), errCrash)
		require.Zero(t, back.times.Load())
		late.wait(ref)
		require.Equal(t, actor.ErrStopped, late.of(t), "that scope is over, and its heir is another")
		require.NotEqual(t, ref, scopeOf(t, sup).Ref())

		s.Drain(nil)
		require.NoError(t, s.Wait(t.Context()))
		require.NoError(t, all.of(t), "it ended as it was told to")
		var none endNote
		none.wait((&tree.Scope{}).Ref())
		require.Equal(t, actor.ErrStopped, none.of(t))
	})
}

func TestEveryWaitForTheEndOfAScopeIsToldOnceOrTakenBack(t *testing.T) {
	for range 100 {
		s, err := tree.Open(t.Context(), policy.SupervisorScope)
		require.NoError(t, err)
		ref := s.Ref()
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				for i := range 20 {
					var end endNote
					stop := end.wait(ref)
					want := int32(1)
					if i%3 == 0 && stop() {
						want = 0
					}
					runtime.Gosched()
					all.Go(func() {
						_ = s.Wait(context.Background())
						require.Equal(t, want, end.times.Load())
					})
				}
			})
		}
		all.Go(func() { s.Close() })
		all.Wait()
	}
}
