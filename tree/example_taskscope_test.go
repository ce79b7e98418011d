package tree_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// How do I run things side by side that have nothing to do with each other?
func ExampleRun_taskScope() {
	report := tree.ObserverFunc(func(e tree.Event) {
		if e.Kind == tree.ChildExited && e.Err != nil {
			fmt.Println("reported:", e.Path, e.Err)
		}
	})
	failed, printed := make(chan bool), make(chan bool)
	err := tree.Run(context.Background(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
		if _, err := s.Start(ctx, tree.ChildSpec{Name: "mail", Run: func(context.Context) error {
			defer close(failed)
			return errors.New("no such host")
		}}); err != nil {
			return err
		}
		_, err := s.Start(ctx, tree.ChildSpec{Name: "print", Run: func(ctx context.Context) error {
			<-failed
			defer close(printed)
			return ctx.Err() // it goes on
		}})
		return err
	}, tree.WithName("jobs"), tree.WithObserver(report))
	<-printed
	fmt.Println("returned:", err)

	// Output:
	// reported: jobs/mail no such host
	// returned: <nil>
}
