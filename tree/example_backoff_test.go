package tree_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// fibonacci waits as long as the two times before together, and not for ever. Any
// type with a NextBackOff will do, those of other packages too.
type fibonacci struct{ last, next time.Duration }

func (f *fibonacci) NextBackOff() time.Duration {
	f.last, f.next = f.next, f.last+f.next
	if f.last > 8*time.Millisecond {
		return -1 // no more
	}
	return f.last
}

// How do I say by myself how long the waits between restarts are?
func ExampleChildSpec_newBackoff() {
	delays := tree.ObserverFunc(func(e tree.Event) {
		if e.Kind == tree.ChildDelayed {
			fmt.Println("again in", e.Delay)
		}
	})
	often := policy.SupervisorScope
	often.Intensity = policy.Intensity{Restarts: 10, Within: time.Second}
	err := tree.Run(context.Background(), often, func(ctx context.Context, s *tree.Scope) error {
		child, err := s.Start(ctx, tree.ChildSpec{
			Name:       "connect",
			Run:        func(context.Context) error { return errors.New("connection refused") },
			NewBackoff: func() policy.BackoffSource { return &fibonacci{next: time.Millisecond} },
		})
		if err != nil {
			return err
		}
		fmt.Println("gave it up:", child.Wait(ctx))
		return nil
	}, tree.WithObserver(delays))
	fmt.Println("returned:", err)

	// Unordered output:
	// again in 1ms
	// again in 1ms
	// again in 2ms
	// again in 3ms
	// again in 5ms
	// again in 8ms
	// gave it up: connection refused
	// returned: <nil>
}
