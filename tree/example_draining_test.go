package tree_test

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// How does a child finish what it has begun when it is asked to stop?
func ExampleDraining() {
	orders := make(chan string, 3)
	orders <- "tea"
	orders <- "cake"

	// The body returns at once; under SupervisorScope that asks children to stop.
	err := tree.Run(context.Background(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
		_, err := s.Start(ctx, tree.ChildSpec{Name: "kitchen", Run: func(ctx context.Context) error {
			<-tree.Draining(ctx)
			fmt.Println("no more orders; context ended:", ctx.Err() != nil)
			for len(orders) > 0 {
				fmt.Println("served", <-orders)
			}
			return nil
		}})
		return err
	})
	fmt.Println("returned:", err)

	// Output:
	// no more orders; context ended: false
	// served tea
	// served cake
	// returned: <nil>
}
