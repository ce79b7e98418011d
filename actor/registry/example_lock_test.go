package registry_test

import (
	"context"
	"fmt"
	"sync"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/registry"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// How do I find an actor, or start it if there is none, when many want it at once?
func ExampleNames_Lock() {
	var greeters registry.Names[string, greet]
	err := tree.Run(context.Background(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
		find := func(name string) (ref actor.Ref[greet], err error) {
			err = greeters.Lock(ctx, name, func(ctx context.Context) error {
				if ref, _, err = greeters.Lookup(name); err == nil {
					return nil
				}
				fmt.Println("start", name)
				ref, err = tree.Spawn(ctx, s, actor.Spec[greet]{Name: name, New: greeters.As(name, nil, newGreeter)})
				return err
			})
			return ref, err
		}
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if _, err := find("english"); err != nil {
					fmt.Println(err)
				}
			})
		}
		all.Wait()
		fmt.Println(find("english"))
		return nil
	}, tree.WithName("app"))
	fmt.Println(err)

	// Output:
	// start english
	// app/english <nil>
	// <nil>
}
