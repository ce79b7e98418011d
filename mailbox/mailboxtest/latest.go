package mailboxtest

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/understudy-go/understudy/mailbox"
)

// keyOf is the key of the messages where they are not their own: the last three
// digits.
func keyOf(m int) int { return m % 1000 }

// byKey is what a mailbox promises that holds the latest message of each key.
func byKey(create func(capacity int, key func(int) int, drop func(int)) mailbox.Mailbox[int]) []check {
	on := func(capacity int, f func(t tb, b mailbox.Mailbox[int], l *losses)) func(tb) {
		return func(t tb) {
			l := &losses{}
			b := create(capacity, keyOf, l.drop)
			defer b.Close()
			f(t, b, l)
		}
	}
	return []check{
		{name: "a message takes the place of the one of its key", run: func(t tb) {
			for _, n := range bursts {
				on(n, func(t tb, b mailbox.Mailbox[int], l *losses) { replaces(t, b, l, n) })(t)
			}
		}},
		{name: "a key that was taken starts at the end again", run: on(3, startsAgain)},
		{name: "a message of a key that is there needs no room", run: on(2, needsNoRoom)},
		{name: "a message that waits needs no room once its key is there", run: on(2, followsItsKey)},
		{name: "a message that gives up replaces nothing", run: on(1, givesUp)},
		{name: "the last of each key is the last that was put", run: on(3, endsWithTheLast)},
		{name: "the key is asked for once and outside any lock", run: func(t tb) { asksOutside(t, create) }},
		{name: "a key that is not told leaves the mailbox as it was", run: func(t tb) { survivesKey(t, create) }},
	}
}

func replaces(t tb, b mailbox.Mailbox[int], l *losses, n int) {
	fill(t, b, n)
	lost := 0
	for version := 1; version < 4; version++ {
		for k := n - 1; k >= 0; k -= version { // not in the order of the keys
			noErr(t, b.TryPut(version*1000+k), "TryPut of a key that is there")
			lost++
			hasStats(t, b, mailbox.Stats{Len: n, Peak: n, Dropped: uint64(lost)})
		}
	}
	told := l.told
	if len(told) != lost || told[0] != n-1 {
		t.Fatalf("drop was told of %d messages, want %d", len(told), lost)
	}
	for k := range n {
		version := 1
		for v := 2; v < 4; v++ {
			if (n-1-k)%v == 0 {
				version = v
			}
		}
		takes(t, b, version*1000+k)
	}
	empty(t, b)
}

func startsAgain(t tb, b mailbox.Mailbox[int], l *losses) {
	fill(t, b, 3)
	takes(t, b, 0)
	noErr(t, b.TryPut(1000), "TryPut of a key that was taken")
	noErr(t, b.TryPut(1001), "TryPut of a key that is there")
	noErr(t, b.TryPut(2000), "TryPut of a key that is there")
	takes(t, b, 1001, 2, 2000)
	empty(t, b)
	l.since(t, 0, 1, 1000)
}

func needsNoRoom(t tb, b mailbox.Mailbox[int], l *losses) {
	start := time.Now()
	fill(t, b, 2)
	isErr(t, b.TryPut(2), mailbox.ErrFull, "TryPut of a key too many")
	noErr(t, b.TryPut(1000), "TryPut of a key that is there, when full")
	p := puts(b, context.Background(), 2)
	p.waits(t)
	puts(b, context.Background(), 1001).returns(t, nil) // others wait, but for a room that it does not need
	isErr(t, b.TryPut(3), mailbox.ErrFull, "TryPut of a key too many, while another waits")
	takes(t, b, 1000)
	p.returns(t, nil)
	after(t, start, 0)
	takes(t, b, 1001, 2)
	empty(t, b)
	l.since(t, 0, 0, 1)
}

