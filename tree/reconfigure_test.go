package tree_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestSupervision_124_AHotChangeReplacesTheRulesAndDisturbsNoChild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := bounded()
		s, seen := openSupervisor(t, p)
		probes := startProbes(t, s, &trail{}, policy.Permanent, "kept", "changed")
		p.Strategy, p.Intensity, p.Exhausted = policy.OneForAll, policy.Intensity{Restarts: 1, Within: time.Minute}, policy.ExhaustedStopChild
		p.Backoff, p.Auto = backoff(time.Second), policy.AutoAnySignificant
		changed, added := newProbe(&trail{}, "changed"), newProbe(&trail{}, "new")
		require.NoError(t, s.Reconfigure(p, changed.spec(policy.Permanent), added.spec(policy.Permanent)))
		synctest.Wait()
		require.Equal(t, []string{"kept running", "changed running", "new stopped"}, slots(s.Snapshot()))
		require.Equal(t, p.WithDefaults(), s.Snapshot().Policy)
		require.Len(t, seen.of(tree.ChildStarted), 2, "nothing is started")
		require.Empty(t, seen.of(tree.ChildExited))

		probes["kept"].exits <- errCrash // takes all along now, after a second
		require.NoError(t, sleep(t.Context(), time.Second))
		synctest.Wait()
		require.Equal(t, []string{"kept running", "changed running", "new stopped"}, slots(s.Snapshot()), "not by a group either")
		require.EqualValues(t, 2, probes["kept"].starts.Load())
		require.EqualValues(t, 1, probes["changed"].starts.Load())
		require.EqualValues(t, 1, changed.starts.Load(), "the next incarnation is as described anew")

		child, err := s.Child("new")
		require.NoError(t, err)
		require.Zero(t, child.Incarnation())
		require.NoError(t, child.Restart(t.Context()))
		require.EqualValues(t, 1, added.starts.Load())
		probes["kept"].exits <- errCrash
		synctest.Wait()
		require.Equal(t, []string{"kept stopped", "changed running", "new running"}, slots(s.Snapshot()), "by the new budget and its answer")
	})
}

func TestSupervision_124_ABadHotChangeChangesNothing(t *testing.T) {
	good := func() policy.Scope {
		p := bounded()
		p.Strategy, p.Auto = policy.OneForAll, policy.AutoAllSignificant
		return p
	}
	run := func(context.Context) error { panic("must not run") }
	spec := func(change func(*tree.ChildSpec)) tree.ChildSpec {
		c := tree.ChildSpec{Name: "a", Run: run}
		change(&c)
		return c
	}
	policyOf := func(change func(*policy.Scope)) policy.Scope { p := good(); change(&p); return p }
	timeout, kept := policyOf(func(p *policy.Scope) { p.Timeout = time.Hour }), policyOf(func(p *policy.Scope) { p.KeepErrors = 3 })
	for name, c := range map[string]struct {
		to    policy.Scope
		specs []tree.ChildSpec
		want  []fault
	}{
		"a bad rule":           {policyOf(func(p *policy.Scope) { p.Strategy = 9 }), nil, []fault{{"policy.Scope.Strategy", policy.Strategy(9)}}},
		"a bad budget":         {policyOf(func(p *policy.Scope) { p.Intensity.Restarts = -1 }), nil, []fault{{"policy.Scope.Intensity.Restarts", -1}}},
		"a bad backoff":        {policyOf(func(p *policy.Scope) { p.Backoff.Min = -1 }), nil, []fault{{"policy.Scope.Backoff.Min", time.Duration(-1)}}},
		"what cannot change":   {timeout, nil, []fault{{"tree.Scope.Reconfigure.p", timeout.WithDefaults()}}},
		"nor this":             {kept, nil, []fault{{"tree.Scope.Reconfigure.p", kept.WithDefaults()}}},
		"a bad new child":      {good(), []tree.ChildSpec{{Name: "new"}}, []fault{{"tree.ChildSpec[0].Run", nil}}},
		"a bad old child":      {good(), []tree.ChildSpec{spec(func(c *tree.ChildSpec) { c.Restart = 9 })}, []fault{{"tree.ChildSpec[0].Restart", policy.Restart(9)}}},
		"a worker no more":     {good(), []tree.ChildSpec{{Name: "a", Policy: new(bounded())}}, []fault{{"tree.ChildSpec[0].Policy", bounded()}}},
		"a supervisor no more": {good(), []tree.ChildSpec{{Name: "new", Run: run}, {Name: "sup", Run: run}}, []fault{{"tree.ChildSpec[1].Run", "a function"}}},
		"background":           {good(), []tree.ChildSpec{spec(func(c *tree.ChildSpec) { c.Background = true })}, []fault{{"tree.ChildSpec[0].Background", true}}},
		"an actor":             {good(), []tree.ChildSpec{{Name: "box", Run: run}}, []fault{{"tree.ChildSpec[0].Name", "box"}}},
		"significant for none": {policyOf(func(p *policy.Scope) { p.Auto = policy.AutoNever }), nil, []fault{{"tree.Scope.Reconfigure.p.Auto", policy.AutoNever}}},
		"two faults": {policyOf(func(p *policy.Scope) { p.Strategy = 9 }), []tree.ChildSpec{spec(func(c *tree.ChildSpec) { c.Stop.Kill = -1 })},
			[]fault{{"policy.Scope.Strategy", policy.Strategy(9)}, {"policy.Stop.Kill", time.Duration(-1)}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := good()
				p.Strategy = policy.OneForOne
				s, seen := openSupervisor(t, p)
				probe := startProbes(t, s, &trail{}, policy.Permanent, "a")["a"]
				_, err := s.Start(t.Context(), supervisorSpec())
				require.NoError(t, err)
				_, err = s.Start(t.Context(), tree.ChildSpec{Name: "last", Run: drainer, Restart: policy.Transient, Significant: true})
				require.NoError(t, err)
				_, err = tree.Spawn(t.Context(), s, actor.Spec[int]{Name: "box", New: newNothing})
				require.NoError(t, err)
				synctest.Wait()
				was := s.Snapshot()

				requireFaults(t, s.Reconfigure(c.to, append(c.specs, tree.ChildSpec{Name: "also", Run: run})...), c.want...)
				require.Equal(t, was, s.Snapshot())
				probe.exits <- errCrash
				synctest.Wait()
				require.EqualValues(t, 2, probe.starts.Load())
				require.Len(t, seen.of(tree.ChildExited), 1, "it has the old strategy and the old children")
			})
		})
	}
}

func TestAHotChangeWithANameTwiceChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, bounded())
		spec := tree.ChildSpec{Name: "a", Run: drainer}
		require.ErrorIs(t, s.Reconfigure(bounded(), spec, spec), tree.ErrDuplicate)
		require.Empty(t, s.Snapshot().Children)
	})
}

func TestReplaceHoldsFromTheNextIncarnationWhateverLeadsToIt(t *testing.T) {
	for name, again := range map[string]func(t *testing.T, s *tree.Scope, p *probe, ch *tree.Child){
		"a crash": func(_ *testing.T, _ *tree.Scope, p *probe, _ *tree.Child) { p.exits <- errCrash },
		"Restart": func(t *testing.T, _ *tree.Scope, _ *probe, ch *tree.Child) {
			require.NoError(t, ch.Restart(t.Context()))
		},
		"a stop first": func(t *testing.T, s *tree.Scope, _ *probe, ch *tree.Child) {
			require.NoError(t, ch.Shutdown(t.Context()))
			require.NoError(t, s.Restart("c"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := openSupervisor(t, bounded())
				before, after := startProbes(t, s, &trail{}, policy.Permanent, "c")["c"], newProbe(&trail{}, "c")
				child, err := s.Child("c")
				require.NoError(t, err)
				spec := after.spec(policy.Transient)
				spec.Stop.Grace = 7 * time.Millisecond
				require.NoError(t, s.Replace(spec))
				require.Equal(t, policy.Permanent, child.Spec().Restart, "what runs is as it was")
				again(t, s, before, child)
				synctest.Wait()
				require.EqualValues(t, 1, after.starts.Load())
				require.Equal(t, policy.Transient, child.Spec().Restart)
				require.Equal(t, 7*time.Millisecond, child.Spec().Stop.Grace)
				after.exits <- nil
				synctest.Wait()
				require.Equal(t, policy.SlotStopped, child.State())
				require.Equal(t, 2, child.Incarnation())
			})
		})
	}
}

// Its exit is answered by what it was: the new Restart would have kept it down.
func TestTheEndOfWhatRunsIsAnsweredAsItWasDescribed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, bounded())
		p := newProbe(&trail{}, "c")
		old, fresh := p.spec(policy.Permanent), p.spec(policy.Temporary)
		old.Backoff, fresh.Backoff = backoff(time.Second), backoff(time.Hour)
		child, err := s.Start(t.Context(), old)
		require.NoError(t, err)
		require.NoError(t, s.Replace(fresh))
		require.Equal(t, time.Second, child.Spec().Backoff.Min)
		p.exits <- nil
		synctest.Wait()
		require.Equal(t, policy.SlotDelayed, child.State())
		require.Equal(t, []time.Duration{time.Second}, delays(seen))
		require.NoError(t, sleep(t.Context(), time.Second))
		synctest.Wait()
		p.exits <- nil
		require.NoError(t, child.Wait(t.Context()))
		require.Empty(t, s.Snapshot().Children, "now it is a Temporary")
	})
}

