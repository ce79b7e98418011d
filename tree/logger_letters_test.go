package tree_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// overflowing are n actors that handle nothing and have no room: each message more is a
// dead letter.
func overflowing(t *testing.T, s *tree.Scope, name string, n int) (refs []actor.Ref[int]) {
	t.Helper()
	for i := range n {
		spec := actor.Spec[int]{Name: fmt.Sprintf("%s-%d", name, i), New: constructor(starts), Mailbox: mailbox.Bounded(1, mailbox.DropNewest)}
		ref, err := tree.Spawn(t.Context(), s, spec)
		require.NoError(t, err)
		ch, err := s.Child(spec.Name)
		require.NoError(t, err)
		require.NoError(t, ch.Suspend(t.Context()))
		require.NoError(t, ref.Send(t.Context(), 0))
		refs = append(refs, ref)
	}
	return refs
}

// overflow sends each of refs one message more.
func overflow(t *testing.T, refs []actor.Ref[int]) {
	t.Helper()
	for _, ref := range refs {
		require.NoError(t, ref.TrySend(1))
	}
	synctest.Wait() // all of it was observed
}

// openLogged opens a scope without an observer.
func openLogged(t *testing.T) *tree.Scope {
	t.Helper()
	s, err := tree.Open(t.Context(), policy.SupervisorScope, tree.WithName("app"))
	require.NoError(t, err)
	return s
}

func TestAFloodOfDeadLettersOfManyActorsIsLoggedInFewLines(t *testing.T) {
	log := recordLog(t)
	synctest.Test(t, func(t *testing.T) {
		s := openLogged(t)
		refs := overflowing(t, s, "a", 1000)
		require.Empty(t, log.lines())
		overflow(t, refs)
		lines := log.lines("dead_letter")
		require.Len(t, lines, 16+5)
		require.Equal(t, `level=WARN msg="tree: dead_letter" path=app/a-0 message=int error="mailbox: dropped"`, lines[0])
		for i, n := range []int{32, 64, 128, 256, 512} {
			require.True(t, strings.HasSuffix(lines[16+i], fmt.Sprintf("in_this_second=%d", n)), lines[16+i])
		}
		require.Equal(t, int64(1000), s.Counts().DeadLetters, "each of them counts")

		pause(time.Second)
		overflow(t, overflowing(t, s, "b", 1))
		require.Len(t, log.lines("path=app/b-0", "dead_letter"), 1, "a second later others are heard again")
		require.NoError(t, s.Close()) // which makes a thousand more
		require.LessOrEqual(t, len(log.lines("actor: stopped")), 16+6)
	})
}

func TestDeadLettersOfOneActorAreLoggedAtPowersOfTwo(t *testing.T) {
	log := recordLog(t)
	synctest.Test(t, func(t *testing.T) {
		s := openLogged(t)
		refs := overflowing(t, s, "a", 1)
		for range 100 {
			overflow(t, refs)
			pause(time.Minute)
		}
		lines := log.lines("dead_letter")
		require.Len(t, lines, 7)
		require.True(t, strings.HasSuffix(lines[6], "times=64"), lines[6])
		require.NoError(t, s.Close())
	})
}

func TestAFloodOfDeadLettersHasNothingElseLoggedAgain(t *testing.T) {
	log := recordLog(t)
	synctest.Test(t, func(t *testing.T) {
		s := openLogged(t)
		fail := func() {
			_ = s.Go(t.Context(), func(context.Context) error { return io.EOF })
			synctest.Wait() // it was observed
		}
		fail()
		fail()
		overflow(t, overflowing(t, s, "a", 500))
		fail()
		fail()
		eof := log.lines("EOF")
		require.Len(t, eof, 3)
		require.True(t, strings.HasSuffix(eof[2], "times=4"), eof[2])
		require.NoError(t, s.Close())
	})
}

func TestADeadLetterIsAnEventWithItsMessageAndItsCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		refs := overflowing(t, s, "a", 2)
		overflow(t, refs)
		for i, e := range seen.of(tree.DeadLetter) {
			require.Equal(t, fmt.Sprintf("app/a-%d", i), e.Path)
			require.Equal(t, 1, e.Message)
			require.Equal(t, mailbox.ErrDropped, e.Err)
		}
		require.Len(t, seen.of(tree.DeadLetter), 2)
		require.Equal(t, int64(2), s.Counts().DeadLetters)
	})
}
