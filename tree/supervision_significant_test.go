package tree_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// autoShutting is a SupervisorScope with an automatic shutdown.
func autoShutting(a policy.AutoShutdown) policy.Scope {
	p := policy.SupervisorScope
	p.Auto = a
	return p
}

// significant describes the probe as a significant child.
func (p *probe) significant(r policy.Restart) tree.ChildSpec {
	spec := p.spec(r)
	spec.Significant = true
	return spec
}

// works is a supervisor "app" with significant probes, and a Permanent one, "other".
type works struct {
	*tree.Scope
	t      *testing.T
	seen   *recorder
	log    *trail
	probes map[string]*probe
}

// startWorks starts significant probes of these names, all with one Restart, and
// the other one last.
func startWorks(t *testing.T, p policy.Scope, r policy.Restart, names ...string) *works {
	t.Helper()
	s, seen := openSupervisor(t, p)
	w := &works{s, t, seen, &trail{}, make(map[string]*probe)}
	for _, name := range names {
		w.probes[name] = newProbe(w.log, name)
		_, err := s.Start(t.Context(), w.probes[name].significant(r))
		require.NoError(t, err)
	}
	w.probes["other"] = startProbes(t, s, w.log, policy.Permanent, "other")["other"]
	return w
}

// child returns the child of that name.
func (w *works) child(name string) *tree.Child {
	w.t.Helper()
	child, err := w.Child(name)
	require.NoError(w.t, err)
	return child
}

// goOn requires that the scope is as open as ever, with these children.
func (w *works) goOn(want ...string) {
	w.t.Helper()
	synctest.Wait() // nothing moves any more
	require.Equal(w.t, tree.PhaseOpen, w.Snapshot().Phase)
	require.Equal(w.t, want, slots(w.Snapshot()))
}

// end requires that the scope ends now and cleanly, because of that child, with all
// others asked to stop and none started again.
func (w *works) end(because string) {
	w.t.Helper()
	begun, before := time.Now(), w.starts()
	require.NoError(w.t, w.Wait(w.t.Context()), "an end on purpose")
	require.Zero(w.t, time.Since(begun))
	report, err := w.Shutdown(w.t.Context())
	require.NoError(w.t, err)
	require.True(w.t, report.Clean())
	require.EqualError(w.t, report.Reason, "tree: significant child ended: app/"+because)
	require.Contains(w.t, w.log.list(), "stopping other")
	require.Equal(w.t, before, w.starts())
}

// starts returns how often each was started.
func (w *works) starts() map[string]int32 {
	n := make(map[string]int32)
	for name, p := range w.probes {
		n[name] = p.starts.Load()
	}
	return n
}

// probeEnds are the ways in which a probe ends by itself. Those that are failures
// bring a Transient one back.
var probeEnds = map[string]struct {
	end    func(*probe)
	failed bool
}{
	"returns nil":           {func(p *probe) { p.exits <- nil }, false},
	"is done":               {func(p *probe) { p.exits <- policy.Done(nil) }, false},
	"is done, with failure": {func(p *probe) { p.exits <- policy.Done(errCrash) }, false},
	"crashes":               {func(p *probe) { p.exits <- errCrash }, true},
	"panics":                {func(p *probe) { p.panics <- "boom" }, true}, // nothing kills a goroutine
}

// operatorStops are the ways in which an operator has a child end, and waits for it,
// whatever its last incarnation ended with.
var operatorStops = map[string]func(*works, string){
	"Shutdown": func(w *works, name string) { require.NoError(w.t, w.child(name).Shutdown(w.t.Context())) },
	"Cancel":   func(w *works, name string) { _ = cancelAndWait(w.t.Context(), w.child(name), errReason) },
	"Remove": func(w *works, name string) {
		child := w.child(name)
		require.NoError(w.t, w.Remove(name))
		_ = child.Wait(w.t.Context())
	},
}

// eachStrategy runs a scenario in a bubble under each strategy.
func eachStrategy(t *testing.T, a policy.AutoShutdown, scenario func(t *testing.T, p policy.Scope)) {
	t.Helper()
	for _, strategy := range policy.Strategies() {
		p := autoShutting(a)
		p.Strategy = strategy
		t.Run(strategy.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { scenario(t, p) })
		})
	}
}

func TestSupervision_127_ASignificantTemporaryThatEndsInWhateverWayEndsItsScope(t *testing.T) {
	for name, c := range probeEnds {
		t.Run(name, func(t *testing.T) {
			eachStrategy(t, policy.AutoAnySignificant, func(t *testing.T, p policy.Scope) {
				w := startWorks(t, p, policy.Temporary, "work", "more")
				c.end(w.probes["work"])
				w.end("work")
				require.Contains(t, w.log.list(), "stopping more")
			})
		})
	}
}

func TestSupervision_127_128_AnOperatorsStopOfASignificantChildEndsNothingElse(t *testing.T) {
	for name, stop := range operatorStops {
		for _, auto := range []policy.AutoShutdown{policy.AutoAnySignificant, policy.AutoAllSignificant} {
			t.Run(name+"/"+auto.String(), func(t *testing.T) {
				eachStrategy(t, auto, func(t *testing.T, p policy.Scope) {
					w := startWorks(t, p, policy.Temporary, "work")
					stop(w, "work")
					w.goOn("other running")

					w = startWorks(t, p, policy.Transient, "work")
					stop(w, "work")
					if name == "Remove" {
						w.goOn("other running")
					} else {
						w.goOn("work stopped", "other running")
					}
					require.EqualValues(t, 1, w.probes["other"].starts.Load())
				})
			})
		}
	}
}

