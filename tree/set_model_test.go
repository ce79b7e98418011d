package tree_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// setModel is what a set must be: a map, in the order of the puts.
type setModel struct {
	limit int
	in    []*modelMember
}

// modelMember is a child that is in the set.
type modelMember struct {
	key     int
	child   *tree.Child
	restart policy.Restart
	delayed bool // it waits for its restart, an hour
	ends    chan error
	lives   int
}

// find returns the place of a key, or -1.
func (m *setModel) find(key int) int {
	return slices.IndexFunc(m.in, func(one *modelMember) bool { return one.key == key })
}

// setRun is a set beside its model.
type setRun struct {
	t     *rapid.T
	ctx   context.Context
	set   tree.Set[int]
	model setModel
	alive [modelKeys]atomic.Int32 // children that run; never two
}

// spec describes a member that is never beside another of its key.
func (r *setRun) spec(one *modelMember) tree.ChildSpec {
	return tree.ChildSpec{Restart: one.restart, Backoff: policy.Backoff{Min: time.Hour, Max: time.Hour, Jitter: policy.JitterNone}, WaitReady: true, Run: func(ctx context.Context) error {
		if r.alive[one.key].Add(1) > 1 {
			panic(fmt.Sprint("two of key ", one.key))
		}
		defer r.alive[one.key].Add(-1)
		if err := tree.Ready(ctx); err != nil {
			return err
		}
		return obeys(one.ends)(ctx)
	}}
}

// member draws a member for a key.
func (r *setRun) member(key int) *modelMember {
	restart := rapid.SampledFrom([]policy.Restart{policy.Permanent, policy.Transient, policy.Temporary}).Draw(r.t, "restart")
	return &modelMember{key: key, restart: restart, ends: make(chan error), lives: 1}
}

func (r *setRun) put(key int) {
	one := r.member(key)
	ch, err := r.set.Put(r.ctx, key, r.spec(one))
	switch {
	case r.model.find(key) >= 0:
		require.ErrorIs(r.t, err, tree.ErrDuplicate)
	case r.model.limit > 0 && len(r.model.in) >= r.model.limit:
		require.ErrorIs(r.t, err, tree.ErrFull)
	default:
		require.NoError(r.t, err)
		one.child = ch
		r.model.in = append(r.model.in, one)
	}
}

func (r *setRun) replace(key int) {
	i := r.model.find(key)
	one := r.member(key)
	ch, err := r.set.Replace(r.ctx, key, r.spec(one))
	if i < 0 && r.model.limit > 0 && len(r.model.in) >= r.model.limit {
		require.ErrorIs(r.t, err, tree.ErrFull)
		return
	}
	require.NoError(r.t, err)
	one.child = ch
	if i >= 0 {
		r.gone(i)
	}
	r.model.in = append(r.model.in, one)
}

func (r *setRun) remove(key int) {
	err := r.set.Remove(r.ctx, key)
	if i := r.model.find(key); i >= 0 {
		require.NoError(r.t, err)
		r.gone(i)
	} else {
		require.ErrorIs(r.t, err, tree.ErrNotFound)
	}
}

// gone takes a member out of the model, which must have ended.
func (r *setRun) gone(i int) {
	_, ended := r.model.in[i].child.Exit()
	require.True(r.t, ended)
	r.model.in = slices.Delete(r.model.in, i, i+1)
}

// end has the child of a key return, if it runs.
func (r *setRun) end(key int, err error) {
	i := r.model.find(key)
	if i < 0 || r.model.in[i].delayed {
		return
	}
	one := r.model.in[i]
	one.ends <- err
	synctest.Wait() // until the set has heard of it
	failed := err != nil && !policy.IsDone(err)
	switch {
	case policy.IsDone(err), one.restart == policy.Temporary, one.restart == policy.Transient && !failed:
		r.gone(i)
	default:
		one.delayed = true
	}
}

// hour passes, and who waits for a restart comes back.
func (r *setRun) hour() {
	pause(time.Hour + time.Second)
	synctest.Wait() // until those that came back are up
	for _, one := range r.model.in {
		if one.delayed {
			one.delayed = false
			one.lives++
		}
	}
}

// check compares the set with its model.
func (r *setRun) check() {
	var want []int
	for _, one := range r.model.in {
		want = append(want, one.key)
		got, err := r.set.Get(one.key)
		require.NoError(r.t, err)
		require.Same(r.t, one.child, got)
		require.Equal(r.t, one.lives, got.Incarnation())
		state := policy.SlotRunning
		if one.delayed {
			state = policy.SlotDelayed
		}
		require.Equal(r.t, state, got.State(), "%d", one.key)
	}
	require.Equal(r.t, want, keys(r.set))
	require.Equal(r.t, len(want), r.set.Len())
	for key := range modelKeys {
		if r.model.find(key) < 0 {
			_, err := r.set.Get(key)
			require.ErrorIs(r.t, err, tree.ErrNotFound)
		}
	}
}

// modelKeys is how many keys a model has.
const modelKeys = 5

// TestASetIsAMapOfWhatRunsOrIsGoingTo plays random programs beside a map.
func TestASetIsAMapOfWhatRunsOrIsGoingTo(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		limit := rapid.IntRange(0, 3).Draw(rt, "limit")
		steps := rapid.SliceOfN(rapid.IntRange(0, 8), 1, 40).Draw(rt, "steps")
		program := rapid.SliceOfN(rapid.IntRange(0, modelKeys-1), len(steps), len(steps)).Draw(rt, "keys")
		synctest.Test(t, func(t *testing.T) {
			p := roomFor(limit)
			p.Intensity = policy.Intensity{Restarts: 1000, Within: time.Hour}
			s, err := tree.Open(t.Context(), policy.SupervisorScope, tree.WithName("app"), nobody())
			require.NoError(rt, err)
			defer s.Close()
			set, err := tree.NewSet[int](t.Context(), s, tree.ChildSpec{Name: "set", Policy: &p})
			require.NoError(rt, err)
			r := &setRun{t: rt, ctx: t.Context(), set: set, model: setModel{limit: limit}}
			for i, step := range steps {
				r.step(step, program[i])
				r.check()
			}
		})
	})
}

// step does one thing to a key.
func (r *setRun) step(what, key int) {
	switch what {
	case 0, 1:
		r.put(key)
	case 2, 3:
		r.replace(key)
	case 4:
		r.remove(key)
	case 5:
		r.end(key, nil)
	case 6:
		r.end(key, errBoom)
	case 7:
		r.end(key, policy.Done(nil))
	case 8:
		r.hour()
	}
}

var errNotOurs = []error{tree.ErrDuplicate, tree.ErrFull, tree.ErrNotFound}

// expected reports whether an operation that races with others may end like this.
func expected(err error) bool {
	return err == nil || slices.ContainsFunc(errNotOurs, func(e error) bool { return errors.Is(err, e) })
}
