package docs_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// finishing is a child that needs d to finish once it was asked to.
func finishing(name string, d time.Duration) tree.ChildSpec {
	return tree.ChildSpec{Name: name, Run: func(ctx context.Context) error {
		<-tree.Draining(ctx)
		return pass(ctx, d)
	}}
}

// three is three children that each need d to finish.
func three(d time.Duration) []tree.ChildSpec {
	return []tree.ChildSpec{finishing("a", d), finishing("b", d), finishing("c", d)}
}

// ordered returns a SupervisorScope that stops its children in that order.
func ordered(o policy.Order) *policy.Scope {
	p := policy.SupervisorScope
	p.Stop.Order = o
	return &p
}

func TestTheTableOfHowLongAShutdownTakes(t *testing.T) {
	deaf := make(chan struct{})
	stuck := tree.ChildSpec{Name: "stuck", Run: func(context.Context) error { <-deaf; return nil }}
	inside := func(name string, children ...tree.ChildSpec) tree.ChildSpec {
		return tree.ChildSpec{Name: name, Policy: new(policy.SupervisorScope), Children: children}
	}
	var b strings.Builder
	b.WriteString("| children | order | took | finished | canceled | abandoned |\n|---|---|---|---|---|---|\n")
	for _, c := range []struct {
		what, order string
		policy      *policy.Scope
		children    []tree.ChildSpec
	}{
		{"three fixed that need 1s each", "by kind", new(policy.SupervisorScope), three(time.Second)},
		{"three fixed that need 1s each", "together", ordered(policy.OrderTogether), three(time.Second)},
		{"three fixed that need 2s each", "by kind", new(policy.SupervisorScope), three(2 * time.Second)},
		{"three fixed that need 2s each", "together", ordered(policy.OrderTogether), three(2 * time.Second)},
		{"one that never returns", "by kind", new(policy.SupervisorScope), []tree.ChildSpec{stuck}},
		{"the same, two supervisors below", "by kind", new(policy.SupervisorScope), []tree.ChildSpec{inside("x", inside("y", stuck))}},
	} {
		synctest.Test(t, func(t *testing.T) {
			deaf = make(chan struct{}) // of this bubble
			root, err := tree.Boot(t.Context(), tree.ChildSpec{Name: "root", Policy: c.policy, Children: c.children}, unheard)
			require.NoError(t, err)
			report, err := root.Shutdown(t.Context())
			require.NoError(t, err)
			fmt.Fprintf(&b, "| %s | %s | %s | %d | %d | %d |\n",
				c.what, c.order, short(report.Took), report.Drained, report.Canceled, len(report.Abandoned))
			close(deaf)
			if err := root.Close(); len(report.Abandoned) > 0 {
				require.ErrorIs(t, err, tree.ErrAbandoned)
			} else {
				require.NoError(t, err)
			}
		})
	}
	sameAsPage(t, tuning, "shutdown", b.String())
}

// plugin is a child that may fail without anybody else being the worse for it.
func plugin(name string, run func(context.Context) error) tree.ChildSpec {
	return tree.ChildSpec{
		Name:      name,
		Run:       run,
		Intensity: policy.Intensity{Restarts: 2, Within: time.Minute},
		Exhausted: policy.ExhaustedStopChild,
	}
}

func TestAPluginThatIsExhaustedStopsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root, err := tree.Boot(t.Context(), tree.ChildSpec{Name: "root", Policy: new(policy.SupervisorScope), Children: []tree.ChildSpec{
			plugin("calm", untilAsked),
			plugin("noisy", func(context.Context) error { return errCrash }),
		}}, unheard)
		require.NoError(t, err)
		synctest.Wait() // the noisy one is exhausted
		noisy, err := root.Child("noisy")
		require.NoError(t, err)
		require.Equal(t, policy.SlotStopped, noisy.State())
		require.Equal(t, 3, noisy.Incarnation())
		calm, err := root.Child("calm")
		require.NoError(t, err)
		require.Equal(t, policy.SlotRunning, calm.State())
		require.NoError(t, root.Close())
	})
}

// shop is a tree with its core first and what fails often deep: store, cache and api
// stand on each other; the feeds of others have a room of their own, where they may
// fail as often as they like.
func shop(store, cache, api, prices func(context.Context) error) tree.ChildSpec {
	chain := policy.SupervisorScope
	chain.Strategy = policy.RestForOne

	noisy := policy.SupervisorScope
	noisy.Intensity = policy.Intensity{Restarts: 10, Within: time.Minute}
	noisy.Exhausted = policy.ExhaustedCoolDown
	noisy.Backoff = policy.Backoff{Min: 100 * time.Millisecond, Max: 10 * time.Second}

	return tree.ChildSpec{Name: "shop", Policy: new(policy.SupervisorScope), Children: []tree.ChildSpec{
		{Name: "core", Policy: &chain, Children: []tree.ChildSpec{
			{Name: "store", Run: store, WaitReady: true},
			{Name: "cache", Run: cache, WaitReady: true},
			{Name: "api", Run: api, WaitReady: true},
		}},
		{Name: "feeds", Policy: &noisy, Children: []tree.ChildSpec{
			{Name: "prices", Run: prices},
		}},
	}}
}

func TestFeedsThatFailAllDayLeaveTheCoreOfTheShopAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up, failed := 0, 0
		ready := func(ctx context.Context) error {
			up++ // one at a time: fixed children
			if err := tree.Ready(ctx); err != nil {
				return err
			}
			return untilAsked(ctx)
		}
		root, err := tree.Boot(t.Context(), shop(ready, ready, ready, func(context.Context) error {
			failed++
			return errCrash
		}), unheard)
		require.NoError(t, err)
		require.NoError(t, pass(t.Context(), 24*time.Hour))
		require.Equal(t, 3, up)
		core, err := root.Find("core/api")
		require.NoError(t, err)
		require.Equal(t, policy.SlotRunning, core.State())
		require.NoError(t, root.Close())
		require.Greater(t, failed, 1000)
	})
}

func TestAChildThatCoolsDownDoesNotEndItsScopeWhoseBudgetItHasSpentToo(t *testing.T) {
	for _, restarts := range []int{2, 3} {
		synctest.Test(t, func(t *testing.T) {
			root, err := tree.Boot(t.Context(), tree.ChildSpec{Name: "root", Policy: supervising(3, 5*time.Second), Children: []tree.ChildSpec{{
				Name:      "child",
				Run:       func(context.Context) error { return errCrash },
				Intensity: policy.Intensity{Restarts: restarts, Within: 5 * time.Second},
				Exhausted: policy.ExhaustedCoolDown,
			}}}, unheard)
			require.NoError(t, err)
			synctest.Wait() // it cools down
			child, err := root.Child("child")
			require.NoError(t, err)
			require.Equal(t, policy.SlotDelayed, child.State())
			require.NoError(t, root.Close())
		})
	}
}
