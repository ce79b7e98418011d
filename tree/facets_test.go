package tree_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// facets calls f with every combination of the enumerated facets of a policy,
// each with numbers drawn from a few that matter: another draw each time, but the
// same in each run.
func facets(f func(p policy.Scope)) {
	draw := rand.New(rand.NewPCG(3, 12))
	for x := range 3 * 3 * 3 * 3 * 2 * 3 * 3 * 2 * 2 * 2 {
		take := func(n int) (v uint8) { v, x = uint8(x%n), x/n; return v }
		p := policy.Scope{
			OnFailure: policy.OnFailure(take(3)), Strategy: policy.Strategy(take(3)),
			Exhausted: policy.Exhausted(take(3)), Auto: policy.AutoShutdown(take(3)),
			End: policy.End(take(2)), Leave: policy.Leave(take(3)),
			Stop:  policy.Stop{Order: policy.Order(take(3)), Stuck: policy.Stuck(take(2))},
			Panic: policy.Panic(take(2)), OnTimeout: policy.OnTimeout(take(2)),
		}
		p.Intensity = oneOf(draw, policy.Intensity{}, policy.Intensity{Restarts: 1, Within: 10 * time.Second}, policy.NoRestarts)
		p.Stop.Grace = oneOf(draw, 0, policy.NoGrace, 1300*time.Millisecond, policy.Forever)
		p.Stop.Kill = oneOf(draw, 0, 4*time.Second, policy.Forever)
		p.Timeout = oneOf(draw, 0, timeoutAt)
		p.Limit = oneOf(draw, 0, enough)
		p.Backoff = oneOf(draw, policy.Backoff{}, policy.Backoff{Min: backsOff, Factor: 1, Jitter: policy.JitterNone})
		if p.Stop.Stuck == policy.StuckReplace {
			p.Stop.Stuck = oneOf(draw, policy.StuckReplace, policy.StuckEscalate)
		}
		p.KeepErrors = oneOf(draw, 0, 1)
		f(p)
	}
}

func oneOf[T any](draw *rand.Rand, from ...T) T { return from[draw.IntN(len(from))] }

// contradiction is a reason for which a combination makes no sense.
type contradiction struct {
	field   string
	value   func(p policy.Scope) any
	reason  string
	present func(p policy.Scope) bool
}

// unsupervised is a contradiction of a facet that only Supervise gives a meaning.
func unsupervised(field string, value func(p policy.Scope) any, zero any) contradiction {
	return contradiction{field, value, "has no meaning unless OnFailure is Supervise",
		func(p policy.Scope) bool { return p.OnFailure != policy.Supervise && value(p) != zero }}
}

// contradictions are all there are among the values of facets.
var contradictions = []contradiction{
	unsupervised("Strategy", func(p policy.Scope) any { return p.Strategy }, policy.OneForOne),
	unsupervised("Intensity", func(p policy.Scope) any { return p.Intensity }, policy.Intensity{}),
	unsupervised("Exhausted", func(p policy.Scope) any { return p.Exhausted }, policy.ExhaustedEscalate),
	unsupervised("Backoff", func(p policy.Scope) any { return p.Backoff }, policy.Backoff{}),
	unsupervised("Auto", func(p policy.Scope) any { return p.Auto }, policy.AutoNever),
	{"Exhausted", func(p policy.Scope) any { return p.Exhausted }, "would cool down for ever: Intensity.Within is Forever",
		func(p policy.Scope) bool {
			return p.OnFailure == policy.Supervise && p.Exhausted == policy.ExhaustedCoolDown && p.Intensity == policy.NoRestarts
		}},
	{"Stop.Stuck", func(p policy.Scope) any { return p.Stop.Stuck }, "has no meaning when Kill is Forever: nobody is abandoned",
		func(p policy.Scope) bool {
			forever := p.Stop.Kill == policy.Forever || p.Stop.Kill == 0 && p.OnFailure != policy.Supervise
			return p.Stop.Stuck != policy.StuckAbandon && forever
		}},
}

// faultsOf says what a combination contradicts itself in, as errors say it.
func faultsOf(p policy.Scope) []string {
	var list []string
	for _, c := range contradictions {
		if c.present(p) {
			list = append(list, fmt.Sprintf("policy.Scope.%s = %v: %s", c.field, c.value(p), c.reason))
		}
	}
	slices.Sort(list)
	return list
}

