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

// The parent of a supervisor is the scope it is in, or whoever's context it was
// opened with.
func TestSupervision_095_TheEndOfItsParentEndsASupervisorAndItsChildren(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, begun := &trail{}, time.Now()
		a, b := newProbe(log, "a"), newProbe(log, "b")
		b.stopWait = time.Second
		err := tree.Run(t.Context(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
			_, err := s.Start(ctx, supervisorSpec(a.spec(policy.Permanent), b.spec(policy.Permanent)))
			return err
		}, tree.WithObserver(&recorder{}))
		require.NoError(t, err, "the parent has returned nil")
		require.Equal(t, time.Second, time.Since(begun))
		require.Equal(t, []string{"stopping b", "down b", "stopping a", "down a"}, log.list()[4:], "in good order")
	})
}

func TestAContextThatIsCanceledEndsTheSupervisorOpenedWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		s, err := tree.Open(ctx, policy.SupervisorScope, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		g := &signals{from: time.Now()}
		sup, err := s.Start(t.Context(), supervisorSpec(tree.ChildSpec{Name: "c", Run: g.run(time.Second)}))
		require.NoError(t, err)
		cancel(errReason)
		err = s.Wait(t.Context())
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, errReason, "what runs was cut short")
		require.Equal(t, errReason, g.cause)
		require.Equal(t, time.Second, time.Since(g.from), "nobody has survived")
		require.Equal(t, policy.SlotStopped, sup.State())
		require.Zero(t, s.Snapshot().Counts.Restarts)
		require.Equal(t, err, s.Close())
	})
}

// A child that opened a supervisor under its own context takes it along.
func TestTheEndOfAChildEndsTheSupervisorThatItOpened(t *testing.T) {
	for _, f := range farewells() {
		t.Run(f.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := openSupervisor(t, policy.SupervisorScope)
				g := &signals{from: time.Now()}
				inner := make(chan *tree.Scope, 1)
				_, err := s.Start(t.Context(), tree.ChildSpec{Name: "parent", Restart: policy.Temporary, Run: func(ctx context.Context) error {
					sup, err := tree.Open(ctx, policy.SupervisorScope, tree.WithName("inner"))
					require.NoError(t, err)
					inner <- sup
					_, err = sup.Start(ctx, tree.ChildSpec{Name: "c", Run: g.run(0)})
					require.NoError(t, err)
					pause(time.Second)
					return f.end()
				}})
				require.NoError(t, err)
				require.ErrorIs(t, (<-inner).Wait(within(t)), context.Canceled, "its work was cut short")
				require.Equal(t, time.Second, g.canceled)
				require.Equal(t, time.Second, time.Since(g.from))
			})
		})
	}
}

// As OTP's supervisor ignores exits of who is not its parent.
func TestTheEndOfWhoAskedForAStartTouchesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		asking, cancel := context.WithCancel(t.Context())
		c := newProbe(&trail{}, "c")
		_, err := s.Start(asking, supervisorSpec(c.spec(policy.Permanent)))
		require.NoError(t, err)
		cancel()
		asker := launch(t.Context(), t, s, "asker", func(ctx context.Context) error {
			_, err := s.Start(ctx, tree.ChildSpec{Name: "d", Run: drainer})
			require.NoError(t, err)
			return policy.Done(errBoom)
		})
		require.ErrorIs(t, asker.Wait(t.Context()), errBoom)
		require.NoError(t, sleep(t.Context(), time.Hour))
		require.Equal(t, []string{"sup running", "asker stopped", "d running"}, slots(s.Snapshot()))
		require.Equal(t, []string{"c running"}, slots(below(t, s, "sup")))
		require.EqualValues(t, 1, c.starts.Load())
	})
}

// Nothing kills a supervisor; the nearest is to cancel it. All below are canceled
// at once, with the cause for them to see, and none of them survives unseen: what
// does not heed it is reported as abandoned. A Permanent one stays down: that was an
// operator.
func TestSupervision_097_ACanceledSupervisorLeavesNobodyBehindUnseen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		p := policy.SupervisorScope
		p.Stop.Kill = 10 * time.Second
		s, seen := openSupervisor(t, policy.SupervisorScope)
		begun := time.Now()
		quick, tidy, leaf := &signals{from: begun}, &signals{from: begun}, &signals{from: begun}
		sup, err := s.Start(t.Context(), tree.ChildSpec{Name: "sup", Policy: &p, Children: []tree.ChildSpec{
			{Name: "quick", Run: quick.run(0)},
			{Name: "stuck", Run: stubborn(gate)},
			{Name: "tidy", Run: tidy.run(2 * time.Second)},
			supervisorSpec(tree.ChildSpec{Name: "leaf", Run: leaf.run(0)}),
		}})
		require.NoError(t, err)
		require.NoError(t, sleep(t.Context(), time.Second))
		sup.Cancel(errReason)
		require.ErrorIs(t, sup.Wait(t.Context()), tree.ErrAbandoned)
		require.Equal(t, 11*time.Second, time.Since(begun))
		for _, g := range []*signals{quick, tidy, leaf} {
			require.Equal(t, []time.Duration{time.Second, time.Second}, []time.Duration{g.asked, g.canceled}, "no grace and no order")
			require.Equal(t, errReason, g.cause)
		}
		synctest.Wait() // until the observer has been told
		require.Equal(t, []string{"app/sup/stuck"}, paths(seen.of(tree.ChildAbandoned)))
		require.Equal(t, []string{"sup stopped"}, slots(s.Snapshot()))
		require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)

		open()
		synctest.Wait()
		require.Equal(t, []string{"app/sup/stuck"}, paths(seen.of(tree.ChildEndedLate)))
		require.NoError(t, s.Close())
	})
}

