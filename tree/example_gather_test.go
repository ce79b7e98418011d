package tree_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/understudy-go/understudy/tree"
)

// price asks one shop.
func price(shop string) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		switch shop {
		case "closed":
			return 0, errors.New("closed today")
		case "slow":
			<-ctx.Done() // until it is no longer wanted
			return 0, ctx.Err()
		case "far":
			<-time.After(10 * time.Millisecond)
		}
		return 10 * len(shop), nil
	}
}

// How do I call several functions at once and have all their values?
func ExampleGather() {
	ctx := context.Background()
	prices, err := tree.Gather(ctx, price("corner"), price("market"), price("mall"))
	fmt.Println(prices, err)

	// The first failure ends it, and what finished before is there.
	_, err = tree.Gather(ctx, price("slow"), price("closed"))
	fmt.Println(err)

	// Output:
	// [60 60 40] <nil>
	// closed today
}
