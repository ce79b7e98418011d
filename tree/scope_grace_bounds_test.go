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

func TestScope_109_ShieldedWorkEndsInTheGraceAndWhoGoesOnAfterItIsCanceledWhenThatIsOver(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace = 2 * tenth
		s, _ := openSupervisor(t, p)
		start := time.Now()
		var steps trail
		note := func(what string) { steps.add(what + " at " + time.Since(start).String()) }
		launch(t.Context(), t, s, "outer", func(ctx context.Context) error {
			if err := s.Shield(ctx, "inner", func(ctx context.Context) error {
				err := sleep(ctx, tenth)
				note("inner done")
				return err
			}); err != nil {
				return err
			}
			defer note("outer left")
			return sleep(ctx, 5*tenth)
		})
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"inner done at 100ms", "outer left at 200ms"}, steps.list())
		require.Equal(t, 2*tenth, report.Took)
		require.Equal(t, []int{1, 1, 0, 0}, []int{report.Drained, report.Canceled, report.Failed, report.NotStarted})
		require.Len(t, report.Children, 2)
		require.Equal(t, tree.ChildEnd{Path: "app/inner", Exit: policy.Returned, Phase: tree.PhaseDraining, Age: tenth}, report.Children[0])
		outer := report.Children[1]
		require.Equal(t, []any{"app/outer", policy.Canceled, tree.PhaseCanceling}, []any{outer.Path, outer.Exit, outer.Phase})
		require.EqualError(t, outer.Cause, "tree: grace of the scope over: tree: shutdown")
		require.NoError(t, s.Close())
		require.Equal(t, tree.Counts{Returned: 1, Canceled: 1}, s.Counts(), "nothing runs, nothing waits")
		require.Equal(t, tree.PhaseClosed, s.Snapshot().Phase)
	})
}

func TestScope_109_AShieldThatOutlivesTheGraceIsWaitedForBeyondIt(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace = 2 * tenth
		s, _ := openSupervisor(t, p)
		launch(t.Context(), t, s, "outer", func(ctx context.Context) error {
			return s.Shield(ctx, "inner", func(ctx context.Context) error { return sleep(ctx, 5*tenth) })
		})
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 5*tenth, report.Took)
		require.Equal(t, []int{0, 2, 0}, []int{report.Drained, report.Canceled, report.Failed})
		require.Equal(t, []string{"app/outer canceled", "app/inner returned"}, childEnds(report))
		require.NoError(t, report.Children[1].Cause, "it was not canceled itself")
		require.NoError(t, s.Close())
	})
}

// childEnds returns who ended and how, in order.
func childEnds(r *tree.ShutdownReport) []string {
	var list []string
	for _, e := range r.Children {
		list = append(list, e.Path+" "+e.Exit.String())
	}
	return list
}

// Where peers disagree: the effective grace is the shortest of those around a
// child, its own included. Its cause says whose it was.
func TestScope_128_TheShorterGraceOfChildAndScopeHoldsAndTheReportSaysWhose(t *testing.T) {
	const ofChild, ofScope = "tree: grace of the child over", "tree: grace of the scope over: reason"
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace = 2 * time.Second
		s, _ := openSupervisor(t, p)
		start := time.Now()
		cases := map[string]struct {
			grace    time.Duration
			canceled time.Duration
			phase    tree.Phase
			cause    string
		}{
			"none of its own": {0, 2 * time.Second, tree.PhaseCanceling, ofScope},
			"no grace":        {policy.NoGrace, 0, tree.PhaseDraining, ofChild},
			"shorter":         {time.Second, time.Second, tree.PhaseDraining, ofChild},
			"longer":          {time.Hour, 2 * time.Second, tree.PhaseCanceling, ofScope},
			"forever":         {policy.Forever, 2 * time.Second, tree.PhaseCanceling, ofScope},
		}
		children := map[string]*signals{}
		for name, c := range cases {
			children[name] = &signals{from: start}
			_, err := s.Start(t.Context(), tree.ChildSpec{Name: name, Stop: policy.Stop{Grace: c.grace}, Run: children[name].run(0)})
			require.NoError(t, err)
		}
		s.Drain(errReason)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2*time.Second, report.Took)
		require.Len(t, report.Children, len(cases))
		for _, end := range report.Children {
			name := end.Path[len("app/"):]
			c, g := cases[name], children[name]
			require.Equal(t, []time.Duration{0, c.canceled}, []time.Duration{g.asked, g.canceled}, name)
			require.Equal(t, []any{policy.Canceled, c.phase, c.canceled}, []any{end.Exit, end.Phase, end.Age}, name)
			require.EqualError(t, end.Cause, c.cause, name)
			require.EqualError(t, g.cause, c.cause, name)
		}
		require.NoError(t, s.Close())
	})
}

func TestScope_128_TheShortestGraceOfNestedScopesHoldsAndTheReportSaysWhose(t *testing.T) {
	for _, c := range []struct {
		name        string
		app, nested time.Duration
		cause       string
	}{
		{"the scope around", time.Second, time.Hour, "tree: grace of the scope over: reason"},
		{"its own scope", time.Hour, time.Second, "tree: grace of the scope over: tree: scope around draining: reason"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := openSupervisor(t, *stopping(c.app, time.Hour))
				leaf := &signals{from: time.Now()}
				spec := supervisorSpec(tree.ChildSpec{Name: "leaf", Run: leaf.run(0)})
				spec.Policy = stopping(c.nested, time.Hour)
				sup, err := s.Start(t.Context(), spec)
				require.NoError(t, err)
				nested := scopeOf(t, sup)
				s.Drain(errReason)
				_, err = s.Shutdown(t.Context())
				require.NoError(t, err)
				require.Equal(t, []time.Duration{0, time.Second}, []time.Duration{leaf.asked, leaf.canceled})

				report, err := nested.Shutdown(t.Context())
				require.NoError(t, err)
				require.Equal(t, []string{"app/sup/leaf canceled"}, childEnds(report))
				require.EqualError(t, report.Children[0].Cause, c.cause)
				require.ErrorIs(t, report.Children[0].Cause, errReason)
				require.EqualError(t, leaf.cause, c.cause)
				require.Equal(t, tree.PhaseCanceling, report.Children[0].Phase)
			})
		})
	}
}

// The kill wait is shared the same way.
func TestScope_128_TheShorterKillWaitOfChildAndScopeHolds(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace, p.Stop.Kill = time.Second, 2*time.Second
		s, seen := openSupervisor(t, p)
		gate := make(chan struct{})
		defer func() { close(gate); synctest.Wait() }() // until all are gone
		start := time.Now()
		for name, kill := range map[string]time.Duration{"longer": time.Hour, "none": 0, "shorter": time.Second} {
			_, err := s.Start(t.Context(), tree.ChildSpec{Name: name, Stop: policy.Stop{Kill: kill}, Run: stubborn(gate)})
			require.NoError(t, err)
		}
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3*time.Second, report.Took)
		require.Len(t, report.Abandoned, 3)
		synctest.Wait() // all has been told
		abandoned := map[string]time.Duration{}
		for _, e := range seen.of(tree.ChildAbandoned) {
			abandoned[e.Path] = e.Time.Sub(start)
		}
		require.Equal(t, map[string]time.Duration{"app/shorter": 2 * time.Second,
			"app/none": 3 * time.Second, "app/longer": 3 * time.Second}, abandoned)
	})
}
