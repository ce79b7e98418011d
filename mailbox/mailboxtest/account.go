package mailboxtest

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/understudy-go/understudy/mailbox"
)

// losses remembers what drop was told.
type losses struct {
	mu   sync.Mutex
	told []int
}

func (l *losses) drop(m int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, m)
}

// since ends the check unless drop was told want after the first n messages.
func (l *losses) since(t tb, n int, want ...int) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.told) != n+len(want) {
		t.Fatalf("drop was told of %d messages, want %d", len(l.told), n+len(want))
	}
	for i, m := range want {
		if got := l.told[n+i]; got != m {
			t.Fatalf("drop was told of %d, want %d", got, m)
		}
	}
}

// accounting is what holds for every message, however small the mailbox is.
// Those of one line come out in the order in which they went in.
func accounting(create func(capacity int, drop func(int)) mailbox.Mailbox[int], line func(m int) int) []check {
	every := func(closing bool) func(t tb) {
		return func(t tb) {
			for _, capacity := range []int{1, 2, 3, 33, 100} {
				l := &losses{}
				account(t, create(capacity, l.drop), l, line, closing)
			}
		}
	}
	return []check{
		{name: "each message is taken once or dropped once or refused", run: every(false)},
		{name: "each message is so too while the mailbox closes and opens", run: every(true)},
	}
}

// each is how many messages each sender puts in account.
const each = 100

// sender is who puts m in account.
func sender(m int) int { return m / each }

// The fates of a message.
const (
	pending = iota
	refused
	taken
	dropped
)

// account has many senders put at once, while b closes and opens again if
// closing says so, takes until there is nothing more, and says where each
// message has gone.
func account(t tb, b mailbox.Mailbox[int], l *losses, line func(m int) int, closing bool) {
	const senders = 8
	fates := make([]int, senders*each)
	var ended atomic.Int32
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	defer func() { cancel(); b.Close(); wg.Wait() }()
	for s := range senders {
		wg.Go(func() {
			defer ended.Add(1)
			for m := s * each; m < (s+1)*each; m++ {
				var err error
				if m%3 == 0 {
					err = b.TryPut(m)
				} else {
					err = b.Put(ctx, m)
				}
				if err != nil {
					fates[m] = refused
				}
				runtime.Gosched()
			}
		})
	}
	if closing {
		wg.Go(func() {
			for pause := time.Nanosecond; ended.Load() < senders; pause = min(2*pause, time.Hour) {
				for range 10 {
					b.Close()
					runtime.Gosched()
					b.Open()
					runtime.Gosched()
				}
				<-time.After(pause) // lets time go by for those who wait for it
			}
		})
	}
	var got []int
	for over, pause := false, time.Nanosecond; !over; pause = min(2*pause, time.Hour) {
		over = ended.Load() == senders
		for m, ok := b.Take(); ok; m, ok = b.Take() {
			got = append(got, m)
		}
		<-time.After(pause) // in the bubble: until every sender waits or has ended
	}
	wg.Wait()
	inOrder(t, got, line)
	settle(t, fates, got, taken)
	settle(t, fates, l.told, dropped)
	for m, fate := range fates {
		if fate == pending {
			t.Fatalf("message %d was accepted, and neither taken nor dropped", m)
		}
	}
	if s := b.Stats(); s.Len != 0 || s.Dropped != uint64(len(l.told)) {
		t.Fatalf("Stats: %+v, with %d messages dropped and none left", s, len(l.told))
	}
	empty(t, b)
}

// inOrder ends the check unless the messages of each line are in order.
func inOrder(t tb, got []int, line func(m int) int) {
	newest := make(map[int]int)
	for _, m := range got {
		if before, ok := newest[line(m)]; ok && m <= before {
			t.Fatalf("message %d was taken after %d of the same sender", m, before)
		}
		newest[line(m)] = m
	}
}

// settle writes down the fate of ms, which may have none yet.
func settle(t tb, fates, ms []int, fate int) {
	words := []string{"", "refused", "taken", "dropped"}
	for _, m := range ms {
		if fates[m] != pending {
			t.Fatalf("message %d was %s, and %s before", m, words[fate], words[fates[m]])
		}
		fates[m] = fate
	}
}
