package tree_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// callsBack asks of its own supervisor what may be asked, before it is up. Everything
// is answered at once.
func callsBack(ctx context.Context, t *testing.T) {
	begun := time.Now()
	s, err := tree.From(ctx)
	require.NoError(t, err)
	self, err := tree.Self(ctx)
	require.NoError(t, err)

	helper := tree.ChildSpec{Name: "helper of " + self.Name(), Restart: policy.Temporary, WaitReady: true,
		Run: func(ctx context.Context) error { return errors.Join(tree.Ready(ctx), drainer(ctx)) }}
	started, err := s.Start(ctx, helper)
	require.NoError(t, err)
	helper.Name = self.Name()
	_, err = s.Start(ctx, helper)
	require.ErrorIs(t, err, tree.ErrDuplicate)
	require.ErrorIs(t, s.Restart(self.Name()), tree.ErrRestarting)
	asked, err := actor.Ask(ctx, s.Ref(), func(r actor.Reply[error]) tree.Message {
		return tree.RestartChild{Name: self.Name(), Reply: r}
	})
	require.NoError(t, err)
	require.ErrorIs(t, asked, tree.ErrRestarting)

	require.ErrorIs(t, self.Wait(ctx), tree.ErrSelfWait)
	require.ErrorIs(t, s.Wait(ctx), tree.ErrSelfWait)
	require.ErrorIs(t, s.Close(), tree.ErrSelfWait)

	for _, find := range []func() (*tree.Child, error){
		func() (*tree.Child, error) { return s.Child(self.Name()) },
		func() (*tree.Child, error) { return s.Find(self.Name()) },
		func() (*tree.Child, error) { return tree.Find(self.Path()) },
	} {
		found, err := find()
		require.NoError(t, err)
		require.Same(t, self, found)
	}
	require.True(t, slices.Contains(slices.Collect(s.Children()), self))
	require.Contains(t, slots(s.Snapshot()), self.Name()+" starting")
	require.Positive(t, s.Counts().Running)
	require.NoError(t, started.Shutdown(ctx))
	require.Zero(t, time.Since(begun))
}

// In OTP a start that calls its own supervisor waits for itself.
func TestSupervision_122_AStartMayCallBackIntoItsOwnSupervisor(t *testing.T) {
	for _, strategy := range policy.Strategies() {
		t.Run(strategy.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := &trail{}
				fail := make(chan error)
				caller := func(name string) tree.ChildSpec {
					return tree.ChildSpec{Name: name, WaitReady: true, Run: func(ctx context.Context) error {
						callsBack(ctx, t)
						log.add("up " + name)
						if err := tree.Ready(ctx); err != nil {
							return err
						}
						select {
						case err := <-fail:
							return err
						case <-tree.Draining(ctx):
							return nil
						}
					}}
				}
				s, seen := openSupervisor(t, policy.SupervisorScope)
				p := policy.SupervisorScope
				p.Strategy = strategy
				sup, err := s.Start(t.Context(), tree.ChildSpec{Name: "sup", Policy: &p, Children: []tree.ChildSpec{caller("first"), caller("second")}})
				require.NoError(t, err)
				inside := scopeOf(t, sup)
				_, err = inside.Start(t.Context(), caller("added"))
				require.NoError(t, err)
				require.Equal(t, []string{"up first", "up second", "up added"}, log.list())

				fail <- errCrash // whoever takes it
				synctest.Wait()  // all are up again
				require.Equal(t, []string{"first running", "second running", "added running"}, slots(inside.Snapshot()))
				require.Len(t, seen.failures(), 1, "that one")
			})
		})
	}
}

