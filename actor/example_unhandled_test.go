package actor_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/understudy-go/understudy/actor"
)

// order is one of a few kinds, not all of which this till knows.
type order struct {
	kind string
	sum  actor.Reply[int]
}

// How does an actor refuse a message that it cannot handle, without an end to itself?
func ExampleUnhandled() {
	run, till, err := actor.Func(actor.Spec[order]{
		Name: "till",
		New: func(context.Context, actor.Ref[order]) (actor.Receiver[order], error) {
			sold := 0
			return actor.ReceiverFunc[order](func(_ context.Context, o order) error {
				if o.kind != "tea" {
					return actor.Unhandled(errors.New("no " + o.kind + " here"))
				}
				sold++
				o.sum.Send(sold)
				return nil
			}), nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error)
	go func() { over <- run(ctx) }()

	for _, kind := range []string{"tea", "coffee", "tea"} {
		sold, err := actor.Ask(ctx, till, func(r actor.Reply[int]) order { return order{kind, r} })
		fmt.Println(sold, err)
	}
	cancel()
	fmt.Println("the actor:", <-over)
	// Output:
	// 1 <nil>
	// 0 actor: no reply: no coffee here
	// 2 <nil>
	// the actor: <nil>
}
