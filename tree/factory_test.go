package tree_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// openFactory opens a root called "app" with a factory called "fac" that has the policy.
func openFactory[A any](t *testing.T, p policy.Scope, template func(A) tree.ChildSpec) tree.Factory[A] {
	t.Helper()
	s, _ := openSupervisor(t, policy.SupervisorScope)
	f, err := tree.NewFactory(t.Context(), s, tree.ChildSpec{Name: "fac", Policy: &p}, template)
	require.NoError(t, err)
	return f
}

// made starts a child of a factory, which must work.
func made[A any](t *testing.T, f tree.Factory[A], arg A) *tree.Child {
	t.Helper()
	ch, err := f.Start(t.Context(), arg)
	require.NoError(t, err)
	return ch
}

func TestAFactoryNumbersItsChildrenAndUsesNoNumberTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := openFactory(t, policy.SupervisorScope, func(name string) tree.ChildSpec { return tree.ChildSpec{Name: name, Run: drainer} })
		require.Equal(t, "app/fac/1", made(t, f, "").Path())
		require.Equal(t, "2", made(t, f, "").Name())
		require.Equal(t, "4", made(t, f, "4").Name(), "a name of its own")
		require.Equal(t, "3", made(t, f, "").Name())
		five := made(t, f, "")
		require.Equal(t, "5", five.Name(), "which is free")
		require.Equal(t, "5", five.Spec().Name)
		require.NoError(t, five.Shutdown(t.Context()))
		require.Equal(t, "6", made(t, f, "").Name())
		_, err := f.Start(t.Context(), "4")
		require.ErrorIs(t, err, tree.ErrDuplicate)
		_, err = f.Start(t.Context(), "a/b")
		requireFaults(t, err, fault{"tree.ChildSpec.Name", "a/b"})

		other, err := tree.FactoryOf(f.Supervisor(), func(int) tree.ChildSpec { return tree.ChildSpec{Run: drainer} })
		require.NoError(t, err)
		require.Equal(t, "7", made(t, other, 0).Name(), "the numbers are the supervisor's")
	})
}

func TestAChildLeavesItsFactoryWhenItHasEndedForGood(t *testing.T) {
	for _, r := range []policy.Restart{policy.Permanent, policy.Transient, policy.Temporary} {
		synctest.Test(t, func(t *testing.T) {
			f := openFactory(t, policy.SupervisorScope, func(end error) tree.ChildSpec {
				return tree.ChildSpec{Restart: r, Run: failsAfter(time.Second, end)}
			})
			done, stopped := made(t, f, policy.Done(nil)), made(t, f, nil)
			require.NoError(t, stopped.Shutdown(t.Context()))
			require.NoError(t, done.Wait(t.Context()))
			require.Empty(t, snapshotOf(t, f.Supervisor()).Children)
			require.Equal(t, policy.SlotForgotten, stopped.State())
		})
	}
}

func TestAFullFactoryRefusesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := openFactory(t, roomFor(1), func(int) tree.ChildSpec { return tree.ChildSpec{Run: drainer} })
		one := made(t, f, 1)
		_, err := f.Start(t.Context(), 2)
		require.ErrorIs(t, err, tree.ErrFull)
		require.NoError(t, one.Shutdown(t.Context()))
		made(t, f, 3)
	})
}

func TestBadInputOfAFactoryIsRefusedByName(t *testing.T) {
	var none context.Context
	template := func(int) tree.ChildSpec {
		return tree.ChildSpec{Run: func(context.Context) error { panic("must not run") }}
	}
	nothingStarts(t, policy.SupervisorScope, func(s *tree.Scope) error {
		_, err := tree.NewFactory[int](t.Context(), s, tree.ChildSpec{Name: "f"}, nil)
		return err
	}, fault{"tree.NewFactory.template", nil})
	nothingStarts(t, policy.SupervisorScope, func(s *tree.Scope) error {
		_, err := tree.NewFactory(none, s, tree.ChildSpec{Name: "f"}, template)
		return err
	}, fault{"tree.NewFactory.ctx", nil})
	nothingStarts(t, policy.SupervisorScope, func(s *tree.Scope) error {
		_, err := tree.NewFactory(t.Context(), s, tree.ChildSpec{Name: "f", Policy: new(policy.TaskGroup)}, template)
		return err
	}, fault{"tree.NewFactory.spec.Policy.End", policy.EndWhenEmpty})
	_, err := tree.NewFactory(t.Context(), nil, tree.ChildSpec{Name: "f"}, template)
	requireFaults(t, err, fault{"tree.NewFactory.s", nil})
	_, err = tree.FactoryOf[int](nil, nil)
	requireFaults(t, err, fault{"tree.FactoryOf.template", nil})
	_, err = tree.FactoryOf(nil, template)
	requireFaults(t, err, fault{"tree.FactoryOf.child", nil})
	var zero tree.Factory[int]
	_, err = zero.Start(t.Context(), 1)
	require.ErrorIs(t, err, tree.ErrClosed)
	require.Nil(t, zero.Supervisor())
	synctest.Test(t, func(t *testing.T) {
		f := openFactory(t, policy.SupervisorScope, template)
		_, err := f.Start(none, 1)
		requireFaults(t, err, fault{"tree.Factory.Start.ctx", nil})
		bad := openFactory(t, policy.SupervisorScope, func(int) tree.ChildSpec { return tree.ChildSpec{} })
		_, err = bad.Start(t.Context(), 1)
		requireFaults(t, err, fault{"tree.ChildSpec.Run", nil})
		require.Empty(t, snapshotOf(t, f.Supervisor()).Children)
	})
}

func TestSupervision_083_ARestartGetsTheSameArgumentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		ends := make(chan error)
		calls := 0
		f := openFactory(t, policy.SupervisorScope, func(arg string) tree.ChildSpec {
			calls++
			return tree.ChildSpec{Run: func(ctx context.Context) error {
				log.add("start " + arg)
				return obeys(ends)(ctx)
			}}
		})
		made(t, f, "x")
		synctest.Wait() // until it has written that it starts
		ends <- errBoom
		synctest.Wait() // until it has come back
		made(t, f, "y")
		synctest.Wait() // until the other has started
		require.Equal(t, []string{"start x", "start x", "start y"}, log.list())
		require.Equal(t, 2, calls, "once a child")
	})
}

// large is an argument that somebody would notice if it were kept.
type large struct{ _ [1 << 16]byte }

// In OTP a running Temporary has given its argument up already. Here it keeps it, with
// the function, until it has ended: an operator may restart it.
func TestSupervision_119_WhoHasEndedForGoodKeepsNoArgument(t *testing.T) {
	for _, r := range []policy.Restart{policy.Temporary, policy.Transient, policy.Permanent} {
		f := openFactory(t, policy.SupervisorScope, func(arg *large) tree.ChildSpec {
			return tree.ChildSpec{Restart: r, Run: func(ctx context.Context) error {
				<-tree.Draining(ctx)
				runtime.KeepAlive(arg)
				return nil
			}}
		})
		var kept []weak.Pointer[large]
		for range 100 {
			arg := new(large)
			kept = append(kept, weak.Make(arg))
			made(t, f, arg)
		}
		s := scopeOf(t, f.Supervisor())
		runtime.GC()
		for _, arg := range kept {
			require.NotNil(t, arg.Value(), "it runs and may be restarted")
		}
		for ch := range s.Children() {
			require.NoError(t, ch.Shutdown(t.Context()))
		}
		for _, arg := range kept {
			for arg.Value() != nil && t.Context().Err() == nil {
				runtime.GC()
			}
		}
		require.Empty(t, s.Snapshot().Children)
	}
}
