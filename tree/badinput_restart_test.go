package tree_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// once is a budget like any.
var once = policy.Intensity{Restarts: 1, Within: time.Second}

func TestSupervision_019_ABudgetOrAWaitThatMakesNoSenseIsRefusedByName(t *testing.T) {
	from := (&source{}).made
	for name, c := range map[string]struct {
		spec tree.ChildSpec
		want []fault
	}{
		"restarts":           {tree.ChildSpec{Intensity: policy.Intensity{Restarts: -1, Within: 1}}, []fault{{"policy.Intensity.Restarts", -1}}},
		"within":             {tree.ChildSpec{Intensity: policy.Intensity{Within: -1}}, []fault{{"policy.Intensity.Within", time.Duration(-1)}}},
		"no within":          {tree.ChildSpec{Intensity: policy.Intensity{Restarts: 1}}, []fault{{"policy.Intensity.Within", time.Duration(0)}}},
		"exhausted":          {tree.ChildSpec{Intensity: once, Exhausted: 9}, []fault{{"tree.ChildSpec.Exhausted", policy.Exhausted(9)}}},
		"nothing to exhaust": {tree.ChildSpec{Exhausted: policy.ExhaustedStopChild}, []fault{{"tree.ChildSpec.Exhausted", policy.ExhaustedStopChild}}},
		"cool for ever": {tree.ChildSpec{Intensity: policy.NoRestarts, Exhausted: policy.ExhaustedCoolDown},
			[]fault{{"tree.ChildSpec.Exhausted", policy.ExhaustedCoolDown}}},
		"never restarted": {tree.ChildSpec{Intensity: once, Restart: policy.Temporary}, []fault{{"tree.ChildSpec.Intensity", once}}},
		"only reported":   {tree.ChildSpec{Intensity: once, OnFailure: new(policy.Report)}, []fault{{"tree.ChildSpec.Intensity", once}}},
		"both wrong": {tree.ChildSpec{Intensity: once, Exhausted: 9, Restart: policy.Temporary},
			[]fault{{"tree.ChildSpec.Exhausted", policy.Exhausted(9)}, {"tree.ChildSpec.Intensity", once}}},
		"two sources of waits": {tree.ChildSpec{NewBackoff: from, Backoff: policy.Backoff{Min: time.Second}},
			[]fault{{"policy.Backoff", policy.Backoff{Min: time.Second}}}},
		"a source and none": {tree.ChildSpec{NewBackoff: from, Backoff: policy.NoBackoff}, []fault{{"policy.Backoff", policy.NoBackoff}}},
		"reset of a source": {tree.ChildSpec{NewBackoff: from, Backoff: policy.Backoff{Reset: -1}}, []fault{{"policy.Backoff.Reset", time.Duration(-1)}}},
		"none and more": {tree.ChildSpec{Backoff: policy.Backoff{Min: policy.NoBackoff.Min, Max: time.Second}},
			[]fault{{"policy.Backoff.Min", policy.NoBackoff.Min}}},
		"escalate and wait for ever": {tree.ChildSpec{Stop: policy.Stop{Kill: policy.Forever, Stuck: policy.StuckEscalate}},
			[]fault{{"policy.Stop.Stuck", policy.StuckEscalate}}},
	} {
		t.Run(name, func(t *testing.T) {
			c.spec.Name, c.spec.Run = "c", neverRuns
			nothingStarts(t, policy.SupervisorScope, func(s *tree.Scope) error {
				_, err := s.Start(t.Context(), c.spec)
				return err
			}, c.want...)
			requireFaults(t, tree.Check(c.spec), c.want...)
		})
	}
}

func TestABudgetOfAChildThatNobodyRestartsIsRefused(t *testing.T) {
	nothingStarts(t, policy.TaskScope, func(s *tree.Scope) error {
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: neverRuns, Intensity: once})
		return err
	}, fault{"tree.ChildSpec.Intensity", once})
}

func TestABackoffOfAScopeIsCheckedAsOneOfAChild(t *testing.T) {
	for _, c := range []struct {
		change func(*policy.Scope)
		want   fault
	}{
		{func(p *policy.Scope) { p.Backoff.Min = -1 }, fault{"policy.Scope.Backoff.Min", time.Duration(-1)}},
		{func(p *policy.Scope) { p.Backoff = policy.Backoff{Min: 2, Max: 1} }, fault{"policy.Scope.Backoff.Max", time.Duration(1)}},
		{func(p *policy.Scope) { p.Backoff = policy.Backoff{Min: 2, Jitter: 9} }, fault{"policy.Scope.Backoff.Jitter", policy.Jitter(9)}},
		{func(p *policy.Scope) { p.Backoff = policy.Backoff{Reset: 1} }, fault{"policy.Scope.Backoff.Min", time.Duration(0)}},
	} {
		p := policy.SupervisorScope
		c.change(&p)
		refusedEverywhere(t, p, nil, c.want)
	}
	p := policy.TaskScope
	p.Backoff = policy.Backoff{Min: 1}
	refusedEverywhere(t, p, nil, fault{"policy.Scope.Backoff", p.Backoff})
}

func TestNoContextForAStopOrARestartIsRefused(t *testing.T) {
	s, _ := openSupervisor(t, bounded())
	child := launch(t.Context(), t, s, "c", drainer)
	var none context.Context
	requireFaults(t, child.Restart(none), fault{"tree.Child.Restart.ctx", nil})
	requireFaults(t, child.Shutdown(none), fault{"tree.Child.Shutdown.ctx", nil})
	requireFaults(t, child.Remove(none), fault{"tree.Child.Remove.ctx", nil})
	require.Equal(t, []string{"c running"}, slots(s.Snapshot()))
	require.Equal(t, 1, child.Incarnation())
}

func TestChildrenThatContainThemselvesAreRefused(t *testing.T) {
	children := make([]tree.ChildSpec, 2)
	children[0] = tree.ChildSpec{Name: "leaf", Run: neverRuns}
	children[1] = tree.ChildSpec{Name: "loop", Policy: new(policy.SupervisorScope), Children: children}
	spec := tree.ChildSpec{Name: "app", Policy: new(policy.SupervisorScope), Children: children}
	_, err := tree.Boot(t.Context(), spec)
	requireFaults(t, err, fault{"tree.ChildSpec.Children", 2})

	shared := []tree.ChildSpec{{Name: "leaf", Run: neverRuns}}
	twice := tree.ChildSpec{Name: "app", Policy: new(policy.SupervisorScope), Children: []tree.ChildSpec{
		{Name: "a", Policy: new(policy.SupervisorScope), Children: shared}, {Name: "b", Policy: new(policy.SupervisorScope), Children: shared}}}
	require.NoError(t, tree.Check(twice), "to be in two places is no loop")
}
