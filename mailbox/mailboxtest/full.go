package mailboxtest

import (
	"context"
	"errors"
	"time"

	"github.com/understudy-go/understudy/mailbox"
)

// bounded is what a mailbox with a capacity promises whatever it does when full.
func bounded(create func(capacity int) mailbox.Mailbox[int]) []check {
	return []check{
		{name: "the capacity is exact", run: func(t tb) {
			for _, n := range bursts {
				exactCapacity(t, create(n), n)
			}
		}},
		{name: "a full mailbox that closes is closed rather than full", run: func(t tb) {
			b := create(1)
			fill(t, b, 1)
			b.Close()
			isErr(t, b.TryPut(1), mailbox.ErrClosed, "TryPut")
			isErr(t, b.Put(context.Background(), 1), mailbox.ErrClosed, "Put")
			takes(t, b, 0)
			empty(t, b)
		}},
	}
}

// exactCapacity fills b, and then makes room for one message and for all.
func exactCapacity(t tb, b mailbox.Mailbox[int], n int) {
	defer b.Close()
	fill(t, b, n)
	for i := range 2 * n {
		isErr(t, b.TryPut(-1), mailbox.ErrFull, "TryPut when full")
		hasLen(t, b, n)
		takes(t, b, i)
		noErr(t, b.TryPut(n+i), "TryPut after a Take")
	}
	for i := range n {
		takes(t, b, 2*n+i)
	}
	empty(t, b)
	fill(t, b, n)
	isErr(t, b.TryPut(-1), mailbox.ErrFull, "TryPut when full again")
}

// rejecting is what Put promises where it may not wait.
func rejecting(create func(capacity int) mailbox.Mailbox[int]) []check {
	return []check{{name: "a full mailbox rejects at once", run: func(t tb) {
		b := create(2)
		defer b.Close()
		start := time.Now()
		fill(t, b, 2)
		isErr(t, b.Put(context.Background(), 2), mailbox.ErrFull, "Put when full")
		takes(t, b, 0)
		noErr(t, b.Put(context.Background(), 3), "Put after a Take")
		takes(t, b, 1, 3)
		empty(t, b)
		after(t, start, 0)
	}}}
}

// blocking is what one sender can rely on that finds the mailbox full.
func blocking(create func(capacity int) mailbox.Mailbox[int]) []check {
	on := func(f func(t tb, b mailbox.Mailbox[int])) func(tb) {
		return func(t tb) {
			b := create(2)
			defer b.Close()
			fill(t, b, 2)
			f(t, b)
		}
	}
	return []check{
		{name: "a sender waits exactly until there is room", run: on(waitsForRoom)},
		{name: "a sender waits no longer than its context", run: on(waitsForContext)},
		{name: "an ended context does not wait at all", run: on(doesNotWait)},
		{name: "close ends a sender's wait", run: on(closeEndsWait)},
		{name: "a wait that close has ended does not go on when the mailbox opens", run: on(openDoesNotResume)},
	}
}

func waitsForRoom(t tb, b mailbox.Mailbox[int]) {
	start := time.Now()
	p := puts(b, context.Background(), 2)
	<-time.After(time.Hour)
	p.waits(t)
	hasLen(t, b, 2)
	takes(t, b, 0)
	p.returns(t, nil)
	after(t, start, time.Hour)
	hasLen(t, b, 2)
	takes(t, b, 1, 2)
	empty(t, b)
}

func waitsForContext(t tb, b mailbox.Mailbox[int]) {
	why := errors.New("the reason given")
	start := time.Now()
	ctx, cancel := context.WithTimeoutCause(context.Background(), time.Minute, why)
	defer cancel()
	p := puts(b, ctx, 2)
	<-time.After(time.Minute)
	p.returns(t, why)
	after(t, start, time.Minute)
	takes(t, b, 0, 1)
	empty(t, b)
}

func doesNotWait(t tb, b mailbox.Mailbox[int]) {
	why := errors.New("the reason given")
	start := time.Now()
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(why)
	for range 20 {
		puts(b, ctx, 2).returns(t, why)
	}
	after(t, start, 0)
	isErr(t, b.TryPut(3), mailbox.ErrFull, "TryPut when full")
	takes(t, b, 0)
	noErr(t, b.TryPut(3), "TryPut after a Take")
	takes(t, b, 1, 3)
	empty(t, b)
}

func closeEndsWait(t tb, b mailbox.Mailbox[int]) {
	start := time.Now()
	p := puts(b, context.Background(), 2)
	q := puts(b, context.Background(), 3)
	<-time.After(time.Second)
	b.Close()
	p.returns(t, mailbox.ErrClosed)
	q.returns(t, mailbox.ErrClosed)
	after(t, start, time.Second)
	takes(t, b, 0, 1)
	empty(t, b)
}

func openDoesNotResume(t tb, b mailbox.Mailbox[int]) {
	p, q := puts(b, context.Background(), 2), puts(b, context.Background(), 3)
	b.Close()
	b.Open()
	p.returns(t, mailbox.ErrClosed)
	q.returns(t, mailbox.ErrClosed)
	isErr(t, b.TryPut(4), mailbox.ErrFull, "TryPut when full and open again")
	r := puts(b, context.Background(), 5)
	r.waits(t)
	takes(t, b, 0)
	r.returns(t, nil)
	takes(t, b, 1, 5)
	empty(t, b)
}

// after ends the check unless exactly d has gone by since start.
func after(t tb, start time.Time, d time.Duration) {
	t.Helper()
	if got := time.Since(start); got != d {
		t.Fatalf("it took %v, want exactly %v", got, d)
	}
}
