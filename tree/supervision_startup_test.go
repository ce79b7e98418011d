package tree_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestSupervision_001_AnEmptySupervisorStartsAndStopsCleanly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		sup, err := s.Start(t.Context(), supervisorSpec())
		require.NoError(t, err)
		require.Equal(t, policy.SlotRunning, sup.State())
		require.Empty(t, below(t, s, "sup").Children)

		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.True(t, report.Clean())
		require.NoError(t, sup.Wait(t.Context()))
		require.NoError(t, s.Close())
		require.Empty(t, seen.failures())
	})
}

// In Go the init callback is whatever runs before the supervisor is opened: a
// child that finds that it need not open one returns ErrIgnored.
func TestSupervision_002_ASupervisorThatDeclinesIsNoError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		sup, err := s.Start(t.Context(), tree.ChildSpec{Name: "sup", Restart: policy.Temporary, WaitReady: true,
			Run: func(ctx context.Context) error {
				return tree.Run(ctx, policy.SupervisorScope, func(context.Context, *tree.Scope) error {
					return policy.ErrIgnored
				})
			}})
		require.NoError(t, err)
		exit, ended := sup.Exit()
		require.True(t, ended)
		require.Equal(t, policy.Returned, exit)
		require.Empty(t, s.Snapshot().Children, "nothing runs and no place is kept")
		require.Empty(t, seen.failures())
	})
}

func TestSupervision_004_AnInitThatPanicsIsTheErrorOfTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		sup, err := s.Start(t.Context(), tree.ChildSpec{Name: "sup", WaitReady: true,
			Run: func(ctx context.Context) error {
				return tree.Run(ctx, policy.SupervisorScope, func(context.Context, *tree.Scope) error { panic("no init") })
			}})
		require.Nil(t, sup)
		require.EqualError(t, err, "app/sup: panic: no init")
		panicked := new(policy.PanicError)
		require.ErrorAs(t, err, &panicked)
		require.Equal(t, "no init", panicked.Value)
		require.Empty(t, s.Snapshot().Children)
	})
}

func TestSupervision_005_ChildrenGivenAtStartComeUpInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		a, b, c := newProbe(log, "a"), newProbe(log, "b"), newProbe(log, "c")
		for _, p := range []*probe{a, b, c} {
			p.startWait = time.Second
		}
		s, _ := openSupervisor(t, policy.SupervisorScope)
		begun := time.Now()
		_, err := s.Start(t.Context(), supervisorSpec(
			a.spec(policy.Permanent), b.spec(policy.Permanent), c.spec(policy.Permanent)))
		require.NoError(t, err)
		require.Equal(t, 3*time.Second, time.Since(begun), "the start returns when c is up")
		require.Equal(t, []string{"start a#1", "up a", "start b#1", "up b", "start c#1", "up c"}, log.list())
		require.Equal(t, []string{"a running", "b running", "c running"}, slots(below(t, s, "sup")))
	})
}

func TestSupervision_007_AStartThatPanicsStopsTheChildrenBeforeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		a, b, d := newProbe(log, "a"), newProbe(log, "b"), newProbe(log, "d")
		s, seen := openSupervisor(t, policy.SupervisorScope)
		_, err := s.Start(t.Context(), supervisorSpec(a.spec(policy.Permanent), b.spec(policy.Permanent),
			tree.ChildSpec{Name: "c", WaitReady: true, Run: func(context.Context) error { panic("no start") }},
			d.spec(policy.Permanent)))
		require.EqualError(t, err, "app/sup: app/sup/c: panic: no start")
		panicked := new(policy.PanicError)
		require.ErrorAs(t, err, &panicked)
		require.Equal(t, "no start", panicked.Value)
		require.Equal(t, []string{"start a#1", "up a", "start b#1", "up b",
			"stopping b", "down b", "stopping a", "down a"}, log.list(), "reverse order, and d was never started")
		require.Empty(t, s.Snapshot().Children, "no restart: the starter has the error")
		require.Empty(t, seen.of(tree.GaveUp))
	})
}

