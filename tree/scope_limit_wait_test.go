package tree_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// limited is p with room for n.
func limited(p policy.Scope, n int) policy.Scope {
	p.Limit = n
	return p
}

// The scope is held by those who wait: when the last task ends and the body has
// long returned, the one who is next has its turn.
func TestAStartThatWaitsForAPlaceKeepsAnAutoScopeOpen(t *testing.T) {
	for _, way := range spawnings[:3] {
		t.Run(way.name, func(t *testing.T) {
			under(t, autoPresets(), func(t *testing.T, p policy.Scope) {
				start := time.Now()
				var ran trail
				answers := make(chan error, 3)
				err := tree.Run(t.Context(), limited(p, 1), func(ctx context.Context, s *tree.Scope) error {
					require.NoError(t, s.Go(ctx, takes(tenth)))
					for i := range cap(answers) {
						go func() {
							answers <- way.spawn(t.Context(), s, fmt.Sprint("c", i), func(ctx context.Context) error {
								ran.add(fmt.Sprintf("%d at %v", i, time.Since(start)))
								if err := sleep(ctx, tenth); err != nil || way.name != "Spawn" {
									return err
								}
								return policy.ErrIgnored // an actor does not end by itself
							})
						}()
						synctest.Wait() // it waits in line
					}
					return nil
				})
				require.NoError(t, err)
				require.Equal(t, 4*tenth, time.Since(start))
				for range cap(answers) {
					require.NoError(t, <-answers)
				}
				require.Equal(t, []string{"0 at 100ms", "1 at 200ms", "2 at 300ms"}, ran.list())
			})
		})
	}
}

// ErrFull says try again later, and later never comes in a scope that has ended.
func TestAScopeThatIsFullAndClosedSaysThatItIsClosed(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace, p.Stop.Kill = policy.NoGrace, time.Second
		s, _ := openSupervisor(t, limited(p, 1))
		gate, open := newGate(t)
		var inside error
		launch(t.Context(), t, s, "deaf", func(ctx context.Context) error {
			<-ctx.Done()
			inside = s.Go(context.WithoutCancel(ctx), blocker)
			<-gate
			return nil
		})
		ask := func(want error) {
			require.ErrorIs(t, s.TryGo(t.Context(), blocker), want)
			for _, way := range spawnings {
				if way.name == "StartChild" && s.Snapshot().Phase == tree.PhaseClosed {
					want = actor.ErrStopped
				}
				require.ErrorIs(t, way.spawn(t.Context(), s, "late", blocker), want, way.name)
			}
		}
		s.Cancel(errReason)
		synctest.Wait() // the child has heard
		require.Equal(t, tree.PhaseCanceling, s.Snapshot().Phase)
		ask(tree.ErrClosed)
		require.ErrorIs(t, s.Close(), tree.ErrAbandoned)
		ask(tree.ErrClosed)
		require.ErrorIs(t, inside, tree.ErrClosed)
		open()
		synctest.Wait() // it has ended
	})
}

// hostileContext is a context whose methods panic when asked for a value.
type hostileContext struct{ context.Context }

func (hostileContext) Value(any) any { panic("hostile") }

func TestAPlaceIsNotLostToAContextThatPanics(t *testing.T) {
	for _, way := range spawnings[:3] {
		t.Run(way.name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				s, _ := openSupervisor(t, limited(p, 1))
				func() {
					defer func() { _ = recover() }()
					_ = way.spawn(hostileContext{t.Context()}, s, "hostile", takes(tenth))
				}()
				pause(2 * tenth) // it has run, if it did
				if ch, err := s.Child("hostile"); err == nil {
					ch.Cancel(nil)
					require.NoError(t, ch.Wait(t.Context()))
				}
				require.NoError(t, s.TryGo(t.Context(), takes(tenth)))
				s.Cancel(nil)
				require.NoError(t, s.Close())
			})
		})
	}
}

// Places of children that are to be started are theirs already.
func TestFixedChildrenAreNeverMoreThanTheLimitBecauseOfSomebodyWhoCameDuringTheBoot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		p := limited(policy.SupervisorScope, 2)
		spec := tree.ChildSpec{Name: "sup", Policy: &p, Children: []tree.ChildSpec{
			{Name: "a", WaitReady: true, Run: readyAfter(10*tenth, nil, blocker)},
			{Name: "b", Run: blocker},
		}}
		started := make(chan error, 1)
		go func() {
			_, err := s.Start(t.Context(), spec)
			started <- err
		}()
		synctest.Wait() // a is on its way
		sup, err := s.Child("sup")
		require.NoError(t, err)
		inner := scopeOf(t, sup)
		require.ErrorIs(t, inner.TryGo(t.Context(), blocker), tree.ErrFull)
		require.NoError(t, <-started)
		require.Equal(t, int64(2), inner.Counts().Running)
	})
}

func TestAStartCalledOffBeforeTheEndIsNotOfTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Strategy = policy.OneForAll
		s, _ := openSupervisor(t, p)
		log := &trail{}
		probes := startProbes(t, s, log, policy.Permanent, "a", "b")
		probes["b"].stopWait = 10 * tenth
		probes["a"].exits <- errCrash
		synctest.Wait() // the group stops
		_, err := s.Start(impatient(t, tenth), tree.ChildSpec{Name: "late", Run: blocker})
		require.ErrorIs(t, err, errEnough)
		pause(time.Minute)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2, report.Drained)
		require.Zero(t, report.NotStarted)
	})
}