func followsItsKey(t tb, b mailbox.Mailbox[int], l *losses) {
	fill(t, b, 2)
	first := puts(b, context.Background(), 2)
	second := puts(b, context.Background(), 3)
	third := puts(b, context.Background(), 1002)
	first.waits(t)
	takes(t, b, 0)
	first.returns(t, nil)
	third.returns(t, nil)
	second.waits(t)
	l.since(t, 0, 2)
	takes(t, b, 1)
	second.returns(t, nil)
	takes(t, b, 1002, 3)
	empty(t, b)
	hasStats(t, b, mailbox.Stats{Peak: 2, Dropped: 1})
}

func givesUp(t tb, b mailbox.Mailbox[int], l *losses) {
	noErr(t, b.TryPut(0), "TryPut with room")
	first, second := puts(b, context.Background(), 1), puts(b, context.Background(), 1001)
	second.cancel()
	second.returns(t, context.Canceled)
	takes(t, b, 0)
	first.returns(t, nil)
	takes(t, b, 1)
	empty(t, b)
	l.since(t, 0)
}

// endsWithTheLast has each of many senders put version after version of two keys
// of its own, in a mailbox that has room for a few keys only.
func endsWithTheLast(t tb, b mailbox.Mailbox[int], l *losses) {
	const senders, versions = 6, 100
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	defer func() { cancel(); b.Close(); wg.Wait() }()
	for s := range senders {
		wg.Go(func() {
			for v := range versions {
				if b.Put(ctx, v*1000+2*s) != nil || b.Put(ctx, v*1000+2*s+1) != nil {
					return
				}
				runtime.Gosched()
			}
		})
	}
	newest := make(map[int]int)
	took := 0
	for idle := 0; idle < 2; idle++ {
		for m, ok := b.Take(); ok; m, ok = b.Take() {
			if before, ok := newest[keyOf(m)]; ok && m <= before {
				t.Fatalf("%d was taken after %d", m, before)
			}
			newest[keyOf(m)] = m
			took++
			idle = 0
		}
		<-time.After(time.Nanosecond) // in the bubble: until every sender waits or has ended
	}
	for k := range 2 * senders {
		if want := (versions-1)*1000 + k; newest[k] != want {
			t.Fatalf("the last of key %d was %d, want %d", k, newest[k], want)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if took+len(l.told) != 2*senders*versions {
		t.Fatalf("%d messages taken and %d dropped of %d", took, len(l.told), 2*senders*versions)
	}
}

func asksOutside(t tb, create func(int, func(int) int, func(int)) mailbox.Mailbox[int]) {
	var b mailbox.Mailbox[int]
	asked, length := 0, 0
	b = create(4, func(m int) int {
		asked++
		length = b.Len()
		return keyOf(m)
	}, nil)
	defer b.Close()
	for i, m := range []int{0, 1, 1000, 2} {
		before := b.Len()
		noErr(t, b.TryPut(m), "TryPut")
		if asked != i+1 || length != before {
			t.Fatalf("TryPut asked for %d keys, and Len was %d meanwhile, want %d and %d", asked, length, i+1, before)
		}
	}
	takes(t, b, 1000, 1, 2)
	if asked != 4 {
		t.Fatalf("Take asked for a key")
	}
}

// survivesKey has the key function end the goroutine that asks, as a panic ends
// what it may.
func survivesKey(t tb, create func(int, func(int) int, func(int)) mailbox.Mailbox[int]) {
	b := create(2, func(m int) int {
		if m < 0 {
			runtime.Goexit()
		}
		return keyOf(m)
	}, nil)
	defer b.Close()
	noErr(t, b.TryPut(1), "TryPut")
	var putter sync.WaitGroup
	putter.Go(func() { _ = b.TryPut(-1) })
	putter.Go(func() { _ = b.Put(context.Background(), -1) })
	putter.Wait()
	hasStats(t, b, mailbox.Stats{Len: 1, Peak: 1})
	noErr(t, b.TryPut(2), "TryPut after a key was not told")
	takes(t, b, 1, 2)
	empty(t, b)
}
