package tree_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// trio is a supervisor with probes a, b and c, which restarts them as a group a second
// after a has failed.
type trio struct {
	*tree.Scope
	probes map[string]*probe
}

func startTrio(t *testing.T, strategy policy.Strategy) *trio {
	t.Helper()
	p := patient()
	p.Strategy, p.Backoff = strategy, backoff(time.Second)
	s, _ := openSupervisor(t, p)
	return &trio{s, startProbes(t, s, &trail{}, policy.Permanent, "a", "b", "c")}
}

// starts returns how often each was started.
func (r *trio) starts() (n [3]int32) {
	for i, name := range []string{"a", "b", "c"} {
		n[i] = r.probes[name].starts.Load()
	}
	return n
}

// moments are those of a group restart at which an operator may come: what is slow,
// and how long after the failure of a it is then.
var moments = map[string]struct {
	slow  func(*trio)
	after time.Duration
	b     policy.SlotState // where b stands then
}{
	"before":                {func(*trio) {}, -1, policy.SlotRunning},
	"while one stops":       {func(r *trio) { r.probes["c"].stopWait = time.Second }, tenth, policy.SlotRunning},
	"while it stops":        {func(r *trio) { r.probes["b"].stopWait = time.Second }, tenth, policy.SlotStopping},
	"while the group waits": {func(*trio) {}, tenth, policy.SlotDelayed},
	"while one starts":      {func(r *trio) { r.probes["a"].startWait = time.Second }, time.Second + tenth, policy.SlotDelayed},
	"while it starts":       {func(r *trio) { r.probes["b"].startWait = time.Second }, time.Second + tenth, policy.SlotStarting},
	"while the next starts": {func(r *trio) { r.probes["c"].startWait = time.Second }, time.Second + tenth, policy.SlotRunning},
}

// In OTP a group restart starts also what an operator had stopped.
func TestSupervision_103_AnOperatorsStopHoldsWheneverItComesInAGroupRestart(t *testing.T) {
	for name, m := range moments {
		for how, stop := range operatorStops {
			for _, strategy := range []policy.Strategy{policy.OneForAll, policy.RestForOne} {
				t.Run(name+"/"+how+"/"+strategy.String(), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						r := startTrio(t, strategy)
						m.slow(r)
						b, err := r.Child("b")
						require.NoError(t, err)
						if m.after >= 0 {
							r.probes["a"].exits <- errCrash
							pause(m.after)
						}
						require.Equal(t, m.b, b.State())
						stop(&works{Scope: r.Scope, t: t}, "b")
						starts := r.probes["b"].starts.Load()
						if m.after < 0 {
							r.probes["a"].exits <- errCrash
						}
						pause(time.Minute)
						want := []string{"a running", "b stopped", "c running"}
						if how == "Remove" {
							want = []string{"a running", "c running"}
						}
						require.Equal(t, want, slots(r.Snapshot()))
						require.Equal(t, starts, r.probes["b"].starts.Load())
						require.EqualValues(t, 2, r.probes["a"].starts.Load())
						require.EqualValues(t, 2, r.probes["c"].starts.Load())
					})
				})
			}
		}
	}
}

func TestSupervision_107_WhatWasStoppedAndRestartedBelongsToItsGroupAgain(t *testing.T) {
	inGroups(t, func(t *testing.T, strategy policy.Strategy) {
		r := startTrio(t, strategy)
		b, err := r.Child("b")
		require.NoError(t, err)
		require.NoError(t, b.Shutdown(t.Context()))
		require.NoError(t, r.Restart("b"))
		synctest.Wait() // it is up
		require.Equal(t, []string{"a running", "b running", "c running"}, slots(r.Snapshot()), "in its old place")
		require.Equal(t, [3]int32{1, 2, 1}, r.starts(), "alone")
		r.probes["a"].exits <- errCrash
		pause(time.Minute)
		require.Equal(t, [3]int32{2, 3, 2}, r.starts())
	})
}

// A restart that is asked for while the group stops the child changes nothing: it
// comes back anyway.
func TestSupervision_107_ARestartOfAChildThatComesBackWithItsGroupIsNotTwo(t *testing.T) {
	for name, m := range moments {
		if m.after < 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := startTrio(t, policy.OneForAll)
				m.slow(r)
				r.probes["a"].exits <- errCrash
				pause(m.after)
				err := r.Restart("b")
				again := int32(2)
				switch m.b {
				case policy.SlotDelayed, policy.SlotStarting:
					require.ErrorIs(t, err, tree.ErrRestarting)
				case policy.SlotRunning:
					require.NoError(t, err)
					if name == "while the next starts" {
						again = 3 // it had come back
					}
				default:
					require.NoError(t, err)
				}
				pause(time.Minute)
				require.Equal(t, []string{"a running", "b running", "c running"}, slots(r.Snapshot()))
				require.Equal(t, again, r.probes["b"].starts.Load())
			})
		})
	}
}

// A child whose restart fails is tried again and again. An operator may come while it
// waits, and while it tries.
func TestSupervision_103_106_107_110_WhatAnOperatorMayAskOfAChildThatDoesNotComeBack(t *testing.T) {
	for name, trying := range map[string]bool{"waiting": false, "trying": true} {
		t.Run(name, func(t *testing.T) {
			for how, stop := range operatorStops {
				synctest.Test(t, func(t *testing.T) {
					s, _ := openSupervisor(t, patient())
					w := &works{Scope: s, t: t}
					log := &trail{}
					p := newProbe(log, "c")
					spec := p.spec(policy.Permanent)
					spec.Backoff = policy.Backoff{Min: time.Minute, Factor: 1, Jitter: policy.JitterNone}
					_, err := s.Start(t.Context(), spec)
					require.NoError(t, err)
					p.failing.Store(1000)
					p.startWait = time.Second
					p.exits <- errCrash
					pause(10 * (time.Minute + time.Second)) // it has failed to start ten times
					if trying {
						pause(time.Minute)
					}
					pause(tenth)
					starts := p.starts.Load()

					_, err = s.Start(t.Context(), spec)
					require.ErrorIs(t, err, tree.ErrDuplicate)
					for by, restart := range restartBy {
						require.ErrorIs(t, restart(t, s, "c"), tree.ErrRestarting, by)
					}
					child := w.child("c")
					_, ended := child.Exit()
					require.False(t, ended)
					stop(w, "c")
					_, ended = child.Exit()
					require.True(t, ended)
					p.failing.Store(0)
					pause(time.Hour)
					require.Equal(t, starts, p.starts.Load(), "it is not tried any more")
					if how == "Remove" {
						require.ErrorIs(t, s.Restart("c"), tree.ErrNotFound)
						return
					}
					require.NoError(t, s.Restart("c"))
					pause(time.Second)
					synctest.Wait() // it is up
					require.Equal(t, []string{"c running"}, slots(s.Snapshot()))
				})
			}
		})
	}
}
