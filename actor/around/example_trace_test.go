package around_test

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/around"
	"github.com/understudy-go/understudy/policy"
)

// traceID is where a context carries the id of a trace.
type traceID struct{}

// request is a message that says which trace it belongs to: a context does not travel
// with it.
type request struct {
	trace string
	path  string
}

// How do I trace what an actor does, with a tracer of my own?
func ExampleTrace() {
	tracing := around.Trace(func(ctx context.Context, r request) (context.Context, func(error)) {
		fmt.Println("begin", r.trace, r.path)
		return context.WithValue(ctx, traceID{}, r.trace), func(err error) {
			fmt.Println("end", r.trace, "error:", err)
		}
	})
	run, server, err := actor.Func(actor.Spec[request]{
		Name: "server",
		New: func(context.Context, actor.Ref[request]) (actor.Receiver[request], error) {
			return actor.ReceiverFunc[request](func(ctx context.Context, r request) error {
				fmt.Println("in trace", ctx.Value(traceID{}))
				if r.path == "/quit" {
					return policy.Done(nil)
				}
				return nil
			}), nil
		},
		Wrap: []actor.Wrapper[request]{tracing},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = server.TrySend(request{"t1", "/"})
	_ = server.TrySend(request{"t2", "/quit"})
	fmt.Println("the actor:", run(context.Background()))
	// Output:
	// begin t1 /
	// in trace t1
	// end t1 error: <nil>
	// begin t2 /quit
	// in trace t2
	// end t2 error: policy: done
	// the actor: <nil>
}
