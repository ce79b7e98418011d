package tree_test

import (
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// openSet opens a root called "app" with a set called "set" that has the policy.
func openSet[K comparable](t *testing.T, p policy.Scope) tree.Set[K] {
	t.Helper()
	s, _ := openSupervisor(t, policy.SupervisorScope)
	set, err := tree.NewSet[K](t.Context(), s, tree.ChildSpec{Name: "set", Policy: &p})
	require.NoError(t, err)
	return set
}

// roomFor is a SupervisorScope with a Limit.
func roomFor(n int) policy.Scope {
	p := policy.SupervisorScope
	p.Limit = n
	return p
}

// put puts a child under a key, which must work.
func put[K comparable](t *testing.T, set tree.Set[K], key K, run func(context.Context) error, r policy.Restart) *tree.Child {
	t.Helper()
	ch, err := set.Put(t.Context(), key, tree.ChildSpec{Run: run, Restart: r})
	require.NoError(t, err)
	return ch
}

// keys returns the keys of a set in their order.
func keys[K comparable](set tree.Set[K]) []K {
	var list []K
	for key := range set.Each() {
		list = append(list, key)
	}
	return list
}

// obeys is a child that ends as it is told, or when it is asked to.
func obeys(end <-chan error) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case err := <-end:
			return err
		case <-tree.Draining(ctx):
			return nil
		}
	}
}

func TestAKeyHasOneChild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := openSet[string](t, policy.SupervisorScope)
		require.Equal(t, "app/set", set.Supervisor().Path())
		a := put(t, set, "a", drainer, policy.Permanent)
		b := put(t, set, "b", drainer, policy.Permanent)
		require.Equal(t, "app/set/a", a.Path())
		_, err := set.Put(t.Context(), "a", tree.ChildSpec{Run: drainer})
		require.ErrorIs(t, err, tree.ErrDuplicate)
		require.EqualError(t, err, `tree: name already taken: key "a" in app/set`)
		got, err := set.Get("b")
		require.NoError(t, err)
		require.Same(t, b, got)
		_, err = set.Get("c")
		require.ErrorIs(t, err, tree.ErrNotFound)
		require.EqualError(t, err, `tree: no such child: key "c" in app/set`)
		require.Equal(t, []string{"a", "b"}, keys(set))
		require.Equal(t, map[string]*tree.Child{"a": a, "b": b}, maps.Collect(set.Each()))
		require.Equal(t, 2, set.Len())
		for range set.Each() {
			break // early
		}
	})
}

func TestAChildLeavesItsSetWhenItHasEndedForGood(t *testing.T) {
	for _, r := range []policy.Restart{policy.Permanent, policy.Transient, policy.Temporary} {
		for name, end := range map[string]func(t *testing.T, set tree.Set[int], ch *tree.Child, exits chan error){
			"nil":     func(_ *testing.T, _ tree.Set[int], _ *tree.Child, exits chan error) { exits <- nil },
			"Done":    func(_ *testing.T, _ tree.Set[int], _ *tree.Child, exits chan error) { exits <- policy.Done(nil) },
			"failure": func(_ *testing.T, _ tree.Set[int], _ *tree.Child, exits chan error) { exits <- errBoom },
			"Cancel":  func(_ *testing.T, _ tree.Set[int], ch *tree.Child, _ chan error) { ch.Cancel(errReason) },
			"Shutdown": func(t *testing.T, _ tree.Set[int], ch *tree.Child, _ chan error) {
				require.NoError(t, ch.Shutdown(t.Context()))
			},
			"Remove": func(t *testing.T, set tree.Set[int], _ *tree.Child, _ chan error) {
				require.NoError(t, set.Remove(t.Context(), 7))
			},
			"Scope.Remove": func(t *testing.T, set tree.Set[int], _ *tree.Child, _ chan error) {
				s := scopeOf(t, set.Supervisor())
				require.NoError(t, s.Remove("7"))
			},
			"StopChild": func(t *testing.T, set tree.Set[int], _ *tree.Child, _ chan error) {
				s := scopeOf(t, set.Supervisor())
				require.NoError(t, s.Ref().Send(t.Context(), tree.StopChild{Name: "7"}))
			},
		} {
			restarted := r == policy.Permanent && (name == "nil" || name == "failure") || r == policy.Transient && name == "failure"
			t.Run(r.String()+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					set := openSet[int](t, policy.SupervisorScope)
					exits := make(chan error)
					ch := put(t, set, 7, obeys(exits), r)
					end(t, set, ch, exits)
					synctest.Wait()
					if restarted {
						require.Equal(t, []int{7}, keys(set))
						require.Equal(t, 2, ch.Incarnation())
						return
					}
					requireLeft(t, set, ch)
				})
			})
		}
	}
}