func TestSupervision_008_AFailureToStartPassesUpThroughTheSupervisors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		w, a, b := newProbe(log, "w"), newProbe(log, "a"), newProbe(log, "b")
		w.failing.Store(1)
		s, _ := openSupervisor(t, policy.SupervisorScope)
		inner := supervisorSpec(b.spec(policy.Permanent), w.spec(policy.Permanent))
		outer := supervisorSpec(a.spec(policy.Permanent), inner)
		_, err := s.Start(t.Context(), outer)
		require.ErrorIs(t, err, errCrash)
		require.EqualError(t, err, "app/sup: app/sup/sup: app/sup/sup/w: crash")
		require.Equal(t, []string{"start a#1", "up a", "start b#1", "up b", "start w#1",
			"stopping b", "down b", "stopping a", "down a"}, log.list())
		require.Empty(t, s.Snapshot().Children)
	})
}

func TestSupervision_010_ATemporaryThatIgnoresItsStartLeavesNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		x, y := newProbe(log, "x"), newProbe(log, "y")
		x.failing.Store(1)
		x.startFail = policy.ErrIgnored
		s, seen := openSupervisor(t, policy.SupervisorScope)
		_, err := s.Start(t.Context(), supervisorSpec(x.spec(policy.Temporary), y.spec(policy.Temporary)))
		require.NoError(t, err)
		require.Equal(t, []string{"start x#1", "start y#1", "up y"}, log.list())
		require.Equal(t, []string{"y running"}, slots(below(t, s, "sup")))
		require.Empty(t, seen.failures())
	})
}

// The handle takes the place of OTP's undefined pid: it says that nothing runs.
func TestSupervision_011_AnIgnoredStartKeepsAPlaceUnlessTemporary(t *testing.T) {
	for _, c := range []struct {
		restart policy.Restart
		slots   []string
	}{{policy.Permanent, []string{"c stopped"}}, {policy.Transient, []string{"c stopped"}}, {policy.Temporary, nil}} {
		synctest.Test(t, func(t *testing.T) {
			p := newProbe(&trail{}, "c")
			p.failing.Store(1)
			p.startFail = policy.ErrIgnored
			s, seen := openSupervisor(t, policy.SupervisorScope)
			child, err := s.Start(t.Context(), p.spec(c.restart))
			require.NoError(t, err)
			exit, ended := child.Exit()
			require.True(t, ended)
			require.Equal(t, policy.Returned, exit)
			require.NoError(t, child.Wait(t.Context()))
			require.Equal(t, c.slots, slots(s.Snapshot()))
			require.EqualValues(t, 1, p.starts.Load())
			require.Empty(t, seen.failures())
		})
	}
}

// A child added later is this library's simple_one_for_one.
func TestSupervision_013_AScopeWithAnIgnoredChildStopsCleanly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		x, y := newProbe(log, "x"), newProbe(log, "y")
		x.failing.Store(1)
		x.startFail = policy.ErrIgnored
		s, _ := openSupervisor(t, policy.SupervisorScope)
		for _, p := range []*probe{x, y} {
			_, err := s.Start(t.Context(), p.spec(policy.Permanent))
			require.NoError(t, err)
		}
		begun := time.Now()
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.True(t, report.Clean())
		require.Equal(t, 1, report.Drained)
		require.Zero(t, time.Since(begun))
		require.NoError(t, s.Close())
		require.Equal(t, []string{"start x#1", "start y#1", "up y", "stopping y", "down y"}, log.list())
	})
}

func TestSupervision_014_DuplicateNamesStartNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		a, b := newProbe(log, "a"), newProbe(log, "b")
		s, seen := openSupervisor(t, policy.SupervisorScope)
		_, err := s.Start(t.Context(), supervisorSpec(
			a.spec(policy.Permanent), b.spec(policy.Permanent), a.spec(policy.Temporary)))
		require.ErrorIs(t, err, tree.ErrDuplicate)
		require.EqualError(t, err, `tree: name already taken: tree.ChildSpec.Children[2].Name = "a"`)
		synctest.Wait()
		require.Empty(t, log.list())
		require.Empty(t, seen.of(tree.ChildStarted))
		require.Empty(t, s.Snapshot().Children)
	})
}

