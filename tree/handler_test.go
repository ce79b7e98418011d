package tree_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// chore is a message that an actor handles by doing it.
type chore func(ctx context.Context) error

// newChores makes an actor that does what it is sent.
func newChores(context.Context, actor.Ref[chore]) (actor.Receiver[chore], error) {
	return actor.ReceiverFunc[chore](func(ctx context.Context, e chore) error { return e(ctx) }), nil
}

// spawnChores spawns such an actor, whose calls may take 10 s.
func spawnChores(t *testing.T, s *tree.Scope, name string) actor.Ref[chore] {
	t.Helper()
	ref, err := tree.Spawn(t.Context(), s, actor.Spec[chore]{Name: name, New: newChores, StuckAfter: 10 * time.Second})
	require.NoError(t, err)
	return ref
}

// stuckLines puts the events of handlers into words.
func stuckLines(from time.Time, seen *recorder) []string {
	var list []string
	for _, e := range seen.of(tree.HandlerStuck, tree.HandlerCameBack, tree.ChildAbandoned, tree.ScopeClosed) {
		list = append(list, strings.TrimSpace(line(from, e)+" "+e.Doing))
	}
	return list
}

func TestAStuckHandlerIsToldWithItsStackWhileItIsStuckAndWhenItComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		from := time.Now()
		s, seen := openSupervisor(t, policy.SupervisorScope)
		ref, other := spawnChores(t, s, "hung"), spawnChores(t, s, "other")
		hang := func(context.Context) error { stuckOnGate(gate); return nil }
		require.NoError(t, ref.Send(t.Context(), hang))
		require.NoError(t, other.Send(t.Context(), func(ctx context.Context) error { return sleep(ctx, 12*time.Second) }))
		require.NoError(t, sleep(t.Context(), time.Minute))
		close(gate)
		synctest.Wait() // it is back
		require.ElementsMatch(t, []string{
			"10s handler_stuck app/hung took 10s tree_test.chore",
			"10s handler_stuck app/other took 10s tree_test.chore",
			"12s handler_came_back app/other took 12s tree_test.chore",
			"1m0s handler_came_back app/hung took 1m0s tree_test.chore",
		}, stuckLines(from, seen))
		for _, e := range seen.of(tree.HandlerStuck) {
			require.Equal(t, e.Path == "app/hung", strings.Contains(e.Stack, "tree_test.stuckOnGate"), e.Stack)
			require.Contains(t, e.Stack, fmt.Sprintf("%q:%q", "child", strings.TrimPrefix(e.Path, "app/")))
		}
		gate = make(chan struct{})
		close(gate)
		require.NoError(t, ref.Send(t.Context(), hang))
		synctest.Wait() // it has no reason to hang
		require.Len(t, seen.of(tree.HandlerStuck), 2)
	})
}

func TestANewThatHangsIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		_, err := tree.Spawn(t.Context(), s, actor.Spec[chore]{Name: "slow", StuckAfter: time.Second,
			New: func(ctx context.Context, self actor.Ref[chore]) (actor.Receiver[chore], error) {
				if err := sleep(ctx, 3*time.Second); err != nil {
					return nil, err
				}
				return newChores(ctx, self)
			}})
		require.NoError(t, err)
		synctest.Wait() // what there is to tell is told
		told := seen.of(tree.HandlerStuck, tree.HandlerCameBack)
		require.Len(t, told, 2)
		require.Equal(t, []any{"New", time.Second, "New", 3 * time.Second}, []any{told[0].Doing, told[0].Took, told[1].Doing, told[1].Took})
	})
}

func TestAHandlerThatIsAbandonedIsNotToldOfAfterItsScopeHasClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		from := time.Now()
		s, seen := openSupervisor(t, bounded())
		early, late := spawnChores(t, s, "early"), spawnChores(t, s, "late")
		require.NoError(t, early.Send(t.Context(), func(context.Context) error { <-gate; return nil }))
		require.NoError(t, sleep(t.Context(), 8*time.Second))
		require.NoError(t, late.Send(t.Context(), func(context.Context) error { <-gate; return nil }))
		synctest.Wait() // it has it in hand
		_, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.NoError(t, sleep(t.Context(), time.Minute))
		open()
		synctest.Wait() // both are back
		require.Equal(t, []string{
			"10s handler_stuck app/early took 10s tree_test.chore",
			"13s child_abandoned app/early #1 took 13s",
			"13s child_abandoned app/late #1 took 13s",
			"13s scope_closed app took 13s",
		}, stuckLines(from, seen))
	})
}

func TestAHandlerThatComesBackWhileItsScopeEndsIsToldOfBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := time.Now()
		s, seen := openSupervisor(t, policy.SupervisorScope)
		ref := spawnChores(t, s, "slow")
		require.NoError(t, ref.Send(t.Context(), func(context.Context) error { return sleep(t.Context(), 10*time.Second) }))
		require.NoError(t, sleep(t.Context(), 9*time.Second))
		_, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		lines := stuckLines(from, seen)
		require.Equal(t, "10s scope_closed app took 10s", lines[len(lines)-1])
	})
}

func TestAStuckHandlerIsLoggedAndSoIsItsReturn(t *testing.T) {
	log := recordLog(t)
	synctest.Test(t, func(t *testing.T) {
		err := tree.Run(t.Context(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
			ref := spawnChores(t, s, "hung")
			require.NoError(t, ref.Send(ctx, func(ctx context.Context) error { return sleep(ctx, time.Minute) }))
			return sleep(ctx, time.Hour)
		}, tree.WithName("app"))
		require.NoError(t, err)
	})
	stuck := log.lines(`level=ERROR msg="tree: handler_stuck" path=app/hung age=10s doing=tree_test.chore stack=`)
	require.Len(t, stuck, 1)
	require.Contains(t, stuck[0], "handler_test.go")
	require.Equal(t, []string{`level=WARN msg="tree: handler_came_back" path=app/hung age=1m0s doing=tree_test.chore`}, log.lines("came_back"))
}
