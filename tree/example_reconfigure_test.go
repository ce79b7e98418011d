package tree_test

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// How do I change a supervisor and its children without stopping it?
func ExampleScope_Reconfigure() {
	version := func(name, version string) tree.ChildSpec {
		spec := service(name)
		up := spec.Run
		spec.Run = func(ctx context.Context) error {
			fmt.Println(name, version)
			return up(ctx)
		}
		return spec
	}
	err := tree.Run(context.Background(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
		api, err := s.Start(ctx, version("api", "v1"))
		if err != nil {
			return err
		}
		together := policy.SupervisorScope
		together.Strategy = policy.OneForAll
		if err := s.Reconfigure(together, version("api", "v2"), version("metrics", "v1")); err != nil {
			return err
		}
		fmt.Println("nothing has happened yet")
		if err := api.Restart(ctx); err != nil {
			return err
		}
		metrics, err := s.Child("metrics")
		if err != nil {
			return err
		}
		return metrics.Restart(ctx)
	})
	fmt.Println("returned:", err)

	// Unordered output:
	// api v1
	// up: api
	// nothing has happened yet
	// down: api
	// api v2
	// up: api
	// metrics v1
	// up: metrics
	// down: metrics
	// down: api
	// returned: <nil>
}
