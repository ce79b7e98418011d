package tree_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// How do I start many alike children, each with an argument that it gets again when it
// is restarted?
func ExampleFactory() {
	tries := 0
	fetch := func(url string) tree.ChildSpec {
		return tree.ChildSpec{Restart: policy.Transient, Run: func(context.Context) error {
			fmt.Println("fetch", url)
			if tries++; tries == 1 {
				return errors.New("connection reset")
			}
			return nil
		}}
	}
	err := tree.Run(context.Background(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
		fetchers, err := tree.NewFactory(ctx, s, tree.ChildSpec{Name: "fetchers"}, fetch)
		if err != nil {
			return err
		}
		for _, url := range []string{"go.dev", "pkg.go.dev"} {
			child, err := fetchers.Start(ctx, url)
			if err != nil {
				return err
			}
			fmt.Println(child, "ended:", child.Wait(ctx))
		}
		return nil
	}, tree.WithName("app"), discard)
	fmt.Println("returned:", err)

	// Output:
	// fetch go.dev
	// fetch go.dev
	// app/fetchers/1 ended: <nil>
	// fetch pkg.go.dev
	// app/fetchers/2 ended: <nil>
	// returned: <nil>
}
