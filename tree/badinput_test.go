package tree_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// fault is a field that must be named in an error, with the value it had.
type fault struct {
	field string
	value any
}

// requireFaults requires that err is made of FieldErrors for exactly these.
func requireFaults(t *testing.T, err error, want ...fault) {
	t.Helper()
	require.Error(t, err)
	var got []fault
	for _, f := range fieldErrors(err) {
		got = append(got, fault{f.Field, f.Value})
		require.NotEmpty(t, f.Reason)
		require.ErrorContains(t, err, f.Error())
	}
	require.ElementsMatch(t, want, got, "%v", err)
}

// fieldErrors returns the FieldErrors that err is made of.
func fieldErrors(err error) []*policy.FieldError {
	switch e := err.(type) {
	case *policy.FieldError:
		return []*policy.FieldError{e}
	case interface{ Unwrap() []error }:
		var list []*policy.FieldError
		for _, inner := range e.Unwrap() {
			list = append(list, fieldErrors(inner)...)
		}
		return list
	}
	if inner := errors.Unwrap(err); inner != nil {
		return fieldErrors(inner)
	}
	return nil
}

// nothingStarts requires that do refuses and leaves no trace in the scope. A
// goroutine that it left would keep the bubble from ending.
func nothingStarts(t *testing.T, p policy.Scope, do func(s *tree.Scope) error, want ...fault) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, p)
		requireFaults(t, do(s), want...)
		synctest.Wait()
		require.Empty(t, seen.of(tree.ChildStarted))
		snap := s.Snapshot()
		require.Empty(t, snap.Children)
		require.Equal(t, tree.PhaseOpen, snap.Phase)
		require.NoError(t, s.Close())
	})
}

