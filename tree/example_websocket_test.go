package tree_test

import (
	"context"
	"fmt"
	"time"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// serveSocket handles one connection. Its helpers last as long as the connection:
// when the client has gone and the body leaves, they are canceled and waited for.
func serveSocket(ctx context.Context, received <-chan string, send func(string)) error {
	return tree.Run(ctx, policy.CancellationScope, func(ctx context.Context, s *tree.Scope) error {
		ping := func(ctx context.Context) error {
			tick := time.NewTicker(30 * time.Second)
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
					send("ping")
				case <-ctx.Done():
					send("bye")
					return ctx.Err()
				}
			}
		}
		if err := s.Go(ctx, ping); err != nil {
			return err
		}
		for message := range received { // closed when the client has gone
			send("echo " + message)
		}
		return nil
	}, tree.WithName("socket"))
}

// How do I end the helpers of a connection when it is closed?
func ExampleRun_websocket() {
	received := make(chan string, 2)
	received <- "hello"
	received <- "world"
	close(received)
	err := serveSocket(context.Background(), received, func(message string) { fmt.Println(message) })
	fmt.Println("connection:", err)

	// Output:
	// echo hello
	// echo world
	// bye
	// connection: <nil>
}
