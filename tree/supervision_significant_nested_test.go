package tree_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// A child's end within a group that is restarted is no end by itself: the group was
// going to stop it.
func TestSupervision_127_ASignificantChildThatItsGroupStopsEndsNothing(t *testing.T) {
	for _, strategy := range []policy.Strategy{policy.OneForAll, policy.RestForOne} {
		for _, auto := range []policy.AutoShutdown{policy.AutoAnySignificant, policy.AutoAllSignificant} {
			t.Run(strategy.String()+"/"+auto.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := autoShutting(auto)
					p.Strategy = strategy
					w := startWorks(t, p, policy.Temporary)
					once, again := newProbe(w.log, "once"), newProbe(w.log, "again")
					for _, spec := range []tree.ChildSpec{once.significant(policy.Temporary), again.significant(policy.Transient)} {
						_, err := w.Start(t.Context(), spec)
						require.NoError(t, err)
					}
					w.probes["other"].exits <- errCrash
					w.goOn("other running", "again running")
					require.Equal(t, []int32{2, 1, 2}, []int32{w.probes["other"].starts.Load(), once.starts.Load(), again.starts.Load()})
					again.exits <- nil
					w.end("again")
				})
			})
		}
	}
}

// In OTP too an exit waits while the supervisor is busy with others.
func TestSupervision_128_OneThatIsDoneWhileAGroupIsRestartedEndsTheScopeAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := autoShutting(policy.AutoAnySignificant)
		p.Strategy = policy.RestForOne
		w := startWorks(t, p, policy.Transient, "work")
		w.probes["other"].startWait = time.Second
		before := len(w.log.list())
		w.probes["other"].exits <- errCrash
		synctest.Wait()               // it is being started again
		w.probes["work"].exits <- nil // it stands before the group
		w.goOn("work exited", "other starting")
		begun := time.Now()
		require.NoError(t, w.Wait(t.Context()))
		require.Equal(t, time.Second, time.Since(begun))
		require.Equal(t, []string{"down other", "start other#2", "down work", "up other", "stopping other", "down other"}, w.log.list()[before:])
	})
}

func TestSupervision_127_AnAutomaticShutdownStopsInOrderWithinTheGraceAndRestartsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		a, work, b, c := newProbe(log, "a"), newProbe(log, "work"), newProbe(log, "b"), newProbe(log, "c")
		c.stopWait, a.atStop = time.Second, errCrash
		s, seen := openSupervisor(t, policy.SupervisorScope)
		sup, err := s.Start(t.Context(), tree.ChildSpec{Name: "sup", Policy: new(autoShutting(policy.AutoAnySignificant)), Restart: policy.Temporary,
			Children: []tree.ChildSpec{a.spec(policy.Permanent), work.significant(policy.Temporary), b.spec(policy.Permanent), c.spec(policy.Permanent)}})
		require.NoError(t, err)
		before := len(log.list())
		begun := time.Now()
		work.exits <- errBoom
		require.NoError(t, sleep(t.Context(), tenth))
		b.exits <- errCrash // it does not come back, for everything ends
		require.NoError(t, sup.Wait(t.Context()), "a clean end, whatever the work ended with")
		require.Equal(t, policy.Returned, exitOf(t, sup))
		require.Equal(t, time.Second, time.Since(begun))
		require.Equal(t, []string{"down work", "stopping c", "down b", "down c", "stopping a", "down a"}, log.list()[before:])
		require.Equal(t, []string{"app/sup/work", "app/sup/b", "app/sup/a"}, paths(seen.failures()), "what failed is told")
		require.Empty(t, s.Snapshot().Children)
		require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
	})
}

func TestSupervision_127_AnAutomaticShutdownAsksTheBodyToEndAndRunReturnsNil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		require.NoError(t, tree.Run(t.Context(), autoShutting(policy.AutoAnySignificant), func(ctx context.Context, s *tree.Scope) error {
			_, err := s.Start(ctx, tree.ChildSpec{Name: "work", Restart: policy.Transient, Significant: true, Run: takes(time.Second)})
			require.NoError(t, err)
			<-tree.Draining(ctx)
			require.NoError(t, ctx.Err())
			return nil
		}, tree.WithObserver(&recorder{})))
		require.Equal(t, time.Second, time.Since(begun))
	})
}

