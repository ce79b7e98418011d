package tree_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// How do I have some errors not lead to a restart, without touching the code that
// returns them?
func ExampleWithDecider() {
	hopeless := func(err error) policy.Decision {
		if errors.Is(err, fs.ErrNotExist) {
			return policy.NoRestart
		}
		return policy.ByRestart // no opinion
	}
	quiet := tree.WithObserver(tree.ObserverFunc(func(tree.Event) {}))
	err := tree.Run(context.Background(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
		attempts := 0 // written by one incarnation at a time
		child, err := s.Start(ctx, tree.ChildSpec{Name: "reader", Run: func(context.Context) error {
			if attempts++; attempts < 3 {
				return errors.New("read: connection reset")
			}
			return &fs.PathError{Op: "open", Path: "input", Err: fs.ErrNotExist}
		}})
		if err != nil {
			return err
		}
		fmt.Println(child.Wait(ctx))
		fmt.Println("attempts:", child.Incarnation())
		return nil
	}, tree.WithDecider(hopeless), quiet)
	fmt.Println("returned:", err)

	// Output:
	// open input: file does not exist
	// attempts: 3
	// returned: <nil>
}
