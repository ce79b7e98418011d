package tree_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// foreman is an actor with children in a scope of its own, opened with its context, which
// it has stopped when it ends. It writes down what it is sent, and fails at a message of
// that name.
type foreman struct {
	log  *trail
	crew *tree.Scope
}

func (f *foreman) Receive(_ context.Context, m string) error {
	if m == "fail" {
		return errCrash
	}
	f.log.add("got " + m)
	return nil
}

// Stopped returns when the children have ended.
func (f *foreman) Stopped(ctx context.Context, _ error) { _, _ = f.crew.Shutdown(ctx) }

// newForeman makes a foreman with two children that need some time to end.
func newForeman(log *trail, begun time.Time) func(context.Context, actor.Ref[string]) (actor.Receiver[string], error) {
	worker := func(name string, takes time.Duration) tree.ChildSpec {
		return tree.ChildSpec{Name: name, WaitReady: true, Run: func(ctx context.Context) error {
			log.add(fmt.Sprintf("%s up at %v", name, time.Since(begun)))
			if err := tree.Ready(ctx); err != nil {
				return err
			}
			<-tree.Draining(ctx)
			pause(takes)
			log.add(fmt.Sprintf("%s down at %v", name, time.Since(begun)))
			return ctx.Err()
		}}
	}
	return func(ctx context.Context, _ actor.Ref[string]) (actor.Receiver[string], error) {
		log.add(fmt.Sprintf("foreman up at %v", time.Since(begun)))
		crew, err := tree.Open(ctx, policy.SupervisorScope, tree.WithName("crew"))
		if err != nil {
			return nil, err
		}
		for i, name := range []string{"ann", "bob"} {
			if _, err := crew.Start(ctx, worker(name, time.Duration(i+1)*time.Second)); err != nil {
				return nil, err
			}
		}
		return &foreman{log: log, crew: crew}, nil
	}
}

// Others stop the children of an actor first and then begin anew as well; what is sent
// meanwhile they stash, as our mailbox does without more ado.
func TestSupervision_205_ARestartStopsTheChildrenFirstAndWhatIsSentMeanwhileIsHandledAfterItInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		log, begun := &trail{}, time.Now()
		ref, err := tree.Spawn(t.Context(), s, actor.Spec[string]{Name: "foreman", New: newForeman(log, begun)})
		require.NoError(t, err)
		other, err := tree.Spawn(t.Context(), s, actor.Spec[string]{Name: "other", Restart: policy.Temporary, New: newForeman(&trail{}, begun)})
		require.NoError(t, err)
		other.AfterEnd(func(why error) { require.NoError(t, ref.Send(t.Context(), fmt.Sprintf("other ended: %v", why))) })

		pause(time.Second)
		for _, m := range []string{"1", "fail", "2"} {
			require.NoError(t, ref.Send(t.Context(), m))
		}
		pause(time.Second) // ann is down, bob is not
		require.NoError(t, other.Send(t.Context(), "fail"))
		synctest.Wait() // somebody else's end is told
		require.NoError(t, ref.Send(t.Context(), "3"))
		pause(10 * time.Second)
		require.Equal(t, []string{"foreman up at 0s", "ann up at 0s", "bob up at 0s", "got 1",
			"ann down at 2s", "bob down at 3s",
			"foreman up at 3s", "ann up at 3s", "bob up at 3s", "got 2", "got 3", "got other ended: crash"}, log.list())
		require.Len(t, seen.of(tree.DeadLetter), 2, "what they failed with")
	})
}

// That of another is told when its children have ended too, one of which needs 2 s.
func TestSupervision_205_TheEndOfAnActorIsToldWhenItsChildrenHaveEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		begun := time.Now()
		ref, err := tree.Spawn(t.Context(), s, actor.Spec[string]{Name: "foreman", Restart: policy.Temporary, New: newForeman(&trail{}, begun)})
		require.NoError(t, err)
		ended := make(chan time.Duration, 1)
		ref.AfterEnd(func(error) { ended <- time.Since(begun) })
		require.NoError(t, ref.Send(t.Context(), "fail"))
		require.Equal(t, 2*time.Second, <-ended)
	})
}

func TestSupervision_206_ChildrenOutsideOfTheIncarnationOutliveARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		log := &trail{}
		// A supervisor beside the actor, whose scope the actor starts its children in.
		beside, err := s.Start(t.Context(), tree.ChildSpec{Name: "crew", Policy: new(policy.SupervisorScope)})
		require.NoError(t, err)
		crew := scopeOf(t, beside)
		ann := newProbe(log, "ann")
		ref, err := tree.Spawn(t.Context(), s, actor.Spec[string]{Name: "foreman", New: func(ctx context.Context, _ actor.Ref[string]) (actor.Receiver[string], error) {
			if _, err := crew.Child("ann"); err != nil {
				if _, err := crew.Start(ctx, ann.spec(policy.Permanent)); err != nil {
					return nil, err
				}
			}
			log.add("foreman up")
			return actor.ReceiverFunc[string]((&foreman{log: log}).Receive), nil // without its Stopped
		}})
		require.NoError(t, err)
		for _, m := range []string{"1", "fail", "2"} {
			require.NoError(t, ref.Send(t.Context(), m))
		}
		synctest.Wait() // it has come back
		require.Equal(t, []string{"start ann#1", "up ann", "foreman up", "got 1", "foreman up", "got 2"}, log.list())
		child, err := crew.Child("ann")
		require.NoError(t, err)
		require.Equal(t, 1, child.Incarnation())
	})
}
