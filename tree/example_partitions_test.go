package tree_test

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// How do I spread the children of many keys over several supervisors, so that not all
// depend on one?
func ExamplePartitions() {
	err := tree.Run(context.Background(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
		shards, err := tree.NewPartitions(ctx, s, tree.ChildSpec{Name: "shards"}, 4, func(i int) tree.ChildSpec {
			return tree.ChildSpec{Name: fmt.Sprint("shard-", i), Policy: new(policy.SupervisorScope)}
		})
		if err != nil {
			return err
		}
		for _, user := range []int{7, 8, -7, 1001} {
			shard, err := shards.For(user) // the same each time
			if err != nil {
				return err
			}
			sessions, err := tree.SetOf[int](shard)
			if err != nil {
				return err
			}
			session, err := sessions.Put(ctx, user, tree.ChildSpec{Run: drainer})
			if err != nil {
				return err
			}
			fmt.Println(session)
		}
		return nil
	}, tree.WithName("app"))
	fmt.Println("returned:", err)

	// Output:
	// app/shards/shard-3/7
	// app/shards/shard-0/8
	// app/shards/shard-3/-7
	// app/shards/shard-1/1001
	// returned: <nil>
}

// How do I use fewer of them while there is little to do?
func ExamplePartitions_Resize() {
	err := tree.Run(context.Background(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
		shards, err := tree.NewPartitions(ctx, s, tree.ChildSpec{Name: "shards"}, 4, func(int) tree.ChildSpec {
			return tree.ChildSpec{Run: drainer}
		})
		if err != nil {
			return err
		}
		for _, n := range []int{2, 4} {
			if err := shards.Resize(ctx, n); err != nil {
				return err
			}
			shard, err := shards.For(7)
			if err != nil {
				return err
			}
			fmt.Println(shards.Count(), "in use, 7 belongs to", shard)
		}
		return nil
	}, tree.WithName("app"))
	fmt.Println("returned:", err)

	// Output:
	// 2 in use, 7 belongs to app/shards/1
	// 4 in use, 7 belongs to app/shards/3
	// returned: <nil>
}