// There is no link to cut: a child cannot leave its supervisor. What comes nearest
// is to heed no stop. Then it is abandoned, and while that takes its time
// the supervisor answers whatever else comes.
func TestSupervision_098_AChildThatEscapesItsStopDoesNotHangItsSupervisor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		s := superviseAs(t, patient(), func(spec *tree.ChildSpec) {
			if spec.Name == "free" {
				spec.Run, spec.WaitReady = stubborn(gate), false
				spec.Stop = policy.Stop{Grace: time.Second, Kill: time.Second}
			}
		}, "a", "free", "c")
		stopped := make(chan error, 1)
		go func() { stopped <- s.named(t, "free").Shutdown(t.Context()) }()
		synctest.Wait() // until it has been asked
		require.Equal(t, []string{"a running", "free stopping", "c running"}, s.slots())
		s.crash("a")
		require.NoError(t, s.named(t, "c").Shutdown(t.Context()))
		added := newProbe(s.log, "added")
		_, err := s.scope.Start(t.Context(), added.spec(policy.Permanent))
		require.NoError(t, err)
		require.Zero(t, time.Since(s.up), "all of it at once")
		require.Equal(t, []string{"a#2 0s"}, s.restarts())

		require.ErrorIs(t, <-stopped, tree.ErrAbandoned)
		require.Equal(t, 2*time.Second, time.Since(s.up))
		require.Equal(t, []string{"a running", "free abandoned", "c stopped", "added running"}, s.slots())
		require.ErrorIs(t, s.scope.Restart("free"), tree.ErrAbandoned, "nothing is started beside it")
		took, err := s.stop(t)
		require.ErrorIs(t, err, tree.ErrAbandoned)
		require.Zero(t, took, "nobody waits for it again")
		open()
		synctest.Wait()
		require.Equal(t, []string{"app/sup/free"}, paths(s.seen.of(tree.ChildEndedLate)))
	})
}

// To stop the supervisor itself is, for its parent, that it ended by itself; to stop
// the child that it is, is an operator's stop.
func TestSupervision_100_ASupervisorStoppedFromInsideComesBackAndFromOutsideStaysDown(t *testing.T) {
	for _, c := range []struct {
		restart policy.Restart
		inside  []string // what is left when it was stopped from inside
		outside []string
	}{
		{policy.Permanent, []string{"sup running"}, []string{"sup stopped"}},
		{policy.Transient, []string{"sup stopped"}, []string{"sup stopped"}},
		{policy.Temporary, nil, nil},
	} {
		for _, end := range []string{"Shutdown", "Cancel", "outside"} {
			t.Run(c.restart.String()+"/"+end, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					leaf := newProbe(&trail{}, "leaf")
					spec := supervisorSpec(leaf.spec(policy.Permanent))
					spec.Restart = c.restart
					s, seen := openSupervisor(t, intense(1, time.Hour))
					sup, err := s.Start(t.Context(), spec)
					require.NoError(t, err)
					inside := scopeOf(t, sup)
					want := c.inside
					switch end {
					case "Shutdown":
						_, err = inside.Shutdown(t.Context())
						require.NoError(t, err)
					case "Cancel":
						inside.Cancel(errReason)
						require.NoError(t, inside.Wait(t.Context()))
					default:
						require.NoError(t, sup.Shutdown(t.Context()))
						want = c.outside
					}
					synctest.Wait() // until its parent has answered
					require.Equal(t, want, slots(s.Snapshot()))
					require.Empty(t, seen.failures())
					starts := 1
					if len(want) > 0 && want[0] == "sup running" {
						starts = 2
						again := scopeOf(t, sup)
						require.NotSame(t, inside, again, "a scope of its own")
						require.Equal(t, []string{"leaf running"}, slots(again.Snapshot()))
						_, err = again.Shutdown(t.Context())
						require.NoError(t, err)
						require.ErrorIs(t, s.Wait(t.Context()), tree.ErrGaveUp, "which costs a restart")
					}
					require.EqualValues(t, starts, leaf.starts.Load())
				})
			})
		}
	}
}
