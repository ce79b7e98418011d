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

// nest makes a supervisor of children that are up when they say so.
func nest(name string, children ...tree.ChildSpec) tree.ChildSpec {
	return tree.ChildSpec{Name: name, Policy: new(bounded()), Children: children}
}

// threeDeep is a tree of probes three levels deep, each of which takes a second to
// start: app(a, mid(b, low(c), d), e).
func threeDeep(log *trail) (map[string]*probe, tree.ChildSpec) {
	probes := make(map[string]*probe)
	leaf := func(name string) tree.ChildSpec {
		p := newProbe(log, name)
		p.startWait = time.Second
		probes[name] = p
		return p.spec(policy.Permanent)
	}
	spec := nest("app", leaf("a"), nest("mid", leaf("b"), nest("low", leaf("c")), leaf("d")), leaf("e"))
	return probes, spec
}

func TestATreeThatIsOneValueStartsInOrderAndStopsInReverse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, seen := &trail{}, &recorder{}
		_, spec := threeDeep(log)
		require.NoError(t, tree.Check(spec))
		begun := time.Now()
		s, err := tree.Boot(t.Context(), spec, tree.WithObserver(seen))
		require.NoError(t, err)
		require.Equal(t, 5*time.Second, time.Since(begun), "each waits for the one before")
		up := []string{"start a#1", "up a", "start b#1", "up b", "start c#1", "up c", "start d#1", "up d", "start e#1", "up e"}
		require.Equal(t, up, log.list())
		require.Equal(t, "app", s.Path())
		require.Equal(t, bounded().WithDefaults(), s.Snapshot().Policy)
		require.Equal(t, []string{"a running", "mid running", "e running"}, slots(s.Snapshot()))
		require.Equal(t, tree.ChildCounts{Children: 3, Supervisors: 1, Active: 3}, s.CountChildren())

		late := startProbes(t, s, log, policy.Permanent, "late") // more may be added
		require.EqualValues(t, 1, late["late"].starts.Load())
		require.NoError(t, s.Close())
		require.Equal(t, []string{"stopping late", "down late", "stopping e", "down e", "stopping d", "down d", "stopping c", "down c",
			"stopping b", "down b", "stopping a", "down a"}, log.list()[len(up)+2:])
		require.Equal(t, []string{"app"}, paths(seen.of(tree.ScopeClosed))[2:], "those below before")
	})
}

func TestATreeOfWhichOneDoesNotStartIsStoppedAgainInReverse(t *testing.T) {
	for name, c := range map[string]struct {
		boot func(t *testing.T, spec tree.ChildSpec) error
		root string
	}{
		"Boot": {func(t *testing.T, spec tree.ChildSpec) error {
			s, err := tree.Boot(t.Context(), spec, tree.WithObserver(&recorder{}))
			require.Nil(t, s)
			return err
		}, "app"},
		"Start": {func(t *testing.T, spec tree.ChildSpec) error {
			s, _ := openSupervisor(t, policy.SupervisorScope)
			child, err := s.Start(t.Context(), spec)
			require.Nil(t, child)
			require.Empty(t, s.Snapshot().Children)
			require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
			return err
		}, "app/app"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := &trail{}
				probes, spec := threeDeep(log)
				probes["d"].failing.Store(1)
				probes["c"].stopWait = 500 * ms
				begun := time.Now()
				err := c.boot(t, spec)
				require.Equal(t, 4500*ms, time.Since(begun))
				require.Equal(t, []string{"start a#1", "up a", "start b#1", "up b", "start c#1", "up c", "start d#1",
					"stopping c", "down c", "stopping b", "down b", "stopping a", "down a"}, log.list())
				require.ErrorIs(t, err, tree.ErrBoot)
				require.ErrorIs(t, err, errCrash)
				require.NotErrorIs(t, err, tree.ErrGaveUp)
				require.ErrorContains(t, err, c.root+"/mid/d: crash", "it says which and why")
				var failed *tree.ChildError
				require.ErrorAs(t, err, &failed)
			})
		})
	}
}

func TestABootFailureIsToldApartFromACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProbe(&trail{}, "leaf")
		root := nest("app", p.spec(policy.Permanent))
		root.Policy.Intensity = policy.NoRestarts
		p.failing.Store(1)
		_, err := tree.Boot(t.Context(), root)
		require.ErrorIs(t, err, tree.ErrBoot)
		require.NotErrorIs(t, err, tree.ErrGaveUp)
		require.EqualError(t, err, "app/leaf: crash")

		s, err := tree.Boot(t.Context(), root, tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		p.exits <- errCrash
		err = s.Wait(t.Context())
		require.ErrorIs(t, err, tree.ErrGaveUp)
		require.NotErrorIs(t, err, tree.ErrBoot)
	})
}

