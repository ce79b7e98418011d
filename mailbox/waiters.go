package mailbox

// waiter is a Put that waits for room. Its message is queued for it by the one
// who makes room, so that it cannot be overtaken between being woken and
// getting there.
type waiter[M any] struct {
	m        M          // what it waits with; what that replaced, if replaced
	result   chan error // takes one value, of Put; made by Put, so that it lives in Put's synctest bubble
	replaced bool       // written before the result is there

	prev, next *waiter[M] // a ring; nil when not waiting
}

// waiters is a ring of waiters, the longest waiting first.
type waiters[M any] struct {
	first *waiter[M]
}

// add puts w behind all others.
func (l *waiters[M]) add(w *waiter[M]) {
	if l.first == nil {
		w.prev, w.next = w, w
		l.first = w
		return
	}
	w.prev, w.next = l.first.prev, l.first
	w.prev.next, w.next.prev = w, w
}

// remove takes w out, wherever it stands, and reports whether it was there.
func (l *waiters[M]) remove(w *waiter[M]) bool {
	if w.next == nil {
		return false
	}
	w.prev.next, w.next.prev = w.next, w.prev
	switch {
	case w.next == w:
		l.first = nil
	case l.first == w:
		l.first = w.next
	}
	w.prev, w.next = nil, nil
	return true
}

// wake takes the first waiter out and ends its Put with err. It never blocks:
// the result has room for the one value it is sent.
func (l *waiters[M]) wake(err error) {
	w := l.first
	l.remove(w)
	w.result <- err
}

// all yields the waiters, the longest waiting first. The one that is yielded
// may be taken out meanwhile.
func (l *waiters[M]) all(yield func(*waiter[M]) bool) {
	w := l.first
	if w == nil {
		return
	}
	for last := w.prev; ; {
		next := w.next
		if !yield(w) || w == last {
			return
		}
		w = next
	}
}
