package tree_test

import (
	"runtime"
	"runtime/debug"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// live is what is on the heap after collecting.
type live struct{ objects, bytes int64 }

// minus returns how much more l is than before.
func (l live) minus(before live) live {
	return live{l.objects - before.objects, l.bytes - before.bytes}
}

// noise is what a measurement may be off by, however much was done in between.
// Mostly the difference is zero and zero, for flat and liveNow take out what the
// runtime keeps for goroutines. What is left is a thread that it happened to
// start meanwhile, some objects and less than 10 kB, what it enters in tables of
// its own, an object now and then, and the room that its heap of timers keeps for
// as many as were ever in it. One big error is more than that.
var noise = live{objects: 24, bytes: 48 << 10}

// liveNow collects until nothing changes any more and returns what is live.
//
// The runtime keeps records of goroutines that have waited in a cache of each
// processor, up to 128 of 112 bytes. With one processor the other caches are
// emptied, and the one left is filled the same way each time. Pools are empty
// after two collections. The collections before that are for clean-ups, which
// the runtime queues for each processor.
func liveNow() live {
	runtime.GC()
	runtime.GC()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	runtime.GC()
	manyWait(1024)
	var now live
	for range 100 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		then := now
		if now = (live{int64(m.HeapObjects), int64(m.HeapAlloc)}); now == then {
			break
		}
	}
	return now
}

// manyWait has n goroutines wait at once.
func manyWait(n int) {
	var in, out sync.WaitGroup
	gate := make(chan struct{})
	in.Add(n)
	for range n {
		out.Go(func() {
			in.Done()
			<-gate
		})
	}
	in.Wait()
	runtime.Gosched() // with one processor this lets all of them come to the gate
	close(gate)
	out.Wait()
}

// crowdOnce is for the records that flat has the runtime make.
var crowdOnce sync.Once

// flat checks that what comes and goes n times leaves no more live objects and
// bytes behind than it does a hundredth as often, which makes what is made once.
//
// The runtime never frees the record of a goroutine, but keeps it for the next
// one. So that none is made in between, there are first more at once than what
// comes and goes can start before the scheduler lets the others run.
func flat(t *testing.T, n int, comeAndGo func(n int)) {
	t.Helper()
	flatBut(t, noise, n, comeAndGo)
}

// flatBut is flat where something may be left that does not grow with n.
func flatBut(t *testing.T, noise live, n int, comeAndGo func(n int)) {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(1000)) // there is little to scan and much to sweep
	crowdOnce.Do(func() { manyWait(10_000) })
	comeAndGo(max(n/100, 1280))
	before := liveNow()
	comeAndGo(n)
	more := liveNow().minus(before)
	for range 20 { // clean-ups of handles run some time after a collection
		if more.objects <= noise.objects && more.bytes <= noise.bytes {
			break
		}
		runtime.Gosched()
		more = liveNow().minus(before)
	}
	t.Logf("%d came and went: %+d live objects, %+d bytes, from %d and %d", n, more.objects, more.bytes, before.objects, before.bytes)
	require.LessOrEqual(t, more.objects, noise.objects, "live objects more than before %d came and went", n)
	require.LessOrEqual(t, more.bytes, noise.bytes, "live bytes more than before %d came and went", n)
}

// crowd returns how many come and go: n, unless time is short.
func crowd(n int) int {
	switch {
	case raceDetector:
		return n / 200
	case testing.Short():
		return n / 100
	}
	return n
}
