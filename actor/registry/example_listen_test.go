package registry_test

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/registry"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// How do I follow which names there are?
func ExampleNames_Listen() {
	var greeters registry.Names[string, greet]
	events := make(chan registry.Event[string, greet])
	err := tree.Run(context.Background(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
		ref, err := tree.Spawn(ctx, s, actor.Spec[greet]{Name: "greeter", New: greeters.As("english", 1, newGreeter)})
		if err != nil {
			return err
		}
		stop, err := greeters.Listen(func(e registry.Event[string, greet]) { events <- e })
		if err != nil {
			return err
		}
		defer stop()
		fmt.Println(<-events) // what was there already

		if err := greeters.Register("british", ref, 2); err != nil {
			return err
		}
		fmt.Println(<-events)
		child, err := s.Child("greeter")
		if err != nil {
			return err
		}
		go func() { _ = child.Shutdown(ctx) }()
		fmt.Println(<-events)
		fmt.Println(<-events)
		return nil
	}, tree.WithName("app"))
	fmt.Println(err)

	// Output:
	// {registered english app/greeter 1}
	// {registered british app/greeter 2}
	// {unregistered english app/greeter 1}
	// {unregistered british app/greeter 2}
	// <nil>
}
