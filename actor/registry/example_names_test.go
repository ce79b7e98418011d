package registry_test

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/registry"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// greet asks a greeter, which fails when it is asked to greet nobody.
type greet struct {
	Whom string
	Text actor.Reply[string]
}

func newGreeter(context.Context, actor.Ref[greet]) (actor.Receiver[greet], error) {
	return actor.ReceiverFunc[greet](func(_ context.Context, g greet) error {
		if g.Whom == "" {
			return fmt.Errorf("nobody to greet")
		}
		g.Text.Send("hello, " + g.Whom)
		return nil
	}), nil
}

func to(whom string) func(actor.Reply[string]) greet {
	return func(r actor.Reply[string]) greet { return greet{Whom: whom, Text: r} }
}

// unseen is an observer that does not look.
var unseen = tree.WithObserver(tree.ObserverFunc(func(tree.Event) {}))

// How do I reach an actor by a name that stays with it when it is restarted?
func ExampleNames() {
	var greeters registry.Names[string, greet]
	always := policy.SupervisorScope
	always.Backoff = policy.NoBackoff
	err := tree.Run(context.Background(), always, func(ctx context.Context, s *tree.Scope) error {
		english := greeters.Via("english") // before there is one
		_, err := actor.Ask(ctx, english, to("world"))
		fmt.Println(err)

		spec := actor.Spec[greet]{Name: "greeter", New: greeters.As("english", "en-GB", newGreeter)}
		if _, err := tree.Spawn(ctx, s, spec); err != nil {
			return err
		}
		for _, whom := range []string{"world", "", "again"} {
			fmt.Println(actor.Ask(ctx, english, to(whom)))
		}

		_, locale, err := greeters.Lookup("english")
		fmt.Println(locale, err)
		spec.Name = "another"
		_, err = tree.Spawn(ctx, s, spec)
		fmt.Println(err)
		return nil
	}, tree.WithName("app"), unseen)
	fmt.Println(greeters.Len(), err)

	// Output:
	// actor: stopped
	// hello, world <nil>
	//  actor: no reply: nobody to greet
	// hello, again <nil>
	// en-GB <nil>
	// app/another: registry: name is taken: "english", by app/greeter
	// 0 <nil>
}