func TestASpecWithABadFieldIsRefusedByName(t *testing.T) {
	second := time.Second
	run := func(context.Context) error { panic("must not run") }
	for name, c := range map[string]struct {
		spec tree.ChildSpec
		want []fault
	}{
		"no name":            {tree.ChildSpec{Run: run}, []fault{{"tree.ChildSpec.Name", ""}}},
		"slash":              {tree.ChildSpec{Name: "a/b", Run: run}, []fault{{"tree.ChildSpec.Name", "a/b"}}},
		"only a slash":       {tree.ChildSpec{Name: "/", Run: run}, []fault{{"tree.ChildSpec.Name", "/"}}},
		"nothing to run":     {tree.ChildSpec{Name: "c"}, []fault{{"tree.ChildSpec.Run", nil}}},
		"two things to run":  {tree.ChildSpec{Name: "c", Run: run, Policy: new(policy.SupervisorScope)}, []fault{{"tree.ChildSpec.Policy", policy.SupervisorScope}}},
		"children of a work": {tree.ChildSpec{Name: "c", Run: run, Children: []tree.ChildSpec{{Name: "d", Run: run}}}, []fault{{"tree.ChildSpec.Children", 1}}},
		"restart":            {tree.ChildSpec{Name: "c", Run: run, Restart: 3}, []fault{{"tree.ChildSpec.Restart", policy.Restart(3)}}},
		"grace":              {tree.ChildSpec{Name: "c", Run: run, Stop: policy.Stop{Grace: -1}}, []fault{{"policy.Stop.Grace", time.Duration(-1)}}},
		"kill":               {tree.ChildSpec{Name: "c", Run: run, Stop: policy.Stop{Kill: -1}}, []fault{{"policy.Stop.Kill", time.Duration(-1)}}},
		"order":              {tree.ChildSpec{Name: "c", Run: run, Stop: policy.Stop{Order: 9}}, []fault{{"policy.Stop.Order", policy.Order(9)}}},
		"stuck":              {tree.ChildSpec{Name: "c", Run: run, Stop: policy.Stop{Stuck: 9}}, []fault{{"policy.Stop.Stuck", policy.Stuck(9)}}},
		"stuck and forever": {tree.ChildSpec{Name: "c", Run: run, Stop: policy.Stop{Kill: policy.Forever, Stuck: policy.StuckReplace}},
			[]fault{{"policy.Stop.Stuck", policy.StuckReplace}}},
		"min":    {tree.ChildSpec{Name: "c", Run: run, Backoff: policy.Backoff{Min: -1}}, []fault{{"policy.Backoff.Min", time.Duration(-1)}}},
		"max":    {tree.ChildSpec{Name: "c", Run: run, Backoff: policy.Backoff{Min: second, Max: -1}}, []fault{{"policy.Backoff.Max", time.Duration(-1)}}},
		"order2": {tree.ChildSpec{Name: "c", Run: run, Backoff: policy.Backoff{Min: second, Max: 1}}, []fault{{"policy.Backoff.Max", time.Duration(1)}}},
		"reset":  {tree.ChildSpec{Name: "c", Run: run, Backoff: policy.Backoff{Min: second, Reset: -1}}, []fault{{"policy.Backoff.Reset", time.Duration(-1)}}},
		"factor": {tree.ChildSpec{Name: "c", Run: run, Backoff: policy.Backoff{Min: second, Factor: 0.5}}, []fault{{"policy.Backoff.Factor", 0.5}}},
		"inf": {tree.ChildSpec{Name: "c", Run: run, Backoff: policy.Backoff{Min: second, Factor: math.Inf(1)}},
			[]fault{{"policy.Backoff.Factor", math.Inf(1)}}},
		"jitter":   {tree.ChildSpec{Name: "c", Run: run, Backoff: policy.Backoff{Min: second, Jitter: 9}}, []fault{{"policy.Backoff.Jitter", policy.Jitter(9)}}},
		"no min":   {tree.ChildSpec{Name: "c", Run: run, Backoff: policy.Backoff{Max: second}}, []fault{{"policy.Backoff.Min", time.Duration(0)}}},
		"everyone": {tree.ChildSpec{Restart: 7, Stop: policy.Stop{Kill: -2}}, []fault{{"tree.ChildSpec.Name", ""}, {"tree.ChildSpec.Run", nil}, {"tree.ChildSpec.Restart", policy.Restart(7)}, {"policy.Stop.Kill", time.Duration(-2)}}},
	} {
		t.Run(name, func(t *testing.T) {
			nothingStarts(t, policy.SupervisorScope, func(s *tree.Scope) error {
				child, err := s.Start(t.Context(), c.spec)
				require.Nil(t, child)
				return err
			}, c.want...)
			requireFaults(t, tree.Check(c.spec), c.want...)
		})
	}
}

func TestASpecThatContradictsItsScopeIsRefused(t *testing.T) {
	run := func(context.Context) error { panic("must not run") }
	auto := policy.SupervisorScope
	auto.Auto = policy.AutoAnySignificant
	for name, c := range map[string]struct {
		scope policy.Scope
		spec  tree.ChildSpec
		want  []fault
	}{
		"nobody restarts a transient": {policy.CancellationScope, tree.ChildSpec{Restart: policy.Transient}, []fault{{"tree.ChildSpec.Restart", policy.Transient}}},
		"nobody restarts a temporary": {policy.CancellationScope, tree.ChildSpec{Restart: policy.Temporary}, []fault{{"tree.ChildSpec.Restart", policy.Temporary}}},
		"significant for nothing": {policy.SupervisorScope, tree.ChildSpec{Restart: policy.Transient, Significant: true},
			[]fault{{"tree.ChildSpec.Significant", true}}},
		"a permanent is never significant": {auto, tree.ChildSpec{Significant: true}, []fault{{"tree.ChildSpec.Significant", true}}},
	} {
		t.Run(name, func(t *testing.T) {
			c.spec.Name, c.spec.Run = "c", run
			nothingStarts(t, c.scope, func(s *tree.Scope) error {
				_, err := s.Start(t.Context(), c.spec)
				return err
			}, c.want...)
			if policy.SupervisorScope != c.scope && auto != c.scope {
				return
			}
			nested := tree.ChildSpec{Name: "sup", Policy: &c.scope, Children: []tree.ChildSpec{c.spec}}
			require.Len(t, fieldErrors(tree.Check(nested)), len(c.want), "the same below, before anything runs")
		})
	}
}

