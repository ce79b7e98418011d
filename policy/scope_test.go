package policy_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
)

// TestThePresetsAreAsTheirTableSays is the table of the package documentation.
func TestThePresetsAreAsTheirTableSays(t *testing.T) {
	for _, c := range []struct {
		preset    policy.Scope
		onFailure policy.OnFailure
		end       policy.End
		leave     policy.Leave
		kill      time.Duration
	}{
		{policy.TaskGroup, policy.CancelTogether, policy.EndWhenEmpty, policy.LeaveWait, policy.Forever},
		{policy.TaskScope, policy.Report, policy.EndWhenEmpty, policy.LeaveWait, policy.Forever},
		{policy.CancellationScope, policy.Report, policy.EndOnShutdown, policy.LeaveCancel, policy.Forever},
		{policy.SupervisorScope, policy.Supervise, policy.EndOnShutdown, policy.LeaveDrain, 30 * time.Second},
	} {
		require.NoError(t, c.preset.Validate())
		s := c.preset.WithDefaults()
		want := policy.Scope{OnFailure: c.onFailure, End: c.end, Leave: c.leave, KeepErrors: 16}
		want.Stop = policy.Stop{Grace: 5 * time.Second, Kill: c.kill}
		if c.onFailure == policy.Supervise {
			want.Intensity = policy.Intensity{Restarts: 3, Within: 5 * time.Second}
		}
		require.Equal(t, want, s)
		require.NoError(t, s.Validate(), "with its defaults")
		require.Equal(t, s, s.WithDefaults(), "twice")
	}
}

func TestTheZeroScopeIsATaskScope(t *testing.T) {
	require.Equal(t, policy.TaskScope.WithDefaults(), policy.Scope{}.WithDefaults())
}

func TestWhatAScopeSaysStaysAsItIs(t *testing.T) {
	s := policy.SupervisorScope
	s.Stop = policy.Stop{Grace: policy.NoGrace, Kill: policy.Forever}
	s.Intensity = policy.NoRestarts
	s.KeepErrors = 1
	s.OnTimeout = policy.TimeoutMovesOn
	require.NoError(t, s.Validate())
	require.Equal(t, s, s.WithDefaults())
}

// supervisor returns a SupervisorScope with a change.
func supervisor(change func(*policy.Scope)) policy.Scope {
	s := policy.SupervisorScope
	change(&s)
	return s
}

func TestEachFaultOfAScopeIsNamed(t *testing.T) {
	for want, s := range map[string]policy.Scope{
		"policy.Scope.OnFailure = on_failure(9): is not a known value":                                {OnFailure: 9},
		"policy.Scope.End = end(9): is not a known value":                                             {End: 9},
		"policy.Scope.Leave = leave(9): is not a known value":                                         {Leave: 9},
		"policy.Scope.Panic = panic(9): is not a known value":                                         {Panic: 9},
		"policy.Scope.Stop.Order = order(9): is not a known value":                                    {Stop: policy.Stop{Order: 9}},
		"policy.Scope.Stop.Stuck = stuck(9): is not a known value":                                    {Stop: policy.Stop{Stuck: 9}},
		"policy.Scope.Stop.Grace = -1ns: must not be negative: NoGrace says none":                     {Stop: policy.Stop{Grace: -1}},
		"policy.Scope.Stop.Kill = -1ns: must not be negative":                                         {Stop: policy.Stop{Kill: -1}},
		"policy.Scope.Timeout = -1ns: must not be negative":                                           {Timeout: -1},
		"policy.Scope.Limit = -1: must not be negative":                                               {Limit: -1},
		"policy.Scope.KeepErrors = -1: must not be negative":                                          {KeepErrors: -1},
		"policy.Scope.OnTimeout = on_timeout(9): is not a known value":                                {OnTimeout: 9},
		"policy.Scope.Strategy = one_for_all: has no meaning unless OnFailure is Supervise":           {Strategy: policy.OneForAll},
		"policy.Scope.Intensity = {1 1s}: has no meaning unless OnFailure is Supervise":               {Intensity: policy.Intensity{Restarts: 1, Within: time.Second}},
		"policy.Scope.Exhausted = stop_child: has no meaning unless OnFailure is Supervise":           {Exhausted: policy.ExhaustedStopChild},
		"policy.Scope.Auto = any_significant: has no meaning unless OnFailure is Supervise":           {Auto: policy.AutoAnySignificant},
		"policy.Scope.Stop.Stuck = replace: has no meaning when Kill is Forever: nobody is abandoned": {Stop: policy.Stop{Stuck: policy.StuckReplace}},

		"policy.Scope.Strategy = strategy(9): is not a known value":                      supervisor(func(s *policy.Scope) { s.Strategy = 9 }),
		"policy.Scope.Exhausted = exhausted(9): is not a known value":                    supervisor(func(s *policy.Scope) { s.Exhausted = 9 }),
		"policy.Scope.Auto = auto(9): is not a known value":                              supervisor(func(s *policy.Scope) { s.Auto = 9 }),
		"policy.Scope.Intensity.Restarts = -1: must not be negative":                     supervisor(func(s *policy.Scope) { s.Intensity.Restarts = -1 }),
		"policy.Scope.Intensity.Within = -1ns: must not be negative":                     supervisor(func(s *policy.Scope) { s.Intensity.Within = -1 }),
		"policy.Scope.Intensity.Within = 0s: must be positive when restarts are allowed": supervisor(func(s *policy.Scope) { s.Intensity.Restarts = 1 }),
		"policy.Scope.Exhausted = cool_down: would cool down for ever: Intensity.Within is Forever": supervisor(func(s *policy.Scope) {
			s.Exhausted, s.Intensity = policy.ExhaustedCoolDown, policy.NoRestarts
		}),
	} {
		require.EqualError(t, s.Validate(), want)
	}
}

