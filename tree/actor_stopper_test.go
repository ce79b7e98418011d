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

// lingering is an actor that takes its time when it ends: until its context does, and
// after more.
type lingering struct {
	nothing
	log  *trail
	more time.Duration
}

func (l lingering) Stopped(ctx context.Context, _ error) {
	begun := time.Now()
	<-ctx.Done()
	pause(l.more)
	l.log.add(time.Since(begun).String())
}

func spawnLingering(t *testing.T, s *tree.Scope, l lingering, spec actor.Spec[int]) *tree.Child {
	t.Helper()
	spec.Name = "lingering"
	spec.New = func(context.Context, actor.Ref[int]) (actor.Receiver[int], error) { return l, nil }
	_, err := tree.Spawn(t.Context(), s, spec)
	require.NoError(t, err)
	ch, err := s.Child("lingering")
	require.NoError(t, err)
	return ch
}

func TestAnIdleActorThatTakesItsTimeToStopHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		log := &trail{}
		ch := spawnLingering(t, s, lingering{log: log}, actor.Spec[int]{StopWithin: time.Second})
		begun := time.Now()
		stopped := make(chan error, 1)
		go func() { stopped <- ch.Shutdown(t.Context()) }()
		synctest.Wait() // it says its last words
		require.Equal(t, []string{"lingering stopping"}, slots(s.Snapshot()))
		other := launch(t.Context(), t, s, "other", drainer)
		require.NoError(t, other.Shutdown(t.Context()))
		require.Zero(t, time.Since(begun))
		require.NoError(t, <-stopped)
		require.Equal(t, time.Second, time.Since(begun))
		require.Equal(t, []string{"1s"}, log.list())
	})
}

// Its context ends with the grace, and who goes on after that is abandoned like any.
func TestTheLastWordsOfAnActorArePartOfItsStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, bounded())
		log := &trail{}
		ch := spawnLingering(t, s, lingering{log: log, more: 10 * time.Second}, actor.Spec[int]{StopWithin: time.Minute})
		begun := time.Now()
		require.ErrorIs(t, ch.Shutdown(t.Context()), tree.ErrAbandoned)
		require.Equal(t, 5*time.Second, time.Since(begun), "a grace of 2 s and a kill wait of 3 s")
		pause(10 * time.Second)
		require.Equal(t, []string{"12s"}, log.list())
		require.Len(t, seen.of(tree.ChildEndedLate), 1)
	})
}

func TestARestartWaitsForTheLastWordsOfTheIncarnationBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		log := &trail{}
		ch := spawnLingering(t, s, lingering{log: log}, actor.Spec[int]{StopWithin: time.Second})
		begun := time.Now()
		require.NoError(t, ch.Restart(t.Context()))
		require.Equal(t, time.Second, time.Since(begun))
		synctest.Wait() // all of it was observed
		require.Len(t, seen.of(tree.ChildReady), 2)
	})
}
