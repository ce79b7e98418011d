package mailboxtest

import (
	"context"
	"runtime"
	"sync"

	"github.com/understudy-go/understudy/mailbox"
)

// counting is what every mailbox says about itself as long as it is not full.
func counting() []check {
	return []check{
		{name: "a new mailbox has no past", on: func(t tb, b mailbox.Mailbox[int]) { hasStats(t, b, mailbox.Stats{}) }},
		{name: "the peak is the most there ever was", on: keepsPeak},
		{name: "the peak is exact when many put at once", on: keepsPeakOfMany},
	}
}

// hasStats ends the check unless b fares as want says.
func hasStats(t tb, b mailbox.Mailbox[int], want mailbox.Stats) {
	t.Helper()
	if got := b.Stats(); got != want {
		t.Fatalf("Stats: %+v, want %+v", got, want)
	}
	hasLen(t, b, want.Len)
}

func keepsPeak(t tb, b mailbox.Mailbox[int]) {
	var want mailbox.Stats
	put, taken := 0, 0
	for _, distance := range bursts {
		for range 3 * distance { // the peak is reached from batches that are partly taken
			for put-taken < distance {
				noErr(t, b.TryPut(put), "TryPut")
				put++
				want.Len++
				want.Peak = max(want.Peak, want.Len)
				hasStats(t, b, want)
			}
			takes(t, b, taken)
			taken++
			want.Len--
			hasStats(t, b, want)
		}
	}
	for want.Len > 0 {
		takes(t, b, taken)
		taken++
		want.Len--
	}
	empty(t, b)
	hasStats(t, b, want)
	b.Close()
	b.Open()
	hasStats(t, b, want)
}

func keepsPeakOfMany(t tb, b mailbox.Mailbox[int]) {
	const senders, each = 8, 50
	for round := range 3 {
		var wg sync.WaitGroup
		for s := range senders {
			wg.Go(func() {
				for i := range each {
					_ = b.Put(context.Background(), s*each+i)
					runtime.Gosched()
				}
			})
		}
		wg.Wait()
		hasStats(t, b, mailbox.Stats{Len: senders * each, Peak: senders * each})
		for range senders*each - round {
			if _, ok := b.Take(); !ok {
				t.Fatalf("Take: nothing, want one of %d messages", senders*each)
			}
		}
		for range round {
			_, _ = b.Take()
		}
		empty(t, b)
	}
}

// reopening is what every mailbox promises of Open.
func reopening() []check {
	return []check{
		{name: "a mailbox that is opened again accepts again", on: opens},
		{name: "opening what is open changes nothing", on: func(t tb, b mailbox.Mailbox[int]) {
			b.Open()
			fill(t, b, 3)
			b.Open()
			hasStats(t, b, mailbox.Stats{Len: 3, Peak: 3})
			takes(t, b, 0, 1, 2)
			empty(t, b)
		}},
	}
}

func opens(t tb, b mailbox.Mailbox[int]) {
	next := 0
	for _, n := range []int{0, 1, 2, 40} {
		for range 2 {
			first := next
			for range n {
				noErr(t, b.TryPut(next), "TryPut")
				next++
			}
			b.Close()
			isErr(t, b.TryPut(-1), mailbox.ErrClosed, "TryPut after Close")
			isErr(t, b.Put(context.Background(), -1), mailbox.ErrClosed, "Put after Close")
			b.Open()
			b.Open()
			noErr(t, b.TryPut(next), "TryPut after Open")
			noErr(t, b.Put(context.Background(), next+1), "Put after Open")
			next += 2
			hasLen(t, b, n+2)
			for m := first; m < next; m++ {
				takes(t, b, m)
			}
			empty(t, b)
		}
	}
}
