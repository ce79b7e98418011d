package tree_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// startProbes starts a probe of each name as a child of s.
func startProbes(t *testing.T, s *tree.Scope, log *trail, r policy.Restart, names ...string) map[string]*probe {
	t.Helper()
	probes := make(map[string]*probe)
	for _, name := range names {
		p := newProbe(log, name)
		_, err := s.Start(t.Context(), p.spec(r))
		require.NoError(t, err)
		probes[name] = p
	}
	return probes
}

// A child that nobody asked to stop cannot end with OTP's shutdown: to return
// nil is normal, and policy.Done stands for {shutdown, _}.
func TestSupervision_023_025_APermanentChildAlwaysComesBack(t *testing.T) {
	for _, end := range []func(*probe){
		func(p *probe) { p.exits <- nil },
		func(p *probe) { p.exits <- errCrash },
		func(p *probe) { p.panics <- "boom" },
	} {
		requireComesBack(t, policy.Permanent, end)
	}
}

func TestSupervision_026_ATransientThatIsDoneKeepsItsPlaceAndStaysDown(t *testing.T) {
	for _, end := range []error{nil, policy.Done(nil), policy.Done(errCrash)} {
		synctest.Test(t, func(t *testing.T) {
			log := &trail{}
			s, _ := openSupervisor(t, policy.SupervisorScope)
			c := startProbes(t, s, log, policy.Transient, "c")["c"]
			c.exits <- end
			synctest.Wait()
			require.Equal(t, []string{"start c#1", "up c", "down c"}, log.list())
			require.Equal(t, []string{"c stopped"}, slots(s.Snapshot()))
			require.Zero(t, s.Snapshot().Counts.Restarts)
		})
	}
}

// requireComesBack lets a child end and checks that a second incarnation runs.
func requireComesBack(t *testing.T, restart policy.Restart, end func(*probe)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		s, _ := openSupervisor(t, policy.SupervisorScope)
		end(startProbes(t, s, log, restart, "c")["c"])
		synctest.Wait()
		require.Equal(t, []string{"start c#1", "up c", "down c", "start c#2", "up c"}, log.list())
		require.Equal(t, []string{"c running"}, slots(s.Snapshot()))
	})
}

// Nothing kills a goroutine; a panic is the nearest.
func TestSupervision_028_ATransientThatFailsComesBack(t *testing.T) {
	for _, end := range []func(*probe){
		func(p *probe) { p.exits <- errCrash },
		func(p *probe) { p.exits <- context.Canceled }, // of a context that is not its own
		func(p *probe) { p.panics <- "boom" },
	} {
		requireComesBack(t, policy.Transient, end)
	}
}

func TestSupervision_029_ATemporaryLeavesNoPlaceAndItsNameIsFreeAtOnce(t *testing.T) {
	for _, end := range []func(*probe){
		func(p *probe) { p.exits <- nil },
		func(p *probe) { p.exits <- policy.Done(nil) },
		func(p *probe) { p.exits <- errCrash },
		func(p *probe) { p.panics <- "boom" },
	} {
		synctest.Test(t, func(t *testing.T) {
			log := &trail{}
			s, _ := openSupervisor(t, policy.SupervisorScope)
			c := startProbes(t, s, log, policy.Temporary, "c")["c"]
			child, err := s.Child("c")
			require.NoError(t, err)
			end(c)
			_ = child.Wait(t.Context())
			require.Empty(t, s.Snapshot().Children)
			again, err := s.Start(t.Context(), c.spec(policy.Temporary))
			require.NoError(t, err)
			require.Equal(t, 1, again.Incarnation(), "a child of its own, not the old one")
			require.Equal(t, []string{"start c#1", "up c", "down c", "start c#2", "up c"}, log.list())
		})
	}
}

func TestSupervision_031_ATransientThatCrashesAndThenFinishesCostsOneRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		s, _ := openSupervisor(t, policy.SupervisorScope)
		c := startProbes(t, s, log, policy.Transient, "c")["c"]
		c.exits <- errCrash
		c.exits <- nil
		synctest.Wait()
		require.Equal(t, []string{"start c#1", "up c", "down c", "start c#2", "up c", "down c"}, log.list())
		require.Equal(t, []string{"c stopped"}, slots(s.Snapshot()))
		require.EqualValues(t, 1, s.Snapshot().Counts.Restarts)
	})
}

