package tree_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// clerk is the actor of the scenarios. It answers an order with its count of orders and
// writes down what is called of it.
type clerk struct {
	log   *trail
	count int
}

// order is what a clerk is sent.
type order struct {
	do    func(ctx context.Context) error // nil: nothing
	count actor.Reply[int]                // zero when nobody asks
}

func (c *clerk) Receive(ctx context.Context, o order) error {
	c.count++
	if o.do != nil {
		if err := o.do(ctx); err != nil {
			return err
		}
	}
	o.count.Send(c.count)
	return nil
}

func (c *clerk) Stopped(_ context.Context, why error) {
	c.log.add(fmt.Sprintf("terminated: %v", why))
}

// newClerk makes a clerk that first does start.
func newClerk(log *trail, start func(ctx context.Context) error) func(context.Context, actor.Ref[order]) (actor.Receiver[order], error) {
	return func(ctx context.Context, _ actor.Ref[order]) (actor.Receiver[order], error) {
		log.add(fmt.Sprintf("start after %v", actor.LastError(ctx)))
		return &clerk{log: log}, start(ctx)
	}
}

// resting returns how many goroutines there are when nothing happens.
func resting() int {
	synctest.Wait()
	return runtime.NumGoroutine()
}

// atRest checks that there are no more of them. Some, also of other bubbles and of the
// runtime, may be about to end.
func atRest(t *testing.T, goroutines int) {
	t.Helper()
	for range 100_000 {
		if resting() <= goroutines {
			return
		}
		runtime.Gosched()
	}
	require.LessOrEqual(t, resting(), goroutines)
}

func starts(context.Context) error { return nil }

// counted asks a clerk for its count.
func counted(ctx context.Context, ref actor.Ref[order]) (int, error) {
	return actor.Ask(ctx, ref, func(r actor.Reply[int]) order { return order{count: r} })
}

func TestSupervision_182_AnActorThatDoesNotStartIsAnErrorAndLeavesNothingBehind(t *testing.T) {
	for name, c := range map[string]struct {
		start func(ctx context.Context) error
		want  error
		took  time.Duration
	}{
		"error":   {func(context.Context) error { return errCrash }, errCrash, 0},
		"panic":   {func(context.Context) error { panic(errCrash) }, errCrash, 0},
		"Goexit":  {func(context.Context) error { runtime.Goexit(); return nil }, policy.ErrGoexit, 0},
		"timeout": {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, context.DeadlineExceeded, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, seen := openSupervisor(t, bounded())
				log := &trail{}
				goroutines := resting()
				begun := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				ref, err := tree.Spawn(ctx, s, actor.Spec[order]{Name: "clerk", New: newClerk(log, c.start)})
				require.ErrorIs(t, err, c.want)
				require.True(t, ref.IsZero())
				require.Equal(t, c.took, time.Since(begun))
				pause(10 * time.Second) // as long as it may be asked to stop
				require.Equal(t, []string{"start after <nil>"}, log.list(), "it is not terminated, nor tried again")
				atRest(t, goroutines)
				require.Empty(t, s.Snapshot().Children)
				require.Empty(t, seen.of(tree.DeadLetter))

				_, err = tree.Spawn(t.Context(), s, actor.Spec[order]{Name: "clerk", New: newClerk(log, starts)})
				require.NoError(t, err, "its name is free")
			})
		})
	}
}

func TestSupervision_182_AnActorThatNeedNotRunIsNoErrorAndRefusesMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, bounded())
		log := &trail{}
		goroutines := resting()
		ref, err := tree.Spawn(t.Context(), s, actor.Spec[order]{Name: "clerk",
			New: newClerk(log, func(context.Context) error { return policy.ErrIgnored })})
		require.NoError(t, err)
		require.Equal(t, actor.ErrStopped, ref.Send(t.Context(), order{}))
		require.Equal(t, []string{"clerk stopped"}, slots(s.Snapshot()))
		require.Equal(t, []string{"start after <nil>"}, log.list())
		atRest(t, goroutines)
	})
}