func TestAFaultDeepInATreeIsRefusedBeforeAnythingRuns(t *testing.T) {
	run := func(context.Context) error { panic("must not run") }
	bad := policy.SupervisorScope
	bad.Intensity.Restarts = -1
	spec := supervisorSpec(
		tree.ChildSpec{Name: "fine", Run: run},
		tree.ChildSpec{Name: "deep", Policy: new(policy.SupervisorScope), Children: []tree.ChildSpec{
			{Name: "fine", Run: run},
			{Name: "worse", Policy: &bad, Children: []tree.ChildSpec{{Run: run}}},
		}})
	nothingStarts(t, policy.SupervisorScope, func(s *tree.Scope) error {
		_, err := s.Start(t.Context(), spec)
		require.ErrorContains(t, err, "tree.ChildSpec.Children[1].Children[1].Policy: policy.Scope.Intensity.Restarts = -1")
		return err
	}, fault{"policy.Scope.Intensity.Restarts", -1},
		fault{"tree.ChildSpec.Children[1].Children[1].Children[0].Name", ""})
}

// The spec belongs to the scope from Start on, at every depth.
func TestASpecThatIsChangedAfterStartChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		inner := policy.SupervisorScope
		leaves := []tree.ChildSpec{{Name: "leaf", Run: drainer}}
		outer := supervisorSpec(tree.ChildSpec{Name: "inner", Policy: &inner, Children: leaves})
		_, err := s.Start(t.Context(), outer)
		require.NoError(t, err)
		inner.Strategy, inner.Intensity.Restarts = policy.OneForAll, -1
		leaves[0] = tree.ChildSpec{}
		outer.Children[0] = tree.ChildSpec{}
		require.NoError(t, s.Restart("sup"))
		synctest.Wait()
		nested := below(t, s, "sup").Children[0]
		require.Equal(t, "inner", nested.Name)
		require.Equal(t, policy.SlotRunning, nested.State)
		require.Len(t, nested.Scopes, 1)
		require.Equal(t, policy.OneForOne, nested.Scopes[0].Policy.Strategy)
		require.Equal(t, []string{"leaf running"}, slots(nested.Scopes[0]))
	})
}

func TestADuplicateNameIsRefusedAndTheFirstIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		a := startProbes(t, s, &trail{}, policy.Permanent, "a")["a"]
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "a", Run: drainer})
		require.Nil(t, child)
		require.ErrorIs(t, err, tree.ErrDuplicate)
		require.EqualError(t, err, `tree: name already taken: tree.ChildSpec.Name = "a" in app`)
		ref, err := tree.Spawn(t.Context(), s, actor.Spec[int]{Name: "a", New: newNothing})
		require.ErrorIs(t, err, tree.ErrDuplicate)
		require.True(t, ref.IsZero())
		synctest.Wait()
		require.Len(t, seen.of(tree.ChildStarted), 1)
		require.EqualValues(t, 1, a.starts.Load())
	})
}

func newNothing(context.Context, actor.Ref[int]) (actor.Receiver[int], error) {
	return actor.ReceiverFunc[int](func(context.Context, int) error { return nil }), nil
}

