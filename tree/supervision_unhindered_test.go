package tree_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// requireUnhindered does all that may be done to the probe a of s, and to others, and
// requires that none of it takes time.
func requireUnhindered(t *testing.T, s *tree.Scope, a *probe) {
	t.Helper()
	begun, starts := time.Now(), a.starts.Load()
	a.exits <- errCrash
	synctest.Wait() // it is up again
	require.Equal(t, starts+1, a.starts.Load(), "a crash is answered")
	require.NoError(t, s.Restart("a"))
	synctest.Wait() // it is up again
	require.Equal(t, starts+2, a.starts.Load(), "and an operator")
	added, err := s.Start(t.Context(), tree.ChildSpec{Name: "added", Run: drainer})
	require.NoError(t, err)
	require.NoError(t, added.Shutdown(t.Context()))
	require.NoError(t, s.Restart("added"))
	require.NoError(t, cancelAndWait(t.Context(), added, nil))
	require.NoError(t, s.Remove("added"))
	require.NoError(t, s.Go(t.Context(), takes(0)))
	require.NotEmpty(t, slots(s.Snapshot()))
	require.Zero(t, time.Since(begun))
}

// began starts the probe as a child of s, which is not slow in that.
func (p *probe) began(t *testing.T, s *tree.Scope) *tree.Child {
	t.Helper()
	child, err := s.Start(t.Context(), p.spec(policy.Permanent))
	require.NoError(t, err)
	return child
}

// upAgain waits for a second and returns an error unless the child is up for the
// second time then.
func upAgain(child *tree.Child) error {
	pause(time.Second)
	synctest.Wait() // it is up
	if child.State() != policy.SlotRunning || child.Incarnation() != 2 {
		return errors.New("it is not up again")
	}
	return nil
}

// slowOnes are children of s of which something takes a second: ask is who waits for
// it.
var slowOnes = map[string]func(t *testing.T, s *tree.Scope, slow *probe) (ask func() error){
	"stops": func(t *testing.T, s *tree.Scope, slow *probe) func() error {
		slow.stopWait = time.Second
		child := slow.began(t, s)
		return func() error { return child.Shutdown(t.Context()) }
	},
	"is removed": func(t *testing.T, s *tree.Scope, slow *probe) func() error {
		slow.stopWait = time.Second
		child := slow.began(t, s)
		return func() error { return errors.Join(s.Remove("slow"), child.Wait(t.Context())) }
	},
	"is canceled": func(t *testing.T, s *tree.Scope, _ *probe) func() error {
		child := launch(t.Context(), t, s, "slow", cleansUp(time.Second, context.Canceled))
		return func() error { return cancelAndWait(t.Context(), child, nil) }
	},
	"stops for a restart": func(t *testing.T, s *tree.Scope, slow *probe) func() error {
		slow.stopWait = time.Second
		child := slow.began(t, s)
		require.NoError(t, s.Restart("slow"))
		return func() error { return upAgain(child) }
	},
	"starts": func(t *testing.T, s *tree.Scope, slow *probe) func() error {
		slow.startWait = time.Second
		return func() error {
			_, err := s.Start(t.Context(), slow.spec(policy.Permanent))
			return err
		}
	},
	"starts again": func(t *testing.T, s *tree.Scope, slow *probe) func() error {
		child := slow.began(t, s)
		slow.startWait = time.Second
		slow.exits <- errCrash
		return func() error { return upAgain(child) }
	},
	"waits to start again": func(t *testing.T, s *tree.Scope, slow *probe) func() error {
		spec := slow.spec(policy.Permanent)
		spec.Backoff = backoff(time.Second)
		child, err := s.Start(t.Context(), spec)
		require.NoError(t, err)
		slow.exits <- errCrash
		return func() error { return upAgain(child) }
	},
	"starts below a supervisor": func(t *testing.T, s *tree.Scope, slow *probe) func() error {
		slow.startWait = time.Second
		return func() error {
			_, err := s.Start(t.Context(), supervisorSpec(slow.spec(policy.Permanent)))
			return err
		}
	},
	"stops below a supervisor": func(t *testing.T, s *tree.Scope, slow *probe) func() error {
		slow.stopWait = time.Second
		sup, err := s.Start(t.Context(), supervisorSpec(slow.spec(policy.Permanent)))
		require.NoError(t, err)
		return func() error { return sup.Shutdown(t.Context()) }
	},
}