func TestSupervision_187_APanicInAHandlerIsToldToTheActorItsSupervisorAndTheNextIncarnation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		log := &trail{}
		ref, err := tree.Spawn(t.Context(), s, actor.Spec[order]{Name: "clerk", New: newClerk(log, starts)})
		require.NoError(t, err)
		gate, open := newGate(t)
		require.NoError(t, ref.Send(t.Context(), order{do: func(context.Context) error { <-gate; return nil }}))
		require.NoError(t, ref.Send(t.Context(), order{do: func(context.Context) error { panic(errCrash) }}))
		require.NoError(t, ref.Send(t.Context(), order{}))
		open()
		n, err := counted(t.Context(), ref)
		require.NoError(t, err)
		require.Equal(t, 2, n, "what was queued behind it is handled by the next, which counts anew")
		require.Equal(t, []string{"start after <nil>", "terminated: panic: crash", "start after panic: crash"}, log.list())

		synctest.Wait() // all of it was observed
		dead := seen.of(tree.DeadLetter)
		require.Len(t, dead, 1, "the message with which it failed, and no other")
		failures := seen.failures()
		require.Len(t, failures, 1)
		for _, e := range append(dead, failures...) {
			var p *policy.PanicError
			require.ErrorAs(t, e.Err, &p)
			require.Equal(t, errCrash, p.Value)
			require.Equal(t, "app/clerk", e.Path)
		}
		require.Equal(t, policy.Panicked, failures[0].Exit)
		require.Equal(t, int64(1), s.Counts().DeadLetters)
	})
}

func TestSupervision_188_AskingASuspendedActorTimesOutUntilItIsResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		log := &trail{}
		ref, err := tree.Spawn(t.Context(), s, actor.Spec[order]{Name: "clerk", New: newClerk(log, starts)})
		require.NoError(t, err)
		clerks, err := s.Child("clerk")
		require.NoError(t, err)
		goroutines := resting()
		require.NoError(t, clerks.Suspend(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begun := time.Now()
		_, err = counted(ctx, ref)
		require.Equal(t, context.DeadlineExceeded, err)
		require.Equal(t, time.Minute, time.Since(begun))
		atRest(t, goroutines)

		require.NoError(t, ref.Send(t.Context(), order{}))
		in := s.Snapshot().Children[0]
		require.True(t, in.Suspended)
		require.Equal(t, 2, in.Messages, "what was taken back goes when its turn comes")
		require.Equal(t, policy.SlotRunning, in.State)

		require.NoError(t, actor.Replace(t.Context(), ref, func(c *clerk) (actor.Receiver[order], error) {
			return &clerk{log: c.log, count: c.count + 40}, nil
		}))
		require.NoError(t, clerks.Resume(t.Context()))
		n, err := counted(t.Context(), ref)
		require.NoError(t, err)
		require.Equal(t, 42, n, "40, the one that waited, and this")
		require.False(t, s.Snapshot().Children[0].Suspended)
		require.Equal(t, []string{"start after <nil>"}, log.list())
	})
}

func TestASuspendedActorIsStoppedAndRestartedLikeAnyOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, bounded())
		log := &trail{}
		ref, err := tree.Spawn(t.Context(), s, actor.Spec[order]{Name: "clerk", Drain: true, New: newClerk(log, starts)})
		require.NoError(t, err)
		ch, err := s.Child("clerk")
		require.NoError(t, err)
		begun := time.Now()
		require.NoError(t, ch.Suspend(t.Context()))
		require.NoError(t, ref.Send(t.Context(), order{}))
		require.NoError(t, ch.Restart(t.Context()))
		n, err := counted(t.Context(), ref)
		require.NoError(t, err)
		require.Equal(t, 2, n, "the next incarnation is not suspended")

		require.NoError(t, ch.Suspend(t.Context()))
		require.NoError(t, ch.Shutdown(t.Context()))
		require.Zero(t, time.Since(begun))
		require.Equal(t, actor.ErrStopped, ch.Suspend(t.Context()))
		require.Equal(t, actor.ErrStopped, ch.Resume(t.Context()))
		require.Equal(t, []string{"start after <nil>", "terminated: <nil>", "start after <nil>", "terminated: <nil>"}, log.list())
	})
}

func TestOnlyAnActorCanBeSuspended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		ch := launch(t.Context(), t, s, "child", drainer)
		for _, call := range []func(context.Context) error{ch.Suspend, ch.Resume} {
			require.EqualError(t, call(t.Context()), "tree: child is no actor: app/child")
			require.ErrorIs(t, call(t.Context()), tree.ErrNoActor)
			var fault *policy.FieldError
			require.True(t, errors.As(call(nil), &fault)) //nolint:staticcheck // that is what is tested
		}
	})
}
