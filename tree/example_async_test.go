package tree_test

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// How do I start something now and need its result later?
func ExampleAsync() {
	err := tree.Run(context.Background(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
		rate, err := tree.Async(ctx, s, func(ctx context.Context) (float64, error) {
			return 1.25, nil // asks a far server
		})
		if err != nil {
			return err
		}
		net := 80.0 // is worked out meanwhile
		r, err := rate.Wait(ctx)
		if err != nil {
			return err
		}
		fmt.Println("total:", net*r)
		return nil
	})
	fmt.Println("returned:", err)

	// Output:
	// total: 100
	// returned: <nil>
}
