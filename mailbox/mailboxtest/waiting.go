package mailboxtest

import (
	"context"
	"fmt"
	"sync"
	"testing/synctest"

	"github.com/understudy-go/understudy/mailbox"
)

// waiting is what senders can rely on who wait beside each other.
func waiting(create func(capacity int) mailbox.Mailbox[int]) []check {
	return []check{
		{name: "senders are let in in the order in which they came", run: func(t tb) { letsInInOrder(t, create(1)) }},
		{name: "a sender that does not wait overtakes nobody", run: func(t tb) { overtakesNobody(t, create(2)) }},
		{name: "a canceled sender leaves no trace", run: func(t tb) {
			for gone := range 1 << waiters {
				leavesNoTrace(t, create(1), gone)
			}
		}},
		{name: "a sender canceled at the moment of room swallows no wake-up", run: func(t tb) {
			for range 300 {
				swallowsNothing(t, create(1))
			}
		}},
		{name: "no wake-up is lost among many senders", run: func(t tb) {
			for _, capacity := range []int{1, 2, 3, 33} {
				sendAndTake(t, create(capacity), 8, 200)
			}
		}},
	}
}

// waiters is how many senders wait in the checks that try every combination.
const waiters = 4

// put is a Put on a goroutine of its own. Where the mailbox keeps its word the
// goroutine ends with the check.
type put struct {
	cancel context.CancelFunc
	result chan error
}

// puts puts m into b and returns once that is done or waits.
func puts(b mailbox.Mailbox[int], ctx context.Context, m int) put {
	ctx, cancel := context.WithCancel(ctx)
	p := put{cancel, make(chan error, 1)}
	var putter sync.WaitGroup
	putter.Go(func() { p.result <- b.Put(ctx, m) })
	synctest.Wait()
	return p
}

// waits ends the check if the Put has returned.
func (p put) waits(t tb) {
	t.Helper()
	synctest.Wait()
	select {
	case err := <-p.result:
		t.Fatalf("Put: %v, want it to wait", err)
	default:
	}
}

// returns ends the check unless the Put has returned want.
func (p put) returns(t tb, want error) {
	t.Helper()
	synctest.Wait()
	select {
	case err := <-p.result:
		isErr(t, err, want, "Put")
		p.cancel()
	default:
		t.Fatalf("Put waits, want %v", want)
	}
}

func letsInInOrder(t tb, b mailbox.Mailbox[int]) {
	defer b.Close()
	fill(t, b, 1)
	var ps []put
	for i := range 20 {
		ps = append(ps, puts(b, context.Background(), i+1))
	}
	for i, p := range ps {
		p.waits(t)
		takes(t, b, i)
		p.returns(t, nil)
		hasLen(t, b, 1)
	}
	takes(t, b, 20)
	empty(t, b)
}

func overtakesNobody(t tb, b mailbox.Mailbox[int]) {
	defer b.Close()
	fill(t, b, 2)
	p := puts(b, context.Background(), 2)
	takes(t, b, 0)
	isErr(t, b.TryPut(3), mailbox.ErrFull, "TryPut after a Take that let another in")
	p.returns(t, nil)
	takes(t, b, 1)
	noErr(t, b.TryPut(4), "TryPut with room")
	takes(t, b, 2, 4)
	empty(t, b)
}

// leavesNoTrace has four senders wait and cancels those whose bit is set.
func leavesNoTrace(t tb, b mailbox.Mailbox[int], gone int) {
	defer b.Close()
	fill(t, b, 1)
	var ps [waiters]put
	for i := range ps {
		ps[i] = puts(b, context.Background(), i+1)
	}
	for i, p := range ps {
		if gone&(1<<i) != 0 {
			p.cancel()
			p.returns(t, context.Canceled)
		}
	}
	takes(t, b, 0)
	for i, p := range ps {
		if gone&(1<<i) == 0 {
			p.returns(t, nil)
			takes(t, b, i+1)
		}
	}
	empty(t, b)
	noErr(t, b.TryPut(9), fmt.Sprintf("TryPut after senders %04b of %d were canceled", gone, waiters))
	takes(t, b, 9)
}

// swallowsNothing makes room and cancels the sender next in line at once. It
// may be let in or not; if not, the one behind it is.
func swallowsNothing(t tb, b mailbox.Mailbox[int]) {
	defer b.Close()
	fill(t, b, 1)
	first, second := puts(b, context.Background(), 1), puts(b, context.Background(), 2)
	var canceler sync.WaitGroup
	canceler.Go(first.cancel)
	takes(t, b, 0)
	synctest.Wait()
	err, m := <-first.result, 1
	if err != nil {
		isErr(t, err, context.Canceled, "Put")
		second.returns(t, nil)
		m = 2
	}
	takes(t, b, m)
	if err == nil {
		second.returns(t, nil)
		takes(t, b, 2)
	}
	empty(t, b)
}
