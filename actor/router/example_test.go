package router_test

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/router"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// How do many workers share the messages to one address, and how do I get more of them?
func Example() {
	type square struct {
		n      int
		result actor.Reply[int]
	}
	worker := func(int) actor.Spec[square] {
		return actor.Spec[square]{New: func(context.Context, actor.Ref[square]) (actor.Receiver[square], error) {
			return actor.ReceiverFunc[square](func(_ context.Context, m square) error {
				m.result.Send(m.n * m.n)
				return nil
			}), nil
		}}
	}
	err := tree.Run(context.Background(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
		pool, err := router.Start(ctx, s, router.Spec[square]{Name: "squares", Size: 2, Worker: worker})
		if err != nil {
			return err
		}
		if err := pool.Resize(ctx, 4); err != nil {
			return err
		}
		n, err := actor.Ask(ctx, pool.Ref(), func(r actor.Reply[int]) square { return square{12, r} })
		fmt.Println(n, err, "by one of", pool.Size())
		return nil
	})
	fmt.Println(err)
	// Output:
	// 144 <nil> by one of 4
	// <nil>
}