// What it asks for itself or for its whole supervisor begins, and it is not waited for
// by itself. Its starter has an error.
func TestSupervision_122_AStartThatHasItselfOrItsSupervisorStoppedIsCalledOff(t *testing.T) {
	type ask = func(ctx context.Context, s *tree.Scope, self *tree.Child) error
	stopped, removed := []string{"sibling running", "caller stopped"}, []string{"sibling running"}
	for name, c := range map[string]struct {
		ask   ask
		ofAll bool
		left  []string // of a supervisor with such a child
	}{
		"its Shutdown": {func(ctx context.Context, _ *tree.Scope, self *tree.Child) error { return self.Shutdown(ctx) }, false, stopped},
		"its Remove":   {func(_ context.Context, s *tree.Scope, self *tree.Child) error { return s.Remove(self.Name()) }, false, removed},
		"its Cancel":   {func(_ context.Context, _ *tree.Scope, self *tree.Child) error { self.Cancel(nil); return nil }, false, stopped},
		"StopChild": {func(ctx context.Context, s *tree.Scope, self *tree.Child) error {
			return s.Ref().Send(ctx, tree.StopChild{Name: self.Name()})
		}, false, stopped},
		"the Shutdown of all": {func(ctx context.Context, s *tree.Scope, _ *tree.Child) error {
			return second(s.Shutdown(ctx))
		}, true, nil},
		"the Drain of all":  {func(_ context.Context, s *tree.Scope, _ *tree.Child) error { s.Drain(nil); return nil }, true, nil},
		"the Cancel of all": {func(_ context.Context, s *tree.Scope, _ *tree.Child) error { s.Cancel(nil); return nil }, true, nil},
		"ShutdownScope": {func(ctx context.Context, s *tree.Scope, _ *tree.Child) error {
			return s.Ref().Send(ctx, tree.ShutdownScope{})
		}, true, nil},
		"CancelScope": {func(ctx context.Context, s *tree.Scope, _ *tree.Child) error {
			return s.Ref().Send(ctx, tree.CancelScope{})
		}, true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				caller := tree.ChildSpec{Name: "caller", WaitReady: true, Run: func(ctx context.Context) error {
					s, err := tree.From(ctx)
					require.NoError(t, err)
					self, err := tree.Self(ctx)
					require.NoError(t, err)
					require.NoError(t, c.ask(ctx, s, self))
					<-tree.Draining(ctx)
					return nil
				}}
				s, _ := openSupervisor(t, policy.SupervisorScope)
				child, err := s.Start(t.Context(), caller)
				require.ErrorIs(t, err, tree.ErrNotReady)
				require.Nil(t, child)

				app, _ := openSupervisor(t, policy.SupervisorScope)
				sup, err := app.Start(t.Context(), supervisorSpec(tree.ChildSpec{Name: "sibling", Run: drainer}, caller))
				require.Equal(t, c.ofAll, err != nil, "that one child need not start is no failure of the others")
				if c.ofAll {
					require.Empty(t, app.Snapshot().Children)
				} else {
					inside := scopeOf(t, sup)
					require.Equal(t, c.left, slots(inside.Snapshot()))
				}
				require.Equal(t, tree.PhaseOpen, app.Snapshot().Phase)
				require.Zero(t, time.Since(begun))
			})
		})
	}
}

// A fixed child may ask for those that are not begun, and for the supervisor itself.
func TestSupervision_122_AStartMayAskForWhatIsInLineBehindIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		first := tree.ChildSpec{Name: "first", WaitReady: true, Run: func(ctx context.Context) error {
			own, err := tree.From(ctx)
			require.NoError(t, err)
			require.Equal(t, []string{"first starting", "second delayed", "third delayed"}, slots(own.Snapshot()))
			_, err = own.Start(ctx, tree.ChildSpec{Name: "second", Run: blocker})
			require.ErrorIs(t, err, tree.ErrDuplicate)
			require.ErrorIs(t, own.Restart("second"), tree.ErrRestarting)
			require.NoError(t, own.Remove("second"))
			third, err := own.Child("third")
			require.NoError(t, err)
			require.NoError(t, third.Shutdown(ctx), "which has nothing to wait for")
			require.ErrorIs(t, s.Restart("sup"), tree.ErrRestarting)
			sup, err := s.Child("sup")
			require.NoError(t, err)
			require.ErrorIs(t, sup.Wait(ctx), tree.ErrSelfWait)
			require.ErrorIs(t, s.Wait(ctx), tree.ErrSelfWait)
			return errors.Join(tree.Ready(ctx), drainer(ctx))
		}}
		begun := time.Now()
		sup, err := s.Start(t.Context(), supervisorSpec(first, tree.ChildSpec{Name: "second", Run: drainer}, tree.ChildSpec{Name: "third", Run: drainer}))
		require.NoError(t, err)
		require.Zero(t, time.Since(begun))
		inside := scopeOf(t, sup)
		require.Equal(t, []string{"first running", "third stopped"}, slots(inside.Snapshot()))
	})
}
