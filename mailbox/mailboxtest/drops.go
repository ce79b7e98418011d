package mailboxtest

import (
	"context"
	"runtime"
	"time"

	"github.com/understudy-go/understudy/mailbox"
)

// losing is what a mailbox promises that may drop what it accepted, whichever
// message that is.
func losing(create func(capacity int, drop func(int)) mailbox.Mailbox[int], key func(m int) int) []check {
	return []check{
		{name: "drop may use the mailbox", run: func(t tb) { dropReenters(t, create, key) }},
		{name: "without a drop function what is dropped is counted", run: func(t tb) {
			b := create(1, nil)
			defer b.Close()
			noErr(t, b.TryPut(0), "TryPut with room")
			for i := range 5 {
				noErr(t, b.TryPut(key(0)+1000*(i+1)), "TryPut when full")
			}
			hasStats(t, b, mailbox.Stats{Len: 1, Peak: 1, Dropped: 5})
		}},
		{name: "a closed mailbox drops nothing", run: func(t tb) {
			var l losses
			b := create(1, l.drop)
			noErr(t, b.TryPut(0), "TryPut with room")
			b.Close()
			isErr(t, b.TryPut(0), mailbox.ErrClosed, "TryPut when full and closed")
			isErr(t, b.Put(context.Background(), 0), mailbox.ErrClosed, "Put when full and closed")
			l.since(t, 0)
			takes(t, b, 0)
			empty(t, b)
			hasStats(t, b, mailbox.Stats{Peak: 1})
		}},
		{name: "what is dropped is not kept", outside: true, run: func(t tb) {
			const messages = 1 << 16 // half a megabyte
			b := create(2, nil)
			before := heap()
			for i := range messages {
				noErr(t, b.TryPut(key(0)+1000*i), "TryPut")
			}
			if left := heap() - before; left > 64<<10 {
				t.Fatalf("%d bytes are left of %d messages, of which two are there at most", left, messages)
			}
			runtime.KeepAlive(b)
		}},
	}
}

// dropReenters has drop do all that anybody may do with a mailbox. One that
// holds a lock meanwhile hangs here.
func dropReenters(t tb, create func(int, func(int)) mailbox.Mailbox[int], key func(m int) int) {
	const capacity = 2
	var b mailbox.Mailbox[int]
	inside, put, lost, took := false, 0, 0, 0
	b = create(capacity, func(m int) {
		lost++
		if inside {
			return
		}
		inside = true
		noErr(t, b.TryPut(key(m)+1000), "TryPut in drop")
		put++
		noErr(t, b.Put(context.Background(), key(m)+2000), "Put in drop")
		put++
		if n := b.Len(); n < 1 || n > capacity {
			t.Fatalf("Len in drop: %d, want 1 or %d", n, capacity)
		}
		if s := b.Stats(); s.Peak > capacity || s.Dropped < uint64(lost) {
			t.Fatalf("Stats in drop: %+v, with %d messages dropped", s, lost)
		}
		if _, ok := b.Take(); !ok {
			t.Fatalf("Take in drop: nothing")
		}
		took++
		b.Close()
		b.Open()
		inside = false
	})
	defer b.Close()
	for range 20 {
		for i := range capacity + 1 {
			noErr(t, b.TryPut(i%capacity), "TryPut") // the third has the key of the first
			put++
		}
	}
	for _, ok := b.Take(); ok; _, ok = b.Take() {
		took++
	}
	if lost == 0 || lost+took != put {
		t.Fatalf("%d messages were accepted, %d taken and %d dropped", put, took, lost)
	}
}

// dropping is what DropNewest and DropOldest promise.
func dropping(create func(capacity int, drop func(int)) mailbox.Mailbox[int], oldest bool) []check {
	which := "newest"
	if oldest {
		which = "oldest"
	}
	return []check{
		{name: "a full mailbox drops the " + which + " at once", run: func(t tb) { dropsAtOnce(t, create, oldest) }},
		{name: "the capacity is exact", run: func(t tb) {
			for _, n := range bursts {
				dropsBeyond(t, create, n, oldest)
			}
		}},
	}
}

func dropsAtOnce(t tb, create func(int, func(int)) mailbox.Mailbox[int], oldest bool) {
	var l losses
	b := create(2, l.drop)
	defer b.Close()
	start := time.Now()
	fill(t, b, 2)
	l.since(t, 0)
	puts(b, context.Background(), 2).returns(t, nil)
	after(t, start, 0)
	if oldest {
		l.since(t, 0, 0)
		takes(t, b, 1, 2)
	} else {
		l.since(t, 0, 2)
		takes(t, b, 0, 1)
	}
	empty(t, b)
	hasStats(t, b, mailbox.Stats{Peak: 2, Dropped: 1})
}

// dropsBeyond puts three times what fits, with a Take after each second fill, so
// that the places that are dropped from lie anywhere in the buffer.
func dropsBeyond(t tb, create func(int, func(int)) mailbox.Mailbox[int], n int, oldest bool) {
	var l losses
	b := create(n, l.drop)
	defer b.Close()
	var want, lost []int
	for m := range 3 * n {
		before := len(lost)
		switch {
		case len(want) < n:
			want = append(want, m)
		case oldest:
			want, lost = append(want[1:], m), append(lost, want[0])
		default:
			lost = append(lost, m)
		}
		noErr(t, b.TryPut(m), "TryPut")
		l.since(t, before, lost[before:]...)
		hasStats(t, b, mailbox.Stats{Len: len(want), Peak: min(m+1, n), Dropped: uint64(len(lost))})
		if m >= n && m%2 == 0 {
			takes(t, b, want[0])
			want = want[1:]
		}
	}
	takes(t, b, want...)
	empty(t, b)
	l.since(t, len(lost))
}
