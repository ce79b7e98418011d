package registry_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor/registry"
)

func TestAListenerThatPanicsOrExitsIsToldTheRestAndHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		before := slog.Default()
		slog.SetDefault(slog.New(slog.NewTextHandler(&out, nil)))
		defer slog.SetDefault(before)

		var n names
		var bad, good trail
		owner := newRef("app/owner")
		_, err := n.Listen(func(e registry.Event[string, string]) {
			bad.add(e.Key)
			if e.Key == "b" {
				panic("oh no")
			}
			runtime.Goexit()
		})
		require.NoError(t, err)
		_, err = n.Listen(func(e registry.Event[string, string]) { good.add(e.Key) })
		require.NoError(t, err)
		for _, key := range []string{"a", "b", "c"} {
			require.NoError(t, n.Register(key, owner, nil))
		}
		synctest.Wait() // the listeners have been told
		require.Equal(t, []string{"a", "b", "c"}, bad.list())
		require.Equal(t, []string{"a", "b", "c"}, good.list())
		require.Contains(t, out.String(), `level=ERROR msg="registry: listener failed"`)
		require.Contains(t, out.String(), `event=registered key="\"b\"" ref=app/owner`)
	})
}

func TestUserCodeMayUseTheRegistry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n names
		var log trail
		owner := newRef("app/owner")
		var stop func()
		stop, err := n.Listen(func(e registry.Event[string, string]) {
			log.add(fmt.Sprint(e.Kind, " ", e.Key, " of ", n.Len()))
			switch {
			case e.Key == "b" && e.Kind == registry.Registered:
				require.NoError(t, n.Unregister("b", owner))
				require.NoError(t, n.Register("c", owner, nil))
			case e.Key == "c":
				stop()
			}
		})
		require.NoError(t, err)
		require.NoError(t, n.Register("a", owner, nil))
		synctest.Wait() // the listener has been told
		require.NoError(t, n.Register("b", owner, nil))
		synctest.Wait() // of this as well
		require.NoError(t, n.Register("d", owner, nil))
		synctest.Wait() // and would have been told
		require.Equal(t, []string{"registered a of 1", "registered b of 2", "unregistered b of 2", "registered c of 2"}, log.list())
		require.NoError(t, n.Update("a", owner, func(any) any { return len(n.Keys(owner)) }))
		require.NoError(t, n.Lock(t.Context(), "a", nothing))
	})
}

func TestAListenerThatWasStoppedIsNotToldWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n names
		var log trail
		gate := make(chan struct{})
		stop, err := n.Listen(func(e registry.Event[string, string]) { log.add(e.Key); <-gate })
		require.NoError(t, err)
		for _, key := range []string{"a", "b", "c"} {
			require.NoError(t, n.Register(key, newRef("app"), nil))
		}
		synctest.Wait() // the listener is being told of the first
		stop()
		close(gate)
		synctest.Wait() // it would have been told of the others
		require.Equal(t, []string{"a"}, log.list())
	})
}

// Many change the names at once. Whoever follows the events knows what there is, from
// the first to the last, and so does one who comes in between.
func TestListenersHearOfEveryChangeInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n registry.Names[int, string]
		var all sync.WaitGroup
		followers := make([]*follower, 5)
		for i := range followers {
			followers[i] = &follower{t: t, has: map[int]registry.Entry[string]{}}
			_, err := n.Listen(followers[i].follow)
			require.NoError(t, err)
			for who := range 4 {
				all.Go(func() { change(&n, newFake(fmt.Sprint("f", who, " ", i))) })
			}
		}
		all.Wait()
		synctest.Wait() // the followers have been told
		want := map[int]registry.Entry[string]{}
		for key, e := range n.All() {
			want[key] = e
		}
		require.NotEmpty(t, want)
		for _, f := range followers {
			require.Equal(t, want, f.has)
			require.Greater(t, f.told, 100)
		}
	})
}

// change takes names, gives some back, and now and then ends.
func change(n *registry.Names[int, string], f *fake) {
	for i := range 300 {
		key := i * 7 % 20
		if n.Register(key, f.ref(), i) != nil {
			_ = n.Unregister((key+13)%20, f.ref())
		}
		_ = n.Update(key, f.ref(), func(any) any { return -i })
		if i%50 == 49 && i < 299 {
			f.end()
			f = newFake(f.name)
		}
	}
}

// follower keeps what it is told, and finds every event possible.
type follower struct {
	t    *testing.T
	has  map[int]registry.Entry[string]
	told int
}

func (f *follower) follow(e registry.Event[int, string]) {
	f.told++
	before, had := f.has[e.Key]
	require.Equal(f.t, e.Kind != registry.Registered, had, "%v of %d", e.Kind, e.Key)
	if had {
		require.Equal(f.t, before.Ref, e.Ref)
	}
	if e.Kind == registry.Unregistered {
		require.Equal(f.t, before.Value, e.Value)
		delete(f.has, e.Key)
		return
	}
	f.has[e.Key] = registry.Entry[string]{Ref: e.Ref, Value: e.Value}
}

func TestTheKindsOfEventsHaveWords(t *testing.T) {
	for kind, want := range map[registry.EventKind]string{
		registry.Registered: "registered", registry.Unregistered: "unregistered", registry.Updated: "updated", 200: "unknown",
	} {
		require.Equal(t, want, kind.String())
	}
}
