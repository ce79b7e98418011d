package registry

import (
	"context"
	"log/slog"
	"runtime/pprof"
	"slices"
	"sync/atomic"

	"github.com/understudy-go/understudy/internal/run"
)

// feed brings events to listeners, in order and one at a time. It has a goroutine
// only while there are events. The lock of its book guards it.
type feed[K comparable, M any] struct {
	listeners []*listener[K, M]
	waiting   []news[K, M]
	busy      bool         // a goroutine delivers
	batch     []news[K, M] // what that took and has not yet delivered; its alone
}

// listener is a function that wants to be told.
type listener[K comparable, M any] struct {
	told    func(Event[K, M])
	stopped atomic.Bool
}

// news is an event for one listener.
type news[K comparable, M any] struct {
	event Event[K, M]
	to    *listener[K, M]
}

// listen adds a listener, which is told first of all that there is.
func (b *book[K, M]) listen(caller string, ix index[K, M], f func(Event[K, M])) (stop func(), err error) {
	if f == nil {
		return nil, fault(caller+".f", nil, "must be a function")
	}
	l := &listener[K, M]{told: f}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.feed.listeners = append(b.feed.listeners, l)
	ix.each(func(h *holding[K, M]) { b.post(Registered, h, l) })
	return func() { b.unlisten(l) }, nil
}

// unlisten has nobody call l any more.
func (b *book[K, M]) unlisten(l *listener[K, M]) {
	l.stopped.Store(true)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.feed.listeners = slices.DeleteFunc(b.feed.listeners, func(other *listener[K, M]) bool { return other == l })
}

// tell queues what happened to a holding for all who listen.
func (b *book[K, M]) tell(kind EventKind, h *holding[K, M]) {
	for _, l := range b.feed.listeners {
		b.post(kind, h, l)
	}
}

// post queues an event and sees that somebody delivers it.
func (b *book[K, M]) post(kind EventKind, h *holding[K, M], to *listener[K, M]) {
	f := &b.feed
	f.waiting = append(f.waiting, news[K, M]{Event[K, M]{kind, h.key, h.owner.ref, h.value}, to})
	if !f.busy {
		f.busy = true
		run.Go(b.deliver)
	}
}

// deliver tells events until none waits. It carries nobody's labels: whoever made the
// change does not run here. A listener that calls runtime.Goexit takes this goroutine
// with it; the next one goes on.
func (b *book[K, M]) deliver() {
	pprof.SetGoroutineLabels(context.Background())
	over := false
	defer func() {
		if !over {
			run.Go(b.deliver)
		}
	}()
	for b.fetch() {
		n := b.feed.batch[0]
		b.feed.batch[0] = news[K, M]{}
		b.feed.batch = b.feed.batch[1:]
		n.to.hear(n.event)
	}
	over = true
}

// fetch reports whether there is something to deliver: what is left of the batch, or all
// that waits as the next one. When it reports false the batch may be another's from then
// on.
func (b *book[K, M]) fetch() bool {
	if len(b.feed.batch) > 0 {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.feed.batch, b.feed.waiting = b.feed.waiting, nil
	b.feed.busy = len(b.feed.batch) > 0
	return b.feed.busy
}

// hear calls the listener and logs its panic.
func (l *listener[K, M]) hear(e Event[K, M]) {
	if l.stopped.Load() {
		return
	}
	err := run.Call(context.Background(), func(context.Context) error {
		l.told(e)
		return nil
	}, false)
	if err != nil {
		slog.Default().Error("registry: listener failed", "error", err, "event", e.Kind.String(), "key", worded(e.Key), "ref", e.Ref.String())
	}
}
