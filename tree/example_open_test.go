package tree_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// server is a long-lived object that owns its goroutines by a scope.
type server struct{ scope *tree.Scope }

func newServer(ctx context.Context) (*server, error) {
	scope, err := tree.Open(ctx, policy.SupervisorScope, tree.WithName("server"))
	return &server{scope}, err
}

// handle has a request handled by a task of the server.
func (s *server) handle(ctx context.Context, request string, answered chan<- string) error {
	return s.scope.Go(ctx, func(context.Context) error {
		answered <- "answer to " + request
		return nil
	})
}

// Close waits for the requests that are being handled.
func (s *server) Close() error { return s.scope.Close() }

// How does an object own goroutines without a function around them?
func ExampleOpen() {
	ctx := context.Background()
	s, err := newServer(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	answered := make(chan string, 1)
	fmt.Println("handled:", s.handle(ctx, "hello", answered))
	fmt.Println("closed:", s.Close())
	fmt.Println(<-answered)

	err = s.handle(ctx, "too late", answered)
	fmt.Println(err, errors.Is(err, tree.ErrClosed))

	// Output:
	// handled: <nil>
	// closed: <nil>
	// answer to hello
	// tree: scope closed: server true
}