func TestAnActorSpecWithABadFieldIsRefusedByName(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*actor.Spec[int])
		want   fault
	}{
		"slash":       {func(s *actor.Spec[int]) { s.Name = "a/b" }, fault{"actor.Spec.Name", "a/b"}},
		"restart":     {func(s *actor.Spec[int]) { s.Restart = 9 }, fault{"actor.Spec.Restart", policy.Restart(9)}},
		"significant": {func(s *actor.Spec[int]) { s.Significant, s.Restart = true, policy.Transient }, fault{"actor.Spec.Significant", true}},
		"backoff":     {func(s *actor.Spec[int]) { s.Backoff.Min = -1 }, fault{"policy.Backoff.Min", time.Duration(-1)}},
		"stop":        {func(s *actor.Spec[int]) { s.Stop.Kill = -1 }, fault{"policy.Stop.Kill", time.Duration(-1)}},
	} {
		t.Run(name, func(t *testing.T) {
			nothingStarts(t, policy.SupervisorScope, func(s *tree.Scope) error {
				spec := actor.Spec[int]{Name: "a", New: newNothing}
				c.change(&spec)
				ref, err := tree.Spawn(t.Context(), s, spec)
				require.True(t, ref.IsZero())
				return err
			}, c.want)
		})
	}
}

func TestRefusedValuesOfAnActorAreWhatTheyWere(t *testing.T) {
	s, _ := openSupervisor(t, policy.SupervisorScope)
	_, err := tree.Spawn(t.Context(), s, actor.Spec[int]{})
	requireFaults(t, err, fault{"actor.Spec.Name", ""}, fault{"actor.Spec.New", nil})
	var none context.Context
	_, err = tree.Open(none, policy.TaskScope)
	requireFaults(t, err, fault{"tree.Open.ctx", nil})
}

func TestABadPolicyIsRefusedBeforeTheBodyRuns(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*policy.Scope)
		want   fault
	}{
		"on failure": {func(p *policy.Scope) { p.OnFailure = 9 }, fault{"policy.Scope.OnFailure", policy.OnFailure(9)}},
		"strategy":   {func(p *policy.Scope) { p.Strategy = 9 }, fault{"policy.Scope.Strategy", policy.Strategy(9)}},
		"restarts":   {func(p *policy.Scope) { p.Intensity = policy.Intensity{Restarts: -1, Within: 1} }, fault{"policy.Scope.Intensity.Restarts", -1}},
		"within":     {func(p *policy.Scope) { p.Intensity.Within = -1 }, fault{"policy.Scope.Intensity.Within", time.Duration(-1)}},
		"no within":  {func(p *policy.Scope) { p.Intensity.Restarts = 1 }, fault{"policy.Scope.Intensity.Within", time.Duration(0)}},
		"exhausted":  {func(p *policy.Scope) { p.Exhausted = 9 }, fault{"policy.Scope.Exhausted", policy.Exhausted(9)}},
		"cool for ever": {func(p *policy.Scope) { p.Exhausted, p.Intensity = policy.ExhaustedCoolDown, policy.NoRestarts },
			fault{"policy.Scope.Exhausted", policy.ExhaustedCoolDown}},
		"end":         {func(p *policy.Scope) { p.End = 9 }, fault{"policy.Scope.End", policy.End(9)}},
		"leave":       {func(p *policy.Scope) { p.Leave = 9 }, fault{"policy.Scope.Leave", policy.Leave(9)}},
		"grace":       {func(p *policy.Scope) { p.Stop.Grace = -1 }, fault{"policy.Scope.Stop.Grace", time.Duration(-1)}},
		"kill":        {func(p *policy.Scope) { p.Stop.Kill = -1 }, fault{"policy.Scope.Stop.Kill", time.Duration(-1)}},
		"order":       {func(p *policy.Scope) { p.Stop.Order = 9 }, fault{"policy.Scope.Stop.Order", policy.Order(9)}},
		"stuck":       {func(p *policy.Scope) { p.Stop.Stuck = 9 }, fault{"policy.Scope.Stop.Stuck", policy.Stuck(9)}},
		"panic":       {func(p *policy.Scope) { p.Panic = 9 }, fault{"policy.Scope.Panic", policy.Panic(9)}},
		"auto":        {func(p *policy.Scope) { p.Auto = 9 }, fault{"policy.Scope.Auto", policy.AutoShutdown(9)}},
		"timeout":     {func(p *policy.Scope) { p.Timeout = -1 }, fault{"policy.Scope.Timeout", time.Duration(-1)}},
		"limit":       {func(p *policy.Scope) { p.Limit = -1 }, fault{"policy.Scope.Limit", -1}},
		"keep errors": {func(p *policy.Scope) { p.KeepErrors = -1 }, fault{"policy.Scope.KeepErrors", -1}},
		"on timeout":  {func(p *policy.Scope) { p.OnTimeout = 9 }, fault{"policy.Scope.OnTimeout", policy.OnTimeout(9)}},
	} {
		t.Run(name, func(t *testing.T) {
			p := policy.SupervisorScope
			c.change(&p)
			refusedEverywhere(t, p, nil, c.want)
		})
	}
}

