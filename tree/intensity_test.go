package tree_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// crashAt makes p crash at these times from now, and returns when the last one
// has been answered.
func crashAt(t *testing.T, p *probe, at ...time.Duration) {
	t.Helper()
	begun := time.Now()
	for i, d := range at {
		require.NoError(t, sleep(t.Context(), d-time.Since(begun)))
		p.exits <- fmt.Errorf("crash %d", i+1)
		synctest.Wait()
	}
}

func TestTheWindowIncludesBothEnds(t *testing.T) {
	const within = 5 * time.Second
	for _, c := range []struct {
		at     []time.Duration // two restarts are allowed
		gaveUp bool
	}{
		{[]time.Duration{0, 1, 2}, true},
		{[]time.Duration{0, time.Second, within}, true},                         // the first one is just inside
		{[]time.Duration{0, time.Second, within + 1}, false},                    // and just outside
		{[]time.Duration{0, time.Second, within + 1, within + 2}, true},         // it slides: 1 s, 5.000000001 s, …
		{[]time.Duration{0, time.Second, within + 1, 6*time.Second + 1}, false}, // each of the last three is in a window of two
		{[]time.Duration{0, within, 2 * within, 3 * within}, false},             // two in each window, ends shared
	} {
		t.Run(fmt.Sprint(c.at), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, seen := openSupervisor(t, intense(2, within))
				p := startProbes(t, s, &trail{}, policy.Permanent, "c")["c"]
				begun := time.Now()
				crashAt(t, p, c.at...)
				if !c.gaveUp {
					require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
					require.EqualValues(t, len(c.at), s.Snapshot().Counts.Restarts)
					return
				}
				require.ErrorIs(t, s.Wait(t.Context()), tree.ErrGaveUp)
				require.Equal(t, c.at[len(c.at)-1], seen.of(tree.GaveUp)[0].Time.Sub(begun))
				require.EqualValues(t, len(c.at)-1, s.Snapshot().Counts.Restarts)
			})
		})
	}
}

// Backoff and intensity are independent: the window counts when a child came
// back, not when it was started again.
func TestWaitsSpreadTheRestartsOverTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, intense(3, 5*time.Second))
		c := newClockwork(0)
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: c.run,
			Backoff: policy.Backoff{Min: time.Second, Factor: 1, Jitter: policy.JitterNone}})
		require.NoError(t, err)
		err = s.Wait(t.Context())
		require.ErrorIs(t, err, tree.ErrGaveUp)
		require.Equal(t, []time.Duration{0, time.Second, 2 * time.Second, 3 * time.Second}, c.starts())
		require.Len(t, seen.of(tree.ChildDelayed), 3)

		calm, _ := openSupervisor(t, intense(3, 5*time.Second))
		c = newClockwork(0)
		_, err = calm.Start(t.Context(), tree.ChildSpec{Name: "c", Run: c.run,
			Backoff: policy.Backoff{Min: 2 * time.Second, Factor: 1, Jitter: policy.JitterNone}})
		require.NoError(t, err)
		require.NoError(t, sleep(t.Context(), time.Hour))
		require.Equal(t, tree.PhaseOpen, calm.Snapshot().Phase, "never more than 3 in 5 s")
	})
}

func TestTheDefaultIntensityIsThreeInFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		p := startProbes(t, s, &trail{}, policy.Permanent, "c")["c"]
		crashAt(t, p, 0, 0, 0)
		require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
		crashAt(t, p, 5*time.Second)
		require.EqualError(t, s.Wait(t.Context()), "tree: restart intensity exceeded: app/c: crash 1")
		require.EqualValues(t, 4, p.starts.Load())
	})
}

func TestAGroupRestartCountsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := intense(1, time.Second)
		p.Strategy = policy.OneForAll
		s, _ := openSupervisor(t, p)
		probes := startProbes(t, s, &trail{}, policy.Permanent, "a", "b", "c")
		probes["b"].exits <- errCrash
		synctest.Wait()
		require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
		require.EqualValues(t, 3, s.Snapshot().Counts.Restarts, "incarnations, of one restart")
		probes["b"].exits <- errCrash
		require.ErrorIs(t, s.Wait(t.Context()), tree.ErrGaveUp)
	})
}

func TestTemporariesAndFinishedTransientsCostNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, intense(0, policy.Forever))
		for i := range 5 {
			x := startProbes(t, s, &trail{}, policy.Temporary, fmt.Sprintf("x%d", i))
			x[fmt.Sprintf("x%d", i)].exits <- errCrash
			y := startProbes(t, s, &trail{}, policy.Transient, fmt.Sprintf("y%d", i))
			y[fmt.Sprintf("y%d", i)].exits <- nil
			require.NoError(t, s.Go(t.Context(), func(ctx context.Context) error { return errCrash }))
		}
		synctest.Wait()
		require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
		require.Equal(t, []string{"y0 stopped", "y1 stopped", "y2 stopped", "y3 stopped", "y4 stopped"}, slots(s.Snapshot()))
	})
}

func TestAChildThatIsStoppedByTheGiveUpHasTheScopesGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := bounded()
		p.Intensity = policy.NoRestarts
		s, _ := openSupervisor(t, p)
		g := &signals{from: time.Now()}
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "slow", Run: g.run(time.Second)})
		require.NoError(t, err)
		c := startProbes(t, s, &trail{}, policy.Permanent, "c")["c"]
		crashAt(t, c, time.Second)
		err = s.Wait(t.Context())
		require.ErrorIs(t, err, tree.ErrGaveUp)
		require.Equal(t, []time.Duration{time.Second, 3 * time.Second}, []time.Duration{g.asked, g.canceled})
		require.Equal(t, 4*time.Second, time.Since(g.from))
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.ErrorIs(t, report.Reason, tree.ErrGaveUp)
		require.Equal(t, 1, report.Canceled)
	})
}

// A body learns that its supervisor gave up by its context, at once.
func TestABodyIsCanceledWhenItsSupervisorGaveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cause error
		begun := time.Now()
		err := tree.Run(t.Context(), intense(0, policy.Forever), func(ctx context.Context, s *tree.Scope) error {
			_, err := s.Start(ctx, tree.ChildSpec{Name: "c", Run: func(context.Context) error { return errCrash }})
			<-ctx.Done()
			cause = context.Cause(ctx)
			return errors.Join(err, ctx.Err())
		}, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.ErrorIs(t, err, tree.ErrGaveUp)
		require.EqualError(t, err, "tree: restart intensity exceeded: app/c: crash")
		require.ErrorIs(t, cause, tree.ErrGaveUp)
		require.Zero(t, time.Since(begun))
	})
}

func TestCoolDownWaitsTheWindowAndGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := intense(2, time.Minute)
		p.Exhausted = policy.ExhaustedCoolDown
		s, seen := openSupervisor(t, p)
		c := newClockwork(0, 0, 0, 0, 0, time.Hour)
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: c.run})
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, policy.SlotDelayed, child.State())
		require.NoError(t, sleep(t.Context(), 2*time.Minute+ms))
		require.Equal(t, policy.SlotRunning, child.State())
		// Two restarts at once, then a minute; that restart and another one, then a minute.
		require.Equal(t, []time.Duration{0, 0, 0, time.Minute, time.Minute, 2 * time.Minute}, c.starts())
		require.Len(t, seen.of(tree.Exhausted), 2)
		require.Empty(t, seen.of(tree.GaveUp))
	})
}

func TestAChildStoppedForItsRestartsComesBackByAnOperatorOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := intense(0, policy.Forever)
		p.Exhausted = policy.ExhaustedStopChild
		s, seen := openSupervisor(t, p)
		probes := startProbes(t, s, &trail{}, policy.Permanent, "c", "other")
		probes["c"].exits <- errCrash
		require.NoError(t, sleep(t.Context(), time.Hour))
		require.Equal(t, []string{"c stopped", "other running"}, slots(s.Snapshot()))
		require.NoError(t, s.Restart("c"))
		synctest.Wait()
		require.Equal(t, []string{"c running", "other running"}, slots(s.Snapshot()))
		require.Len(t, seen.of(tree.Exhausted), 1)
	})
}