// A supervisor that was up, crashed, and does not come up again has failed to boot;
// that is one restart more for the one above.
func TestARestartOfASupervisorThatDoesNotBootIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProbe(&trail{}, "leaf")
		sup := nest("sup", p.spec(policy.Permanent))
		sup.Policy.Intensity = policy.NoRestarts
		s, seen := openSupervisor(t, intense(2, time.Minute))
		child, err := s.Start(t.Context(), sup)
		require.NoError(t, err)
		p.failing.Store(1000)
		p.exits <- errBoom
		err = s.Wait(t.Context())
		require.ErrorIs(t, err, tree.ErrGaveUp, "the one above")
		require.ErrorIs(t, err, tree.ErrBoot, "because of this")
		require.ErrorIs(t, err, errCrash)
		require.Equal(t, 3, child.Incarnation())
		synctest.Wait()
		failed := seen.of(tree.ChildStartFailed)
		require.Equal(t, []string{"app/sup/leaf", "app/sup", "app/sup/leaf", "app/sup"}, paths(failed))
		require.ErrorIs(t, failed[1].Err, tree.ErrBoot)
		require.Equal(t, []string{"app/sup/leaf", "app/sup"}, paths(seen.of(tree.ChildExited)), "the crash")
	})
}

func TestNothingOfATreeWithAFaultIsStarted(t *testing.T) {
	for name, c := range map[string]struct {
		spec tree.ChildSpec
		want []fault
	}{
		"no policy":     {tree.ChildSpec{Name: "app"}, []fault{{"tree.ChildSpec.Policy", nil}}},
		"a worker":      {tree.ChildSpec{Name: "app", Run: neverRuns}, []fault{{"tree.ChildSpec.Policy", nil}}},
		"no name":       {nest(""), []fault{{"tree.ChildSpec.Name", ""}}},
		"deep below":    {nest("app", nest("mid", tree.ChildSpec{Name: "a", Run: neverRuns}, tree.ChildSpec{Name: "b"})), []fault{{"tree.ChildSpec.Children[0].Children[1].Run", nil}}},
		"restart":       {rootWith(func(s *tree.ChildSpec) { s.Restart = policy.Transient }), []fault{{"tree.ChildSpec.Restart", policy.Transient}}},
		"on failure":    {rootWith(func(s *tree.ChildSpec) { s.OnFailure = new(policy.Report) }), []fault{{"tree.ChildSpec.OnFailure", policy.Report}}},
		"background":    {rootWith(func(s *tree.ChildSpec) { s.Background = true }), []fault{{"tree.ChildSpec.Background", true}}},
		"backoff":       {rootWith(func(s *tree.ChildSpec) { s.Backoff = policy.NoBackoff }), []fault{{"tree.ChildSpec.Backoff", policy.NoBackoff}}},
		"a source":      {rootWith(func(s *tree.ChildSpec) { s.NewBackoff = (&source{}).made }), []fault{{"tree.ChildSpec.NewBackoff", "a function"}}},
		"intensity":     {rootWith(func(s *tree.ChildSpec) { s.Intensity = policy.NoRestarts }), []fault{{"tree.ChildSpec.Intensity", policy.NoRestarts}}},
		"stop":          {rootWith(func(s *tree.ChildSpec) { s.Stop.Grace = time.Second }), []fault{{"tree.ChildSpec.Stop", policy.Stop{Grace: time.Second}}}},
		"ready":         {rootWith(func(s *tree.ChildSpec) { s.WaitReady = true }), []fault{{"tree.ChildSpec.WaitReady", true}}},
		"cancel":        {rootWith(func(s *tree.ChildSpec) { s.IsCancel = func(error) bool { return true } }), []fault{{"tree.ChildSpec.IsCancel", "a function"}}},
		"more than one": {rootWith(func(s *tree.ChildSpec) { s.Background, s.WaitReady = true, true }), []fault{{"tree.ChildSpec.Background", true}, {"tree.ChildSpec.WaitReady", true}}},
		"significant": {rootWith(func(s *tree.ChildSpec) { s.Restart, s.Significant = policy.Transient, true }),
			[]fault{{"tree.ChildSpec.Restart", policy.Transient}, {"tree.ChildSpec.Significant", true}}},
		"too many": {rootWith(func(s *tree.ChildSpec) {
			s.Policy.Limit = 1
			s.Children = append(s.Children, s.Children[0], s.Children[0])
		}), []fault{{"tree.ChildSpec.Policy.Limit", 1}}},
		"of the policy":  {rootWith(func(s *tree.ChildSpec) { s.Policy.Backoff.Min = -1 }), []fault{{"policy.Scope.Backoff.Min", time.Duration(-1)}}},
		"of the backoff": {rootWith(func(s *tree.ChildSpec) { s.Policy.Backoff = policy.Backoff{Max: 1} }), []fault{{"policy.Scope.Backoff.Min", time.Duration(0)}}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := tree.Boot(t.Context(), c.spec)
			require.Nil(t, s)
			requireFaults(t, err, c.want...)
			require.Zero(t, rootsNamed(c.spec.Name))
		})
	}
	var none context.Context
	_, err := tree.Boot(none, rootWith(func(*tree.ChildSpec) {}))
	requireFaults(t, err, fault{"tree.Boot.ctx", nil})
	_, err = tree.Boot(t.Context(), rootWith(func(*tree.ChildSpec) {}), tree.WithName("a/b"))
	requireFaults(t, err, fault{"tree.WithName", "a/b"})
}

