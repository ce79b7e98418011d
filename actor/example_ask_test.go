package actor_test

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/actor"
)

// counterMsg is what a counter understands: add N, and say what that makes.
type counterMsg struct {
	N     int
	Total actor.Reply[int] // the zero Reply when nobody asked
}

// counter needs no lock: one message at a time.
type counter struct{ total int }

func (c *counter) Receive(_ context.Context, m counterMsg) error {
	c.total += m.N
	m.Total.Send(c.total)
	return nil
}

func newCounter(context.Context, actor.Ref[counterMsg]) (actor.Receiver[counterMsg], error) {
	return &counter{}, nil
}

// A counter is sent to, and asked. It is run here by hand; a tree's Spawn does
// that, and restarts it.
func ExampleAsk() {
	run, ref, err := actor.Func(actor.Spec[counterMsg]{Name: "counter", New: newCounter})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error)
	go func() { over <- run(ctx) }()

	_ = ref.Send(ctx, counterMsg{N: 40})
	total, err := actor.Ask(ctx, ref, func(r actor.Reply[int]) counterMsg {
		return counterMsg{N: 2, Total: r}
	})
	fmt.Println(total, err)

	cancel()
	fmt.Println(<-over)
	fmt.Println(ref.TrySend(counterMsg{N: 1}))
	// Output:
	// 42 <nil>
	// <nil>
	// actor: stopped
}