// OTP's supervisor waits for one child at a time, and lets all else wait meanwhile.
func TestSupervision_121_WhateverIsSlowHoldsUpNobodyElse(t *testing.T) {
	for name, begin := range slowOnes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := openSupervisor(t, bounded())
				a := startProbes(t, s, &trail{}, policy.Permanent, "a")["a"]
				ask := begin(t, s, newProbe(&trail{}, "slow"))
				begun := time.Now()
				answer := answerOf(ask)
				requireUnhindered(t, s, a)
				require.Empty(t, answer, "it is under way")
				require.NoError(t, <-answer)
				require.Equal(t, time.Second, time.Since(begun))
				requireUnhindered(t, s, a)
			})
		})
	}
}

// While fixed children are started one after another, exits wait until all are up.
// What an operator asks does not.
func TestSupervision_121_AnOperatorDoesNotWaitForTheFixedChildrenThatHaveYetToStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		s, _ := openSupervisor(t, policy.SupervisorScope)
		a, slow, c := newProbe(log, "a"), newProbe(log, "slow"), newProbe(log, "c")
		slow.startWait = time.Second
		begun := time.Now()
		answer := answerOf(func() error {
			_, err := s.Start(t.Context(), supervisorSpec(a.spec(policy.Permanent), slow.spec(policy.Permanent), c.spec(policy.Permanent)))
			return err
		})
		sup, err := s.Child("sup")
		require.NoError(t, err)
		require.Equal(t, policy.SlotStarting, sup.State())
		inside := scopeOf(t, sup)
		require.Equal(t, []string{"a running", "slow starting", "c delayed"}, slots(inside.Snapshot()))
		first, err := s.Find("sup/a")
		require.NoError(t, err)
		require.NoError(t, first.Shutdown(t.Context()))
		require.NoError(t, inside.Restart("a"))
		require.ErrorIs(t, inside.Restart("slow"), tree.ErrRestarting)
		require.ErrorIs(t, inside.Restart("c"), tree.ErrRestarting)
		last, err := inside.Child("c")
		require.NoError(t, err)
		require.NoError(t, last.Shutdown(t.Context()), "it is not begun at all")
		launch(t.Context(), t, inside, "added", blocker)
		require.ErrorIs(t, s.Restart("sup"), tree.ErrRestarting)
		require.Zero(t, time.Since(begun))
		require.NoError(t, <-answer)
		require.Equal(t, time.Second, time.Since(begun))
		require.Equal(t, []string{"a running", "slow running", "c stopped", "added running"}, slots(inside.Snapshot()))
		require.Zero(t, c.starts.Load())
	})
}

func TestSupervision_121_AStopOfASupervisorThatIsStartingCallsTheStartOff(t *testing.T) {
	for name, c := range map[string]struct {
		stop func(t *testing.T, s *tree.Scope, sup *tree.Child) error
		took time.Duration
	}{
		"Shutdown": {func(t *testing.T, _ *tree.Scope, sup *tree.Child) error { return sup.Shutdown(t.Context()) }, policy.DefaultGrace},
		"Cancel":   {func(t *testing.T, _ *tree.Scope, sup *tree.Child) error { return cancelAndWait(t.Context(), sup, nil) }, 0},
		"Remove": {func(t *testing.T, s *tree.Scope, sup *tree.Child) error {
			return errors.Join(s.Remove("sup"), sup.Wait(t.Context()))
		}, policy.DefaultGrace},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := &trail{}
				s, _ := openSupervisor(t, policy.SupervisorScope)
				first, slow, last := newProbe(log, "first"), newProbe(log, "slow"), newProbe(log, "last")
				slow.startWait = time.Minute // and is canceled at it
				begun := time.Now()
				answer := answerOf(func() error {
					_, err := s.Start(t.Context(), supervisorSpec(first.spec(policy.Permanent), slow.spec(policy.Permanent), last.spec(policy.Permanent)))
					return err
				})
				sup, err := s.Child("sup")
				require.NoError(t, err)
				require.NoError(t, c.stop(t, s, sup))
				require.Error(t, <-answer, "there is nothing for its starter")
				require.Equal(t, c.took, time.Since(begun))
				require.Equal(t, []string{"start first#1", "up first", "start slow#1", "stopping first", "down first"}, log.list())
				require.Empty(t, s.Snapshot().Children, "it was never up, and has no place")
			})
		})
	}
}