func TestARestartFacetWithoutSuperviseIsRefused(t *testing.T) {
	p := policy.TaskScope
	p.Strategy, p.Intensity, p.Exhausted, p.Auto = policy.OneForAll, policy.NoRestarts, policy.ExhaustedStopChild, policy.AutoAnySignificant
	refusedEverywhere(t, p, nil,
		fault{"policy.Scope.Strategy", policy.OneForAll}, fault{"policy.Scope.Intensity", policy.NoRestarts},
		fault{"policy.Scope.Exhausted", policy.ExhaustedStopChild}, fault{"policy.Scope.Auto", policy.AutoAnySignificant})
}

func TestABadNameOfAScopeIsRefused(t *testing.T) {
	for _, name := range []string{"", "/", "a/b"} {
		refusedEverywhere(t, policy.TaskScope, []tree.Option{tree.WithName(name)}, fault{"tree.WithName", name})
	}
}

// refusedEverywhere requires that Run and Open refuse p and opts for want, and
// that a supervisor does refuse p too.
func refusedEverywhere(t *testing.T, p policy.Scope, opts []tree.Option, want ...fault) {
	t.Helper()
	before := len(slices.Collect(tree.Roots()))
	requireFaults(t, tree.Run(t.Context(), p, func(context.Context, *tree.Scope) error { panic("must not run") }, opts...), want...)
	s, err := tree.Open(t.Context(), p, opts...)
	require.Nil(t, s)
	requireFaults(t, err, want...)
	require.Len(t, slices.Collect(tree.Roots()), before)
	if opts == nil {
		requireFaults(t, tree.Check(tree.ChildSpec{Name: "sup", Policy: &p}), want...)
	}
}

func TestNoBodyNoFunctionAndNoContextAreRefused(t *testing.T) {
	requireFaults(t, tree.Run(t.Context(), policy.TaskScope, nil), fault{"tree.Run.body", nil})
	var none context.Context
	requireFaults(t, tree.Run(none, policy.TaskScope, func(context.Context, *tree.Scope) error { panic("must not run") }), fault{"tree.Run.ctx", nil})
	_, err := tree.Open(none, policy.TaskScope)
	require.Len(t, fieldErrors(err), 1)
	nothingStarts(t, policy.SupervisorScope, func(s *tree.Scope) error { return s.Go(t.Context(), nil) }, fault{"tree.Scope.Go.f", nil})
}

func TestAContextThatHasEndedStartsNoChild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		enough := errors.New("enough")
		late, cancel := context.WithCancelCause(t.Context())
		cancel(enough)
		_, err := s.Start(late, tree.ChildSpec{Name: "c", Run: drainer})
		require.Equal(t, enough, err)
		_, err = tree.Spawn(late, s, actor.Spec[int]{Name: "a", New: newNothing})
		require.Equal(t, enough, err)
		synctest.Wait()
		require.Empty(t, seen.of(tree.ChildStarted))
		require.Empty(t, s.Snapshot().Children)
	})
}

func TestAPermanentSupervisorThatWouldEndAsItStartsIsRefused(t *testing.T) {
	p := policy.TaskGroup
	nothingStarts(t, policy.SupervisorScope, func(s *tree.Scope) error {
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "jobs", Policy: &p})
		return err
	}, fault{"tree.ChildSpec.Policy.End", policy.EndWhenEmpty})
}
