package registry_test

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/registry"
	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// How do I send to all who want to hear, and learn who did not get it?
func ExampleGroups() {
	var topics registry.Groups[string, string]
	reading, over := make(chan string, 2), make(chan struct{})
	reader := func(name, topic string, room int) actor.Spec[string] {
		return actor.Spec[string]{Name: name, Mailbox: mailbox.Bounded(room, mailbox.Reject),
			New: func(_ context.Context, self actor.Ref[string]) (actor.Receiver[string], error) {
				read := func(_ context.Context, news string) error {
					if news == "a release" {
						reading <- self.Path()
						<-over // it takes long
					}
					return nil
				}
				return actor.ReceiverFunc[string](read), topics.Keep(topic, self, nil)
			}}
	}
	err := tree.Run(context.Background(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
		for _, spec := range []actor.Spec[string]{reader("ann", "go", 8), reader("bob", "go", 1), reader("eve", "tea", 8)} {
			if _, err := tree.Spawn(ctx, s, spec); err != nil {
				return err
			}
		}
		fmt.Println(topics.Publish(ctx, "go", "a release"))
		<-reading
		<-reading // both have it in hand
		fmt.Println(topics.Publish(ctx, "go", "a patch"))
		fmt.Println(topics.Publish(ctx, "go", "another"))
		fmt.Println(topics.Publish(ctx, "coffee", "a bean"))
		close(over)
		return nil
	}, tree.WithName("app"), unseen)
	fmt.Println(err)

	// Output:
	// 2 <nil>
	// 2 <nil>
	// 1 registry: 1 of 2 did not take the message: app/bob: mailbox: full
	// 0 <nil>
	// <nil>
}

// How do I spread work over some actors, and have one of them do all of a user's?
func ExampleGroups_One() {
	var workers registry.Groups[string, greet]
	err := tree.Run(context.Background(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
		for i := range 3 {
			var own actor.Ref[greet]
			spec := actor.Spec[greet]{Name: fmt.Sprint("worker", i), New: func(_ context.Context, self actor.Ref[greet]) (actor.Receiver[greet], error) {
				own = self
				work := func(_ context.Context, g greet) error { g.Text.Send(own.Path()); return nil }
				return actor.ReceiverFunc[greet](work), workers.Keep("workers", self, nil)
			}}
			if _, err := tree.Spawn(ctx, s, spec); err != nil {
				return err
			}
		}
		anyone := workers.One("workers", registry.RoundRobin[greet]())
		for range 4 {
			fmt.Println(actor.Ask(ctx, anyone, to("anybody")))
		}
		byUser := workers.One("workers", registry.ByKey(func(g greet) string { return g.Whom }))
		first, err := actor.Ask(ctx, byUser, to("ann"))
		if err != nil {
			return err
		}
		again, err := actor.Ask(ctx, byUser, to("ann"))
		fmt.Println(first == again, err)
		return nil
	}, tree.WithName("app"))
	fmt.Println(err)

	// Output:
	// app/worker0 <nil>
	// app/worker1 <nil>
	// app/worker2 <nil>
	// app/worker0 <nil>
	// true <nil>
	// <nil>
}
