package tree_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// stop has app stop the supervisor, and returns what it came to.
func (s *fixture) stop(t *testing.T) (took time.Duration, result error) {
	t.Helper()
	begun := time.Now()
	_ = s.child.Shutdown(t.Context())
	took = time.Since(begun)
	synctest.Wait() // until the observer has been told
	return took, s.child.Wait(t.Context())
}

func TestSupervision_085_AChildThatHangsIsCanceledAfterItsOwnGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hung := &signals{from: time.Now()}
		s := superviseAs(t, policy.SupervisorScope, func(spec *tree.ChildSpec) {
			if spec.Name == "hung" {
				spec.Run, spec.WaitReady = hung.run(0), false
				spec.Stop.Grace = time.Second
			}
		}, "a", "hung", "c")
		took, err := s.stop(t)
		require.NoError(t, err, "it ended cleanly")
		require.Equal(t, time.Second, took)
		require.Equal(t, time.Second, hung.canceled)
		require.EqualError(t, hung.cause, causeOfChild)
		require.Equal(t, []string{"stopping c", "down c", "stopping a", "down a"}, s.steps(), "siblings stop as usual")
		require.Empty(t, s.seen.failures())
		report, err := s.scope.Shutdown(t.Context()) // the report of the end that it has come to
		require.NoError(t, err)
		require.True(t, report.Clean())
		require.Equal(t, []ended{
			{"app/sup/c", policy.Returned, tree.PhaseDraining, "", ""},
			{"app/sup/hung", policy.Canceled, tree.PhaseDraining, causeOfChild, "context canceled"},
			{"app/sup/a", policy.Returned, tree.PhaseDraining, "", ""},
		}, endedOf(report), "which says of whom the time was over")
	})
}

// Nothing kills a goroutine. A child that does not heed its cancel either is
// reported as abandoned, its siblings stop as usual, and the result is not clean as
// OTP's is: a scope never ends over something that lives without saying so.
func TestSupervision_085_AChildThatHangsForGoodIsAbandonedAndTheStopGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		s := superviseAs(t, policy.SupervisorScope, func(spec *tree.ChildSpec) {
			if spec.Name == "hung" {
				spec.Run, spec.WaitReady = stubborn(gate), false
				spec.Stop = policy.Stop{Grace: time.Second, Kill: 2 * time.Second}
			}
		}, "a", "hung", "c")
		took, err := s.stop(t)
		require.Equal(t, 3*time.Second, took)
		require.EqualError(t, err, "tree: abandoned: app/sup/hung")
		require.ErrorIs(t, err, tree.ErrAbandoned)
		require.Equal(t, []string{"stopping c", "down c", "stopping a", "down a"}, s.steps())
		told := s.seen.of(tree.ChildAbandoned)
		require.Equal(t, []string{"app/sup/hung"}, paths(told))
		require.Equal(t, 3*time.Second, told[0].Time.Sub(s.up))
		require.Contains(t, told[0].Stack, "helpers_test.go:")
		open()
		synctest.Wait()
		require.Equal(t, []string{"app/sup/hung"}, paths(s.seen.of(tree.ChildEndedLate)))
	})
}

// Brutal here is a Grace that is over at once: the child has no time to finish
// anything, and to heed that is no failure to report.
func TestSupervision_086_AChildWithoutAGraceIsCanceledAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := superviseAs(t, policy.SupervisorScope, func(spec *tree.ChildSpec) {
			if spec.Name == "b" {
				spec.Stop.Grace = policy.NoGrace
			}
		}, "a", "b", "c")
		for _, p := range s.probes {
			p.stopWait = time.Second
		}
		took, err := s.stop(t)
		require.NoError(t, err)
		require.Equal(t, 2*time.Second, took, "a second each for a and c")
		require.Equal(t, []string{"stopping c", "down c", "stopping b", "stopping a", "down a"}, s.steps(), "b was cut short")
		require.Empty(t, s.seen.failures())
		exits := s.seen.of(tree.ChildExited)
		require.Equal(t, []string{"app/sup/c", "app/sup/b", "app/sup/a"}, paths(exits)[:3])
		require.Equal(t, policy.Canceled, exits[1].Exit)
	})
}

func TestAChildWithoutAGraceThatHangsIsAbandonedAfterItsKillWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, _ := newGate(t)
		s := superviseAs(t, policy.SupervisorScope, func(spec *tree.ChildSpec) {
			if spec.Name == "b" {
				spec.Run, spec.WaitReady = stubborn(gate), false
				spec.Stop = policy.Stop{Grace: policy.NoGrace, Kill: time.Second}
			}
		}, "a", "b", "c")
		took, err := s.stop(t)
		require.ErrorIs(t, err, tree.ErrAbandoned)
		require.Equal(t, time.Second, took)
		require.Equal(t, []string{"stopping c", "down c", "stopping a", "down a"}, s.steps())
		require.Equal(t, []string{"app/sup/b"}, paths(s.seen.of(tree.ChildAbandoned)))
	})
}

