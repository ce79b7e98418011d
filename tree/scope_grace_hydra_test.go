package tree_test

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// Where peers disagree: while a scope drains, it takes from its own descendants
// what they need to finish, and refuses outsiders. The helper is asked to finish
// from the start, and the grace does not begin again for it.
func TestScope_121_WhileDrainingADescendantMaySpawnWithinTheSameGraceAndAnOutsiderMayNot(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace = time.Second
		s, seen := openSupervisor(t, p)
		start := time.Now()
		quick, slow := &signals{from: start}, &signals{from: start}
		var helped trail
		launch(t.Context(), t, s, "worker", func(ctx context.Context) error {
			<-tree.Draining(ctx)
			pause(2 * tenth)
			launch(ctx, t, s, "flush", func(ctx context.Context) error {
				<-tree.Draining(ctx)
				quick.asked = time.Since(start)
				err := sleep(ctx, 3*tenth)
				helped.add("flushed")
				return err
			})
			return s.Go(ctx, slow.run(0))
		})
		beginShutdown(t, s)
		requireRefused(t, s, tree.ErrDraining, tree.ErrDraining)

		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, time.Second, report.Took)
		require.Equal(t, []string{"flushed"}, helped.list())
		require.Equal(t, 2*tenth, quick.asked, "at once")
		require.Equal(t, []time.Duration{2 * tenth, time.Second}, []time.Duration{slow.asked, slow.canceled})
		require.Equal(t, []int{2, 1, 0}, []int{report.Drained, report.Canceled, report.Failed})
		require.Len(t, seen.of(tree.SpawnRefused), 4)
		require.Equal(t, int64(4), s.Snapshot().Counts.Refused)
	})
}

// requireRefused asks for a start in the four ways there are, from outside of s.
// The calls must be refused with call and the message answered with answer, and
// nothing may run.
func requireRefused(t *testing.T, s *tree.Scope, call, answer error) {
	t.Helper()
	ctx := t.Context()
	run := func(context.Context) error {
		t.Error("a refused start ran")
		return nil
	}
	require.ErrorIs(t, s.Go(ctx, run), call)
	child, err := s.Start(ctx, tree.ChildSpec{Name: "late", Run: run})
	require.ErrorIs(t, err, call)
	require.Nil(t, child)
	_, err = tree.Spawn(ctx, s, actor.Spec[int]{Name: "late", New: func(ctx context.Context, _ actor.Ref[int]) (actor.Receiver[int], error) {
		return nil, run(ctx)
	}})
	require.ErrorIs(t, err, call)
	started, err := actor.Ask(ctx, s.Ref(), func(r actor.Reply[tree.Started]) tree.Message {
		return tree.StartChild{Spec: tree.ChildSpec{Name: "late", Run: run}, Reply: r}
	})
	require.ErrorIs(t, errors.Join(err, started.Err), answer)
	require.Nil(t, started.Child)
}

// A hydra's head lives for 100 ms, whatever it is told, and leaves two others.
type hydra struct {
	grow  func(ctx context.Context, head func(context.Context) error) error
	heads atomic.Int64
}

func (h *hydra) head(ctx context.Context) error {
	h.heads.Add(1)
	pause(tenth)
	for range 2 {
		if err := h.grow(ctx, h.head); err != nil {
			return err
		}
	}
	return nil
}

func TestScope_122_ChildrenThatKeepSpawningChildrenEndWithTheGrace(t *testing.T) {
	ways := map[string]func(s *tree.Scope) func(context.Context, func(context.Context) error) error{
		"tasks": func(s *tree.Scope) func(context.Context, func(context.Context) error) error { return s.Go },
		"children": func(s *tree.Scope) func(context.Context, func(context.Context) error) error {
			var names atomic.Int64
			return func(ctx context.Context, head func(context.Context) error) error {
				_, err := s.Start(ctx, tree.ChildSpec{Name: "head" + strconv.FormatInt(names.Add(1), 10), Run: head})
				return err
			}
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				p.Stop.Grace, p.Stop.Kill = time.Second+tenth/2, time.Hour
				s, _ := openSupervisor(t, p)
				h := &hydra{grow: way(s)}
				require.NoError(t, h.grow(t.Context(), h.head))
				report, err := s.Shutdown(t.Context())
				require.NoError(t, err)
				require.Equal(t, time.Second+tenth, report.Took, "the grace, and what the last heads still lived")
				require.Equal(t, int64(1<<11-1), h.heads.Load())
				require.Equal(t, []int{1<<10 - 1, 1 << 10, 0}, []int{report.Drained, report.Canceled, report.Failed})
				require.True(t, report.Clean())
				require.NoError(t, s.Close(), "a start that comes to nothing because its scope was canceled is no failure")
			})
		})
	}
}

// A head that ignores its refusal too lives on; nobody waits for it longer than
// the kill wait, and none can join it.
func TestScope_122_AHydraThatCannotBeStoppedHoldsNobodyLongerThanGraceAndKillWait(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace, p.Stop.Kill = time.Second+tenth/2, time.Second
		s, _ := openSupervisor(t, p)
		gate := make(chan struct{})
		defer func() { close(gate); synctest.Wait() }() // until the last head is gone
		h := &hydra{}
		h.grow = func(ctx context.Context, head func(context.Context) error) error {
			if s.Go(ctx, head) != nil {
				<-gate
			}
			return nil
		}
		require.NoError(t, s.Go(t.Context(), h.head))
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2*time.Second+tenth/2, report.Took)
		require.Len(t, report.Abandoned, 1)
		require.Equal(t, 1<<10, report.Abandoned[0].Tasks)
		require.Equal(t, int64(1<<11-1), h.heads.Load())
		require.ErrorIs(t, s.Close(), tree.ErrAbandoned)
	})
}