func neverRuns(context.Context) error { panic("must not run") }

// rootWith is a tree of one child, changed.
func rootWith(change func(*tree.ChildSpec)) tree.ChildSpec {
	spec := nest("refused", tree.ChildSpec{Name: "c", Run: neverRuns})
	change(&spec)
	return spec
}

func TestATreeEndsWithTheContextItIsBootedUnder(t *testing.T) {
	for name, c := range map[string]struct {
		after   time.Duration
		started []string
	}{
		"before":    {0, nil},
		"meanwhile": {1500 * ms, []string{"start a#1", "up a", "start b#1"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := &trail{}
				_, spec := threeDeep(log)
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				if c.after == 0 {
					cancel(errReason)
				}
				time.AfterFunc(c.after, func() { cancel(errReason) })
				begun := time.Now()
				s, err := tree.Boot(ctx, spec, tree.WithObserver(&recorder{}))
				require.Nil(t, s)
				require.Equal(t, errReason, err)
				require.Equal(t, c.after, time.Since(begun))
				require.Equal(t, c.started, log.list()[:len(c.started)])
				require.Zero(t, rootsNamed("app"))
			})
		})
	}
}

// What went wrong before is worth more than that the caller has no time.
func TestATreeThatDoesNotStartSaysWhyAlsoWhenTheContextEndsMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		probes, spec := threeDeep(log)
		probes["b"].failing.Store(1)
		probes["a"].stopWait = time.Second
		ctx, cancel := context.WithTimeout(t.Context(), 2500*ms)
		defer cancel()
		_, err := tree.Boot(ctx, spec, tree.WithObserver(&recorder{}))
		require.ErrorIs(t, err, tree.ErrBoot)
		require.ErrorIs(t, err, errCrash)
	})
}

func TestATreeThatSomebodyShutsDownWhileItBootsIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		probes, spec := threeDeep(log)
		time.AfterFunc(2500*ms, func() { probes["a"].scope.Load().Drain(nil) })
		s, err := tree.Boot(t.Context(), spec, tree.WithObserver(&recorder{}))
		require.Nil(t, s)
		require.ErrorIs(t, err, tree.ErrClosed)
		require.NotErrorIs(t, err, tree.ErrBoot)
		require.Equal(t, "down a", log.list()[len(log.list())-1])
	})
}

func TestATreeBootedBelowAScopeEndsWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		_, spec := threeDeep(log)
		err := tree.Run(t.Context(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
			below, err := tree.Boot(ctx, spec, tree.WithName("below"))
			if err != nil {
				return err
			}
			require.Equal(t, "top/below", below.Path())
			return nil
		}, tree.WithName("top"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		require.Equal(t, "down a", log.list()[len(log.list())-1])
	})
}

func TestABootedTreeTakesNoMoreThanItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		_, spec := threeDeep(log)
		spec.Policy.Limit = 3
		s, err := tree.Boot(t.Context(), spec, tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		defer s.Close()
		require.ErrorIs(t, s.TryGo(t.Context(), drainer), tree.ErrFull)
		e, err := s.Child("e")
		require.NoError(t, err)
		require.Regexp(t, `^boot_test\.go:\d+$`, s.Snapshot().Children[0].Site)
		require.NoError(t, e.Shutdown(t.Context()))
		require.NoError(t, s.TryGo(t.Context(), drainer))
		require.ErrorIs(t, e.Restart(t.Context()), tree.ErrFull, "its place has gone to another")
		a, err := s.Child("a")
		require.NoError(t, err)
		_, err = a.Scope()
		require.ErrorIs(t, err, tree.ErrNoSupervisor)
	})
}

func TestTheDeciderOfATreeIsThatOfItsRoot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProbe(&trail{}, "c")
		spec := nest("app", nest("mid", p.spec(policy.Permanent)))
		var heard []error
		spec.Decide = func(err error) policy.Decision { heard = append(heard, err); return policy.NoRestart }
		s, err := tree.Boot(t.Context(), spec, tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		p.exits <- errCrash
		synctest.Wait()
		require.Equal(t, []error{errCrash}, heard)
		require.NoError(t, s.Close())
	})
}
