package tree_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// lap is what each step of a life among many took.
type lap struct{ start, find, list, remove, stop time.Duration }

// forMany has n children come and go in a set of their own: half are removed one by
// one, half stopped with the set. full is told when all are there.
func forMany(t *testing.B, n int, full func()) (l lap) {
	s, err := tree.Open(t.Context(), policy.SupervisorScope, tree.WithName("app"), nobody())
	require.NoError(t, err)
	set, err := tree.NewSet[int](t.Context(), s, tree.ChildSpec{Name: "set"})
	require.NoError(t, err)
	each := func(n int, do func()) time.Duration {
		begun := time.Now()
		do()
		return time.Since(begun) / time.Duration(n)
	}
	must := func(err error) {
		if err != nil { // require costs too much here
			t.Fatal(err)
		}
	}
	l.start = each(n, func() {
		for key := range n {
			_, err := set.Put(t.Context(), key, tree.ChildSpec{Run: drainer})
			must(err)
		}
	})
	full()
	l.find = each(n, func() {
		for key := range n {
			_, err := set.Get(key)
			must(err)
		}
	})
	l.list = each(n, func() {
		seen := 0
		for range set.Each() {
			seen++
		}
		require.Equal(t, n, seen)
	})
	l.remove = each(n/2, func() {
		for key := range n / 2 {
			must(set.Remove(t.Context(), key))
		}
	})
	require.Equal(t, n-n/2, set.Len())
	l.stop = each(n-n/2, func() { must(set.Supervisor().Shutdown(t.Context())) })
	require.NoError(t, s.Close())
	return l
}

// crowded is what a step costs in a set of so many: the least of many tries, for what
// else the machine does only ever adds to it.
func crowded(t *testing.T, set tree.Set[int], n int) (l lap) {
	for set.Len() < n {
		put(t, set, set.Len(), drainer, policy.Permanent)
	}
	const batch = 16
	least := func(l *time.Duration, n int, do func(i int)) {
		begun := time.Now()
		for i := range n {
			do(i)
		}
		if d := time.Since(begun); *l == 0 || d < *l {
			*l = d
		}
	}
	for range 50 {
		least(&l.start, batch, func(i int) { put(t, set, -1-i, drainer, policy.Permanent) })
		least(&l.find, batch, func(i int) {
			_, err := set.Get(-1 - i)
			require.NoError(t, err)
		})
		least(&l.remove, batch, func(i int) { require.NoError(t, set.Remove(t.Context(), -1-i)) })
	}
	for range 10 {
		least(&l.list, 1, func(int) { require.Len(t, keys(set), n) })
	}
	l.list /= time.Duration(n)
	return l
}

// A step that looked at all siblings would cost 32 times as much.
func TestSupervision_118_AChildOfManyCostsWhatAChildOfFewCosts(t *testing.T) {
	const few, many, slack = 500, 16_000, 16 // far memory is slower too
	set := openSet[int](t, policy.SupervisorScope)
	a := crowded(t, set, few)
	b := crowded(t, set, many)
	t.Logf("of %d: %+v, of %d: %+v", few, a, many, b)
	require.LessOrEqual(t, b.start, slack*a.start, "start")
	require.LessOrEqual(t, b.find, slack*a.find, "find")
	require.LessOrEqual(t, b.remove, slack*a.remove, "remove")
	require.LessOrEqual(t, b.list, slack*a.list, "list")
	require.NoError(t, set.Supervisor().Shutdown(t.Context()))
}

func TestMembersThatEndedLeaveNothingBehind(t *testing.T) {
	s := opened(t, policy.SupervisorScope, nobody())
	set, err := tree.NewSet[int](t.Context(), s, tree.ChildSpec{Name: "set"})
	require.NoError(t, err)
	f, err := tree.FactoryOf(set.Supervisor(), func(i int) tree.ChildSpec { return tree.ChildSpec{Run: drainer} })
	require.NoError(t, err)
	flat(t, crowd(100_000), func(n int) {
		for i := range n {
			switch i % 3 {
			case 0:
				require.NoError(t, put(t, set, i, oneInTen(1), policy.Transient).Wait(t.Context()))
			case 1:
				replace(t, set, 1, drainer)
			default:
				require.NoError(t, made(t, f, i).Shutdown(t.Context()))
			}
		}
		require.NoError(t, set.Remove(t.Context(), 1))
	})
}

// A map keeps the room of as many as were ever in it; see [family.shrink].
func TestACrowdThatIsGoneLeavesNoRoomBehind(t *testing.T) {
	s := opened(t, policy.SupervisorScope, nobody())
	set, err := tree.NewSet[int](t.Context(), s, tree.ChildSpec{Name: "set"})
	require.NoError(t, err)
	stays := put(t, set, -1, drainer, policy.Permanent)
	most := max(crowd(100_000), 8192)
	manyWait(most + 1024) // all of them are there at once, and the runtime keeps their records
	flat(t, most, func(n int) {
		for key := range n {
			put(t, set, key, drainer, policy.Permanent)
		}
		for key := range n {
			require.NoError(t, set.Remove(t.Context(), key))
		}
	})
	got, err := set.Get(-1)
	require.NoError(t, err)
	require.Same(t, stays, got)
}

// BenchmarkSet has so many children come and go; the figures are for each child.
func BenchmarkSet(b *testing.B) {
	for _, n := range []int{1000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("children=%d", n), func(b *testing.B) {
			var sum lap
			var bytes uint64
			for range b.N {
				before := inUse()
				l := forMany(b, n, func() { bytes += inUse() - before })
				sum.start, sum.find, sum.list = sum.start+l.start, sum.find+l.find, sum.list+l.list
				sum.remove, sum.stop = sum.remove+l.remove, sum.stop+l.stop
			}
			report := func(unit string, d time.Duration) { b.ReportMetric(float64(d)/float64(b.N), unit) }
			report("start-ns/child", sum.start)
			report("find-ns/child", sum.find)
			report("list-ns/child", sum.list)
			report("remove-ns/child", sum.remove)
			report("stop-ns/child", sum.stop)
			b.ReportMetric(float64(bytes)/float64(b.N)/float64(n), "B/child")
		})
	}
}

// inUse returns how many bytes are live, stacks included.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