func TestSupervision_016_ACrashDuringTheStartOfASiblingIsRestartedAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		a, b := newProbe(log, "a"), newProbe(log, "b")
		b.startWait = time.Second
		s, _ := openSupervisor(t, policy.SupervisorScope)
		begun := time.Now()
		go func() {
			if sleep(t.Context(), 300*time.Millisecond) == nil {
				a.exits <- errCrash
			}
		}()
		_, err := s.Start(t.Context(), supervisorSpec(a.spec(policy.Permanent), b.spec(policy.Permanent)))
		require.NoError(t, err)
		require.Equal(t, time.Second, time.Since(begun))
		synctest.Wait()
		require.Equal(t, []string{"start a#1", "up a", "start b#1", "down a", "up b", "start a#2", "up a"}, log.list())
		require.EqualValues(t, 1, below(t, s, "sup").Counts.Restarts)
	})
}

// OTP's shutdown of 5 s, or infinity for a supervisor, is the scope's Stop here,
// for both kinds.
func TestSupervision_017_ASpecOfNameAndRunIsFilledIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "worker", Run: drainer})
		require.NoError(t, err)
		_, err = s.Start(t.Context(), supervisorSpec())
		require.NoError(t, err)

		for _, name := range []string{"worker", "sup"} {
			child, err := s.Child(name)
			require.NoError(t, err)
			spec := child.Spec()
			require.Equal(t, name, spec.Name)
			require.Equal(t, policy.Permanent, spec.Restart)
			require.False(t, spec.Significant)
			require.Equal(t, policy.Stop{Grace: policy.DefaultGrace, Kill: policy.DefaultKill}, spec.Stop)
		}
		_, err = s.Child("nobody")
		require.ErrorIs(t, err, tree.ErrNotFound)
		require.EqualError(t, err, `tree: no such child: "nobody" in app`)
	})
}

func TestSupervision_017_ABackoffAndAPolicyAreFilledIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		worker, err := s.Start(t.Context(), tree.ChildSpec{Name: "worker", Run: drainer, Backoff: policy.Backoff{Min: time.Second}})
		require.NoError(t, err)
		require.Equal(t, policy.Backoff{Min: time.Second}.WithDefaults(), worker.Spec().Backoff)
		sup, err := s.Start(t.Context(), supervisorSpec())
		require.NoError(t, err)
		require.Equal(t, policy.SupervisorScope.WithDefaults(), *sup.Spec().Policy)
	})
}

func TestSupervision_019_BadValuesAreRefusedByNameAndNothingStarts(t *testing.T) {
	sup := func(change func(*policy.Scope)) tree.ChildSpec {
		p := policy.SupervisorScope
		change(&p)
		return tree.ChildSpec{Name: "c", Policy: &p, Children: []tree.ChildSpec{{Name: "leaf", Run: drainer}}}
	}
	for _, c := range []struct {
		spec tree.ChildSpec
		want string
	}{
		{tree.ChildSpec{Name: "c", Run: drainer, Restart: 9}, "tree.ChildSpec.Restart = restart(9): unknown"},
		{tree.ChildSpec{Name: "c", Run: drainer, Stop: policy.Stop{Grace: -5}}, "policy.Stop.Grace = -5ns: must not be negative: NoGrace says none"},
		{tree.ChildSpec{Name: "c", Run: drainer, Stop: policy.Stop{Kill: -5}}, "policy.Stop.Kill = -5ns: must not be negative"},
		{tree.ChildSpec{Name: "c"}, "tree.ChildSpec.Run = nil: must be a function, or Policy set"}, // OTP's bad child type
		{sup(func(p *policy.Scope) { p.Strategy = 7 }), "policy.Scope.Strategy = strategy(7): is not a known value"},
		{sup(func(p *policy.Scope) { p.Intensity = policy.Intensity{Restarts: -1, Within: 1} }), "policy.Scope.Intensity.Restarts = -1: must not be negative"},
		{sup(func(p *policy.Scope) { p.Intensity = policy.Intensity{Restarts: 1} }), "policy.Scope.Intensity.Within = 0s: must be positive when restarts are allowed"},
		{sup(func(p *policy.Scope) { p.Auto = 7 }), "policy.Scope.Auto = auto(7): is not a known value"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, seen := openSupervisor(t, policy.SupervisorScope)
			child, err := s.Start(t.Context(), c.spec)
			require.Nil(t, child)
			field := new(policy.FieldError)
			require.ErrorAs(t, err, &field)
			require.Equal(t, c.want, field.Error())
			synctest.Wait()
			require.Empty(t, seen.of(tree.ChildStarted))
			require.Empty(t, s.Snapshot().Children)
		})
	}
}

