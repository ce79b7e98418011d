package mailbox

import "slices"

// insides is what the model does to the inside of a mailbox, and sees there.
type insides interface {
	wait(m int) func() (result, bool) // the first half of a Put that has to wait
	leave(which int) bool             // the end of the context of one that does
	owns() bool                       // something that is lent
	check(t failer, want []int, waiting int)
}

// inside is the inside of a mailbox whose queue has elements of type E.
type inside[E comparable] struct {
	q      *queue[E]
	b      *bounded[E] // nil if unbounded
	of     func(m int) E
	latest *latest[int, int] // or nil
}

// wait leaves out what Put does after it: there is nobody who could have taken
// a message meanwhile.
func (in *inside[E]) wait(m int) func() (result, bool) {
	in.b.mu.Lock()
	w := in.b.wait(in.of(m))
	in.b.mu.Unlock()
	return func() (result, bool) {
		select {
		case err := <-w.result:
			r := result{err: err, replaced: w.replaced}
			if w.replaced {
				r.old = any(w.m).(keyed[int, int]).m
			}
			return r, true
		default:
			return result{}, false
		}
	}
}

func (in *inside[E]) leave(which int) bool {
	in.b.mu.Lock()
	defer in.b.mu.Unlock()
	w := slices.Collect(in.b.more.waiters.all)[which]
	return in.b.leave(w)
}

func (in *inside[E]) owns() bool { return in.q.more != nil }

// check checks the invariants of queue, bounded and latest, by number.
func (in *inside[E]) check(t failer, want []int, waiting int) {
	q := in.q
	if in.b != nil && len(want) > in.b.capacity {
		t.Fatalf("bounded 1: %d messages in a capacity of %d", len(want), in.b.capacity)
	}
	var zero E
	if q.inSlot != (q.slot != zero) || q.inSlot && q.slot != in.of(want[0]) {
		t.Fatalf("queue 2: the slot holds %v (%v), want the oldest of %v", q.slot, q.inSlot, want)
	}
	r := q.more
	if r == nil {
		if len(want) > 1 || q.inSlot != (len(want) == 1) || q.ahead != nil || waiting > 0 {
			t.Fatalf("queue 1, 3: nothing is lent, with %d messages, %d waiters, ahead %p", len(want), waiting, q.ahead)
		}
		return
	}
	if n := r.n - int(r.gone.Load()-r.seen); n != len(want) {
		t.Fatalf("queue 1: the count is %d, want %d", n, len(want))
	}
	if r.read > r.limit || (q.ahead == r) != (r.read < r.limit) || q.ahead != r && q.ahead != nil || q.single && q.ahead != nil {
		t.Fatalf("queue 3, 4, 6: read %d, limit %d, ahead %p of %p", r.read, r.limit, q.ahead, r)
	}
	if r.waiting.Load() != (waiting > 0) || (r.waiters.first != nil) != (waiting > 0) {
		t.Fatalf("bounded 2: waiting is %v with %d waiters", r.waiting.Load(), waiting)
	}
	if waiting > 0 && len(want) != in.b.capacity {
		t.Fatalf("bounded 3: %d wait with %d of %d messages there", waiting, len(want), in.b.capacity)
	}
	in.checkSlots(t, want)
	if in.latest != nil {
		in.checkPlaces(t)
	}
}

// checkSlots compares every slot of every chunk: what is in the queue, in
// order, and zero all around it. Messages are never zero.
func (in *inside[E]) checkSlots(t failer, want []int) {
	var zero E
	r := in.q.more
	if in.q.inSlot {
		want = want[1:]
	}
	var got []E
	for c := r.head; c != nil; c = c.next {
		for i, v := range c.slots {
			within := (c != r.head || i >= int(r.read)) && (c != r.tail || i < int(r.write))
			if within != (v != zero) {
				t.Fatalf("queue 5: slot %d holds %v, within %v", i, v, within)
			}
			if within {
				got = append(got, v)
			}
		}
	}
	if !slices.EqualFunc(got, want, func(e E, m int) bool { return e == in.of(m) }) {
		t.Fatalf("the chunks hold %v, want %v", got, want)
	}
}

// checkPlaces compares the places to the chunks: each message has its own.
func (in *inside[E]) checkPlaces(t failer) {
	l, r := in.latest, in.latest.more
	places := l.places()
	n := r.n
	if l.inSlot {
		n--
	}
	if len(places) != n {
		t.Fatalf("latest 2: %d places, want %d", len(places), n)
	}
	for key, at := range places {
		if at.m == 0 || at.key != key || keyOf(at.m) != key {
			t.Fatalf("latest 1, 2: key %d leads to message %d of key %d", key, at.m, at.key)
		}
	}
	for w := range r.waiters.all {
		if l.find(w.m.key) != nil {
			t.Fatalf("latest 3: a message of key %d waits, and is there", w.m.key)
		}
	}
}
