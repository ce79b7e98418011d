package tree_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// How do I have something started again when it fails, after a wait?
func ExampleScope_Start() {
	delays := tree.ObserverFunc(func(e tree.Event) {
		if e.Kind == tree.ChildDelayed {
			fmt.Printf("again in %v\n", e.Delay)
		}
	})
	err := tree.Run(context.Background(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
		attempts := 0 // written by one incarnation at a time
		child, err := s.Start(ctx, tree.ChildSpec{
			Name:    "connect",
			Restart: policy.Transient, // until it returns nil
			Backoff: policy.Backoff{Min: time.Millisecond, Jitter: policy.JitterNone},
			Run: func(context.Context) error {
				if attempts++; attempts < 3 {
					return errors.New("connection refused")
				}
				return nil
			},
		})
		if err != nil {
			return err
		}
		err = child.Wait(ctx) // through all restarts
		fmt.Printf("%v, incarnation %d\n", err, child.Incarnation())
		return err
	}, tree.WithObserver(delays))
	fmt.Println("returned:", err)

	// Output:
	// again in 1ms
	// again in 2ms
	// <nil>, incarnation 3
	// returned: <nil>
}