func TestACombinationOfFacetsIsRefusedForEachContradictionAndNothingElse(t *testing.T) {
	allowed, refused := 0, 0
	body := func(context.Context, *tree.Scope) error { panic("it was refused") }
	facets(func(p policy.Scope) {
		want := faultsOf(p)
		if len(want) == 0 {
			allowed++
			require.NoError(t, p.Validate(), "%+v", p)
			return
		}
		refused++
		_, opened := tree.Open(t.Context(), p)
		for _, err := range []error{p.Validate(), opened, tree.Run(t.Context(), p, body),
			tree.Check(tree.ChildSpec{Name: "child", Policy: &p})} {
			var got []string
			for _, fault := range fieldErrors(err) {
				require.NotNil(t, fault.Value)
				got = append(got, fault.Error())
			}
			slices.Sort(got)
			require.Equal(t, want, got, "%+v", p)
		}
	})
	t.Logf("%d combinations are allowed, %d refused", allowed, refused)
	require.Greater(t, allowed, 2000)
	require.Greater(t, refused, 2000)
}

// ending is how a program under a policy came out.
type ending struct {
	End                        time.Duration
	Result                     string
	Returned, Canceled, Failed int64
	Refused                    int64
	TimedOut                   bool
	Lives                      [3]int // of what failed, and of those before and after it
}

// resultOf names what Run returned.
func resultOf(err error) string {
	var all *tree.Errors
	switch {
	case err == nil:
		return "nil"
	case errors.As(err, &all):
		return fmt.Sprintf("%d failures and %d more, the first %v", len(all.Unwrap()), all.Dropped(), errors.Is(all.Unwrap()[0], errBoom))
	case errors.Is(err, tree.ErrAbandoned):
		return "abandoned"
	case errors.Is(err, tree.ErrGaveUp) && errors.Is(err, errBoom):
		return "gave up"
	case errors.Is(err, tree.ErrTimeout) && errors.Is(err, context.DeadlineExceeded):
		return "timed out"
	}
	return err.Error()
}

// TestEveryCombinationOfFacetsDoesWhatEachOfThemSays runs three programs under
// each combination that is allowed, one of ten when time is short.
func TestEveryCombinationOfFacetsDoesWhatEachOfThemSays(t *testing.T) {
	step := 1
	if testing.Short() || raceDetector {
		step = 10
	}
	synctest.Test(t, func(t *testing.T) {
		n := 0
		facets(func(p policy.Scope) {
			if n++; n%step != 0 || faultsOf(p) != nil {
				return
			}
			require.Equal(t, endOf(p, true), playEnd(t, p, true), "children of all kinds under\n%+v", p)
			require.Equal(t, endOf(p, false), playEnd(t, p, false), "children that end by themselves under\n%+v", p)
			require.Equal(t, failureOf(p), playFailure(t, p), "a child that fails under\n%+v", p)
		})
	})
}

// restartOf describes a child's Restart where the scope allows to choose it.
func restartOf(p policy.Scope, r policy.Restart) policy.Restart {
	if p.OnFailure != policy.Supervise {
		return policy.Permanent
	}
	return r
}

// playFacets runs a body under p, shuts the scope down from outside when shutAt has come
// and cancels it at last, and says how it came out.
func playFacets(t *testing.T, p policy.Scope, body func(ctx context.Context, s *tree.Scope)) (o ending, children []*tree.Child) {
	start := time.Now()
	var scope *tree.Scope
	var timers []*time.Timer
	err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
		scope = s
		timers = append(timers, time.AfterFunc(shutAt, func() { s.Drain(nil) }), time.AfterFunc(cancelAt, func() { s.Cancel(errReason) }))
		body(ctx, s)
		return nil
	}, tree.WithName("app"), tree.WithObserver(silent{}))
	n := scope.Counts()
	o = ending{End: time.Since(start), Result: resultOf(err), TimedOut: scope.TimedOut(),
		Returned: n.Returned, Canceled: n.Canceled, Failed: n.Failed + n.Panicked, Refused: n.Refused}
	for _, timer := range timers {
		timer.Stop()
	}
	children = slices.Collect(scope.Children())
	return o, children
}

// silent is an observer that does not look.
type silent struct{}

func (silent) Observe(tree.Event) {}
