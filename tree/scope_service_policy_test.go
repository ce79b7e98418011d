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

// fleet is a group of services, of which "flaky" ends by itself after a second.
type fleet struct {
	policy policy.Scope
	flaky  tree.ChildSpec // its name and Run are the test's
}

// voyage is what became of a fleet: when its server and its queue were asked and
// canceled, and when and with what it ended.
type voyage struct {
	asked, canceled, ended time.Duration
	err                    error
	seen                   recorder
	exits                  [2]policy.Exit // of flaky and of the server
	reason                 error
}

// sail runs a fleet in which flaky returns err. The server needs 100 ms to stop.
// If the fleet goes on without flaky it is asked to end after a minute.
func (f fleet) sail(t *testing.T, err error) *voyage {
	t.Helper()
	start := time.Now()
	v := &voyage{}
	s, bad := tree.Open(t.Context(), f.policy, tree.WithName("app"), tree.WithObserver(&v.seen))
	require.NoError(t, bad)
	server, bad := s.Start(t.Context(), tree.ChildSpec{Name: "server", Run: func(ctx context.Context) error {
		<-tree.Draining(ctx)
		v.asked = time.Since(start)
		bad := sleep(ctx, tenth)
		if bad != nil {
			v.canceled = time.Since(start)
		}
		return bad
	}})
	require.NoError(t, bad)
	f.flaky.Name, f.flaky.Run = "flaky", failsAfter(time.Second, err)
	flaky, bad := s.Start(t.Context(), f.flaky)
	require.NoError(t, bad)
	limit := time.AfterFunc(time.Minute, func() { s.Drain(errReason) })
	defer limit.Stop()
	v.err = s.Wait(t.Context())
	v.ended = time.Since(start)
	report, bad := s.Shutdown(t.Context())
	require.NoError(t, bad)
	v.reason = report.Reason
	v.exits = [2]policy.Exit{exitOf(t, flaky), exitOf(t, server)}
	return v
}

// supervised is a fleet under supervision, flaky being Temporary.
func supervised(auto policy.AutoShutdown) fleet {
	p := policy.SupervisorScope
	p.Auto = auto
	return fleet{policy: p, flaky: tree.ChildSpec{Restart: policy.Temporary, Significant: auto != policy.AutoNever}}
}

func TestScope_223_AServiceThatFailsMayCancelTheGroup(t *testing.T) {
	fleets := map[string]fleet{
		"by the policy of the group":        {policy: policy.TaskGroup},
		"by its own in a reporting group":   {policy: policy.CancellationScope, flaky: tree.ChildSpec{OnFailure: new(policy.CancelTogether)}},
		"by its own in a supervising group": {policy: policy.SupervisorScope, flaky: tree.ChildSpec{OnFailure: new(policy.CancelTogether)}},
	}
	for name, f := range fleets {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := f.sail(t, errBoom)
				require.EqualError(t, v.err, "app/flaky: boom")
				require.ErrorIs(t, v.err, errBoom)
				require.Equal(t, time.Second, v.ended)
				require.Equal(t, []time.Duration{time.Second, time.Second}, []time.Duration{v.asked, v.canceled})
				require.Equal(t, [2]policy.Exit{policy.Failed, policy.Canceled}, v.exits)
				require.Empty(t, v.seen.of(tree.ScopeDraining))
			})
		})
	}
}

// Swift's group throws the error once it has shut down gracefully. Here a group
// that ends because a significant child did has ended as it was meant to: the
// failure is reported when it happens, and Run returns nil.
func TestScope_223_AServiceThatFailsMayShutTheGroupDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := supervised(policy.AutoAnySignificant).sail(t, errBoom)
		require.NoError(t, v.err)
		require.EqualError(t, v.reason, "tree: significant child ended: app/flaky")
		require.Equal(t, time.Second+tenth, v.ended)
		require.Equal(t, []time.Duration{time.Second, 0}, []time.Duration{v.asked, v.canceled})
		require.Equal(t, [2]policy.Exit{policy.Failed, policy.Returned}, v.exits)
		require.Equal(t, []string{"app/flaky"}, paths(v.seen.failures()))
		require.ErrorIs(t, v.seen.failures()[0].Err, errBoom)
		require.Empty(t, v.seen.of(tree.ScopeCanceling))
	})
}

func TestScope_223_TheFailureOfAServiceMayBeIgnored(t *testing.T) {
	fleets := map[string]fleet{
		"by its own in a group that cancels": {policy: policy.TaskGroup, flaky: tree.ChildSpec{OnFailure: new(policy.Report)}},
		"by the policy of the group":         {policy: policy.CancellationScope},
		"as a Temporary":                     supervised(policy.AutoNever),
	}
	for name, f := range fleets {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := f.sail(t, errBoom)
				require.NoError(t, v.err)
				require.Equal(t, errReason, v.reason)
				require.Equal(t, time.Minute+tenth, v.ended)
				require.Equal(t, []time.Duration{time.Minute, 0}, []time.Duration{v.asked, v.canceled})
				require.Equal(t, [2]policy.Exit{policy.Failed, policy.Returned}, v.exits)
				require.Equal(t, []string{"app/flaky"}, paths(v.seen.failures()), "but not silently")
			})
		})
	}
}

// Where peers disagree: to return nil is to be done, and disturbs nobody. A
// service that must not end while the group lives is Permanent, and started
// again; one whose end is to be the group's, as in oklog/run, is Significant.
func TestScope_230_TheFirstServiceThatReturnsNilEndsTheGroupOnlyWhenItIsSignificant(t *testing.T) {
	fleets := map[string]fleet{
		"TaskGroup":         {policy: policy.TaskGroup},
		"TaskScope":         {policy: policy.TaskScope},
		"CancellationScope": {policy: policy.CancellationScope},
		"SupervisorScope":   supervised(policy.AutoNever),
		"significant":       supervised(policy.AutoAnySignificant),
	}
	for name, f := range fleets {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked := time.Minute
				if name == "significant" {
					asked = time.Second
				}
				v := f.sail(t, nil)
				require.NoError(t, v.err)
				require.Equal(t, []time.Duration{asked, 0, asked + tenth}, []time.Duration{v.asked, v.canceled, v.ended})
				require.Equal(t, [2]policy.Exit{policy.Returned, policy.Returned}, v.exits)
				require.Empty(t, v.seen.failures())
				require.Empty(t, v.seen.of(tree.ScopeCanceling))
			})
		})
	}
}

func TestScope_230_APermanentServiceThatReturnsNilIsStartedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fleet{policy: policy.SupervisorScope}
		f.policy.Intensity = policy.Intensity{Restarts: 1, Within: 10 * time.Second}
		v := f.sail(t, nil)
		require.ErrorIs(t, v.err, tree.ErrGaveUp)
		require.Equal(t, 2*time.Second, v.seen.of(tree.GaveUp)[0].Time.Sub(v.seen.of(tree.ChildStarted)[0].Time))
		require.Equal(t, 2*time.Second+tenth, v.ended, "the server had its grace")
		require.Len(t, v.seen.of(tree.ChildStarted), 3)
	})
}
