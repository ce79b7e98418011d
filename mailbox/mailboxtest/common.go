package mailboxtest

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/understudy-go/understudy/mailbox"
)

// common is what every mailbox promises as long as it is not full.
func common() []check {
	return []check{
		{name: "a new mailbox is empty", on: func(t tb, b mailbox.Mailbox[int]) { empty(t, b) }},
		{name: "messages come out in the order in which they went in", on: keepsOrder},
		{name: "puts and takes may alternate at any distance", on: keepsDistance},
		{name: "each sender's messages stay in order and none is lost or doubled", on: manySenders},
		{name: "a context that has ended does not refuse what has room", on: endedWithRoom},
		{name: "a closed mailbox refuses and still gives what it has", on: closes},
		{name: "closing while others put leaves each message taken or refused", on: closesAmongSenders},
		{name: "anyone may ask for the length at any time", on: lenIsShared},
		{name: "memory goes back after a burst", outside: true, on: givesBack},
	}
}

// bursts are message counts around the sizes that buffers tend to have.
var bursts = []int{1, 2, 3, 15, 16, 17, 31, 32, 33, 34, 63, 64, 65, 66, 127, 128, 129, 500}

func keepsOrder(t tb, b mailbox.Mailbox[int]) {
	for range 3 {
		for _, n := range bursts {
			for i := range n {
				noErr(t, b.Put(context.Background(), i), "Put")
				hasLen(t, b, i+1)
			}
			for i := range n {
				takes(t, b, i)
				hasLen(t, b, n-i-1)
			}
			empty(t, b)
		}
	}
}

func keepsDistance(t tb, b mailbox.Mailbox[int]) {
	put, taken := 0, 0
	for _, distance := range bursts {
		for range 3 * distance {
			for put-taken < distance {
				noErr(t, b.TryPut(put), "TryPut")
				put++
			}
			takes(t, b, taken)
			taken++
			hasLen(t, b, put-taken)
		}
	}
}

func endedWithRoom(t tb, b mailbox.Mailbox[int]) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	noErr(t, b.Put(ctx, 7), "Put with room and an ended context")
	takes(t, b, 7)
	empty(t, b)
}

func closes(t tb, b mailbox.Mailbox[int]) {
	fill(t, b, 40)
	b.Close()
	b.Close()
	isErr(t, b.Put(context.Background(), 99), mailbox.ErrClosed, "Put after Close")
	isErr(t, b.TryPut(99), mailbox.ErrClosed, "TryPut after Close")
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	isErr(t, b.Put(ended, 99), mailbox.ErrClosed, "Put after Close with an ended context")
	hasLen(t, b, 40)
	for i := range 40 {
		takes(t, b, i)
	}
	empty(t, b)
	isErr(t, b.TryPut(99), mailbox.ErrClosed, "TryPut after Close and the last Take")
	empty(t, b)
}

// closesAmongSenders closes b twice at once while four senders are at it:
// what Put accepted is there, what it refused is not.
func closesAmongSenders(t tb, b mailbox.Mailbox[int]) {
	const senders, each = 4, 200
	var accepted [senders]int
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for accepted[s] < each && b.Put(context.Background(), s*each+accepted[s]) == nil {
				accepted[s]++
				runtime.Gosched()
			}
		})
	}
	for range 2 {
		wg.Go(func() {
			for range each / 2 {
				runtime.Gosched() // so that the senders are about half way
			}
			b.Close()
		})
	}
	wg.Wait()
	var taken [senders]int
	for m, ok := b.Take(); ok; m, ok = b.Take() {
		taken[m/each]++
	}
	if taken != accepted {
		t.Fatalf("taken per sender: %v, accepted: %v", taken, accepted)
	}
}

func manySenders(t tb, b mailbox.Mailbox[int]) { sendAndTake(t, b, 8, 500) }

// sendAndTake has the given number of senders put their messages at once, and
// takes until all have come.
func sendAndTake(t tb, b mailbox.Mailbox[int], senders, each int) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	defer func() { cancel(); b.Close(); wg.Wait() }()
	for s := range senders {
		wg.Go(func() {
			for i := range each {
				if b.Put(ctx, s*each+i) != nil {
					return // the check has failed and cancelled us, or will miss the message
				}
			}
		})
	}
	next := make([]int, senders)
	idle := 0
	for n := 0; n < senders*each; {
		m, ok := b.Take()
		if !ok {
			// In the bubble this wait ends when every sender has left or is blocked.
			<-time.After(time.Nanosecond)
			if idle++; idle == 2 && b.Len() == 0 {
				t.Fatalf("%d of %d messages came, and no sender makes more of them", n, senders*each)
			}
			continue
		}
		idle = 0
		n++
		s := m / each
		if s < 0 || s >= senders || m%each != next[s] {
			t.Fatalf("sender %d: message %d came, want %d", s, m%each, next[s])
		}
		next[s]++
	}
	empty(t, b)
}

func lenIsShared(t tb, b mailbox.Mailbox[int]) {
	const messages = 300
	wrong := 0
	var asker sync.WaitGroup
	asker.Go(func() {
		for range messages {
			if n := b.Len(); n < 0 || n > messages {
				wrong = n
			}
		}
	})
	fill(t, b, messages)
	for i := range messages {
		takes(t, b, i)
	}
	asker.Wait()
	if wrong != 0 {
		t.Fatalf("Len: %d, with never more than %d messages there", wrong, messages)
	}
}

// givesBack measures the process: what a burst and its end leave behind.
func givesBack(t tb, b mailbox.Mailbox[int]) {
	const messages = 1 << 16 // half a megabyte
	const slack = 64 << 10   // for what other goroutines of the test process do meanwhile
	before := heap()
	fill(t, b, messages)
	for i := range messages {
		takes(t, b, i)
	}
	empty(t, b)
	if left := heap() - before; left > slack {
		t.Fatalf("%d bytes left of a burst of %d", left, messages*8)
	}
	runtime.KeepAlive(b)
}

// heap returns the bytes in use. It collects three times, for a sync.Pool
// lets go of what it holds only at the second collection in which nobody asked.
func heap() int {
	for range 3 {
		runtime.GC()
	}
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int(s.HeapAlloc)
}
