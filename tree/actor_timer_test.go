package tree_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestSupervision_220_AnIncarnationHearsNoTickOfTheOneBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := time.Now()
		var ticks trail
		var old atomic.Pointer[context.Context]
		lives := 0
		s, _ := openSupervisor(t, policy.SupervisorScope)
		ref, err := tree.Spawn(t.Context(), s, actor.Spec[string]{Name: "clock", New: func(ctx context.Context, self actor.Ref[string]) (actor.Receiver[string], error) {
			lives++
			life := lives
			old.CompareAndSwap(nil, &ctx)
			if life <= 2 {
				for _, d := range []time.Duration{time.Second, 2 * time.Second, 6 * time.Second} {
					if _, err := self.After(ctx, d, fmt.Sprintf("#%d once", life)); err != nil {
						return nil, err
					}
				}
				if _, err := self.Every(ctx, 2*time.Second, fmt.Sprintf("#%d again", life)); err != nil {
					return nil, err
				}
			}
			return actor.ReceiverFunc[string](func(ctx context.Context, m string) error {
				ticks.add(fmt.Sprintf("%v %s", time.Since(from), m))
				if m == "fail" {
					_ = sleep(ctx, 3*time.Second) // ticks are due and wait
					return errCrash
				}
				return nil
			}), nil
		}})
		require.NoError(t, err)
		require.NoError(t, sleep(t.Context(), 1500*ms))
		require.NoError(t, ref.Send(t.Context(), "fail"))
		require.NoError(t, sleep(t.Context(), 2*time.Second))
		require.NoError(t, ref.Send(t.Context(), "waits for the next"))
		require.NoError(t, sleep(t.Context(), 3500*ms))
		require.NoError(t, ref.Send(t.Context(), "fail"))
		require.NoError(t, sleep(t.Context(), time.Hour))
		list := ticks.list()
		require.Equal(t, []string{"1s #1 once", "1.5s fail", "4.5s waits for the next", "5.5s #2 once"}, list[:4])
		require.ElementsMatch(t, []string{"6.5s #2 once", "6.5s #2 again"}, list[4:6])
		require.Equal(t, []string{"7s fail"}, list[6:])

		_, err = ref.After(*old.Load(), time.Second, "from the past")
		require.ErrorIs(t, err, actor.ErrStopped)
		_, err = ref.After(context.WithoutCancel(*old.Load()), time.Second, "from the past")
		require.ErrorIs(t, err, actor.ErrStopped)
	})
}

func TestAScopeThatAnActorOpenedDoesNotSpeakForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		ref := spawnChores(t, s, "opener")
		result := make(chan error, 1)
		require.NoError(t, ref.Send(t.Context(), func(ctx context.Context) error {
			return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, _ *tree.Scope) error {
				_, err := ref.After(ctx, time.Second, nil)
				result <- err
				return nil
			})
		}))
		require.ErrorIs(t, <-result, actor.ErrNotSelf)
	})
}

// guest is an actor that leaves when nobody needs it.
type guest struct{ handled int }

func (g *guest) Receive(context.Context, int) error { g.handled++; return nil }
func (g *guest) Idle(context.Context) error         { return policy.Done(nil) }

func TestAnIdleActorThatIsDoneLeavesAndMayBeStartedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := time.Now()
		s, seen := openSupervisor(t, policy.SupervisorScope)
		ref, err := tree.Spawn(t.Context(), s, actor.Spec[int]{Name: "guest", IdleAfter: time.Minute,
			New: func(context.Context, actor.Ref[int]) (actor.Receiver[int], error) { return &guest{}, nil }})
		require.NoError(t, err)
		require.NoError(t, sleep(t.Context(), 30*time.Second))
		require.NoError(t, ref.Send(t.Context(), 1))
		require.NoError(t, sleep(t.Context(), time.Hour))
		require.ErrorIs(t, ref.Send(t.Context(), 2), actor.ErrStopped)
		require.Equal(t, []string{"guest stopped"}, slots(s.Snapshot()))
		exits := seen.of(tree.ChildExited)
		require.Len(t, exits, 1)
		require.Equal(t, 90*time.Second, exits[0].Time.Sub(from))
		require.Empty(t, seen.of(tree.DeadLetter))

		child, err := s.Child("guest")
		require.NoError(t, err)
		require.NoError(t, child.Restart(t.Context()))
		require.NoError(t, ref.Send(t.Context(), 3))
		require.NoError(t, sleep(t.Context(), time.Minute))
		synctest.Wait() // it has left in this very instant
		require.Len(t, seen.of(tree.ChildExited), 2)
	})
}
