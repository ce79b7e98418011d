package mailbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// failer is a *testing.T, or what rapid has in its place.
type failer interface{ Fatalf(string, ...any) }

// kind is one of the mailboxes: what a Spec says, or the latest by key, for
// which a message is its own key but for its lowest byte.
type kind struct {
	Spec
	latest bool
}

func (k kind) String() string {
	if k.latest {
		return fmt.Sprintf("Latest(%d)", k.Capacity())
	}
	return k.Spec.String()
}

// waits says whether a message that finds no room waits for some.
func (k kind) waits() bool { return k.latest || !k.unbounded && k.Overflow() == Block }

// full says whether n messages leave no room.
func (k kind) full(n int) bool { return !k.unbounded && n >= k.Capacity() }

// keyOf is the key of a message in the model: small, so that keys come again.
func keyOf(m int) int { return m & 0xff }

// create makes the mailbox, with what the model has to see of it.
func (k kind) create(drop func(int)) (Mailbox[int], insides, error) {
	if k.latest {
		b, err := NewLatest(k.Capacity(), keyOf, drop)
		if err != nil {
			return nil, nil, err
		}
		l := b.(*latest[int, int])
		return b, &inside[keyed[int, int]]{&l.queue, &l.bounded, func(m int) keyed[int, int] { return keyed[int, int]{m, keyOf(m)} }, l}, nil
	}
	b, err := New(k.Spec, drop)
	if err != nil {
		return nil, nil, err
	}
	in := &inside[int]{of: func(m int) int { return m }}
	switch b := b.(type) {
	case *unbounded[int]:
		in.q = &b.queue
	case *bounded[int]:
		in.q, in.b = &b.queue, b
	case *dropping[int]:
		in.q, in.b = &b.queue, &b.bounded
	}
	return b, in, nil
}

// model runs a mailbox beside a slice that does the same in the plainest way,
// on one goroutine: a Put that would wait is split into its halves, wait and
// leave, so that every order of events can be written down as a list of steps.
type model struct {
	t      failer
	kind   kind
	box    Mailbox[int]
	inside insides

	want    []int       // the messages in the mailbox
	waiting []modelWait // the waiters, by age
	closed  bool
	last    int   // counts the messages, so that each is another one
	dropped []int // what drop was told since it was last looked at

	peak                    int
	accepted, taken, losses int
}

// modelWait is a message that waits, and a look at what its Put came to.
type modelWait struct {
	m      int
	result func() (result, bool)
}

// result is what a Put that has waited came to.
type result struct {
	err      error
	replaced bool
	old      int
}

func newModel(t failer, k kind) *model {
	m := &model{t: t, kind: k}
	var err error
	if m.box, m.inside, err = k.create(func(old int) { m.dropped = append(m.dropped, old) }); err != nil {
		t.Fatalf("%v: %v", k, err)
	}
	return m
}

// next is another message, of the key that is chosen.
func (m *model) next(key int) int {
	m.last++
	return m.last<<8 | key&0xff
}

// offered is what the slice does with a message that may not wait: what is
// dropped, 0 for nothing, and what its Put returns.
func (m *model) offered(v int) (dropped int, err error) {
	switch i := m.alike(v); {
	case m.closed:
		return 0, ErrClosed
	case i >= 0:
		m.want[i], dropped = v, m.want[i]
	case !m.kind.full(len(m.want)):
		m.want = append(m.want, v)
	case m.kind.latest || m.kind.Overflow() < DropNewest:
		return 0, ErrFull
	case m.kind.Overflow() == DropNewest:
		dropped = v
	default:
		dropped = m.want[0]
		m.want = append(m.want[1:], v)
	}
	m.accept(dropped)
	return dropped, nil
}

// accept counts a message that was accepted, and what that dropped.
func (m *model) accept(dropped int) {
	m.accepted++
	if dropped != 0 {
		m.losses++
	}
	m.peak = max(m.peak, len(m.want))
}

// alike is where the message is that v would replace, or -1.
func (m *model) alike(v int) int {
	if !m.kind.latest {
		return -1
	}
	return slices.IndexFunc(m.want, func(w int) bool { return keyOf(w) == keyOf(v) })
}

