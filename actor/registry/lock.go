package registry

import (
	"container/list"
	"context"
	"sync"
	"sync/atomic"
)

// locks are a lock for each key, which is there only while somebody has it.
type locks[K comparable] struct {
	mu   sync.Mutex
	held table[K, *list.List] // who waits, oldest first: *wait
}

// wait is somebody's wait for a lock.
type wait struct {
	at  *list.Element // nil once the lock is its own; guarded by locks.mu
	got chan struct{}
}

// Lock calls f while nobody else is in a Lock of the same key, and returns what f does.
// It waits until whoever came before has returned from f, by a panic or a
// [runtime.Goexit] if it must be, in the order in which they came. When ctx ends first
// it returns ctx's cause, and f is not called; one who gives up waiting is in nobody's
// way. To have the lock takes no name, nor an owner: it is for who wants to look before
// it registers.
//
// The ctx that f is given, and those derived from it, know the lock: asking for it
// again is [ErrSelfLock]. With two keys, take them in the same order everywhere. A nil
// ctx or f, or a key that cannot be found again, is a [*policy.FieldError].
func (n *Names[K, M]) Lock(ctx context.Context, key K, f func(ctx context.Context) error) error {
	const caller = "Names.Lock"
	switch {
	case ctx == nil:
		return fault(caller+".ctx", nil, "must not be nil")
	case f == nil:
		return fault(caller+".f", nil, "must be a function")
	}
	if err := checkKey(caller, key); err != nil {
		return err
	}
	mark := lockMark[K]{&n.locks, key}
	if h, _ := ctx.Value(mark).(*holder); h != nil && !h.over.Load() {
		return &keyError[K]{ErrSelfLock, key}
	}
	if err := n.locks.take(ctx, key); err != nil {
		return err
	}
	h := &holder{}
	defer n.locks.leave(key)
	defer h.over.Store(true)
	return f(context.WithValue(ctx, mark, h))
}

// lockMark finds in a context who has a lock.
type lockMark[K comparable] struct {
	locks *locks[K]
	key   K
}

// holder is a call of a function that has a lock.
type holder struct{ over atomic.Bool }

// take waits for the lock of a key.
func (l *locks[K]) take(ctx context.Context, key K) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	w := l.queue(key)
	if w == nil {
		return nil
	}
	select {
	case <-w.got:
		return nil
	case <-ctx.Done():
		l.giveUp(key, w)
		return context.Cause(ctx)
	}
}

// queue takes the lock if nobody has it, and else waits.
func (l *locks[K]) queue(key K) *wait {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting, held := l.held.in[key]
	switch {
	case !held:
		l.held.put(key, nil)
		return nil
	case waiting == nil:
		waiting = list.New()
		l.held.put(key, waiting)
	}
	w := &wait{got: make(chan struct{})}
	w.at = waiting.PushBack(w)
	return w
}

// leave hands the lock on to who has waited longest.
func (l *locks[K]) leave(key K) {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting := l.held.in[key]
	if waiting == nil || waiting.Len() == 0 {
		l.held.delete(key)
		return
	}
	w := waiting.Remove(waiting.Front()).(*wait)
	w.at = nil
	close(w.got)
}

// giveUp ends a wait, and hands on the lock that it may have got meanwhile.
func (l *locks[K]) giveUp(key K, w *wait) {
	l.mu.Lock()
	waited := w.at != nil
	if waited {
		l.held.in[key].Remove(w.at)
	}
	l.mu.Unlock()
	if !waited {
		l.leave(key)
	}
}
