package tree_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// How do I finish a write whose client has gone, and not lose it at shutdown?
func ExampleScope_Shield() {
	ctx := context.Background()
	app, err := tree.Open(ctx, policy.SupervisorScope, tree.WithName("app"))
	if err != nil {
		fmt.Println(err)
		return
	}
	writing, disk := make(chan bool), make(chan bool)
	save := func(ctx context.Context) error {
		writing <- true
		<-disk // slow today
		fmt.Println("saved, canceled:", ctx.Err() != nil)
		return nil
	}

	request, clientLeaves := context.WithCancelCause(ctx)
	handled := make(chan error)
	go func() { handled <- app.Shield(request, "save", save) }()
	<-writing
	clientLeaves(errors.New("connection reset"))
	fmt.Println("handler:", <-handled)

	app.Drain(errors.New("deploy")) // the write is waited for
	close(disk)
	report, err := app.Shutdown(ctx)
	fmt.Println("drained:", report.Drained, err)

	// Output:
	// handler: connection reset
	// saved, canceled: false
	// drained: 1 <nil>
}
