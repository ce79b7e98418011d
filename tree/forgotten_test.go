package tree_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// forgetUnobserved opens a scope that nobody observes, with children of each kind,
// and lets the handle go.
//
//go:noinline
func forgetUnobserved(t *testing.T, p policy.Scope, run func(context.Context) error) {
	s, err := tree.Open(context.Background(), p, tree.WithName("unobserved"))
	require.NoError(t, err)
	require.NoError(t, s.Go(context.Background(), run))
	launch(context.Background(), t, s, "child", run)
}

// The default reporter says where it was opened, which is where Close is missing.
// Who does not go when it is asked is canceled, as by any shutdown.
func TestAForgottenHandleIsLoggedWithItsSiteAndItsChildrenGo(t *testing.T) {
	for name, p := range map[string]policy.Scope{"TaskGroup": policy.TaskGroup, "TaskScope": policy.TaskScope,
		"CancellationScope": policy.CancellationScope, "SupervisorScope": policy.SupervisorScope} {
		t.Run(name, func(t *testing.T) {
			out := lastResort(t)
			p.Stop.Grace = time.Millisecond
			canceled := make(chan struct{}, 2)
			forgetUnobserved(t, p, func(ctx context.Context) error {
				<-ctx.Done()
				canceled <- struct{}{}
				return ctx.Err()
			})
			gone := make(chan struct{})
			go func() {
				defer close(gone)
				for rootsNamed("unobserved") > 0 && t.Context().Err() == nil {
					runtime.Gosched()
				}
			}()
			collect(t, gone)
			require.Len(t, canceled, 2)
			require.Equal(t, 1, strings.Count(out.String(), "scope_forgotten"), out)
			require.Contains(t, out.String(), "path=unobserved site=forgotten_test.go:")
		})
	}
}
