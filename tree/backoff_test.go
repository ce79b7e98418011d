package tree_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// doubling is a patient supervisor whose children wait a second, then two, and so on.
func doubling() policy.Scope {
	p := patient()
	p.Backoff = policy.Backoff{Min: time.Second, Max: 4 * time.Second, Jitter: policy.JitterNone, Reset: time.Minute}
	return p
}

// clocked starts a clockwork of these lives as spec, which has everything else.
func clocked(t *testing.T, s *tree.Scope, spec tree.ChildSpec, lives ...time.Duration) (*tree.Child, *clockwork) {
	t.Helper()
	c := newClockwork(lives...)
	spec.Run = c.run
	if spec.Name == "" {
		spec.Name = "c"
	}
	child, err := s.Start(t.Context(), spec)
	require.NoError(t, err)
	return child, c
}

// delays returns how long children were to wait, in order.
func delays(seen *recorder) (list []time.Duration) {
	for _, e := range seen.of(tree.ChildDelayed) {
		list = append(list, e.Delay)
	}
	return list
}

func TestAChildWithoutABackoffWaitsAsItsScopeSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, doubling())
		child, c := clocked(t, s, tree.ChildSpec{}, 0)
		require.Equal(t, doubling().Backoff.WithDefaults(), child.Spec().Backoff)
		require.NoError(t, sleep(t.Context(), 12*time.Second))
		require.Equal(t, []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second, 11 * time.Second}, c.starts())
		require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 4 * time.Second, 4 * time.Second}, delays(seen))
	})
}

func TestABackoffOfAChildIsInPlaceOfItsScopes(t *testing.T) {
	for name, c := range map[string]struct {
		own  policy.Backoff
		want []time.Duration
	}{
		"another":   {policy.Backoff{Min: 3 * time.Second, Factor: 1, Jitter: policy.JitterNone}, []time.Duration{0, 3 * time.Second, 6 * time.Second}},
		"NoBackoff": {policy.NoBackoff, []time.Duration{0, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := openSupervisor(t, doubling())
				_, clock := clocked(t, s, tree.ChildSpec{Backoff: c.own}, 0, 0, time.Hour)
				require.NoError(t, sleep(t.Context(), time.Minute))
				require.Equal(t, c.want, clock.starts())
			})
		})
	}
}

// A Backoff is the scope's for its own children; a supervisor among them has another.
func TestAScopeBelowDoesNotWaitAsTheOneAroundIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, doubling())
		c := newClockwork(0, 0, time.Hour)
		inner := patient()
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "sup", Policy: &inner, Children: []tree.ChildSpec{{Name: "c", Run: c.run}}})
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, []time.Duration{0, 0, 0}, c.starts())
	})
}

func TestChanceIsDrawnFromTheGivenSourceAfterTheCap(t *testing.T) {
	for name, c := range map[string]struct {
		chance float64
		want   []time.Duration
	}{
		"nothing":        {0, nil},
		"a quarter":      {0.25, []time.Duration{250 * ms, 500 * ms, time.Second, time.Second}},
		"as good as all": {math.Nextafter(1, 0), []time.Duration{time.Second - 1, 2*time.Second - 1, 4*time.Second - 1, 4*time.Second - 1}},
		"one":            {1, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 4 * time.Second}},
		"more than one":  {7, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 4 * time.Second}},
		"less than none": {-3, nil},
		"no number":      {math.NaN(), []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 4 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := doubling()
				p.Backoff.Jitter = policy.JitterFull
				s, seen := openSupervisor(t, p, tree.WithRandom(func() float64 { return c.chance }))
				clocked(t, s, tree.ChildSpec{}, 0, 0, 0, 0, time.Hour)
				require.NoError(t, sleep(t.Context(), time.Minute))
				require.Equal(t, c.want, delays(seen))
			})
		})
	}
}

func TestChanceIsTheInnermostThatWasGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := doubling()
		p.Backoff.Jitter = policy.JitterFull
		always := func(f float64) tree.Option { return tree.WithRandom(func() float64 { return f }) }
		seen := &recorder{}
		s, outer := openSupervisor(t, patient(), always(0.5))
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "sup", Policy: &p,
			Children: []tree.ChildSpec{{Name: "c", Run: newClockwork(0, time.Hour).run}}})
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, []time.Duration{500 * ms}, delays(outer), "of the scope around")

		require.NoError(t, s.Go(t.Context(), func(ctx context.Context) error {
			return tree.Run(ctx, p, func(ctx context.Context, s *tree.Scope) error {
				clocked(t, s, tree.ChildSpec{}, 0, time.Hour)
				<-tree.Draining(ctx)
				return nil
			}, always(0.25), tree.WithObserver(seen))
		}))
		synctest.Wait()
		require.Equal(t, []time.Duration{250 * ms}, delays(seen), "its own")
	})
}

