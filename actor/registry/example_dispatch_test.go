package registry_test

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/registry"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// How do I send only to those of a group whose value fits?
func ExampleGroups_Dispatch() {
	var greeters registry.Groups[string, greet]
	err := tree.Run(context.Background(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
		for _, locale := range []string{"en-GB", "de-CH", "en-US"} {
			ref, err := tree.Spawn(ctx, s, actor.Spec[greet]{Name: locale, New: newGreeter})
			if err != nil {
				return err
			}
			if err := greeters.Join("greeters", ref, locale); err != nil {
				return err
			}
		}
		return greeters.Dispatch("greeters", func(entries []registry.Entry[greet]) error {
			for _, e := range entries {
				if locale := e.Value.(string); locale[:2] == "en" {
					fmt.Print(locale, ": ")
					fmt.Println(actor.Ask(ctx, e.Ref, to("world")))
				}
			}
			return nil
		})
	}, tree.WithName("app"))
	fmt.Println(err)

	// Output:
	// en-GB: hello, world <nil>
	// en-US: hello, world <nil>
	// <nil>
}
