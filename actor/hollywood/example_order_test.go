package hollywood_test

import (
	"context"
	"errors"
	"fmt"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/understudy-go/understudy/actor/hollywood"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// How do I start children of a supervisor by its PID, which may be on another node?
func ExampleOrder() {
	ctx := context.Background()
	engine, _ := hactor.NewEngine(hactor.NewEngineConfig())
	err := tree.Run(ctx, policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
		app, end, err := hollywood.ExposeScope(engine, s, hollywood.ScopeOptions{Factories: hollywood.Factories{
			"greeter": hollywood.ChildFactory(func(args []byte) (tree.ChildSpec, error) {
				return tree.ChildSpec{Restart: policy.Transient, Run: func(context.Context) error {
					fmt.Printf("hello, %s\n", args)
					return nil
				}}, nil
			}),
		}})
		if err != nil {
			return err
		}
		defer end()
		order := hollywood.StartChild{Factory: "greeter", Name: "one", Args: []byte("world")}
		answer, err := hollywood.Order(ctx, engine, app, order)
		fmt.Println(answer.Path, err)
		one, _ := s.Child("one")
		one.Wait(ctx)
		_, err = hollywood.Order(ctx, engine, app, order)
		fmt.Println("again:", errors.Is(err, tree.ErrDuplicate))
		return nil
	}, tree.WithName("app"))
	fmt.Println("returned:", err)

	// Unordered output:
	// hello, world
	// app/one <nil>
	// again: true
	// returned: <nil>
}
