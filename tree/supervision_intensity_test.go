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

// intense is a SupervisorScope with an intensity.
func intense(restarts int, within time.Duration) policy.Scope {
	p := policy.SupervisorScope
	p.Intensity = policy.Intensity{Restarts: restarts, Within: within}
	return p
}

func TestSupervision_058_CrashesFartherApartThanTheWindowNeverGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, intense(1, time.Second))
		c := startProbes(t, s, &trail{}, policy.Permanent, "c")["c"]
		for range 3 {
			c.exits <- errCrash
			require.NoError(t, sleep(t.Context(), time.Second+1)) // the window includes both ends
		}
		require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
		require.EqualValues(t, 4, c.starts.Load())
		require.Empty(t, seen.of(tree.GaveUp))
	})
}

func TestSupervision_059_TheRestartBeyondTheIntensityGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, intense(2, 5*time.Second))
		c := startProbes(t, s, &trail{}, policy.Permanent, "c")["c"]
		begun := time.Now()
		for i := range 3 {
			require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
			c.exits <- fmt.Errorf("crash %d", i+1)
			require.NoError(t, sleep(t.Context(), 2500*time.Millisecond)) // at 0 s, 2.5 s and 5 s: all in one window
		}
		err := s.Wait(t.Context())
		require.ErrorIs(t, err, tree.ErrGaveUp)
		require.EqualError(t, err, "tree: restart intensity exceeded: app/c: crash 3")
		require.EqualValues(t, 3, c.starts.Load())
		gaveUp := seen.of(tree.GaveUp)
		require.Len(t, gaveUp, 1)
		require.Equal(t, "app/c", gaveUp[0].Path)
		require.Equal(t, 5*time.Second, gaveUp[0].Time.Sub(begun))
		require.ErrorIs(t, gaveUp[0].Err, tree.ErrGaveUp)
	})
}

func TestSupervision_061_APermanentThatFinishesCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, intense(1, time.Second))
		c := startProbes(t, s, &trail{}, policy.Permanent, "c")["c"]
		c.exits <- nil
		c.exits <- nil
		err := s.Wait(t.Context())
		require.ErrorIs(t, err, tree.ErrGaveUp)
		require.EqualError(t, err, "tree: restart intensity exceeded: app/c: returned nil, which is no end for a Permanent child")
		require.EqualValues(t, 2, c.starts.Load())
	})
}

func TestSupervision_062_EachStartThatFailsCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		s, _ := openSupervisor(t, intense(4, time.Second))
		c := startProbes(t, s, log, policy.Permanent, "c")["c"]
		c.failing.Store(1000)
		c.exits <- errCrash
		err := s.Wait(t.Context())
		require.ErrorIs(t, err, tree.ErrGaveUp)
		require.ErrorIs(t, err, errCrash)
		require.Equal(t, []string{"start c#1", "up c", "down c", "start c#2", "start c#3", "start c#4", "start c#5"}, log.list())
	})
}

func TestSupervision_064_WhatAnOperatorDoesCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		s, _ := openSupervisor(t, intense(0, policy.Forever))
		startProbes(t, s, log, policy.Permanent, "c")
		child, err := s.Child("c")
		require.NoError(t, err)
		for range 5 {
			require.NoError(t, child.Shutdown(t.Context()))
			require.Equal(t, policy.SlotStopped, child.State())
			require.NoError(t, s.Restart("c"))
			synctest.Wait()
			require.Equal(t, policy.SlotRunning, child.State())
		}
		require.Equal(t, 6, child.Incarnation())
		require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
	})
}

// Restart does not wait, so its failure is seen by who waits for the child.
func TestSupervision_065_AStartThatFailsForItsAskerCostsNothingAndIsNotRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, intense(0, policy.Forever))
		added := newProbe(&trail{}, "added")
		added.failing.Store(1)
		_, err := s.Start(t.Context(), added.spec(policy.Permanent))
		require.ErrorIs(t, err, errCrash)
		require.EqualError(t, err, "app/added: crash")

		c := startProbes(t, s, &trail{}, policy.Permanent, "c")["c"]
		child, err := s.Child("c")
		require.NoError(t, err)
		require.NoError(t, child.Shutdown(t.Context()))
		c.failing.Store(1)
		require.NoError(t, s.Restart("c"))
		synctest.Wait()
		require.EqualError(t, child.Wait(t.Context()), "app/c: crash")
		require.Equal(t, policy.SlotStopped, child.State())

		require.NoError(t, sleep(t.Context(), time.Hour))
		require.EqualValues(t, 1, added.starts.Load())
		require.EqualValues(t, 2, c.starts.Load())
		require.Equal(t, []string{"c stopped"}, slots(s.Snapshot()))
		require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
		require.Empty(t, seen.of(tree.GaveUp))
	})
}

func TestSupervision_067_TwoThatCrashTogetherAreTwoRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		s, _ := openSupervisor(t, intense(1, time.Second))
		probes := startProbes(t, s, log, policy.Permanent, "a", "b")
		probes["a"].exits <- errCrash
		probes["b"].exits <- errCrash
		require.ErrorIs(t, s.Wait(t.Context()), tree.ErrGaveUp)
		starts := probes["a"].starts.Load() + probes["b"].starts.Load()
		require.EqualValues(t, 3, starts, "the first one came back, and was stopped again: %v", log.list())
	})
}

