package tree_test

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// service describes a child that says when it comes and goes.
func service(name string) tree.ChildSpec {
	return tree.ChildSpec{Name: name, WaitReady: true, Run: func(ctx context.Context) error {
		fmt.Println("up:", name)
		if err := tree.Ready(ctx); err != nil {
			return err
		}
		<-tree.Draining(ctx)
		fmt.Println("down:", name)
		return nil
	}}
}

// How do I start things that need each other, and stop them the other way round?
func ExampleChildSpec() {
	restForOne := policy.SupervisorScope
	restForOne.Strategy = policy.RestForOne

	err := tree.Run(context.Background(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
		_, err := s.Start(ctx, tree.ChildSpec{
			Name:     "storage",
			Policy:   &restForOne,
			Children: []tree.ChildSpec{service("disk"), service("cache"), service("api")},
		})
		fmt.Println("started:", err)
		return err
	}, tree.WithName("app"))
	fmt.Println("returned:", err)

	// Output:
	// up: disk
	// up: cache
	// up: api
	// started: <nil>
	// down: api
	// down: cache
	// down: disk
	// returned: <nil>
}
