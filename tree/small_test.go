package tree

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
)

// inSupervisor runs f with a supervisor, in a bubble.
func inSupervisor(t *testing.T, f func(t *testing.T, s *Scope)) {
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(t.Context(), policy.SupervisorScope)
		require.NoError(t, err)
		f(t, s)
		require.NoError(t, s.Close())
	})
}

// brief is an actor that only knows how to be there.
func brief(name string) actor.Spec[int] {
	rec := actor.ReceiverFunc[int](func(context.Context, int) error { return nil })
	return actor.Spec[int]{Name: name, New: func(context.Context, actor.Ref[int]) (actor.Receiver[int], error) { return rec, nil }}
}

// spawned spawns an actor, always at this place, and returns the child.
func spawned(t *testing.T, s *Scope, spec actor.Spec[int]) *Child {
	_, err := Spawn(t.Context(), s, spec)
	require.NoError(t, err)
	ch, err := s.Child(spec.Name)
	require.NoError(t, err)
	return ch
}

// The bytes of a child:
//
//	56  its slot: its owner 16, terms 8, rank 8, links 16, state and what is noted of it 8
//	56  its first incarnation: scope and child 16, how it came back 8, signals 8,
//	    when it began 8, its number and attempt 8, how far it is 8
//	16  name
//	16  what is hosted
//	 8  what describes it
//	 8  its rest
//	24  the current incarnation, the extras, the next one in its bucket of names
//	 8  flags
//
// Beside that it has the bytes of its name, and 8 for a bucket. An object of 192 bytes
// takes no more than these.
func TestAChildThatOnlyRunsIs192BytesAndOwnsNothingElse(t *testing.T) {
	require.LessOrEqual(t, unsafe.Sizeof(Child{}), uintptr(192))
	inSupervisor(t, func(t *testing.T, s *Scope) {
		ch := spawned(t, s, brief("one"))
		synctest.Wait() // the actor is idle
		s.core.inTurn(func() {
			require.Same(t, &ch.first, ch.current)
			require.Nil(t, ch.first.came.Load())
			require.Nil(t, ch.first.signals.Load())
			require.Nil(t, ch.rest.now.Load())
			require.Nil(t, ch.extras)
		})
	})
}

func TestActorsSpawnedAlikeShareWhatDescribesThem(t *testing.T) {
	inSupervisor(t, func(t *testing.T, s *Scope) {
		before := spawned(t, s, brief("one"))
		same := spawned(t, s, brief("two"))
		require.Same(t, before.spec(), same.spec())
		require.Equal(t, "one", before.Spec().Name)
		require.Equal(t, "two", same.Spec().Name)
	})
}

// What differs from the last one differs; and a function is never known to be the same.
func TestActorsSpawnedOtherwiseHaveADescriptionOfTheirOwn(t *testing.T) {
	for field, change := range map[string]func(s *actor.Spec[int]){
		"Restart":    func(s *actor.Spec[int]) { s.Restart = policy.Transient },
		"Backoff":    func(s *actor.Spec[int]) { s.Backoff = policy.Backoff{Min: time.Second} },
		"Intensity":  func(s *actor.Spec[int]) { s.Intensity = policy.NoRestarts },
		"Stop":       func(s *actor.Spec[int]) { s.Stop.Grace = time.Minute },
		"NewBackoff": func(s *actor.Spec[int]) { s.NewBackoff = func() policy.BackoffSource { return nil } },
		"Decide":     func(s *actor.Spec[int]) { s.Decide = func(error) policy.Decision { return policy.ByRestart } },
		"IsCancel":   func(s *actor.Spec[int]) { s.IsCancel = func(error) bool { return false } },
	} {
		t.Run(field, func(t *testing.T) {
			inSupervisor(t, func(t *testing.T, s *Scope) {
				plain := spawned(t, s, brief("plain"))
				spec := brief("changed")
				change(&spec)
				changed := spawned(t, s, spec)
				spec.Name = "again"
				again := spawned(t, s, spec)
				require.NotSame(t, plain.spec(), changed.spec())
				functions := spec.NewBackoff != nil || spec.Decide != nil || spec.IsCancel != nil
				require.Equal(t, functions, changed.spec() != again.spec(), "those changed alike")
				require.Equal(t, spec.Restart, changed.Spec().Restart)
				require.Equal(t, spec.Intensity, changed.Spec().Intensity)
			})
		})
	}
}