func TestSupervision_088_AGraceWithoutEndWaitsAsLongAsNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := policy.SupervisorScope
		app.Stop.Grace = policy.Forever
		log := &trail{}
		worker, below := newProbe(log, "worker"), newProbe(log, "below")
		worker.stopWait, below.stopWait = 3*time.Second, 24*time.Hour
		s, seen := openSupervisor(t, app)
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "outer", Policy: &app, Children: []tree.ChildSpec{
			worker.spec(policy.Permanent), supervisorSpec(below.spec(policy.Permanent))}})
		require.NoError(t, err)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 24*time.Hour+3*time.Second, report.Took)
		require.Equal(t, []string{"stopping below", "down below", "stopping worker", "down worker"}, log.list()[4:])
		require.True(t, report.Clean())
		require.Empty(t, seen.of(tree.ScopeCanceling))
	})
}

// The grace of the supervisor itself is one for all of them; these have their own.
func TestSupervision_089_FixedChildrenStopOneByOneAndAddedOnesTogether(t *testing.T) {
	const hang = 300 * ms
	for _, c := range []struct {
		name  string
		fixed bool
		took  time.Duration
	}{{"fixed", true, 3 * hang}, {"added", false, hang}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sup := supervisorSpec()
				sup.Restart = policy.Temporary
				var added []tree.ChildSpec
				for _, name := range []string{"a", "b", "c"} {
					hung := tree.ChildSpec{Name: name, Run: blocker, Stop: policy.Stop{Grace: hang}}
					if c.fixed {
						sup.Children = append(sup.Children, hung)
					} else {
						added = append(added, hung)
					}
				}
				app, seen := openSupervisor(t, policy.SupervisorScope)
				child, err := app.Start(t.Context(), sup)
				require.NoError(t, err)
				s := scopeOf(t, child)
				for _, spec := range added {
					_, err := s.Start(t.Context(), spec)
					require.NoError(t, err)
				}
				begun := time.Now()
				require.NoError(t, child.Shutdown(t.Context()))
				require.Equal(t, c.took, time.Since(begun))
				synctest.Wait()
				require.Empty(t, seen.failures())
				require.Empty(t, seen.of(tree.ScopeCanceling), "each child had a bound of its own")
			})
		})
	}
}

// The bounds of the children differ, and the longest is what it takes.
func TestAddedChildrenStopTogetherWithinTheirOwnBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, _ := newGate(t)
		s, seen := openSupervisor(t, policy.SupervisorScope)
		begun := time.Now()
		short, long := &signals{from: begun}, &signals{from: begun}
		for _, spec := range []tree.ChildSpec{
			{Name: "short", Run: short.run(0), Stop: policy.Stop{Grace: 300 * ms}},
			{Name: "long", Run: long.run(0), Stop: policy.Stop{Grace: 900 * ms}},
			{Name: "stuck", Run: stubborn(gate), Stop: policy.Stop{Grace: 100 * ms, Kill: 600 * ms}},
		} {
			_, err := s.Start(t.Context(), spec)
			require.NoError(t, err)
		}
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 900*ms, report.Took)
		require.Equal(t, []time.Duration{0, 300 * ms, 0, 900 * ms}, []time.Duration{short.asked, short.canceled, long.asked, long.canceled})
		synctest.Wait() // until the observer has been told
		require.Equal(t, 700*ms, seen.of(tree.ChildAbandoned)[0].Time.Sub(begun))
	})
}

// Added children may depend on fixed ones, and go first.
func TestAddedChildrenHaveEndedBeforeTheFirstFixedOneStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise(t, policy.SupervisorScope, "a", "b")
		for _, name := range []string{"x", "y"} {
			added := newProbe(s.log, name)
			added.stopWait = time.Second
			_, err := s.scope.Start(t.Context(), added.spec(policy.Permanent))
			require.NoError(t, err)
		}
		before := len(s.steps())
		took, err := s.stop(t)
		require.NoError(t, err)
		require.Equal(t, time.Second, took)
		steps := s.steps()[before:]
		require.ElementsMatch(t, []string{"stopping x", "stopping y", "down x", "down y"}, steps[:4])
		require.Equal(t, []string{"stopping b", "down b", "stopping a", "down a"}, steps[4:])
	})
}

// A tree is stopped from the last leaf to the first, each branch as a whole.
func TestATreeStopsDepthFirstAndBackward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		branch := func(name string, leaves ...string) tree.ChildSpec {
			p := policy.SupervisorScope
			spec := tree.ChildSpec{Name: name, Policy: &p}
			for _, leaf := range leaves {
				l := newProbe(log, leaf)
				l.stopWait = time.Second
				spec.Children = append(spec.Children, l.spec(policy.Permanent))
			}
			return spec
		}
		w := newProbe(log, "w")
		w.stopWait = time.Second
		app := policy.SupervisorScope
		app.Stop.Grace = time.Minute
		s, _ := openSupervisor(t, app)
		root := supervisorSpec(branch("s1", "a", "b"), w.spec(policy.Permanent), branch("s2", "c", "d"))
		_, err := s.Start(t.Context(), root)
		require.NoError(t, err)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 5*time.Second, report.Took)
		require.Equal(t, []string{"stopping d", "down d", "stopping c", "down c", "stopping w", "down w",
			"stopping b", "down b", "stopping a", "down a"}, log.list()[10:])
	})
}
