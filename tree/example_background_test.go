package tree_test

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// How do I run a helper that ends when those it helps have ended?
func ExampleChildSpec_background() {
	err := tree.Run(context.Background(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
		lines := make(chan string)
		if _, err := s.Start(ctx, tree.ChildSpec{Name: "log", Background: true, Run: func(ctx context.Context) error {
			for {
				select {
				case line := <-lines:
					fmt.Println("log:", line)
				case <-ctx.Done():
					fmt.Println("log: closed")
					return ctx.Err()
				}
			}
		}}); err != nil {
			return err
		}
		return s.Go(ctx, func(context.Context) error {
			lines <- "one"
			lines <- "two"
			return nil
		})
	}, tree.WithName("app"))
	fmt.Println(err)

	// Output:
	// log: one
	// log: two
	// log: closed
	// <nil>
}