// requireLeft requires that nothing is left of a set's only child, whose key was 7.
func requireLeft(t *testing.T, set tree.Set[int], ch *tree.Child) {
	t.Helper()
	_, ended := ch.Exit()
	require.True(t, ended)
	require.Equal(t, policy.SlotForgotten, ch.State())
	require.Zero(t, set.Len())
	require.Empty(t, keys(set))
	s := scopeOf(t, set.Supervisor())
	require.Empty(t, s.Snapshot().Children)
	require.ErrorIs(t, s.Restart("7"), tree.ErrNotFound)
	require.ErrorIs(t, set.Remove(t.Context(), 7), tree.ErrNotFound)
	put(t, set, 7, drainer, policy.Permanent)
}

func TestWhoWaitedForAChildFindsItsKeyAndItsPlaceFree(t *testing.T) {
	set := openSet[int](t, roomFor(1)) // in real time: it is a race between the waiter and the turn
	for _, r := range []policy.Restart{policy.Transient, policy.Temporary} {
		for range 2000 {
			ch := put(t, set, 1, oneInTen(1), r)
			require.NoError(t, ch.Wait(t.Context()))
		}
	}
	for range 1000 {
		put(t, set, 1, drainer, policy.Permanent)
		require.NoError(t, set.Remove(t.Context(), 1))
	}
}

func TestRemoveWaitsUntilTheChildHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := openSet[string](t, bounded())
		put(t, set, "a", cleansUp(time.Second, nil), policy.Permanent)
		begun := time.Now()
		soon, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, set.Remove(soon, "a"), context.DeadlineExceeded)
		require.Equal(t, 1, set.Len(), "it has not ended")
		_, err := set.Put(t.Context(), "a", tree.ChildSpec{Run: drainer})
		require.ErrorIs(t, err, tree.ErrDuplicate)
		require.NoError(t, set.Remove(t.Context(), "a"))
		require.Equal(t, 3*time.Second, time.Since(begun), "a grace of 2 s, and 1 s for the cleaning")
		require.Zero(t, set.Len())
	})
}

func TestAChildMayRemoveItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := openSet[string](t, policy.SupervisorScope)
		ch := put(t, set, "a", func(ctx context.Context) error { return set.Remove(ctx, "a") }, policy.Permanent)
		require.NoError(t, ch.Wait(t.Context()))
		require.Zero(t, set.Len())
	})
}

func TestAChildThatIsIgnoredIsNotInTheSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := openSet[string](t, policy.SupervisorScope)
		for _, r := range []policy.Restart{policy.Permanent, policy.Transient, policy.Temporary} {
			ch, err := set.Put(t.Context(), "a", tree.ChildSpec{Restart: r, WaitReady: true,
				Run: func(context.Context) error { return policy.ErrIgnored }})
			require.NoError(t, err)
			require.Equal(t, policy.Returned, exitOf(t, ch))
			require.Zero(t, set.Len())
		}
		_, err := set.Put(t.Context(), "a", tree.ChildSpec{WaitReady: true, Run: failsAfter(0, errBoom)})
		require.ErrorIs(t, err, errBoom)
		require.Zero(t, set.Len())
	})
}

type userID int

func (id userID) String() string { return "user/" + string(rune('a'+id)) }

func TestAChildIsCalledByTheTextOfItsKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		set, err := tree.NewSet[any](t.Context(), s, tree.ChildSpec{Name: "set"})
		require.NoError(t, err)
		for _, c := range []struct {
			key  any
			name string
		}{
			{"plain", "plain"}, {"", "%"}, {"a/b", "a%2Fb"}, {"a%2Fb", "a%252Fb"}, {"%", "%25"}, {"a\nb", "a%0Ab"}, {"\u0085", "%C285"},
			{"caf\u00e9 \xff/", "caf\u00e9 \xff%2F"}, {-1, "-1"}, {uint8(3), "3"}, {userID(1), "user%2Fb"}, {[2]int{1, 2}, "[1 2]"},
			{struct{ A, B string }{"x", "y"}, "{x y}"}, {1.5, "1.5"}, {true, "true"}, {time.Minute, "1m0s"}, {math.Inf(1), "+Inf"},
		} {
			ch, err := set.Put(t.Context(), c.key, tree.ChildSpec{Run: drainer})
			require.NoError(t, err, "%#v", c.key)
			require.Equal(t, c.name, ch.Name())
			got, err := set.Get(c.key)
			require.NoError(t, err)
			require.Same(t, ch, got)
			found, err := tree.Find("app/set/" + c.name)
			require.NoError(t, err)
			require.Same(t, ch, found)
		}
	})
}

