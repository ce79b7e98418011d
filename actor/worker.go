package actor

import "sync"

// worker is what a goroutine that serves an actor is started with. A go statement
// that is handed a method allocates; a worker keeps the one function it needs and
// is used again.
type worker struct {
	works interface{ work() } // what it was started for
	run   func()
}

var workers = sync.Pool{New: func() any {
	w := &worker{}
	w.run = func() {
		works := w.works
		w.works = nil
		workers.Put(w)
		works.work()
	}
	return w
}}
