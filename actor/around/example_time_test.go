package around_test

import (
	"context"
	"fmt"
	"time"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/around"
	"github.com/understudy-go/understudy/policy"
)

// How do I measure what an actor does, and count what it failed at?
func ExampleTime() {
	var busy time.Duration
	measure := around.Time(func(_ context.Context, m string, took time.Duration, err error) {
		busy += took
		fmt.Println(m, "ended with", err)
	})
	run, worker, err := actor.Func(actor.Spec[string]{
		Name: "worker",
		New: func(context.Context, actor.Ref[string]) (actor.Receiver[string], error) {
			return actor.ReceiverFunc[string](func(_ context.Context, m string) error {
				switch m {
				case "work":
					<-time.After(time.Millisecond)
				case "quit":
					return policy.Done(nil)
				}
				return nil
			}), nil
		},
		Wrap: []actor.Wrapper[string]{measure},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = worker.TrySend("work")
	_ = worker.TrySend("quit")
	fmt.Println("the actor:", run(context.Background()))
	fmt.Println("busy for a millisecond or more:", busy >= time.Millisecond)
	// Output:
	// work ended with <nil>
	// quit ended with policy: done
	// the actor: <nil>
	// busy for a millisecond or more: true
}