func TestTwoKeysWithOneTextAreRefusedByBoth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		fixed := tree.ChildSpec{Name: "fixed", Run: drainer}
		set, err := tree.NewSet[any](t.Context(), s, tree.ChildSpec{Name: "set", Children: []tree.ChildSpec{fixed}})
		require.NoError(t, err)
		one := put[any](t, set, 1, drainer, policy.Permanent)
		for _, start := range []func(context.Context, any, tree.ChildSpec) (*tree.Child, error){set.Put, set.Replace} {
			_, err = start(t.Context(), "1", tree.ChildSpec{Run: drainer})
			require.ErrorIs(t, err, tree.ErrDuplicate)
			require.EqualError(t, err, `tree: name already taken: "1" in app/set, of key "1" by key 1`)
			_, err = start(t.Context(), "fixed", tree.ChildSpec{Run: drainer})
			require.EqualError(t, err, `tree: name already taken: "fixed" in app/set, of key "fixed" by a child without one`)
		}
		_, err = set.Get("1")
		require.ErrorIs(t, err, tree.ErrNotFound)
		require.ErrorIs(t, set.Remove(t.Context(), "1"), tree.ErrNotFound)
		require.ErrorIs(t, set.Remove(t.Context(), "fixed"), tree.ErrNotFound)
		require.Equal(t, policy.SlotRunning, one.State())
		require.Equal(t, []any{1}, keys(set), "the fixed child has no key")
		require.Equal(t, 1, set.Len())
	})
}

func TestKeysThatCannotBeFoundAgainAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := openSet[any](t, policy.SupervisorScope)
		for _, c := range []struct {
			key    any
			reason string
		}{{nil, "must not be nil"}, {[]int{1}, "cannot be compared"}, {math.NaN(), "is not equal to itself"}, {[1]any{[]int{1}}, "cannot be compared"}} {
			check := func(err error, field string) {
				var f *policy.FieldError
				require.ErrorAs(t, err, &f)
				require.Equal(t, field, f.Field)
				require.Equal(t, c.reason, f.Reason)
			}
			_, err := set.Put(t.Context(), c.key, tree.ChildSpec{Run: drainer})
			check(err, "tree.Set.Put.key")
			_, err = set.Replace(t.Context(), c.key, tree.ChildSpec{Run: drainer})
			check(err, "tree.Set.Replace.key")
			_, err = set.Get(c.key)
			check(err, "tree.Set.Get.key")
			check(set.Remove(t.Context(), c.key), "tree.Set.Remove.key")
		}
		require.Zero(t, set.Len())
	})
}

func TestBadInputOfASetIsRefusedByName(t *testing.T) {
	var none context.Context
	run := tree.ChildSpec{Run: func(context.Context) error { panic("must not run") }}
	create := func(spec tree.ChildSpec) func(s *tree.Scope) error {
		return func(s *tree.Scope) error {
			_, err := tree.NewSet[int](t.Context(), s, spec)
			return err
		}
	}
	nothingStarts(t, policy.SupervisorScope, create(tree.ChildSpec{}), fault{"tree.ChildSpec.Name", ""})
	nothingStarts(t, policy.SupervisorScope, create(tree.ChildSpec{Name: "a/b"}), fault{"tree.ChildSpec.Name", "a/b"})
	nothingStarts(t, policy.SupervisorScope, create(tree.ChildSpec{Name: "s", Run: run.Run}), fault{"tree.ChildSpec.Policy", policy.SupervisorScope})
	nothingStarts(t, policy.SupervisorScope, create(tree.ChildSpec{Name: "s", Policy: new(policy.TaskScope)}), fault{"tree.NewSet.spec.Policy.End", policy.EndWhenEmpty})
	nothingStarts(t, policy.SupervisorScope, create(tree.ChildSpec{Name: "s", Policy: new(roomFor(-1))}), fault{"policy.Scope.Limit", -1})
	nothingStarts(t, policy.SupervisorScope, func(s *tree.Scope) error {
		_, err := tree.NewSet[int](none, s, tree.ChildSpec{Name: "s"})
		return err
	}, fault{"tree.NewSet.ctx", nil})
	_, err := tree.NewSet[int](t.Context(), nil, tree.ChildSpec{Name: "s"})
	requireFaults(t, err, fault{"tree.NewSet.s", nil})
	_, err = tree.NewSet[int](t.Context(), new(tree.Scope), tree.ChildSpec{Name: "s"})
	require.ErrorIs(t, err, tree.ErrClosed)
	_, err = tree.SetOf[int](nil)
	requireFaults(t, err, fault{"tree.SetOf.child", nil})

	synctest.Test(t, func(t *testing.T) {
		set := openSet[int](t, policy.SupervisorScope)
		ch := put(t, set, 1, drainer, policy.Permanent)
		_, err = tree.SetOf[int](ch)
		requireFaults(t, err, fault{"tree.SetOf.child", "app/set/1"})
		for name, start := range map[string]func(context.Context, int, tree.ChildSpec) (*tree.Child, error){"Put": set.Put, "Replace": set.Replace} {
			_, err = start(none, 2, run)
			requireFaults(t, err, fault{"tree.Set." + name + ".ctx", nil})
			_, err = start(t.Context(), 2, tree.ChildSpec{Name: "x", Run: run.Run})
			requireFaults(t, err, fault{"tree.Set." + name + ".spec.Name", "x"})
			_, err = start(t.Context(), 2, tree.ChildSpec{})
			requireFaults(t, err, fault{"tree.ChildSpec.Run", nil})
			_, err = start(t.Context(), 2, tree.ChildSpec{Run: run.Run, Restart: 9})
			requireFaults(t, err, fault{"tree.ChildSpec.Restart", policy.Restart(9)})
		}
		requireFaults(t, set.Remove(none, 1), fault{"tree.Set.Remove.ctx", nil})
		require.Equal(t, []int{1}, keys(set))
	})
}

