package tree_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// How do I run a few functions and stop them all when one fails?
func ExampleRun() {
	err := tree.Run(context.Background(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
		if err := s.Go(ctx, func(ctx context.Context) error {
			<-ctx.Done() // until the other one fails
			fmt.Println("canceled:", context.Cause(ctx))
			return ctx.Err()
		}); err != nil {
			return err
		}
		_, err := s.Start(ctx, tree.ChildSpec{Name: "fetch", Run: func(context.Context) error {
			return errors.New("connection refused")
		}})
		return err
	}, tree.WithName("app"))
	fmt.Println("returned:", err)

	// Output:
	// canceled: app/fetch: connection refused
	// returned: app/fetch: connection refused
}
