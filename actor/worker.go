package actor

import (
	"sync"

	"github.com/understudy-go/understudy/internal/run"
)

// worker is what a goroutine that serves an actor is started with. A go statement
// that is handed a method allocates; a worker keeps the one function it needs, and
// is used again.
type worker struct {
	begin func() // made once
	actor interface{ work() }
	pool  *sync.Pool // where it goes when it has begun
}

// workers are those that serve nobody yet.
var workers = sync.Pool{New: func() any {
	w := &worker{}
	w.begin = func() {
		actor := w.actor
		w.actor = nil
		w.pool.Put(w)
		actor.work()
	}
	return w
}}

// goWork has an actor work on a goroutine of its own.
func goWork(a interface{ work() }) {
	w := workers.Get().(*worker)
	w.actor, w.pool = a, &workers
	run.Go(w.begin)
}
