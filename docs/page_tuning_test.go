package docs_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

const tuning = "TUNING.md"

var errCrash = errors.New("crash")

// unheard is for trees whose failures are what the test is about.
var unheard = tree.WithObserver(tree.ObserverFunc(func(tree.Event) {}))

// pass waits for d of a bubble's time, or until ctx ends.
func pass(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// untilAsked is the work of a child that has none.
func untilAsked(ctx context.Context) error {
	<-tree.Draining(ctx)
	return nil
}

// supervising returns a SupervisorScope with an intensity.
func supervising(restarts int, within time.Duration) *policy.Scope {
	p := policy.SupervisorScope
	p.Intensity = policy.Intensity{Restarts: restarts, Within: within}
	return &p
}

// tower puts leaf under one supervisor for each number of restarts, the root's first.
func tower(leaf tree.ChildSpec, restarts ...int) tree.ChildSpec {
	for i, n := range slices.Backward(restarts) {
		leaf = tree.ChildSpec{
			Name:     fmt.Sprintf("level%d", i+1),
			Policy:   supervising(n, time.Minute),
			Children: []tree.ChildSpec{leaf},
		}
	}
	return leaf
}

// runsUntilTheRootGivesUp counts how often leaf is run.
func runsUntilTheRootGivesUp(t *testing.T, leaf func(ctx context.Context, n int) error, restarts ...int) (runs int) {
	synctest.Test(t, func(t *testing.T) {
		root, err := tree.Boot(t.Context(), tower(tree.ChildSpec{
			Name:      "leaf",
			WaitReady: true,
			Run: func(ctx context.Context) error {
				runs++
				return leaf(ctx, runs)
			},
		}, restarts...), unheard)
		require.NoError(t, err)
		require.ErrorIs(t, root.Wait(t.Context()), tree.ErrGaveUp)
	})
	return runs
}

func TestIntensitiesMultiplyUpTheTreeUnlessTheStartFails(t *testing.T) {
	var b strings.Builder
	b.WriteString("| Restarts, from the root down | runs if it fails once it is up | runs if it is never up again |\n|---|---|---|\n")
	for _, restarts := range [][]int{{3}, {3, 3}, {3, 3, 3}, {3, 3, 3, 3}, {1, 1, 3}, {5, 20}} {
		product, sum := 1, 1
		for _, n := range restarts {
			product *= n + 1
			sum += n
		}
		up := runsUntilTheRootGivesUp(t, func(ctx context.Context, _ int) error {
			if err := tree.Ready(ctx); err != nil {
				return err
			}
			return errCrash
		}, restarts...)
		require.Equal(t, product, up, restarts)
		never := runsUntilTheRootGivesUp(t, func(ctx context.Context, n int) error {
			if n > 1 {
				return errCrash
			}
			if err := tree.Ready(ctx); err != nil {
				return err
			}
			return errCrash
		}, restarts...)
		require.Equal(t, sum, never, restarts)
		words := strings.Trim(strings.ReplaceAll(fmt.Sprint(restarts), " ", ", "), "[]")
		fmt.Fprintf(&b, "| %s | %d | %d |\n", words, up, never)
	}
	sameAsPage(t, tuning, "product", b.String())
}

// givesUp returns after how long a supervisor gives up on a child that fails as soon
// as it is started; false if it does not within 1000 restarts.
func givesUp(i policy.Intensity, b policy.Backoff, random func() float64) (time.Duration, bool) {
	w, now := policy.NewWindow(i), time.Duration(0)
	for attempt := 1; attempt <= 1000; attempt++ {
		if w.Full(now) {
			return now, true
		}
		w.Record(now)
		now += b.WithDefaults().Delay(attempt, random)
	}
	return 0, false
}

func TestTheTableOfWhenASupervisorGivesUp(t *testing.T) {
	mins := []time.Duration{0, 100 * time.Millisecond, time.Second, 5 * time.Second}
	random := rand.New(rand.NewPCG(1, 2)).Float64
	var b strings.Builder
	b.WriteString("| Intensity | no Backoff | Min 100ms | Min 1s | Min 5s |\n|---|---|---|---|---|\n")
	for _, i := range []policy.Intensity{
		policy.DefaultIntensity,
		{Restarts: 5, Within: time.Minute},
		{Restarts: 10, Within: 10 * time.Minute},
	} {
		fmt.Fprintf(&b, "| %d in %s |", i.Restarts, short(i.Within))
		for _, m := range mins {
			longest := "never"
			if at, ok := givesUp(i, policy.Backoff{Min: m}, nil); ok {
				longest = short(at)
			}
			var drawn []time.Duration
			for range 1001 {
				if at, ok := givesUp(i, policy.Backoff{Min: m}, random); ok {
					drawn = append(drawn, at)
				}
			}
			require.Greater(t, len(drawn), 1000/2, "so that there is a median")
			slices.Sort(drawn)
			digits := 10 * time.Millisecond
			if drawn[500] > time.Minute {
				digits = time.Second
			}
			fmt.Fprintf(&b, " %s, %s |", longest, short(drawn[500].Round(digits)))
		}
		b.WriteString("\n")
	}
	sameAsPage(t, tuning, "gives up", b.String())
}

// short writes a duration without the zeros at its end.
func short(d time.Duration) string {
	text := d.String()
	for _, zeros := range []string{"0s", "0m"} {
		if cut, ok := strings.CutSuffix(text, zeros); ok && strings.ContainsAny(cut[max(0, len(cut)-1):], "mh") {
			text = cut
		}
	}
	return text
}

func TestASupervisorGivesUpWhenTheArithmeticSays(t *testing.T) {
	for _, i := range []policy.Intensity{policy.DefaultIntensity, {Restarts: 5, Within: time.Minute}} {
		for _, m := range []time.Duration{0, 100 * time.Millisecond, time.Second} {
			want, ok := givesUp(i, policy.Backoff{Min: m}, nil)
			leaf := tree.ChildSpec{Name: "leaf", Run: func(context.Context) error { return errCrash }}
			if m > 0 {
				leaf.Backoff = policy.Backoff{Min: m, Jitter: policy.JitterNone}
			}
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				root, err := tree.Boot(t.Context(), tree.ChildSpec{Name: "root", Policy: supervising(i.Restarts, i.Within),
					Children: []tree.ChildSpec{leaf}}, unheard)
				require.NoError(t, err)
				if !ok {
					require.NoError(t, pass(t.Context(), 24*time.Hour))
					require.NoError(t, root.Close())
					return
				}
				require.ErrorIs(t, root.Wait(t.Context()), tree.ErrGaveUp)
				require.Equal(t, want, time.Since(begun))
			})
		}
	}
}