func TestSupervision_128_ASignificantTransientEndsItsScopeWhenItIsDoneAndComesBackWhenItFailed(t *testing.T) {
	for name, c := range probeEnds {
		t.Run(name, func(t *testing.T) {
			eachStrategy(t, policy.AutoAnySignificant, func(t *testing.T, p policy.Scope) {
				w := startWorks(t, p, policy.Transient, "work")
				c.end(w.probes["work"])
				if c.failed {
					w.goOn("work running", "other running")
					require.EqualValues(t, 2, w.probes["work"].starts.Load())
					w.probes["work"].exits <- nil
				}
				w.end("work")
			})
		})
	}
}

func TestSupervision_130_WhatOperatorsStoppedIsGoneButEndsNothingUntilOneThatWasRestartedIsDone(t *testing.T) {
	eachStrategy(t, policy.AutoAllSignificant, func(t *testing.T, p policy.Scope) {
		w := startWorks(t, p, policy.Transient, "one", "two")
		require.NoError(t, w.child("one").Shutdown(t.Context()))
		require.NoError(t, w.child("two").Shutdown(t.Context()))
		w.goOn("one stopped", "two stopped", "other running")
		require.NoError(t, w.Restart("two"))
		w.goOn("one stopped", "two running", "other running")
		w.probes["two"].exits <- nil
		w.end("two")
	})
}

func TestSupervision_130_OneThatAnOperatorIsStoppingIsGoneAlready(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startWorks(t, autoShutting(policy.AutoAllSignificant), policy.Transient, "slow", "work")
		w.probes["slow"].stopWait = time.Second
		answer := answerOf(func() error { return w.child("slow").Shutdown(t.Context()) })
		w.probes["work"].exits <- nil
		begun := time.Now()
		require.NoError(t, w.Wait(t.Context()))
		require.Equal(t, time.Second, time.Since(begun), "it is waited for as any other")
		require.NoError(t, <-answer)
	})
}

func TestSupervision_131_AnyOrTheLastOfTheAddedOnesEndsTheScope(t *testing.T) {
	for _, r := range []policy.Restart{policy.Transient, policy.Temporary} {
		t.Run(r.String(), func(t *testing.T) {
			eachStrategy(t, policy.AutoAnySignificant, func(t *testing.T, p policy.Scope) {
				w := startWorks(t, p, r, "one", "two")
				w.probes["one"].exits <- nil
				w.end("one")
				require.Contains(t, w.log.list(), "stopping two")
			})
			eachStrategy(t, policy.AutoAllSignificant, func(t *testing.T, p policy.Scope) {
				w := startWorks(t, p, r, "one", "two", "three")
				w.probes["two"].exits <- nil
				w.probes["three"].exits <- nil
				if r == policy.Transient {
					w.goOn("one running", "two stopped", "three stopped", "other running")
				} else {
					w.goOn("one running", "other running")
				}
				w.probes["one"].exits <- nil
				w.end("one")
			})
		})
	}
}

// In OTP too a child that is restarting counts as there.
func TestSupervision_131_OneThatWaitsToComeBackKeepsTheScopeUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startWorks(t, autoShutting(policy.AutoAllSignificant), policy.Transient, "work")
		late := newProbe(w.log, "late")
		spec := late.significant(policy.Transient)
		spec.Backoff = backoff(time.Minute)
		_, err := w.Start(t.Context(), spec)
		require.NoError(t, err)
		late.exits <- errCrash
		synctest.Wait() // it waits
		w.probes["work"].exits <- nil
		w.goOn("work stopped", "other running", "late delayed")
		begun := time.Now()
		late.exits <- nil
		require.Equal(t, time.Minute, time.Since(begun))
		w.end("late")
	})
}

func TestSupervision_134_SignificantIsRefusedForAPermanentChildAndWhereNothingFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := newProbe(&trail{}, "never")
		permanent := "tree.ChildSpec.Significant = true: a permanent child never ends by itself"
		pointless := "tree.ChildSpec.Significant = true: its scope never shuts itself down: Auto is never"
		require.EqualError(t, tree.Check(never.significant(policy.Permanent)), permanent)
		for _, r := range []policy.Restart{policy.Transient, policy.Temporary} {
			require.NoError(t, tree.Check(never.significant(r)), "whether it fits its scope is for the start to say")
		}

		s, _ := openSupervisor(t, policy.SupervisorScope)
		_, err := s.Start(t.Context(), never.significant(policy.Transient))
		require.EqualError(t, err, pointless)
		_, err = s.Start(t.Context(), supervisorSpec(never.significant(policy.Temporary)))
		require.ErrorContains(t, err, "Children[0].Significant = true: its scope never shuts itself down")
		require.ErrorContains(t, tree.Check(supervisorSpec(never.significant(policy.Temporary))), "Children[0].Significant = true")
		require.Empty(t, s.Snapshot().Children)

		w := startWorks(t, autoShutting(policy.AutoAllSignificant), policy.Transient)
		_, err = w.Start(t.Context(), never.significant(policy.Permanent))
		require.EqualError(t, err, permanent)
		w.goOn("other running")
		require.Zero(t, never.starts.Load())
	})
}