// Also an exit that has to wait until a group is done.
func TestAnExitThatWaitsIsAnsweredAsItsChildWasDescribed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := patient()
		p.Strategy = policy.RestForOne
		s, _ := openSupervisor(t, p)
		probes := startProbes(t, s, &trail{}, policy.Permanent, "a", "b", "c")
		probes["c"].stopWait = time.Second
		probes["b"].exits <- errCrash
		synctest.Wait() // b has been answered
		probes["a"].exits <- nil
		synctest.Wait()
		require.Equal(t, []string{"a exited", "b delayed", "c stopping"}, slots(s.Snapshot()))
		require.NoError(t, s.Replace(newProbe(&trail{}, "a").spec(policy.Transient))) // which would be done
		require.NoError(t, sleep(t.Context(), 2*time.Second))                         // c stops twice
		synctest.Wait()
		require.Equal(t, []string{"a running", "b running", "c running"}, slots(s.Snapshot()))
	})
}

func TestAListedChildThatWasAskedForAndCalledOffWasNotStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := doubling()
		p.Strategy = policy.OneForAll
		s, _ := openSupervisor(t, p)
		a := startProbes(t, s, &trail{}, policy.Permanent, "a")["a"]
		require.NoError(t, s.Reconfigure(p, tree.ChildSpec{Name: "b", Run: drainer}, tree.ChildSpec{Name: "c", Run: drainer}))
		a.exits <- errCrash
		synctest.Wait()
		require.NoError(t, s.Restart("b"), "with the group, in a second")
		require.Equal(t, []string{"a delayed", "b delayed", "c stopped"}, slots(s.Snapshot()))
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, report.NotStarted)
	})
}

func TestTheLastOfSeveralReplacementsHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, bounded())
		child := launch(t.Context(), t, s, "c", drainer)
		second, third := newProbe(&trail{}, "c"), newProbe(&trail{}, "c")
		require.NoError(t, s.Replace(second.spec(policy.Permanent)))
		require.NoError(t, s.Replace(third.spec(policy.Permanent)))
		require.NoError(t, child.Restart(t.Context()))
		require.Zero(t, second.starts.Load())
		require.EqualValues(t, 1, third.starts.Load())
	})
}

func TestASupervisorIsReplacedWithItsChildren(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, bounded())
		sup, err := s.Start(t.Context(), supervisorSpec(newProbe(&trail{}, "a").spec(policy.Permanent)))
		require.NoError(t, err)
		spec := supervisorSpec(newProbe(&trail{}, "b").spec(policy.Permanent), newProbe(&trail{}, "c").spec(policy.Permanent))
		spec.Policy.Strategy = policy.RestForOne
		require.NoError(t, s.Replace(spec))
		spec.Policy.Strategy = policy.OneForAll // it was copied
		require.Equal(t, []string{"a running"}, slots(below(t, s, "sup")))
		require.NoError(t, sup.Restart(t.Context()))
		require.Equal(t, []string{"b running", "c running"}, slots(below(t, s, "sup")))
		require.Equal(t, policy.RestForOne, below(t, s, "sup").Policy.Strategy)
	})
}

// What a child says of itself, changed a little, is a description like any.
func TestTheSpecOfAChildCanBeReplacedByItself(t *testing.T) {
	for name, spec := range map[string]tree.ChildSpec{
		"plain":        {Run: drainer},
		"no backoff":   {Run: drainer, Backoff: policy.NoBackoff},
		"a source":     {Run: drainer, NewBackoff: (&source{}).made},
		"a source too": {Run: drainer, NewBackoff: (&source{}).made, Backoff: policy.Backoff{Reset: time.Second}},
		"a budget":     {Run: drainer, Intensity: policy.NoRestarts, Exhausted: policy.ExhaustedStopChild},
		"a supervisor": supervisorSpec(tree.ChildSpec{Name: "d", Run: drainer}),
		"one to end":   {Run: drainer, Restart: policy.Transient, Significant: true, Stop: policy.Stop{Kill: time.Second, Stuck: policy.StuckReplace}},
		"apart":        {Run: drainer, OnFailure: new(policy.Report), Background: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := doubling()
				p.Auto = policy.AutoAnySignificant
				s, _ := openSupervisor(t, p)
				spec.Name = "c"
				child, err := s.Start(t.Context(), spec)
				require.NoError(t, err)
				was := child.Spec()
				require.NoError(t, s.Replace(was))
				require.NoError(t, child.Restart(t.Context()))
				require.Equal(t, was.Backoff, child.Spec().Backoff)
				require.Equal(t, was.Stop, child.Spec().Stop)
				require.Equal(t, 2, child.Incarnation())
				child.Cancel(nil)
			})
		})
	}
}

