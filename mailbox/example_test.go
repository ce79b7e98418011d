package mailbox_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/understudy-go/understudy/mailbox"
)

// A sender that finds the mailbox full waits, but no longer than its context.
func ExampleBounded() {
	b, err := mailbox.New[string](mailbox.Bounded(2, mailbox.Block), nil)
	if err != nil {
		panic(err)
	}
	tooLate := errors.New("the caller has left")
	ctx, cancel := context.WithTimeoutCause(context.Background(), time.Millisecond, tooLate)
	defer cancel()
	for _, m := range []string{"first", "second", "third"} {
		fmt.Println(m, b.Put(ctx, m))
	}
	m, ok := b.Take()
	fmt.Println(m, ok, b.Len())

	// Output:
	// first <nil>
	// second <nil>
	// third the caller has left
	// first true 1
}

// A sender that has something better to do than wait is told at once.
func ExampleBounded_reject() {
	b, err := mailbox.New[string](mailbox.Bounded(1, mailbox.Reject), nil)
	if err != nil {
		panic(err)
	}
	shed := 0
	for _, request := range []string{"a", "b", "c"} {
		if b.Put(context.Background(), request) == mailbox.ErrFull {
			shed++
		}
	}
	fmt.Println("queued", b.Len(), "shed", shed)

	// Output: queued 1 shed 2
}

// An unbounded mailbox takes whatever comes, until it is closed.
func ExampleUnbounded() {
	b, err := mailbox.New[int](mailbox.Unbounded(), nil)
	if err != nil {
		panic(err)
	}
	for i := range 1000 {
		_ = b.TryPut(i) // fails only after Close
	}
	b.Close()
	fmt.Println(b.TryPut(1000))
	sum := 0
	for m, ok := b.Take(); ok; m, ok = b.Take() { // what was queued can still be taken
		sum += m
	}
	fmt.Println(sum)

	// Output:
	// mailbox: closed
	// 499500
}

// counter counts; its inbox sees to it that nobody else does at the same time.
type counter struct {
	inbox mailbox.Inbox[int]
	n     int
}

func (c *counter) Handle(add int) { c.n += add }

// The one who posts to an idle inbox handles its message itself.
func ExampleInbox() {
	var c counter
	c.inbox.Init(&c, func(f func()) { go f() })
	node := mailbox.Node[int]{Msg: 20}
	c.inbox.Post(&node)
	node.Msg = 22 // handled, so it may be used again
	c.inbox.Post(&node)
	fmt.Println(c.n)

	// Output: 42
}