func TestAllFaultsAreReportedTogether(t *testing.T) {
	err := policy.Scope{Timeout: -1, Limit: -1, Strategy: policy.RestForOne}.Validate()
	var joined interface{ Unwrap() []error }
	require.ErrorAs(t, err, &joined)
	require.Len(t, joined.Unwrap(), 3)
	for _, fault := range joined.Unwrap() {
		var field *policy.FieldError
		require.ErrorAs(t, fault, &field)
		require.NotEmpty(t, field.Reason)
	}
}

// TestEveryCombinationIsRightUnlessItContradictsItself crosses all facets with
// the rule of contradiction, said in one line each.
func TestEveryCombinationIsRightUnlessItContradictsItself(t *testing.T) {
	combinations := 0
	for x := range 3 * 3 * 3 * 3 * 2 * 3 * 3 * 2 * 2 * 2 * 2 {
		take := func(n int) (v uint8) { v, x = uint8(x%n), x/n; return v }
		s := policy.Scope{
			OnFailure: policy.OnFailure(take(3)), Strategy: policy.Strategy(take(3)),
			Exhausted: policy.Exhausted(take(3)), Auto: policy.AutoShutdown(take(3)),
			End: policy.End(take(2)), Leave: policy.Leave(take(3)),
			Stop:  policy.Stop{Order: policy.Order(take(3)), Stuck: policy.Stuck(take(2))},
			Panic: policy.Panic(take(2)), KeepErrors: int(take(2)), OnTimeout: policy.OnTimeout(take(2)),
		}
		restarts := s.Strategy != 0 || s.Exhausted != 0 || s.Auto != 0
		contradicts := restarts && s.OnFailure != policy.Supervise ||
			s.Stop.Stuck == policy.StuckReplace && s.OnFailure != policy.Supervise
		require.Equal(t, contradicts, s.Validate() != nil, "%+v", s)
		combinations++
	}
	t.Logf("%d combinations", combinations)
}

func TestAChildsBoundsAreInsideItsScopes(t *testing.T) {
	scope := policy.SupervisorScope.WithDefaults().Stop
	for _, c := range []struct{ child, want policy.Stop }{
		{policy.Stop{}, policy.Stop{Grace: 5 * time.Second, Kill: 30 * time.Second}},
		{policy.Stop{Grace: 1, Kill: 2}, policy.Stop{Grace: 1, Kill: 2}},
		{policy.Stop{Grace: time.Hour, Kill: policy.Forever}, scope},
		{policy.Stop{Grace: policy.NoGrace}, policy.Stop{Grace: policy.NoGrace, Kill: 30 * time.Second}},
		{policy.Stop{Stuck: policy.StuckReplace, Order: policy.OrderTogether},
			policy.Stop{Grace: 5 * time.Second, Kill: 30 * time.Second, Stuck: policy.StuckReplace, Order: policy.OrderTogether}},
	} {
		require.NoError(t, c.child.Validate())
		require.Equal(t, c.want, c.child.Or(scope))
	}
	require.Equal(t, policy.Stop{Grace: 1}, policy.Stop{}.Or(policy.Stop{Grace: 1}))
	require.Equal(t, policy.Stop{Grace: 1}, policy.Stop{Grace: 1}.Or(policy.Stop{}))
}

func TestAStopAndAnIntensityCanBeValidatedAlone(t *testing.T) {
	require.EqualError(t, policy.Stop{Kill: -1}.Validate(), "policy.Stop.Kill = -1ns: must not be negative")
	require.EqualError(t, policy.Stop{Order: 9}.Validate(), "policy.Stop.Order = order(9): is not a known value")
	require.Error(t, policy.Stop{Kill: policy.Forever, Stuck: policy.StuckReplace}.Validate())
	require.EqualError(t, policy.Intensity{Restarts: -1}.Validate(), "policy.Intensity.Restarts = -1: must not be negative")
	require.NoError(t, policy.Intensity{}.Validate())
	require.NoError(t, policy.Intensity{Restarts: math.MaxInt, Within: policy.Forever}.Validate())
}