func TestSupervision_128_AnActorThatIsDoneIsASignificantChildLikeAnyOther(t *testing.T) {
	eachStrategy(t, policy.AutoAnySignificant, func(t *testing.T, p policy.Scope) {
		w := startWorks(t, p, policy.Transient)
		ref, err := tree.Spawn(t.Context(), w.Scope, actor.Spec[error]{Name: "work", Restart: policy.Transient, Significant: true,
			New: func(context.Context, actor.Ref[error]) (actor.Receiver[error], error) {
				return actor.ReceiverFunc[error](func(_ context.Context, end error) error { return end }), nil
			}})
		require.NoError(t, err)
		require.NoError(t, w.child("work").Shutdown(t.Context()))
		w.goOn("other running", "work stopped")
		require.NoError(t, w.Restart("work"))
		require.NoError(t, ref.Send(t.Context(), errCrash))
		w.goOn("other running", "work running")
		require.NoError(t, ref.Send(t.Context(), policy.Done(nil)))
		w.end("work")
	})
}

// What never came up has not ended: its starter has the answer.
func TestSupervision_127_AStartThatCameToNothingEndsNothing(t *testing.T) {
	for name, run := range map[string]func(context.Context) error{
		"failed":  func(context.Context) error { return errBoom },
		"ignored": func(context.Context) error { return policy.ErrIgnored },
		"nothing": func(context.Context) error { return nil },
		"goexit":  func(context.Context) error { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			eachStrategy(t, policy.AutoAnySignificant, func(t *testing.T, p policy.Scope) {
				w := startWorks(t, p, policy.Temporary)
				_, err := w.Start(t.Context(), tree.ChildSpec{Name: "work", Restart: policy.Temporary, Significant: true, WaitReady: true, Run: run})
				require.Equal(t, name == "ignored", err == nil)
				w.goOn("other running")
			})
		})
	}
}

// A supervisor that is not up yet cannot end: the exit waits until it is.
func TestSupervision_128_OneThatIsDoneWhileItsSupervisorStartsEndsItOnceItIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		slow := newProbe(log, "slow")
		slow.startWait = time.Second
		s, _ := openSupervisor(t, policy.SupervisorScope)
		begun := time.Now()
		sup, err := s.Start(t.Context(), tree.ChildSpec{Name: "sup", Policy: new(autoShutting(policy.AutoAnySignificant)), Restart: policy.Transient,
			Children: []tree.ChildSpec{{Name: "work", Restart: policy.Transient, Significant: true, Run: takes(tenth)}, slow.spec(policy.Permanent)}})
		require.NoError(t, err)
		require.NoError(t, sup.Wait(t.Context()))
		require.Equal(t, time.Second, time.Since(begun))
		require.Equal(t, policy.Returned, exitOf(t, sup))
		require.Equal(t, []string{"start slow#1", "up slow", "stopping slow", "down slow"}, log.list())
		require.Equal(t, []string{"sup stopped"}, slots(s.Snapshot()))
	})
}

// A budget that is spent leaves the child stopped without anybody asking for it.
func TestSupervision_128_OneWhoseBudgetIsSpentEndsTheScopeWhenThatStopsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := autoShutting(policy.AutoAnySignificant)
		p.Intensity, p.Exhausted = policy.NoRestarts, policy.ExhaustedStopChild
		w := startWorks(t, p, policy.Transient, "work")
		w.probes["work"].exits <- errCrash
		w.end("work")
		require.Len(t, w.seen.of(tree.Exhausted), 1)
	})
}

// teams are a root "app" that ends with any significant child, a supervisor "sup" in
// it that does too, and a probe "leaf" whose end is that of sup.
type teams struct {
	*works
	sup  *tree.Child
	leaf *probe
}

// startTeams starts them; sup is as spec says.
func startTeams(t *testing.T, spec tree.ChildSpec) *teams {
	t.Helper()
	w := startWorks(t, autoShutting(policy.AutoAnySignificant), policy.Transient)
	leaf := newProbe(w.log, "leaf")
	spec.Name, spec.Children = "sup", []tree.ChildSpec{leaf.significant(policy.Transient)}
	if spec.Policy == nil {
		spec.Policy = new(autoShutting(policy.AutoAnySignificant))
	}
	sup, err := w.Start(t.Context(), spec)
	require.NoError(t, err)
	return &teams{w, sup, leaf}
}

