package tree_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// How do I bound what runs at once, and turn work away instead of waiting?
func ExampleScope_TryGo() {
	p := policy.TaskScope
	p.Limit = 1
	err := tree.Run(context.Background(), p, func(ctx context.Context, s *tree.Scope) error {
		answered := make(chan bool)
		busy := func(context.Context) error {
			<-answered
			return nil
		}
		if err := s.Go(ctx, busy); err != nil {
			return err
		}
		err := s.TryGo(ctx, busy)
		fmt.Println(err, errors.Is(err, tree.ErrFull))
		close(answered)
		return s.Go(ctx, busy) // waits for the place
	}, tree.WithName("handlers"))
	fmt.Println(err)

	// Output:
	// tree: scope full: handlers true
	// <nil>
}
