package tree_test

import (
	"context"
	"fmt"
	"time"

	"github.com/understudy-go/understudy/tree"
)

// How do I handle results as they come, and stop when I have enough?
func ExampleAsCompleted() {
	answer := func(name string, after time.Duration) func(context.Context) (string, error) {
		return func(ctx context.Context) (string, error) {
			select {
			case <-time.After(after):
				return name, nil
			case <-ctx.Done():
				fmt.Println(name, "is not needed:", context.Cause(ctx))
				return "", ctx.Err()
			}
		}
	}
	votes := 0
	for name, err := range tree.AsCompleted(context.Background(),
		answer("c", time.Hour), answer("a", time.Millisecond), answer("b", 50*time.Millisecond)) {
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println("vote of", name)
		if votes++; votes == 2 {
			break // the rest is canceled, and has ended when the loop has
		}
	}
	fmt.Println("decided")

	// Output:
	// vote of a
	// vote of b
	// c is not needed: tree: loop over the results left
	// decided
}
