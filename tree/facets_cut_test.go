package tree_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// A child that waits to be restarted is work that has not been done.
func TestAScopeThatIsCutShortWhileItsOnlyChildWaitsForARestartSaysSo(t *testing.T) {
	cuts := map[string]struct {
		timeout, deadline time.Duration
	}{"by its own deadline": {timeout: tenth}, "by the one around": {deadline: tenth}}
	for name, cut := range cuts {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				p := policy.SupervisorScope
				p.End, p.Leave, p.Timeout = policy.EndWhenEmpty, policy.LeaveWait, cut.timeout
				ctx := t.Context()
				if cut.deadline > 0 {
					ctx = impatient(t, cut.deadline)
				}
				err := tree.Run(ctx, p, func(ctx context.Context, s *tree.Scope) error {
					_, err := s.Start(ctx, tree.ChildSpec{Name: "child", Run: failsAfter(0, errBoom),
						Backoff: policy.Backoff{Min: time.Hour, Jitter: policy.JitterNone}})
					return err
				}, tree.WithName("app"), tree.WithObserver(&recorder{}))
				require.Equal(t, tenth, time.Since(start))
				require.ErrorIs(t, err, context.DeadlineExceeded)
			})
		})
	}
}
