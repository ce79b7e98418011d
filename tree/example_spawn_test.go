package tree_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// add is the one message of a counter: a number, and where the total goes.
type add struct {
	n     int
	total actor.Reply[int]
}

// newCounter makes a counter that starts from nothing.
func newCounter(context.Context, actor.Ref[add]) (actor.Receiver[add], error) {
	total := 0
	return actor.ReceiverFunc[add](func(_ context.Context, m add) error {
		if m.n < 0 {
			return errors.New("cannot count back")
		}
		total += m.n
		m.total.Send(total)
		return nil
	}), nil
}

// How do I supervise an actor, and ask it something?
func ExampleSpawn() {
	ctx := context.Background()
	quiet := tree.WithObserver(tree.ObserverFunc(func(tree.Event) {}))
	err := tree.Run(ctx, policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
		counter, err := tree.Spawn(ctx, s, actor.Spec[add]{Name: "counter", New: newCounter})
		if err != nil {
			return err
		}
		for _, n := range []int{2, 3, -1, 7} {
			total, err := actor.Ask(ctx, counter, func(r actor.Reply[int]) add { return add{n, r} })
			fmt.Println(total, err)
		}
		return nil
	}, quiet)
	fmt.Println("returned:", err)

	// Output:
	// 2 <nil>
	// 5 <nil>
	// 0 actor: no reply: cannot count back
	// 7 <nil>
	// returned: <nil>
}