// What gives chance is the user's code: it fails as a child does, and the wait is
// the whole one.
func TestASourceOfChanceThatDoesNotComeBackHangsNobody(t *testing.T) {
	for name, c := range map[string]struct {
		chance func() float64
		exit   policy.Exit
		text   string
	}{
		"panic":  {func() float64 { panic("no dice") }, policy.Panicked, "panic: no dice"},
		"goexit": {func() float64 { runtime.Goexit(); return 0 }, policy.Failed, "crash"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := doubling()
				p.Backoff.Jitter = policy.JitterFull
				s, seen := openSupervisor(t, p, tree.WithRandom(c.chance))
				_, clock := clocked(t, s, tree.ChildSpec{}, 0, time.Hour)
				synctest.Wait()
				require.Equal(t, c.exit, seen.failures()[0].Exit)
				require.ErrorIs(t, seen.failures()[0].Err, errCrash)
				require.ErrorContains(t, seen.failures()[0].Err, c.text)
				require.Equal(t, c.text, s.Snapshot().Children[0].LastError)
				require.NoError(t, sleep(t.Context(), time.Minute))
				require.Equal(t, []time.Duration{0, time.Second}, clock.starts())
			})
		})
	}
}

// heals is a child that fails at once each time, having said in those that are
// listed that it is healthy.
func heals(c *clockwork, healthy ...int) func(context.Context) error {
	return func(ctx context.Context) error {
		for _, n := range healthy {
			if n == len(c.starts())+1 {
				if err := tree.Healthy(ctx); err != nil {
					return policy.Fatal(err)
				}
			}
		}
		return c.run(ctx)
	}
}

func TestHealthyStartsTheWaitsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, doubling())
		c := newClockwork(0, 0, 0, 0, 0, time.Hour)
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: heals(c, 3)})
		require.NoError(t, err)
		require.NoError(t, sleep(t.Context(), time.Minute))
		require.Equal(t, []time.Duration{time.Second, 2 * time.Second, time.Second, 2 * time.Second, 4 * time.Second}, delays(seen))
	})
}

func TestHealthyIsSaidByAnybodyOfTheChildAndAnyNumberOfTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, doubling())
		lives := 0
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: func(ctx context.Context) error {
			if lives++; lives > 3 {
				return drainer(ctx)
			}
			err := tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
				for range 3 {
					if err := s.Go(ctx, tree.Healthy); err != nil {
						return err
					}
				}
				return nil
			})
			return errors.Join(errCrash, err)
		}})
		require.NoError(t, err)
		require.NoError(t, sleep(t.Context(), time.Minute))
		require.Equal(t, []time.Duration{time.Second, time.Second, time.Second}, delays(seen))
		require.Equal(t, "crash", s.Snapshot().Children[0].LastError)
	})
}

// What is below a child says it for that child, and not for the one around.
func TestHealthyIsForTheInnermostChild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, doubling())
		p := intense(0, policy.Forever)
		c := newClockwork(0, 0, 0, time.Hour)
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "sup", Policy: &p,
			Children: []tree.ChildSpec{{Name: "c", Run: heals(c, 1, 2, 3)}}})
		require.NoError(t, err)
		require.NoError(t, sleep(t.Context(), time.Minute))
		require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, delays(seen), "the supervisor never was")
	})
}

func TestHealthyOfNobody(t *testing.T) {
	require.ErrorIs(t, tree.Healthy(t.Context()), tree.ErrNoScope)
	require.NoError(t, tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, _ *tree.Scope) error {
		require.ErrorIs(t, tree.Healthy(ctx), tree.ErrNoScope, "a body is no child")
		return nil
	}))
}

// A wait that was called off is over, also for who looks.
func TestTheWaitThatIsLeftIsInTheSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, patient())
		due := func() time.Duration { return s.Snapshot().Children[0].Due }
		child, _ := clocked(t, s, tree.ChildSpec{Backoff: policy.Backoff{Min: time.Minute, Jitter: policy.JitterNone}}, 0, 10*time.Second, time.Hour)
		synctest.Wait()
		require.Equal(t, time.Minute, due())
		require.NoError(t, sleep(t.Context(), 45*time.Second))
		require.Equal(t, 15*time.Second, due())

		require.NoError(t, child.Shutdown(t.Context()))
		require.Zero(t, due())
		spec := child.Spec()
		spec.Backoff = policy.Backoff{Min: 3 * time.Second, Jitter: policy.JitterNone, Reset: time.Second}
		require.NoError(t, s.Replace(spec))
		require.NoError(t, child.Restart(t.Context()))
		require.Zero(t, due())
		require.NoError(t, sleep(t.Context(), 11*time.Second))
		for range 20 { // in whatever order it looks at them
			require.Equal(t, 2*time.Second, due(), "and not the 4 s of the wait before")
		}
	})
}
