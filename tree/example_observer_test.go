package tree_test

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// How do I hear of failures that are to stop nobody else?
func ExampleWithObserver() {
	failures := tree.ObserverFunc(func(e tree.Event) {
		if e.Kind == tree.ChildExited && e.Err != nil {
			fmt.Printf("%s: %s: %v\n", e.Path, e.Exit, e.Err)
		}
	})
	err := tree.Run(context.Background(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
		for _, page := range []string{"home", "news", "shop"} {
			child, err := s.Start(ctx, tree.ChildSpec{Name: page, Run: func(context.Context) error {
				if page == "news" {
					panic("no news")
				}
				fmt.Println("built", page)
				return nil
			}})
			if err != nil {
				return err
			}
			_ = child.Wait(ctx) // one after the other, for the sake of the output
		}
		return nil
	}, tree.WithName("site"), tree.WithObserver(failures))
	fmt.Println("returned:", err)

	// Unordered output:
	// built home
	// built shop
	// site/news: panicked: panic: no news
	// returned: <nil>
}