func TestAnOuterWindowThatIsShorterThanTheInnerNeedsToGiveUpNeverFills(t *testing.T) {
	inner := policy.Intensity{Restarts: 5, Within: time.Minute}
	takes, ok := givesUp(inner, policy.Backoff{Min: time.Second}, nil)
	require.True(t, ok)
	require.Equal(t, 31*time.Second, takes)
	leaf := tree.ChildSpec{Name: "leaf", Backoff: policy.Backoff{Min: time.Second, Jitter: policy.JitterNone},
		Run: func(context.Context) error { return errCrash }}
	sup := tree.ChildSpec{Name: "sup", Policy: supervising(inner.Restarts, inner.Within), Children: []tree.ChildSpec{leaf}}

	synctest.Test(t, func(t *testing.T) {
		root, err := tree.Boot(t.Context(), tree.ChildSpec{Name: "root", Policy: new(policy.SupervisorScope),
			Children: []tree.ChildSpec{sup}}, unheard)
		require.NoError(t, err)
		require.NoError(t, pass(t.Context(), time.Hour+time.Millisecond))
		again, err := root.Child("sup")
		require.NoError(t, err)
		require.Equal(t, 1+int(time.Hour/takes), again.Incarnation(), "it would go on for ever")
		require.NoError(t, root.Close())
	})
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		root, err := tree.Boot(t.Context(), tree.ChildSpec{Name: "root", Policy: supervising(3, 5*time.Minute),
			Children: []tree.ChildSpec{sup}}, unheard)
		require.NoError(t, err)
		require.ErrorIs(t, root.Wait(t.Context()), tree.ErrGaveUp)
		require.Equal(t, 4*takes, time.Since(begun))
	})
}

func TestFullJitterSpreadsThoseThatFailedTogether(t *testing.T) {
	const children, slice = 1000, 10 * time.Millisecond
	random := rand.New(rand.NewPCG(1, 2)).Float64
	var b strings.Builder
	b.WriteString("| restart in a row | without jitter | with full jitter |\n|---|---|---|\n")
	for _, attempt := range []int{1, 2, 4, 6} {
		most := [2]int{}
		for kind, jitter := range []policy.Jitter{policy.JitterNone, policy.JitterFull} {
			backoff := policy.Backoff{Min: time.Second, Jitter: jitter}.WithDefaults()
			back := map[time.Duration]int{}
			for range children {
				at := backoff.Delay(attempt, random) / slice
				back[at]++
				most[kind] = max(most[kind], back[at])
			}
		}
		require.Equal(t, children, most[0])
		require.Less(t, most[1], children/20)
		fmt.Fprintf(&b, "| %d | %d | %d |\n", attempt, most[0], most[1])
	}
	sameAsPage(t, tuning, "jitter", b.String())
}

// connection is a child that waits longer each time, until it was of use.
func connection(dial func(context.Context) error, serve func(context.Context) error) tree.ChildSpec {
	return tree.ChildSpec{
		Name:    "connection",
		Backoff: policy.Backoff{Min: time.Second, Max: time.Minute},
		Run: func(ctx context.Context) error {
			if err := dial(ctx); err != nil {
				return err
			}
			if err := tree.Healthy(ctx); err != nil { // the waits begin with Min again
				return err
			}
			return serve(ctx)
		},
	}
}

func TestTheWaitsOfAConnectionBeginAgainOnceItWasOfUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var delays []time.Duration
		var mu sync.Mutex // the observer's goroutine may be another one each time
		obs := tree.ObserverFunc(func(e tree.Event) {
			mu.Lock()
			defer mu.Unlock()
			if e.Kind == tree.ChildDelayed {
				delays = append(delays, e.Delay)
			}
		})
		attempts := 0
		spec := connection(func(context.Context) error {
			if attempts++; attempts == 4 {
				return nil
			}
			return errCrash
		}, func(context.Context) error { return errCrash })
		spec.Backoff.Jitter = policy.JitterNone
		root, err := tree.Boot(t.Context(), tree.ChildSpec{Name: "root", Policy: supervising(10, time.Minute),
			Children: []tree.ChildSpec{spec}}, tree.WithObserver(obs))
		require.NoError(t, err)
		require.NoError(t, pass(t.Context(), 9*time.Second)) // 1 + 2 + 4, then 1, and half of 2
		require.NoError(t, root.Close())
		require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, time.Second, 2 * time.Second}, delays)
	})
}