func TestSupervision_020_CheckKnowsGoodSpecsFromBadWithoutASupervisor(t *testing.T) {
	restarts := []policy.Restart{policy.Permanent, policy.Transient, policy.Temporary}
	graces := []time.Duration{0, policy.NoGrace, time.Second, policy.Forever}
	kills := []time.Duration{0, time.Second, policy.Forever}
	checked := 0
	for _, strategy := range policy.Strategies() {
		p := policy.SupervisorScope
		p.Strategy, p.Auto = strategy, policy.AutoAnySignificant
		for _, restart := range restarts {
			for _, grace := range graces {
				for _, kill := range kills {
					for _, significant := range []bool{false, true} {
						child := tree.ChildSpec{Name: "c", Run: drainer, Restart: restart, Significant: significant,
							Stop: policy.Stop{Grace: grace, Kill: kill}}
						nested := tree.ChildSpec{Name: "sup", Policy: &p, Children: []tree.ChildSpec{child}}
						want := significant && restart == policy.Permanent
						for _, spec := range []tree.ChildSpec{child, nested} {
							checked++
							require.Equal(t, want, tree.Check(spec) != nil, "%+v: %v", spec, tree.Check(spec))
						}
					}
				}
			}
		}
	}
	require.Equal(t, 3*3*4*3*2*2, checked)
	require.NoError(t, tree.Check())
	all := tree.Check(tree.ChildSpec{Name: "a", Run: drainer}, tree.ChildSpec{Name: "a"}, tree.ChildSpec{})
	require.ErrorIs(t, all, tree.ErrDuplicate)
	require.True(t, slices.Contains(fieldsOf(all), "tree.ChildSpec[1].Run"), "%v", fieldsOf(all))
	require.True(t, slices.Contains(fieldsOf(all), "tree.ChildSpec[2].Name"), "%v", fieldsOf(all))
}

// fieldsOf returns the fields that an error faults.
func fieldsOf(err error) []string {
	var list []string
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			list = append(list, fieldsOf(e)...)
		}
		return list
	}
	if f, ok := err.(*policy.FieldError); ok {
		return []string{f.Field}
	}
	if inner := errors.Unwrap(err); inner != nil {
		return fieldsOf(inner)
	}
	return nil
}

func TestSupervision_022_InfoReachesTheStarterAndTheRestartIsAutomatic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		crash := make(chan struct{})
		starts := 0
		s, _ := openSupervisor(t, policy.SupervisorScope)
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", WaitReady: true, Run: func(ctx context.Context) error {
			starts++
			if err := tree.ReadyWith(ctx, map[string]int{"port": 8000 + starts}); err != nil {
				return err
			}
			log.add("up")
			select {
			case <-crash:
				return errCrash
			case <-tree.Draining(ctx):
				return nil
			}
		}})
		require.NoError(t, err)
		require.Equal(t, map[string]int{"port": 8001}, child.Info())

		crash <- struct{}{}
		synctest.Wait()
		require.Equal(t, 2, child.Incarnation())
		require.Equal(t, map[string]int{"port": 8002}, child.Info(), "of the latest incarnation")

		require.NoError(t, s.Restart("c"))
		synctest.Wait()
		require.Equal(t, map[string]int{"port": 8003}, child.Info())
		require.Equal(t, []string{"up", "up", "up"}, log.list())
	})
}