func (m *model) tryPut(key int) {
	v := m.next(key)
	dropped, err := m.offered(v)
	m.is("TryPut", m.box.TryPut(v), err, dropped)
}

var errEnded = errors.New("the context ended")

// putEnded is a Put that never waits, for its context has ended.
func (m *model) putEnded(key int) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errEnded)
	v := m.next(key)
	dropped, err := m.offered(v)
	if err == ErrFull && m.kind.waits() {
		err = errEnded
	}
	m.is("Put", m.box.Put(ctx, v), err, dropped)
}

func (m *model) is(what string, got, want error, dropped int) {
	if got != want {
		m.t.Fatalf("%s: %v, want %v", what, got, want)
	}
	var told int
	if len(m.dropped) > 0 {
		told = m.dropped[0]
	}
	if told != dropped || len(m.dropped) > 1 {
		m.t.Fatalf("%s dropped %v, want %d", what, m.dropped, dropped)
	}
	m.dropped = nil
}

// wait is the first half of a Put that finds the mailbox full.
func (m *model) wait(key int) {
	v := m.next(key)
	if m.closed || !m.kind.waits() || !m.kind.full(len(m.want)) || m.alike(v) >= 0 {
		return
	}
	m.waiting = append(m.waiting, modelWait{v, m.inside.wait(v)})
}

// leave is a waiter's context that ends.
func (m *model) leave(which int) {
	if len(m.waiting) == 0 {
		return
	}
	which %= len(m.waiting)
	if !m.inside.leave(which) {
		m.t.Fatalf("a waiter was let in while there was no room")
	}
	m.waiting = slices.Delete(m.waiting, which, which+1)
}

func (m *model) take() {
	got, ok := m.box.Take()
	if len(m.want) == 0 {
		if ok {
			m.t.Fatalf("Take: %d, want nothing", got)
		}
		if m.inside.owns() {
			m.t.Fatalf("an empty mailbox owns what it was lent")
		}
		return
	}
	if !ok || got != m.want[0] {
		m.t.Fatalf("Take: %d, %v, want %d", got, ok, m.want[0])
	}
	m.want = m.want[1:]
	m.taken++
	if len(m.waiting) > 0 {
		m.admit()
	}
}

// admit lets in the first waiter, and those of its key.
func (m *model) admit() {
	first := m.waiting[0]
	m.ends(first, result{})
	m.want = append(m.want, first.m)
	m.accept(0)
	m.waiting = slices.DeleteFunc(m.waiting[1:], func(w modelWait) bool {
		i := m.alike(w.m)
		if i < 0 {
			return false
		}
		m.ends(w, result{replaced: true, old: m.want[i]})
		m.want[i] = w.m
		m.accept(1)
		return true
	})
}

func (m *model) close() {
	m.box.Close()
	m.closed = true
	for _, w := range m.waiting {
		m.ends(w, result{err: ErrClosed})
	}
	m.waiting = nil
}

func (m *model) open() {
	m.box.Open()
	m.closed = false
}

// ends checks that w came to want.
func (m *model) ends(w modelWait, want result) {
	switch got, ok := w.result(); {
	case !ok:
		m.t.Fatalf("a waiter waits on, want %v", want)
	case got != want:
		m.t.Fatalf("a waiter got %v, want %v", got, want)
	}
}

// check compares what does not change anything, and the invariants.
func (m *model) check() {
	if got := m.box.Len(); got != len(m.want) {
		m.t.Fatalf("Len: %d, want %d", got, len(m.want))
	}
	want := Stats{Len: len(m.want), Peak: m.peak, Dropped: uint64(m.losses)}
	if got := m.box.Stats(); got != want {
		m.t.Fatalf("Stats: %+v, want %+v", got, want)
	}
	if got := m.taken + m.losses + len(m.want); got != m.accepted {
		m.t.Fatalf("%d messages were accepted, and %d taken, dropped or queued", m.accepted, got)
	}
	m.inside.check(m.t, m.want, len(m.waiting))
}