func TestSupervision_068_GivingUpStopsTheOthersInReverseAndNamesTheChild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		p := intense(0, policy.Forever)
		a, b, c := newProbe(log, "a"), newProbe(log, "b"), newProbe(log, "c")
		s, seen := openSupervisor(t, policy.SupervisorScope)
		sup, err := s.Start(t.Context(), tree.ChildSpec{Name: "sup", Policy: &p, Restart: policy.Temporary,
			Children: []tree.ChildSpec{a.spec(policy.Permanent), b.spec(policy.Permanent), c.spec(policy.Permanent)}})
		require.NoError(t, err)
		before := len(log.list())
		b.panics <- "boom"
		err = sup.Wait(t.Context())
		require.ErrorIs(t, err, tree.ErrGaveUp)
		require.EqualError(t, err, "tree: restart intensity exceeded: app/sup/b: panic: boom")
		panicked := new(policy.PanicError)
		require.ErrorAs(t, err, &panicked)
		require.Equal(t, []string{"down b", "stopping c", "down c", "stopping a", "down a"}, log.list()[before:])
		require.Equal(t, "app/sup/b", seen.of(tree.GaveUp)[0].Path)
	})
}

// OTP's supervisor gives up with reason shutdown, which a transient one is not
// restarted for. ErrGaveUp is a failure: the parent restarts it.
func TestSupervision_070_ATransientSupervisorThatGaveUpComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := intense(0, policy.Forever)
		leaf := newProbe(&trail{}, "leaf")
		s, _ := openSupervisor(t, policy.SupervisorScope)
		sup, err := s.Start(t.Context(), tree.ChildSpec{Name: "sup", Policy: &p, Restart: policy.Transient,
			Children: []tree.ChildSpec{leaf.spec(policy.Permanent)}})
		require.NoError(t, err)
		leaf.exits <- errCrash
		synctest.Wait()
		require.Equal(t, 2, sup.Incarnation())
		require.Equal(t, policy.SlotRunning, sup.State())
		require.EqualValues(t, 2, leaf.starts.Load())
		require.Equal(t, []string{"leaf running"}, slots(below(t, s, "sup")))
	})
}

func TestSupervision_071_ACrashLoopGoesUpThroughEveryLevel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const l1, l2 = 2, 3
		p := intense(l2, time.Minute)
		starts := 0
		leaf := tree.ChildSpec{Name: "leaf", Run: func(context.Context) error {
			starts++
			return fmt.Errorf("crash %d", starts)
		}}
		other := newProbe(&trail{}, "other")
		s, seen := openSupervisor(t, intense(l1, time.Minute))
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "sup", Policy: &p,
			Children: []tree.ChildSpec{other.spec(policy.Permanent), leaf}})
		require.NoError(t, err)

		err = s.Wait(t.Context())
		require.ErrorIs(t, err, tree.ErrGaveUp)
		require.EqualError(t, err, "tree: restart intensity exceeded: app/sup: "+
			"tree: restart intensity exceeded: app/sup/leaf: crash 12", "each level says why")
		require.Equal(t, (l1+1)*(l2+1), starts)
		require.EqualValues(t, l1+1, other.starts.Load())
		require.Len(t, seen.of(tree.GaveUp), l1+1+1)
		require.Empty(t, s.Snapshot().Children[0].Scopes)
	})
}

// The window slides instead of being cleared; the waits are what a quiet period
// resets: Backoff.Reset.
func TestSupervision_073_AQuietPeriodClearsTheCounter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, intense(2, time.Second))
		c := startProbes(t, s, &trail{}, policy.Permanent, "c")["c"]
		for range 4 {
			c.exits <- errCrash
			c.exits <- errCrash
			require.NoError(t, sleep(t.Context(), time.Second+1))
		}
		require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
		require.EqualValues(t, 9, c.starts.Load())
	})
}

// A scope has one budget; the child that exceeds it is all that ends.
func TestSupervision_074_ANoisyChildIsStoppedAloneWhenThePolicySaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := intense(1, time.Second)
		p.Exhausted = policy.ExhaustedStopChild
		s, seen := openSupervisor(t, p)
		probes := startProbes(t, s, &trail{}, policy.Permanent, "noisy", "calm")
		noisy, err := s.Child("noisy")
		require.NoError(t, err)
		probes["noisy"].exits <- errCrash
		probes["noisy"].exits <- errors.New("last words")
		synctest.Wait()
		require.EqualError(t, noisy.Wait(t.Context()), "app/noisy: last words")
		require.Equal(t, []string{"noisy stopped", "calm running"}, slots(s.Snapshot()))
		require.EqualValues(t, 1, probes["calm"].starts.Load())
		exhausted := seen.of(tree.Exhausted)
		require.Len(t, exhausted, 1)
		require.Equal(t, "app/noisy", exhausted[0].Path)
		require.EqualError(t, exhausted[0].Err, "last words")
	})
}
