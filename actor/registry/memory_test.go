package registry_test

import (
	"runtime"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/registry"
	"github.com/understudy-go/understudy/policy"
)

// heap returns the live bytes after collecting.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// many returns n, or less where time is short.
func many(n int) int {
	switch {
	case raceDetector:
		return n / 100
	case testing.Short():
		return n / 10
	}
	return n
}

// flat checks that comeAndGo leaves the heap as it was.
func flat(t *testing.T, comeAndGo func()) {
	t.Helper()
	before := heap()
	comeAndGo()
	more := heap() - before
	t.Logf("%+d bytes from %d", more, before)
	require.LessOrEqual(t, more, int64(64<<10), "bytes more than before")
}

func TestAMillionWhoCameOneAfterTheOtherLeaveNothing(t *testing.T) {
	var n registry.Names[int, string]
	var g registry.Groups[int, string]
	stays := newRef("stays")
	require.NoError(t, n.Register(-1, stays, nil))
	require.NoError(t, g.Join(0, stays, nil))
	flat(t, func() {
		for i := range many(1_000_000) {
			f := newFake("f")
			if n.Register(i, f.ref(), i) != nil || g.Join(0, f.ref(), i) != nil || g.Join(i, f.ref(), nil) != nil {
				t.Fatal("refused")
			}
			f.end()
		}
	})
	require.Equal(t, 1, n.Len())
	require.Equal(t, 1, g.Len())
	runtime.KeepAlive(&n)
	runtime.KeepAlive(&g)
}

func TestACrowdThatWasThereAtOnceLeavesNothing(t *testing.T) {
	var n registry.Names[int, string]
	var g registry.Groups[int, string]
	stays := newRef("stays")
	require.NoError(t, n.Register(-1, stays, nil))
	require.NoError(t, g.Join(0, stays, nil))
	flat(t, func() {
		crowd := make([]*fake, many(200_000))
		for i := range crowd {
			crowd[i] = newFake("f")
			if n.Register(i, crowd[i].ref(), i) != nil || g.Join(0, crowd[i].ref(), i) != nil || g.Join(i, crowd[i].ref(), nil) != nil {
				t.Fatal("refused")
			}
		}
		for i := range crowd { // not in the order in which they came
			crowd[i*7919%len(crowd)].end()
		}
	})
	require.Equal(t, 1, n.Len())
	require.Equal(t, 1, g.Size(0))
	runtime.KeepAlive(&n)
	runtime.KeepAlive(&g)
}

func TestLocksThatNobodyHasLeaveNothing(t *testing.T) {
	var n registry.Names[int, string]
	flat(t, func() {
		for i := range many(1_000_000) {
			if n.Lock(t.Context(), i, nothing) != nil {
				t.Fatal("no lock")
			}
		}
	})
	runtime.KeepAlive(&n)
}

// Real actors, with all that a supervisor keeps of them.
func TestActorsThatRegisteredAndEndedLeaveNothing(t *testing.T) {
	var n registry.Names[string, order]
	s := supervisor(t)
	comeAndGo := func(count int) {
		for i := range count {
			key := strconv.Itoa(i)
			_, child := spawn(t, s, actor.Spec[order]{Name: key, Restart: policy.Temporary}, n.As(key, nil, obey))
			child.Cancel(nil)
			_ = child.Wait(t.Context())
		}
	}
	comeAndGo(2000) // what is made once
	flat(t, func() { comeAndGo(many(100_000)) })
	require.Zero(t, n.Len())
	runtime.KeepAlive(&n)
}

func TestAListenerThatWasToldEverythingLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n registry.Names[int, string]
		told := 0
		stop, err := n.Listen(func(registry.Event[int, string]) { told++ })
		require.NoError(t, err)
		count := many(1_000_000)
		flat(t, func() {
			for i := range count {
				f := newFake("f")
				if n.Register(i, f.ref(), i) != nil {
					t.Fatal("refused")
				}
				f.end()
				if i%1000 == 0 {
					synctest.Wait() // the listener has been told
				}
			}
			synctest.Wait() // of all
		})
		require.Equal(t, 2*count, told)
		stop()
	})
}