func TestSupervision_133_ASignificantSupervisorThatShutItselfDownEndsTheOneAround(t *testing.T) {
	for _, r := range []policy.Restart{policy.Transient, policy.Temporary} {
		synctest.Test(t, func(t *testing.T) {
			w := startTeams(t, tree.ChildSpec{Restart: r, Significant: true})
			w.leaf.exits <- nil
			w.end("sup")
			require.Equal(t, policy.Returned, exitOf(t, w.sup))
			var reasons []string
			for _, e := range w.seen.of(tree.ScopeDraining) {
				reasons = append(reasons, e.Path+": "+e.Err.Error())
			}
			require.Equal(t, []string{"app/sup: tree: significant child ended: app/sup/leaf", "app: tree: significant child ended: app/sup"}, reasons)
		})
	}
}

func TestSupervision_133_AnyOtherSupervisorThatShutItselfDownEndsAlone(t *testing.T) {
	for r, want := range map[policy.Restart][]string{
		policy.Transient: {"other running", "sup stopped"},
		policy.Temporary: {"other running"},
		policy.Permanent: {"other running", "sup running"}, // for it to return nil is no end, as OTP's shutdown
	} {
		t.Run(r.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := startTeams(t, tree.ChildSpec{Restart: r})
				w.leaf.exits <- nil
				w.goOn(want...)
				require.Equal(t, map[string]int32{"other": 1}, w.starts())
				wantStarts := int32(1)
				if r == policy.Permanent {
					wantStarts = 2
				}
				require.Equal(t, wantStarts, w.leaf.starts.Load())
			})
		})
	}
}

func TestSupervision_133_AnOperatorsStopOfASignificantSupervisorEndsNobodyAround(t *testing.T) {
	for name, stop := range operatorStops {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := startTeams(t, tree.ChildSpec{Restart: policy.Transient, Significant: true})
				stop(w.works, "sup")
				if name == "Remove" {
					w.goOn("other running")
				} else {
					w.goOn("other running", "sup stopped")
				}
			})
		})
	}
}

// To the parent a supervisor whose own scope was told to end has ended by itself, as
// in OTP one that was sent an exit.
func TestSupervision_133_ASupervisorWhoseScopeWasToldToEndHasEndedByItself(t *testing.T) {
	for name, tell := range map[string]func(*tree.Scope){
		"Drain": func(s *tree.Scope) { s.Drain(nil) }, "Cancel": func(s *tree.Scope) { s.Cancel(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := startTeams(t, tree.ChildSpec{Restart: policy.Transient, Significant: true})
				scope := scopeOf(t, w.sup)
				tell(scope)
				w.end("sup")
			})
		})
	}
}

// In OTP giving up is a shutdown, and so as good as being done. Here it is a failure:
// a Transient supervisor comes back, and if that is too often the one around gives
// up too.
func TestSupervision_136_ASignificantTransientSupervisorThatGivesUpComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := autoShutting(policy.AutoAnySignificant)
		p.Intensity = policy.NoRestarts
		w := startTeams(t, tree.ChildSpec{Restart: policy.Transient, Significant: true, Policy: &p})
		for i := range int32(policy.DefaultIntensity.Restarts) {
			w.leaf.exits <- errCrash
			w.goOn("other running", "sup running")
			require.Equal(t, i+2, w.leaf.starts.Load())
		}
		w.leaf.exits <- errCrash
		err := w.Wait(t.Context())
		require.ErrorIs(t, err, tree.ErrGaveUp)
		require.EqualError(t, err, "tree: restart intensity exceeded: app/sup: tree: restart intensity exceeded: app/sup/leaf: crash")
	})
}

func TestSupervision_136_ASignificantTransientSupervisorThatWasBroughtBackMayStillBeDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := autoShutting(policy.AutoAnySignificant)
		p.Intensity = policy.NoRestarts
		w := startTeams(t, tree.ChildSpec{Restart: policy.Transient, Significant: true, Policy: &p})
		w.leaf.exits <- errCrash
		w.leaf.exits <- nil
		w.end("sup")
	})
}

// A Temporary one is not brought back: it has ended, and its failure is told.
func TestSupervision_136_ASignificantTemporarySupervisorThatGivesUpEndsTheOneAround(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := autoShutting(policy.AutoAnySignificant)
		p.Intensity = policy.NoRestarts
		w := startTeams(t, tree.ChildSpec{Restart: policy.Temporary, Significant: true, Policy: &p})
		w.leaf.exits <- errCrash
		require.NoError(t, w.Wait(t.Context()))
		require.ErrorIs(t, w.sup.Wait(t.Context()), tree.ErrGaveUp)
		require.Equal(t, []string{"app/sup"}, paths(w.seen.of(tree.ScopeDraining))[:1])
		require.Equal(t, []string{"app/sup/leaf", "app/sup"}, paths(w.seen.failures()))
	})
}