func TestReplaceAndReconfigureAreRefusedWhereTheyMakeNoSense(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, bounded())
		spec := tree.ChildSpec{Name: "c", Run: drainer}
		require.ErrorIs(t, s.Replace(spec), tree.ErrNotFound)
		requireFaults(t, s.Replace(tree.ChildSpec{Name: "c"}), fault{"tree.ChildSpec.Run", nil})
		go func() { _ = s.Shield(t.Context(), "c", takes(time.Second)) }()
		synctest.Wait()
		requireFaults(t, s.Replace(spec), fault{"tree.ChildSpec.Name", "c"})
		launch(t.Context(), t, s, "slow", func(ctx context.Context) error { <-tree.Draining(ctx); return sleep(ctx, time.Second) })
		s.Drain(nil)
		require.ErrorIs(t, s.Replace(tree.ChildSpec{Name: "slow", Run: drainer}), tree.ErrDraining)
		require.ErrorIs(t, s.Reconfigure(bounded()), tree.ErrDraining)
		require.NoError(t, s.Close())
		require.ErrorIs(t, s.Replace(tree.ChildSpec{Name: "slow", Run: drainer}), tree.ErrClosed)
		require.ErrorIs(t, s.Reconfigure(bounded(), spec), tree.ErrClosed)
		var zero tree.Scope
		require.ErrorIs(t, errors.Join(zero.Replace(spec), zero.Reconfigure(bounded())), tree.ErrClosed)
	})
}

// What counts is what the child will be.
func TestAHotChangeKnowsWhatWasReplacedBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := bounded()
		p.Auto = policy.AutoAnySignificant
		s, _ := openSupervisor(t, p)
		launch(t.Context(), t, s, "c", drainer)
		significant := tree.ChildSpec{Name: "c", Run: drainer, Restart: policy.Transient, Significant: true}
		require.NoError(t, s.Replace(significant))
		p.Auto = policy.AutoNever
		requireFaults(t, s.Reconfigure(p), fault{"tree.Scope.Reconfigure.p.Auto", policy.AutoNever})
		require.NoError(t, s.Replace(tree.ChildSpec{Name: "c", Run: drainer}))
		require.NoError(t, s.Reconfigure(p))
		requireFaults(t, s.Replace(significant), fault{"tree.ChildSpec.Significant", true})
	})
}

func TestTheFirstChildOfAScopeMayBeAListedOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := bounded()
		p.Limit = 1
		s, _ := openSupervisor(t, p)
		p.Strategy = policy.OneForAll
		require.NoError(t, s.Reconfigure(p, tree.ChildSpec{Name: "a", Run: drainer}, tree.ChildSpec{Name: "b", Run: drainer}))
		require.Equal(t, []string{"a stopped", "b stopped"}, slots(s.Snapshot()))
		require.Equal(t, tree.ChildCounts{Children: 2}, s.CountChildren())
		a, err := s.Child("a")
		require.NoError(t, err)
		require.NoError(t, a.Wait(t.Context()), "there is nothing to wait for")
		require.NoError(t, a.Restart(t.Context()))
		require.ErrorIs(t, s.Restart("b"), tree.ErrFull, "a place is taken when it is started")
		require.NoError(t, a.Remove(t.Context()))
		require.NoError(t, s.Restart("b"))
		b, err := s.Child("b")
		require.NoError(t, err)
		require.NoError(t, b.Remove(t.Context()))
		require.NoError(t, s.Reconfigure(p, tree.ChildSpec{Name: "c", Run: drainer}))
		requireFaults(t, s.Reconfigure(p, tree.ChildSpec{Name: "c", Run: drainer, Background: true}), fault{"tree.ChildSpec.Background", true})
		require.NoError(t, s.Remove("c"), "that never ran")
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Zero(t, report.NotStarted)
	})
}

func TestWhatWasCountedStillCountsAfterAHotChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := intense(3, time.Minute)
		s, _ := openSupervisor(t, p)
		c := startProbes(t, s, &trail{}, policy.Permanent, "c")["c"]
		crashAt(t, c, 0, time.Second)
		p.Intensity = policy.Intensity{Restarts: 2, Within: 10 * time.Second}
		require.NoError(t, s.Reconfigure(p))
		crashAt(t, c, 9*time.Second+1) // the first is out of the window by a nanosecond
		require.EqualValues(t, 4, c.starts.Load())
		crashAt(t, c, time.Second-1) // and the second just in it
		require.ErrorIs(t, s.Wait(t.Context()), tree.ErrGaveUp)
	})
}
