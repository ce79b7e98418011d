package tree_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// errand is a message that says what its handler does, and answers true if nothing is
// wrong with that.
type errand struct {
	do    func(ctx context.Context) error
	reply actor.Reply[bool]
}

func newErrands(context.Context, actor.Ref[errand]) (actor.Receiver[errand], error) {
	return actor.ReceiverFunc[errand](func(ctx context.Context, e errand) error {
		if e.do != nil {
			if err := e.do(ctx); err != nil {
				return err
			}
		}
		e.reply.Send(true)
		return nil
	}), nil
}

// spawnErrands makes an actor that does errands.
func spawnErrands(t *testing.T, s *tree.Scope, name string, r policy.Restart) (actor.Ref[errand], *tree.Child) {
	t.Helper()
	ref, err := tree.Spawn(t.Context(), s, actor.Spec[errand]{Name: name, New: newErrands, Restart: r})
	require.NoError(t, err)
	ch, err := s.Child(name)
	require.NoError(t, err)
	return ref, ch
}

// runErrand has ref do something, and returns when that is done.
func runErrand(ctx context.Context, ref actor.Ref[errand], do func(ctx context.Context) error) error {
	_, err := actor.Ask(ctx, ref, func(r actor.Reply[bool]) errand { return errand{do, r} })
	return err
}

func TestAnAskOfAnActorThatCameToRestFailsAtOnceUntilAnOperatorRestartsIt(t *testing.T) {
	finish := func(context.Context) error { return policy.Done(nil) }
	for name, end := range map[string]func(t *testing.T, ref actor.Ref[errand], ch *tree.Child){
		"finished": func(t *testing.T, ref actor.Ref[errand], _ *tree.Child) {
			require.NoError(t, ref.TrySend(errand{do: finish}))
		},
		"stopped": func(t *testing.T, _ actor.Ref[errand], ch *tree.Child) {
			go func() { _ = ch.Shutdown(context.Background()) }()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := openSupervisor(t, policy.SupervisorScope)
				ref, ch := spawnErrands(t, s, "a", policy.Transient)
				gate := make(chan struct{})
				require.NoError(t, ref.TrySend(errand{do: func(context.Context) error { <-gate; return nil }}))
				synctest.Wait() // it is in hand
				end(t, ref, ch)
				queued := make(chan error)
				go func() { queued <- runErrand(context.Background(), ref, nil) }()
				synctest.Wait() // the end has been asked for, and the ask is queued
				close(gate)
				require.Equal(t, actor.ErrStopped, <-queued)
				require.NoError(t, ch.Wait(t.Context()))
				require.Equal(t, actor.ErrStopped, runErrand(t.Context(), ref, nil))
				require.Equal(t, actor.ErrStopped, ref.TrySend(errand{}))

				require.NoError(t, ch.Restart(t.Context()))
				require.NoError(t, runErrand(t.Context(), ref, nil))
			})
		})
	}
}

func TestAnAskOfAnActorThatIsStuckFailsWhenItIsAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, bounded())
		ref, ch := spawnErrands(t, s, "a", policy.Permanent)
		gate := make(chan struct{})
		begun := time.Now()
		type result struct {
			after time.Duration
			err   error
		}
		inHand, queued := make(chan result), make(chan result)
		ask := func(to chan result, do func(context.Context) error) {
			go func() {
				err := runErrand(context.Background(), ref, do)
				to <- result{time.Since(begun), err}
			}()
			synctest.Wait() // it is queued, or in hand
		}
		ask(inHand, func(context.Context) error { <-gate; return nil })
		ask(queued, nil)
		require.ErrorIs(t, ch.Shutdown(t.Context()), tree.ErrAbandoned)
		got := <-inHand
		require.Equal(t, 5*time.Second, got.after, "a grace of 2 s and a kill wait of 3 s")
		require.ErrorIs(t, got.err, actor.ErrNoReply)
		require.Equal(t, result{5 * time.Second, actor.ErrStopped}, <-queued)
		require.Equal(t, actor.ErrStopped, runErrand(t.Context(), ref, nil))
		require.Equal(t, 5*time.Second, time.Since(begun))

		close(gate)
		synctest.Wait() // it has ended late
		require.Len(t, seen.of(tree.ChildEndedLate), 1)
		require.NoError(t, ch.Restart(t.Context()))
		require.NoError(t, runErrand(t.Context(), ref, nil))
	})
}

// The handler waits for the scope, and not for what the actor itself could do.
func TestWhatAnActorHasOpenedIsNotItsOwnCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		ref, _ := spawnErrands(t, s, "a", policy.Permanent)
		var inner *tree.Scope
		asked := make(chan error, 3)
		require.NoError(t, runErrand(t.Context(), ref, func(ctx context.Context) error {
			asks := func(ctx context.Context) error {
				asked <- runErrand(ctx, ref, nil)
				return nil
			}
			var err error
			if inner, err = tree.Open(ctx, policy.TaskScope); err != nil {
				return err
			}
			launch(ctx, t, inner, "child", asks)
			require.NoError(t, inner.Go(ctx, asks))
			_, err = tree.Spawn(ctx, inner, actor.Spec[errand]{Name: "b", New: func(ctx context.Context, self actor.Ref[errand]) (actor.Receiver[errand], error) {
				_ = self.TrySend(errand{do: asks})
				return newErrands(ctx, self)
			}})
			return err
		}))
		for range 3 {
			require.NoError(t, <-asked)
		}
		inner.Cancel(nil)
		require.NoError(t, inner.Close())
	})
}
