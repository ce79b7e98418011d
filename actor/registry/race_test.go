package registry_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/registry"
)

// Actors end while others register them, look them up and send to them.
func TestWhoHasEndedHasNothingAnyMore(t *testing.T) {
	const rounds, keys = 400, 5
	var n registry.Names[int, string]
	var g registry.Groups[int, string]
	for round := range rounds {
		var all sync.WaitGroup
		actors := make([]*fake, 3)
		for i := range actors {
			actors[i] = newFake(fmt.Sprint("f", i))
		}
		for i, f := range actors {
			all.Go(func() {
				for key := range keys {
					expect(t, n.Register(key, f.ref(), i), registry.ErrTaken, actor.ErrStopped)
					expect(t, n.Keep(key+1, f.ref(), i), registry.ErrTaken, actor.ErrStopped)
					expect(t, n.Unregister(key, f.ref()), registry.ErrNotFound, registry.ErrNotOwner)
					expect(t, n.Update(key+1, f.ref(), same), registry.ErrNotFound, registry.ErrNotOwner)
				}
			})
			all.Go(func() {
				for key := range keys {
					expect(t, g.Join(key, f.ref(), i), actor.ErrStopped)
					expect(t, g.Keep(key, f.ref(), -i), actor.ErrStopped)
					expect(t, g.Leave((key+3)%keys, f.ref()), registry.ErrNotFound)
				}
			})
			all.Go(func() {
				for key := range keys {
					expect(t, n.Via(key).TrySend("hello"), actor.ErrStopped)
					expect(t, second(g.Publish(t.Context(), key, "hello")), actor.ErrStopped)
					expect(t, g.One(key, registry.RoundRobin[string]()).TrySend("hello"), actor.ErrStopped)
				}
			})
			if (round+i)%3 > 0 {
				all.Go(f.end)
			}
		}
		all.Wait()
		for i, f := range actors {
			if (round+i)%3 > 0 {
				require.Empty(t, n.Keys(f.ref()))
				require.Empty(t, g.Keys(f.ref()))
			}
			f.end()
			require.Zero(t, f.watchers())
		}
		require.Zero(t, n.Len())
		require.Zero(t, g.Len())
	}
}

// expect checks that an error is none, or one of some.
func expect(t *testing.T, err error, some ...error) {
	for _, e := range some {
		if errors.Is(err, e) {
			return
		}
	}
	if err != nil {
		t.Error(err)
	}
}

func TestANameHasOneOwnerHoweverManyWantIt(t *testing.T) {
	const actors = 8
	var n names
	for range 200 {
		var all sync.WaitGroup
		owners := make(chan *fake, actors)
		for range actors {
			all.Go(func() {
				f := newFake("f")
				if n.Register("db", f.ref(), nil) == nil {
					owners <- f
				}
			})
		}
		all.Wait()
		require.Len(t, owners, 1)
		owner := <-owners
		got, _, err := n.Lookup("db")
		require.NoError(t, err)
		require.Equal(t, owner.ref(), got)
		owner.end()
	}
}

// One actor registers many names from many goroutines, and is watched once.
func TestAnOwnerIsOneHoweverManyRegisterForIt(t *testing.T) {
	for range 200 {
		var n registry.Names[int, string]
		f := newFake("f")
		var all sync.WaitGroup
		for key := range 8 {
			all.Go(func() { require.NoError(t, n.Register(key, f.ref(), nil)) })
		}
		all.Wait()
		require.Equal(t, 1, f.watchers())
		require.Len(t, n.Keys(f.ref()), 8)
		f.end()
		require.Zero(t, n.Len())
	}
}
