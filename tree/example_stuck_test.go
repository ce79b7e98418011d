package tree_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// readFrom hangs until there is something to read.
func readFrom(line <-chan string) string { return <-line }

// An actor that hangs in a message is found while it hangs: where, and in what.
func ExampleEvent_handlerStuck() {
	line, found := make(chan string), make(chan bool)
	watch := tree.WithObserver(tree.ObserverFunc(func(e tree.Event) {
		switch e.Kind {
		case tree.HandlerStuck:
			fmt.Println(e.Kind, e.Path, "with a", e.Doing, "in readFrom:", strings.Contains(e.Stack, "readFrom"))
			close(found)
		case tree.HandlerCameBack:
			fmt.Println(e.Kind, e.Path)
		}
	}))
	err := tree.Run(context.Background(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
		ref, err := tree.Spawn(ctx, s, actor.Spec[string]{
			Name:       "reader",
			StuckAfter: 10 * time.Millisecond,
			New: func(context.Context, actor.Ref[string]) (actor.Receiver[string], error) {
				return actor.ReceiverFunc[string](func(context.Context, string) error {
					readFrom(line)
					return nil
				}), nil
			},
		})
		if err != nil {
			return err
		}
		if err := ref.Send(ctx, "read"); err != nil {
			return err
		}
		<-found
		line <- "at last"
		return nil
	}, tree.WithName("app"), watch)
	fmt.Println(err)
	// Output:
	// handler_stuck app/reader with a string in readFrom: true
	// handler_came_back app/reader
	// <nil>
}
