package tree_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestABodyThatDoesNotLeaveIsNamedAsTheBodyWithItsSite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Stop = policy.Stop{Grace: time.Second, Kill: time.Second}
		gate := make(chan struct{})
		handle := make(chan *tree.Scope, 1)
		result := make(chan error, 1)
		go func() {
			result <- tree.Run(t.Context(), p, func(_ context.Context, s *tree.Scope) error {
				handle <- s
				<-gate
				return nil
			}, tree.WithName("app"), tree.WithObserver(&recorder{}))
		}()
		s := <-handle
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Len(t, report.Abandoned, 1)
		left := report.Abandoned[0]
		require.True(t, left.Body)
		require.Equal(t, "app", left.Path)
		require.Zero(t, left.Tasks)
		require.True(t, strings.HasPrefix(left.Site, "body_test.go:"), left.Site)
		require.Contains(t, report.String(), "abandoned app, age 2s, the body, started at body_test.go:")
		close(gate)
		require.ErrorIs(t, <-result, tree.ErrAbandoned)
	})
}

func TestAChildsErrorThatTheBodyPassesOnIsReturnedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		boom := errors.New("boom")
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			ch, err := s.Start(ctx, tree.ChildSpec{Name: "c", Run: func(ctx context.Context) error {
				if err := sleep(ctx, time.Second); err != nil {
					return err
				}
				return boom
			}})
			if err != nil {
				return err
			}
			return ch.Wait(context.WithoutCancel(ctx))
		}, tree.WithName("app"))
		require.EqualError(t, err, "app/c: boom")
	})
}
