package tree_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestSmoke(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		boom := errors.New("boom")
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			s.Go(ctx, func(ctx context.Context) error { sleep(ctx, time.Second); return boom })
			s.Go(ctx, func(ctx context.Context) error { return sleep(ctx, 10*time.Second) })
			_, err := s.Start(ctx, tree.ChildSpec{Name: "x", Run: func(ctx context.Context) error { return sleep(ctx, 10*time.Second) }})
			require.NoError(t, err)
			return nil
		})
		require.ErrorIs(t, err, boom)
		fmt.Println(err, time.Since(start))
		n := 0
		s, err := tree.Open(t.Context(), policy.SupervisorScope, tree.WithName("app"), tree.WithObserver(tree.ObserverFunc(func(e tree.Event) { fmt.Println(e.Kind, e.Path, e.Err, e.Took) })))
		require.NoError(t, err)
		c, err := s.Start(t.Context(), tree.ChildSpec{Name: "y", Run: func(ctx context.Context) error {
			n++
			if n < 3 {
				panic("no")
			}
			return sleep(ctx, time.Hour)
		}, Backoff: policy.Backoff{Min: time.Second, Jitter: policy.JitterNone}})
		require.NoError(t, err)
		ref, err := tree.Spawn(t.Context(), s, actor.Spec[int]{Name: "act", New: func(ctx context.Context, self actor.Ref[int]) (actor.Receiver[int], error) {
			return actor.ReceiverFunc[int](func(ctx context.Context, m int) error { fmt.Println("got", m); return nil }), nil
		}})
		require.NoError(t, err)
		require.NoError(t, ref.Send(t.Context(), 7))
		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "sup", Policy: new(policy.SupervisorScope), Children: []tree.ChildSpec{
			{Name: "a", Run: func(ctx context.Context) error { return sleep(ctx, time.Hour) }},
			{Name: "b", Run: func(ctx context.Context) error { return sleep(ctx, time.Hour) }},
		}})
		require.NoError(t, err)
		sleep(t.Context(), 10*time.Second)
		fmt.Println(s.Snapshot())
		_ = c
		rep, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		fmt.Println(rep)
		require.NoError(t, s.Close())
	})
}
