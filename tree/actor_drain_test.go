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

// slow describes an actor that drains, takes a second for each message, and writes down
// when it has handled it. It does not heed its context.
func slow(log *trail, name string) actor.Spec[int] {
	begun := time.Now()
	return actor.Spec[int]{Name: name, Drain: true, New: func(context.Context, actor.Ref[int]) (actor.Receiver[int], error) {
		log.add(fmt.Sprintf("%s up at %v", name, time.Since(begun)))
		return actor.ReceiverFunc[int](func(_ context.Context, n int) error {
			pause(time.Second)
			log.add(fmt.Sprintf("%s handled %d at %v", name, n, time.Since(begun)))
			return nil
		}), nil
	}}
}

// spawnSlow starts such an actor, and sends it 1, 2 and 3, the first of which it has in
// hand.
func spawnSlow(t *testing.T, s *tree.Scope, log *trail, name string) actor.Ref[int] {
	t.Helper()
	ref, err := tree.Spawn(t.Context(), s, slow(log, name))
	require.NoError(t, err)
	for n := range 3 {
		require.NoError(t, ref.Send(t.Context(), n+1))
	}
	synctest.Wait() // the first is in hand
	return ref
}

func TestAnActorDrainsWithinTheGraceOfItsScope(t *testing.T) {
	for _, c := range []struct {
		grace, took                      time.Duration
		handled, drained, canceled, dead int
	}{
		{10 * time.Second, 3 * time.Second, 3, 1, 0, 0},
		{3500 * time.Millisecond, 3 * time.Second, 3, 1, 0, 0},
		{1500 * time.Millisecond, 2 * time.Second, 2, 0, 1, 1},
		{policy.NoGrace, time.Second, 1, 0, 1, 2},
	} {
		t.Run(c.grace.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := policy.SupervisorScope
				p.Stop = policy.Stop{Grace: c.grace, Kill: time.Minute}
				s, seen := openSupervisor(t, p)
				log := &trail{}
				ref := spawnSlow(t, s, log, "a")
				late := make(chan error, 1)
				go func() {
					pause(1250 * time.Millisecond)
					late <- ref.Send(t.Context(), 4)
				}()
				report, err := s.Shutdown(t.Context())
				require.NoError(t, err)
				require.ErrorIs(t, <-late, actor.ErrStopped, "its Ref takes no more messages")
				require.Equal(t, c.took, report.Took)
				require.Equal(t, []int{c.drained, c.canceled, 0}, []int{report.Drained, report.Canceled, report.Failed})
				require.Len(t, log.list(), 1+c.handled)
				require.Len(t, seen.of(tree.DeadLetter), c.dead, "what it did not come to")
				require.ErrorIs(t, ref.Send(t.Context(), 5), actor.ErrStopped)
			})
		})
	}
}

func TestAnActorDrainsBeforeItsGroupIsRestarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := intense(3, time.Minute)
		p.Strategy, p.Stop.Grace = policy.OneForAll, 10*time.Second
		s, seen := openSupervisor(t, p)
		log := &trail{}
		ref := spawnSlow(t, s, log, "a")
		bad := newProbe(log, "bad")
		_, err := s.Start(t.Context(), bad.spec(policy.Permanent))
		require.NoError(t, err)
		bad.exits <- errCrash
		pause(1500 * time.Millisecond)
		require.NoError(t, ref.Send(t.Context(), 4), "its Ref stays")
		pause(10 * time.Second)
		require.Equal(t, []string{"a up at 0s", "start bad#1", "up bad", "down bad",
			"a handled 1 at 1s", "a handled 2 at 2s", "a handled 3 at 3s",
			"a up at 3s", "start bad#2", "up bad", "a handled 4 at 4s"}, log.list())
		require.Empty(t, seen.of(tree.DeadLetter))
	})
}

func TestAnOperatorsRestartOfAnActorThatDrainsLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		log := &trail{}
		ref := spawnSlow(t, s, log, "a")
		ch, err := s.Child("a")
		require.NoError(t, err)
		begun := time.Now()
		restarted := make(chan error, 1)
		go func() { restarted <- ch.Restart(t.Context()) }()
		pause(1500 * time.Millisecond)
		require.NoError(t, ref.Send(t.Context(), 4))
		require.NoError(t, <-restarted)
		require.Equal(t, 3*time.Second, time.Since(begun))
		pause(2 * time.Second)
		require.Equal(t, []string{"a up at 0s", "a handled 1 at 1s", "a handled 2 at 2s", "a handled 3 at 3s",
			"a up at 3s", "a handled 4 at 4s"}, log.list())
		require.Empty(t, seen.of(tree.DeadLetter))
	})
}

// The one who sends is asked first and the one who receives waits for it: with the
// order of fixed children, what comes in late is drained as well.
func TestAChainOfActorsDrainsFromItsSourceOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Stop = policy.Stop{Grace: time.Minute, Order: policy.OrderReverse}
		s, seen := openSupervisor(t, p)
		log := &trail{}
		sink, err := tree.Spawn(t.Context(), s, slow(log, "sink"))
		require.NoError(t, err)
		source, err := tree.Spawn(t.Context(), s, actor.Spec[int]{Name: "source", Drain: true,
			New: func(context.Context, actor.Ref[int]) (actor.Receiver[int], error) {
				return actor.ReceiverFunc[int](func(ctx context.Context, n int) error {
					pause(time.Second)
					return sink.Send(ctx, n)
				}), nil
			}})
		require.NoError(t, err)
		for n := range 3 {
			require.NoError(t, source.Send(t.Context(), n+1))
		}
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 4*time.Second, report.Took, "a second each, and one for the last in the sink")
		require.Equal(t, []string{"sink up at 0s", "sink handled 1 at 2s", "sink handled 2 at 3s", "sink handled 3 at 4s"}, log.list())
		require.Empty(t, seen.of(tree.DeadLetter))
	})
}
