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

// spawn spawns an actor and finds its child.
func spawn[M any](t *testing.T, s *tree.Scope, spec actor.Spec[M]) (actor.Ref[M], *tree.Child) {
	t.Helper()
	ref, err := tree.Spawn(t.Context(), s, spec)
	require.NoError(t, err)
	ch, err := s.Child(spec.Name)
	require.NoError(t, err)
	return ref, ch
}

// act is a message to an actor that does it.
type act func(ctx context.Context, self actor.Ref[act]) error

// acting describes an actor that begins with first, if that is set.
func acting(name string, r policy.Restart, first act) actor.Spec[act] {
	return actor.Spec[act]{Name: name, Restart: r, New: func(ctx context.Context, self actor.Ref[act]) (actor.Receiver[act], error) {
		if first != nil {
			if err := first(ctx, self); err != nil {
				return nil, err
			}
		}
		return actor.ReceiverFunc[act](func(ctx context.Context, do act) error { return do(ctx, self) }), nil
	}}
}

func crash(context.Context, actor.Ref[act]) error { return errCrash }

// watching has an actor note in log what ends that is at target.
func watching(log *trail, target actor.Ref[act]) act {
	return func(ctx context.Context, self actor.Ref[act]) error {
		_, err := actor.Watch(ctx, target, self, func(e actor.Terminated) act {
			return func(context.Context, actor.Ref[act]) error {
				log.add(fmt.Sprintf("%s: %v", e.ID.Path, e.Err))
				return nil
			}
		})
		return err
	}
}

func TestSupervision_190_AnUnlinkedActorOutlivesTheOther(t *testing.T) {
	for _, linked := range []bool{true, false} {
		t.Run(fmt.Sprintf("linked=%v", linked), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := openSupervisor(t, intense(5, time.Minute))
				target, _ := spawn(t, s, acting("target", policy.Permanent, nil))
				other, ch := spawn(t, s, acting("other", policy.Permanent, nil))
				require.NoError(t, other.Send(t.Context(), func(ctx context.Context, self actor.Ref[act]) error {
					unlink, err := actor.Link(ctx, target, self)
					if !linked && err == nil {
						require.True(t, unlink())
					}
					return err
				}))
				synctest.Wait() // they are linked
				require.NoError(t, target.Send(t.Context(), crash))
				synctest.Wait() // whoever fails by that was restarted
				want := 1
				if linked {
					want = 2
				}
				require.Equal(t, want, ch.Incarnation())
			})
		})
	}
}

func TestSupervision_191_WatchingTheDeadIsAnsweredAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		log := &trail{}
		dead, ch := spawn(t, s, acting("dead", policy.Permanent, nil))
		require.NoError(t, ch.Remove(t.Context()))
		for _, target := range []actor.Ref[act]{dead, {}} {
			watcher, _ := spawn(t, s, acting("watcher", policy.Temporary, nil))
			require.NoError(t, watcher.Send(t.Context(), watching(log, target)))
			synctest.Wait() // it was told
			w, err := s.Child("watcher")
			require.NoError(t, err)
			require.NoError(t, w.Remove(t.Context()))
		}
		require.Equal(t, []string{dead.Path() + ": actor: stopped", ": actor: stopped"}, log.list())
	})
}

// Akka tells the cause of a failure to the parent only. Here, as in Erlang, everybody who
// watches is told the same.
func TestSupervision_193_WhoWatchesIsToldWhyTheOtherFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		log := &trail{}
		parent, _ := spawn(t, s, acting("parent", policy.Permanent, nil))
		own := make(chan actor.Ref[act], 1)
		require.NoError(t, parent.Send(t.Context(), func(ctx context.Context, self actor.Ref[act]) error {
			nested, err := tree.Open(ctx, policy.SupervisorScope)
			if err != nil {
				return err
			}
			context.AfterFunc(ctx, func() { _ = nested.Close() }) // and holds the handle
			child, err := tree.Spawn(ctx, nested, acting("child", policy.Temporary, nil))
			if err != nil {
				return err
			}
			own <- child
			return watching(log, child)(ctx, self)
		}))
		child := <-own
		stranger, _ := spawn(t, s, acting("stranger", policy.Permanent, nil))
		require.NoError(t, stranger.Send(t.Context(), watching(log, child)))
		synctest.Wait() // both watch
		require.NoError(t, child.Send(t.Context(), crash))
		synctest.Wait() // both were told
		line := child.Path() + ": " + errCrash.Error()
		require.Equal(t, []string{line, line}, log.list())
	})
}

func TestSupervision_194_AWatchWithoutANoticeIsADeathPactAndBubblesTwoLevels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		pact := func(target actor.Ref[act]) act {
			return func(ctx context.Context, self actor.Ref[act]) error {
				_, err := actor.Watch[act, act](ctx, target, self, nil)
				return err
			}
		}
		low, _ := spawn(t, s, acting("low", policy.Temporary, nil))
		middle, _ := spawn(t, s, acting("middle", policy.Temporary, pact(low)))
		_, high := spawn(t, s, acting("high", policy.Temporary, pact(middle)))
		require.NoError(t, low.Send(t.Context(), crash))
		err := high.Wait(t.Context())
		require.ErrorIs(t, err, actor.ErrLinked)
		require.ErrorIs(t, err, errCrash, "the cause is seen through both")
		var link *actor.LinkError
		require.ErrorAs(t, err, &link)
		require.Equal(t, middle.Path(), link.ID.Path)
		synctest.Wait() // all was told
		var ended []string
		for _, e := range seen.of(tree.ChildExited) {
			ended = append(ended, e.Path[len(s.Path())+1:])
		}
		require.Equal(t, []string{"low", "middle", "high"}, ended)
	})
}

func TestSupervision_217_ARestartRecoversFromADeathPact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		low, _ := spawn(t, s, acting("low", policy.Temporary, nil))
		lives := 0
		high, ch := spawn(t, s, acting("high", policy.Permanent, func(ctx context.Context, self actor.Ref[act]) error {
			if lives++; lives > 1 {
				return nil
			}
			_, err := actor.Watch[act, act](ctx, low, self, nil)
			return err
		}))
		require.NoError(t, low.Send(t.Context(), crash))
		synctest.Wait() // it has failed and was restarted
		require.Equal(t, 2, ch.Incarnation())
		done := make(chan struct{})
		require.NoError(t, high.Send(t.Context(), func(context.Context, actor.Ref[act]) error { close(done); return nil }))
		<-done
	})
}