func TestTheZeroSetIsClosed(t *testing.T) {
	var set tree.Set[string]
	_, err := set.Put(t.Context(), "a", tree.ChildSpec{Run: drainer})
	require.ErrorIs(t, err, tree.ErrClosed)
	_, err = set.Replace(t.Context(), "a", tree.ChildSpec{Run: drainer})
	require.ErrorIs(t, err, tree.ErrClosed)
	_, err = set.Get("a")
	require.ErrorIs(t, err, tree.ErrClosed)
	require.ErrorIs(t, set.Remove(t.Context(), "a"), tree.ErrClosed)
	require.Zero(t, set.Len())
	require.Empty(t, keys(set))
	require.Nil(t, set.Supervisor())
}

func TestAllSetsOfOneSupervisorAreOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "root", Policy: new(policy.SupervisorScope), Children: []tree.ChildSpec{
			{Name: "rooms", Policy: new(policy.SupervisorScope)}}})
		require.NoError(t, err)
		child, err := tree.Find("app/root/rooms")
		require.NoError(t, err)
		one, err := tree.SetOf[int](child)
		require.NoError(t, err)
		other, err := tree.SetOf[int](child)
		require.NoError(t, err)
		ch := put(t, one, 5, drainer, policy.Permanent)
		got, err := other.Get(5)
		require.NoError(t, err)
		require.Same(t, ch, got)
		require.NoError(t, other.Remove(t.Context(), 5))
		require.Empty(t, slices.Collect(maps.Keys(maps.Collect(one.Each()))))
	})
}

func TestASetIsEmptyAgainAfterItsSupervisorWasRestarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		set, err := tree.NewSet[string](t.Context(), s, tree.ChildSpec{Name: "set", Backoff: backoff(time.Second)})
		require.NoError(t, err)
		a := put(t, set, "a", drainer, policy.Permanent)
		put(t, set, "b", failsAfter(time.Second, policy.Fatal(errBoom)), policy.Permanent)
		require.NoError(t, sleep(t.Context(), time.Second+ms))
		require.Equal(t, policy.SlotDelayed, set.Supervisor().State())
		require.NoError(t, a.Wait(t.Context()))
		_, err = set.Put(t.Context(), "a", tree.ChildSpec{Run: drainer})
		require.ErrorIs(t, err, tree.ErrClosed)
		require.Zero(t, set.Len())
		require.NoError(t, sleep(t.Context(), time.Second))
		require.Equal(t, policy.SlotRunning, set.Supervisor().State())
		require.Empty(t, keys(set))
		require.NotSame(t, a, put(t, set, "a", drainer, policy.Permanent))
		require.Equal(t, 1, set.Len())
		require.NoError(t, set.Supervisor().Shutdown(t.Context()))
		require.Zero(t, set.Len())
		_, err = set.Put(t.Context(), "a", tree.ChildSpec{Run: drainer})
		require.True(t, errors.Is(err, tree.ErrClosed))
	})
}
