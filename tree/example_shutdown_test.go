package tree_test

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// How do I stop everything and learn what became of it?
func ExampleScope_Shutdown() {
	ctx := context.Background()
	s, err := tree.Open(ctx, policy.SupervisorScope, tree.WithName("app"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	for _, name := range []string{"reader", "writer"} {
		_, err := s.Start(ctx, tree.ChildSpec{Name: name, Run: func(ctx context.Context) error {
			<-tree.Draining(ctx)
			return nil
		}})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	_, err = s.Start(ctx, tree.ChildSpec{Name: "poller", Stop: policy.Stop{Grace: policy.NoGrace}, Run: func(ctx context.Context) error {
		<-ctx.Done() // it does not look at Draining
		return ctx.Err()
	}})
	if err != nil {
		fmt.Println(err)
		return
	}

	report, err := s.Shutdown(ctx)
	fmt.Println("waited for:", err == nil)
	fmt.Println("clean:", report.Clean())
	fmt.Println("reason:", report.Reason)
	fmt.Println("abandoned:", len(report.Abandoned))
	for _, end := range report.Children {
		fmt.Println(end.Path, end.Exit)
	}

	// Unordered output:
	// waited for: true
	// clean: true
	// reason: tree: shutdown
	// abandoned: 0
	// app/reader returned
	// app/writer returned
	// app/poller canceled
}
