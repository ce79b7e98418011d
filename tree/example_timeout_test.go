package tree_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// How do I give work a time, as an error or as a budget, and more of it later?
func ExampleScope_SetDeadline() {
	search := func(p policy.Scope) (*tree.Scope, error) {
		var scope *tree.Scope
		err := tree.Run(context.Background(), p, func(ctx context.Context, s *tree.Scope) error {
			scope = s
			if err := s.SetDeadline(time.Now().Add(20 * time.Millisecond)); err != nil { // instead of the hour
				return err
			}
			return s.Go(ctx, func(ctx context.Context) error {
				<-ctx.Done() // it would take longer
				return ctx.Err()
			})
		}, tree.WithName("search"))
		return scope, err
	}
	p := policy.TaskGroup
	p.Timeout = time.Hour
	_, err := search(p)
	fmt.Println(err)
	fmt.Println(errors.Is(err, context.DeadlineExceeded), errors.Is(err, tree.ErrTimeout))

	p.OnTimeout = policy.TimeoutMovesOn
	s, err := search(p)
	fmt.Println(err, s.TimedOut())

	// Output:
	// tree: search: context deadline exceeded: tree: timed out: search
	// true true
	// <nil> true
}