func TestSupervision_032_AGroupRestartForgetsTemporarySiblings(t *testing.T) {
	inGroups(t, func(t *testing.T, strategy policy.Strategy) {
		log := &trail{}
		p := policy.SupervisorScope
		p.Strategy = strategy
		s, _ := openSupervisor(t, p)
		a := startProbes(t, s, log, policy.Permanent, "a")["a"]
		startProbes(t, s, log, policy.Temporary, "x")
		a.exits <- errCrash
		synctest.Wait()
		require.Equal(t, []string{"start a#1", "up a", "start x#1", "up x",
			"down a", "stopping x", "down x", "start a#2", "up a"}, log.list())
		require.Equal(t, []string{"a running"}, slots(s.Snapshot()))
		require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
	})
}

func TestSupervision_034_ATransientThatFinishesLeavesItsGroupAlone(t *testing.T) {
	inGroups(t, func(t *testing.T, strategy policy.Strategy) {
		log := &trail{}
		p := policy.SupervisorScope
		p.Strategy = strategy
		s, _ := openSupervisor(t, p)
		first := startProbes(t, s, log, policy.Transient, "t")["t"]
		startProbes(t, s, log, policy.Permanent, "a", "b")
		first.exits <- nil
		synctest.Wait()
		require.Equal(t, []string{"start t#1", "up t", "start a#1", "up a", "start b#1", "up b", "down t"}, log.list())
		require.Equal(t, []string{"t stopped", "a running", "b running"}, slots(s.Snapshot()))
	})
}

func TestSupervision_035_OneForOneRestartsOnlyTheChildThatEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		s, _ := openSupervisor(t, policy.SupervisorScope)
		probes := startProbes(t, s, log, policy.Permanent, "a", "b")
		probes["a"].exits <- errCrash
		synctest.Wait()
		require.Equal(t, []string{"start a#1", "up a", "start b#1", "up b", "down a", "start a#2", "up a"}, log.list())
		require.EqualValues(t, 1, probes["b"].starts.Load())
	})
}

func TestSupervision_037_ARestartDoesNotChangeTheOrderOfTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		a, b, c := newProbe(log, "a"), newProbe(log, "b"), newProbe(log, "c")
		s, _ := openSupervisor(t, policy.SupervisorScope)
		_, err := s.Start(t.Context(), supervisorSpec(
			a.spec(policy.Permanent), b.spec(policy.Permanent), c.spec(policy.Permanent)))
		require.NoError(t, err)
		a.exits <- errCrash
		synctest.Wait()
		before := len(log.list())
		_, err = s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"stopping c", "down c", "stopping b", "down b", "stopping a", "down a"}, log.list()[before:])
	})
}

// The supervisor is never busy here as OTP's is, but while it brings up its fixed
// children it lets exits wait.
func TestSupervision_038_ExitsThatWaitedAreAnsweredInOrderOfExit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := intense(10, time.Minute)
		names := []string{"c", "a", "j", "b", "e", "d", "i", "f", "h", "g"}
		probes := make([]*probe, len(names))
		spec := tree.ChildSpec{Name: "sup", Policy: &p}
		for i, name := range names {
			probes[i] = newProbe(&trail{}, name)
			spec.Children = append(spec.Children, probes[i].spec(policy.Permanent))
		}
		slow := newProbe(&trail{}, "slow")
		slow.startWait = time.Second
		spec.Children = append(spec.Children, slow.spec(policy.Permanent))

		s, seen := openSupervisor(t, policy.SupervisorScope)
		go func() {
			for _, i := range []int{4, 9, 0, 1, 8, 2, 7, 3, 6, 5} {
				if sleep(t.Context(), 10*time.Millisecond) == nil {
					probes[i].exits <- errCrash
				}
			}
		}()
		_, err := s.Start(t.Context(), spec)
		require.NoError(t, err)
		synctest.Wait()
		var again []string
		for _, e := range seen.of(tree.ChildStarted) {
			if e.Incarnation == 2 {
				again = append(again, e.Path)
			}
		}
		require.Equal(t, []string{"app/sup/e", "app/sup/g", "app/sup/c", "app/sup/a", "app/sup/h",
			"app/sup/j", "app/sup/f", "app/sup/b", "app/sup/i", "app/sup/d"}, again)
		require.EqualValues(t, 10, below(t, s, "sup").Counts.Restarts)
	})
}
